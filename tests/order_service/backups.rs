//! Copies of the file, made while the service writes to it.

use tokio::process::Command;

use super::client::order;
use super::process::{BINARY, Folder, Process};
use super::tables::Tables;

#[tokio::test]
async fn a_backup_is_a_store_from_which_orders_go_on() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    for number in 0..5 {
        service.client.place(&order(&format!("A-{number}"))).await;
    }
    service.client.wait_for_shipment("A-4").await;
    let copy = folder.0.join("copy.db");
    let back_up = || async {
        let mut command = Command::new(BINARY);
        command.arg("--data").arg(folder.data()).arg("backup").arg(&copy);
        command.output().await.unwrap()
    };
    let made = back_up().await;
    assert!(made.status.success(), "{made:?}");
    service.client.place(&order("A-5")).await;
    // A backup is not written over.
    let again = back_up().await;
    assert!(!again.status.success());
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("output file already exists"), "{said}");
    service.kill().await;

    let service = Process::start(Process::command(&copy)).await.unwrap();
    let client = &service.client;
    assert_eq!(client.get("/orders/A-5").await.status, 404);
    let tables = Tables::open(&copy);
    for number in 0..5 {
        let id = format!("A-{number}");
        client.wait_for_shipment(&id).await;
        assert_eq!(client.ship(&id, "P-7").await.status, 200);
        assert_eq!(client.wait_for_end(&id).await["status"], "SUCCEEDED");
        assert_eq!(tables.charges(&id), (1_800, 1));
    }
    service.terminate().await;
}

#[tokio::test]
async fn what_is_no_store_is_not_backed_up() {
    let folder = Folder::new();
    let mut command = Command::new(BINARY);
    command
        .arg("--data")
        .arg(folder.data())
        .arg("backup")
        .arg(folder.0.join("copy.db"));
    let refused = command.output().await.unwrap();
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(!folder.data().exists());
}
