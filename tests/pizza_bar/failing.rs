//! Disks without room, damaged files, and nobody who reads what is printed.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::bar::{Customer, Folder, PATIENCE, STATUSES, close, open};
use super::process::{BINARY, Process};

/// The bar of a shell that sets things up before.
#[cfg(unix)]
fn in_shell(script: &str, folder: &Folder, speed: f64) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("{script}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, BINARY]);
    shell.args(["--port", "0", "--speed", &speed.to_string(), "--data"]);
    shell.arg(&folder.0).stdin(Stdio::null()).kill_on_drop(true);
    shell
}

/// Writes fail beyond a size of the files, as on a full disk, until the limit is lifted.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn orders_wait_while_the_disk_is_full_and_go_on_when_there_is_room() {
    let folder = Folder::new();
    // Ignored, the signal becomes an error of the write. The limit is soft, so that it can be lifted.
    let limit = "trap '' XFSZ; ulimit -S -f 4000";
    let bar = Process::start(in_shell(limit, &folder, 2.0)).await.unwrap();
    let mut customers = Vec::new();
    let mut refused = 0;
    // More and more customers, until there is no room for another one.
    while refused == 0 {
        assert!(customers.len() < 500, "there is always room");
        let (mut socket, _) = connect_async(bar.url()).await.unwrap();
        let order =
            json!({ "name": "Ada", "pizza": "funghi", "size": "small", "quantity": 1, "notes": "x".repeat(200) });
        let order = json!({ "action": "order", "order": order });
        socket.send(Message::text(order.to_string())).await.unwrap();
        let told = loop {
            match hear(&mut socket).await {
                told if told["type"] == "CHANGED_EVENT" => {}
                told => break told,
            }
        };
        match told["type"].as_str() {
            Some("ORDER") => customers.push(socket),
            Some("ERROR") => {
                let message = told["message"].as_str().unwrap();
                assert!(message.contains("try again in a minute"), "{told}");
                refused += 1;
            }
            // It had its turn, and its order waits like those of the others.
            Some("DELAYED") => {
                customers.push(socket);
                refused += 1;
            }
            _ => panic!("{told}"),
        }
    }
    assert!(customers.len() > 2, "only {} customers", customers.len());
    // All that are in flight hear of it, and nobody's connection breaks.
    for socket in &mut customers {
        while hear(socket).await["type"] != "DELAYED" {}
    }

    let pid = bar.child.id().unwrap().to_string();
    let lifted = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &pid])
        .status();
    assert!(lifted.await.unwrap().success());
    for socket in &mut customers {
        while status_of(&hear(socket).await).as_deref() != Some(STATUSES[5]) {}
    }
    bar.terminate().await;
}

async fn hear<S>(socket: &mut S) -> Value
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("a message");
        match message.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn status_of(message: &Value) -> Option<String> {
    let event: Value = serde_json::from_str(message["message"].as_str()?).ok()?;
    Some(event["status"].as_str()?.to_owned())
}

/// A bar opens over a damaged file, or says in a sentence why not and leaves it as it is.
#[tokio::test]
async fn a_damaged_file_is_refused_in_a_sentence_or_does_no_harm() {
    const DAMAGES: usize = 24;

    let folder = Folder::new();
    let server = open(&folder, 500.0).await;
    for name in ["Ada", "Bob", "Eve"] {
        let mut customer = Customer::enter(&server).await;
        customer.order(name).await;
        customer.hear_receipt().await;
        assert_eq!(customer.hear_statuses().await, STATUSES);
        drop(customer);
    }
    let mut last = Customer::enter(&server).await;
    last.order("Zoe").await;
    last.hear_receipt().await;
    close(server, last).await;
    let file = folder.0.join("pizza-bar.db");
    let whole = fs::read(&file).unwrap();

    let mut refused = 0;
    for damage in 0..=DAMAGES {
        let mut damaged = whole.clone();
        let at = whole.len() * damage / DAMAGES;
        match damage % 4 {
            0 => damaged.truncate(at),
            1 => damaged[at..].iter_mut().take(300).for_each(|byte| *byte = 0xa5),
            2 => damaged[at..].iter_mut().take(4096).for_each(|byte| *byte = 0),
            _ => damaged[at] ^= 0x10,
        }
        let place = Folder::new();
        fs::create_dir_all(&place.0).unwrap();
        let copy = place.0.join("pizza-bar.db");
        fs::write(&copy, &damaged).unwrap();
        private(&place.0);
        match Process::start(Process::command(&place, 0, 500.0)).await {
            Ok(bar) => bar.kill().await,
            Err(said) => {
                refused += 1;
                assert!(said.starts_with("exit status: 1: "), "damage {damage} at {at}: {said}");
                assert!(
                    !said.contains("panicked") && said.trim_end().lines().count() == 1,
                    "{damage}: {said}"
                );
                assert!(
                    fs::read(&copy).unwrap() == damaged,
                    "damage {damage} at {at}: the file was changed"
                );
            }
        }
    }
    assert!(refused > DAMAGES / 3, "only {refused} were noticed");
}

fn private(folder: &Path) {
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(unix)]
#[tokio::test]
async fn a_bar_that_nobody_listens_to_opens_and_closes_in_good_order() {
    // Closed from the start, a pipe whose reader has left, and a device without room.
    for streams in [">&- 2>&-", "", ">/dev/full 2>/dev/full"] {
        if streams.contains("/dev/full") && !Path::new("/dev/full").exists() {
            continue;
        }
        let folder = Folder::new();
        let mut command = in_shell(&format!("exec {streams}"), &folder, 500.0);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).arg("--verbose");
        let mut bar = command.spawn().unwrap();
        drop((bar.stdout.take(), bar.stderr.take()));
        // It says nowhere where it is: the file is there as soon as it is open.
        let deadline = Instant::now() + PATIENCE;
        while !is_open(&folder) {
            assert!(Instant::now() < deadline, "{streams}: {:?}", bar.try_wait());
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(500)).await;
        let terminate = format!("kill -TERM {}", bar.id().expect("a bar that is open"));
        assert!(
            Command::new("sh")
                .args(["-c", &terminate])
                .status()
                .await
                .unwrap()
                .success()
        );
        let ended = timeout(PATIENCE, bar.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "{streams}: {ended}");
        // Closed in good order, the file has its journal in it.
        assert!(!folder.0.join("pizza-bar.db-wal").exists(), "{streams}");
    }
}

#[cfg(unix)]
fn is_open(folder: &Folder) -> bool {
    let owner = fs::read_to_string(folder.0.join("pizza-bar.db.lock"));
    owner.is_ok_and(|owner| !owner.is_empty())
}
