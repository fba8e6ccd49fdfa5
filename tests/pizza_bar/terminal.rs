//! The client for the terminal.

use std::process::Stdio;

use tokio::process::Command;
use tokio::time::timeout;

use super::bar::{Folder, PATIENCE, STATUSES, open, orders, url};
use super::client::{OrderArgs, order};
use super::process::{BINARY, Process};

fn args(url: String, pizza: &str) -> OrderArgs {
    OrderArgs {
        pizza: pizza.to_owned(),
        name: "Ada".to_owned(),
        size: "small".to_owned(),
        quantity: 2,
        url,
    }
}

#[tokio::test]
async fn the_terminal_prints_each_status() {
    let folder = Folder::new();
    let server = open(&folder, 200.0).await;
    let mut output = Vec::new();
    order(args(url(&server), "Quattro Formaggi"), &mut output)
        .await
        .unwrap();

    let output = String::from_utf8(output).unwrap();
    let order_id = orders(&server).await[0].order_id.clone();
    let expected = format!(
        "order {order_id}: 2 x small quattro-formaggi for Ada\n{}\n",
        STATUSES.join("\n")
    );
    assert_eq!(output, expected);
    server.shutdown().await;
}

#[tokio::test]
async fn the_terminal_says_why_there_is_no_pizza() {
    let folder = Folder::new();
    let server = open(&folder, 1.0).await;
    let mut output = Vec::new();
    let refused = order(args(url(&server), "calzone"), &mut output).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("the pizza bar says: `pizza` must be one of"),
        "{refused}"
    );

    let bar = url(&server);
    let customer = tokio::spawn(async move { order(args(bar, "marinara"), &mut Vec::new()).await });
    while orders(&server).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let closed = url(&server);
    server.shutdown().await;
    let broken = customer.await.unwrap().unwrap_err();
    assert_eq!(broken.to_string(), "the connection broke before the pizza was there");
    let closed = order(args(closed, "marinara"), &mut output).await.unwrap_err();
    assert!(closed.to_string().starts_with("no pizza bar answers at"), "{closed}");
    assert!(output.is_empty());
}

/// The binary itself, which serves and orders.
#[tokio::test]
async fn the_binary_serves_and_orders() {
    let folder = Folder::new();
    let bar = Process::open(&folder, 200.0).await;
    let url = bar.url();
    for (pizza, code) in [("margherita", 0), ("calzone", 1)] {
        let order = ["order", pizza, "--name", "Ada", "--quantity", "3", "--url", &url];
        let client = Command::new(BINARY)
            .args(order)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let client = timeout(PATIENCE, client).await.unwrap().unwrap();
        assert_eq!(client.status.code(), Some(code), "{client:?}");
        let output = String::from_utf8(client.stdout).unwrap();
        assert_eq!(output.ends_with("order delivered\n"), code == 0, "{output}");
    }
    #[cfg(unix)]
    bar.terminate().await;
}
