//! What a function writes to standard error: shown as it comes, or kept until a call fails.

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The longest line that is shown as one.
const LONGEST_LINE: u64 = 16 << 20;

/// The most that is kept of one call; of more, the end says what is wrong.
const MOST_KEPT: usize = 64 << 10;

/// How often the end is asked for.
const POLL: Duration = Duration::from_millis(2);

/// How long nothing comes before what a running function wrote before its answer counts as whole.
const SILENCE: Duration = Duration::from_millis(20);

/// The standard error of one process.
#[derive(Debug)]
pub(super) struct Complaints {
    reader: JoinHandle<()>,
    /// The lines of this call; `None` if they are shown as they come.
    kept: Option<Arc<Mutex<String>>>,
}

impl Complaints {
    /// Reads until the end; every line is shown behind the function's name.
    pub(super) fn of(stderr: impl BufRead + Send + 'static, function: &str, are_kept: bool) -> Self {
        let kept = are_kept.then(Arc::default);
        let (name, own) = (function.to_owned(), kept.clone());
        let reader = thread::spawn(move || read(stderr, &name, own.as_deref()));
        Self { reader, kept }
    }

    /// Waits for the end, but not longer than this: what a process has left behind may hold standard error open.
    pub(super) fn wait(&self, time: Duration) {
        let mut left = time;
        while !self.reader.is_finished() && !left.is_zero() {
            left = left.saturating_sub(POLL);
            thread::sleep(POLL);
        }
    }

    /// A call has ended: what is kept of it is shown if it failed.
    pub(super) fn settle(&self, has_failed: bool) {
        let Some(kept) = &self.kept else { return };
        let taken = || std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        let mut lines = taken();
        if !has_failed {
            return;
        }
        while !self.reader.is_finished() {
            thread::sleep(SILENCE);
            let more = taken();
            if more.is_empty() {
                break;
            }
            lines += &more;
        }
        // Standard error is closed: nothing can be shown.
        let _ = io::stderr().lock().write_all(lines.as_bytes());
    }
}

fn read(mut stderr: impl BufRead, function: &str, kept: Option<&Mutex<String>>) {
    let mut line = Vec::new();
    while let Ok(1..) = stderr.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
        let shown = format!("{function}: {}\n", String::from_utf8_lossy(&line).trim_end());
        match kept {
            Some(kept) => keep(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), &shown),
            None => {
                // Standard error is closed: nothing can be shown.
                let _ = io::stderr().lock().write_all(shown.as_bytes());
            }
        }
        line.clear();
    }
}

fn keep(kept: &mut String, line: &str) {
    kept.push_str(line);
    let excess = kept.len().saturating_sub(MOST_KEPT);
    if excess > 0 {
        let cut = kept.char_indices().map(|(at, _)| at).find(|at| *at >= excess);
        kept.drain(..cut.unwrap_or(kept.len()));
    }
}
