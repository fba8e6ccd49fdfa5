//! The end of the process in good order.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::client::{order, order_of};
use super::process::{Folder, Process};
use super::tables::Tables;

#[tokio::test]
async fn orders_that_run_go_on_in_the_next_process() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    service.client.place(&order("A-1")).await;
    service.client.place(&order_of("A-2", "tok_busy", 1)).await;
    service.client.wait_for_shipment("A-1").await;
    service.client.wait_for_state("A-2", "Charge Card").await;
    service.terminate().await;
    // The file is one again: all of the journal is in it.
    assert!(!folder.0.join("orders.db-wal").exists());

    let service = Process::open(&folder).await;
    let client = &service.client;
    client.wait_for_shipment("A-2").await;
    for id in ["A-1", "A-2"] {
        assert_eq!(client.ship(id, "P-7").await.status, 200);
        assert_eq!(client.wait_for_end(id).await["status"], "SUCCEEDED");
    }
    let tables = Tables::open(&folder.data());
    assert_eq!((tables.charges("A-1"), tables.charges("A-2")), ((1_800, 1), (900, 1)));
    service.terminate().await;
}

#[tokio::test]
async fn a_request_that_has_begun_is_finished() {
    let folder = Folder::new();
    let mut service = Process::open(&folder).await;
    let body = order("A-1").to_string();
    let mut stream = TcpStream::connect(&service.client.address).await.unwrap();
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The service asks for the body: the request has begun.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    service.signal().await;
    while TcpStream::connect(&service.client.address).await.is_ok() {
        sleep(Duration::from_millis(10)).await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(service.end().await.success());

    let service = Process::open(&folder).await;
    service.client.wait_for_shipment("A-1").await;
    service.terminate().await;
}

#[tokio::test]
async fn it_drains_before_it_ends() {
    let folder = Folder::new();
    let mut service = Process::open_with(&folder, &["--drain", "2"]).await;
    let client = service.client.clone();
    client.place(&order("A-1")).await;
    client.wait_for_shipment("A-1").await;
    service.signal().await;
    let mut ready = client.get("/readyz").await;
    while ready.status == 200 {
        sleep(Duration::from_millis(10)).await;
        ready = client.get("/readyz").await;
    }
    assert_eq!((ready.status, ready.code().as_str()), (503, "Unavailable"));
    assert_eq!(client.get("/healthz").await.status, 200);
    let refused = client.place(&order("A-2")).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "Unavailable"));
    assert!(refused.head.contains("retry-after: 5"), "{refused:?}");
    // What runs goes on, and can be answered.
    assert_eq!(client.ship("A-1", "P-7").await.status, 200);
    assert_eq!(client.wait_for_end("A-1").await["status"], "SUCCEEDED");
    assert!(service.end().await.success());
}

#[tokio::test]
async fn a_file_has_one_service() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let Err(said) = Process::start(Process::command(&folder.data())).await else {
        panic!("two services over one file");
    };
    assert!(said.contains("is in use: does another order service run?"), "{said}");
    service.terminate().await;
}
