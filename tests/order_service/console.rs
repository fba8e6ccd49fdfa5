//! The console of the service.

use super::client::{Client, order};
use super::process::{Folder, Process};

#[tokio::test]
async fn the_console_shows_the_orders() {
    if !cfg!(feature = "console") {
        eprintln!("skipped: it is built without the feature `console`");
        return;
    }
    let folder = Folder::new();
    // A port that is free: nobody tells the one of 0.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("127.0.0.1:{port}");
    let service = Process::open_with(&folder, &["--console", &address]).await;
    service.client.place(&order("A-1")).await;

    let console = Client { address };
    let page = console.get("/console/").await;
    assert_eq!(page.status, 200, "{page:?}");
    let body = r#"{ "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Order" }"#;
    let list = format!(
        "POST /console/api/call/ListExecutions HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Asl-Console: 1\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        console.address,
        body.len()
    );
    let listed = console.try_to_send_raw(&list).await.unwrap();
    assert_eq!(listed.json()["executions"][0]["name"], "A-1", "{listed:?}");
    service.terminate().await;
}
