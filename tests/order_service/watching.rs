//! What those see who watch the service.

use super::client::{order, order_of};
use super::process::{Folder, Process};

#[tokio::test]
async fn it_is_live_and_ready() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let (live, ready) = (
        service.client.get("/healthz").await,
        service.client.get("/readyz").await,
    );
    assert_eq!((live.status, live.text.as_str()), (200, "live\n"));
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready\n"));
    service.terminate().await;
}

#[tokio::test]
async fn it_is_not_ready_while_nothing_can_be_written() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    let holder = rusqlite::Connection::open(folder.data()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ready = client.get("/readyz").await;
    assert_eq!((ready.status, ready.code().as_str()), (503, "Unavailable"));
    assert_eq!(client.get("/healthz").await.status, 200);
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(client.get("/readyz").await.status, 200);
    service.terminate().await;
}

#[tokio::test]
async fn the_metrics_count_requests_and_executions() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    client.place(&order("A-1")).await;
    client.place(&order("A-1")).await;
    client.wait_for_shipment("A-1").await;
    client.place(&order_of("A-2", "tok_declined", 1)).await;
    client.wait_for_end("A-2").await;
    client.get("/nowhere").await;

    let mut text = client.get("/metrics").await.text;
    // The end of an execution is told of a moment after it.
    while !text.contains("order_service_executions_ended_total{status=\"FAILED\"} 1") {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        text = client.get("/metrics").await.text;
    }
    for line in [
        "order_service_requests_total{method=\"POST\",route=\"/orders\",status=\"201\"} 2",
        "order_service_requests_total{method=\"POST\",route=\"/orders\",status=\"200\"} 1",
        "order_service_requests_total{method=\"GET\",route=\"-\",status=\"404\"} 1",
        "order_service_orders_total 2",
        "order_service_executions_running 1",
        "order_service_executions_resumed 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // Each line is a comment, or a name with a number behind it.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    service.kill().await;

    let service = Process::open(&folder).await;
    let text = service.client.get("/metrics").await.text;
    assert!(text.contains("\norder_service_executions_resumed 1\n"), "{text}");
    service.terminate().await;
}
