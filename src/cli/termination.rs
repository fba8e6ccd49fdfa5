//! SIGTERM ends the programs of functions and tasks too. Ctrl-C reaches them by itself: they are in the group of the terminal.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_UNDER_WAY: AtomicBool = AtomicBool::new(false);

/// Does not return once SIGTERM has come: what a command makes of killed programs is no result.
pub(super) fn wait_if_under_way() {
    while IS_UNDER_WAY.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// From now on SIGTERM kills what this process has started before it ends.
#[cfg(unix)]
pub(super) fn ends_programs_too() {
    use std::sync::mpsc::channel;
    use tokio::signal::unix::{SignalKind, signal};

    let (ready, is_ready) = channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        // Without them the system ends this process alone.
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut terminate) = signal(SignalKind::terminate()) else {
                return;
            };
            drop(ready);
            if terminate.recv().await.is_some() {
                IS_UNDER_WAY.store(true, Ordering::SeqCst);
                crate::programs::kill_all_started();
                std::process::exit(super::stores::TERMINATED.into());
            }
        });
    });
    // Nothing is ever sent: the sender is dropped when the signal is heard, or cannot be.
    let _ = is_ready.recv();
}

#[cfg(not(unix))]
pub(super) fn ends_programs_too() {}
