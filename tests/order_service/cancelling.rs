//! Orders that are not wanted any more: nothing of them is left.

use serde_json::json;

use super::client::{order, order_of};
use super::process::{Folder, Process};
use super::tables::Tables;

#[tokio::test]
async fn a_cancelled_order_is_undone() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    client.place(&order("A-1")).await;
    client.wait_for_shipment("A-1").await;
    let tables = Tables::open(&folder.data());
    assert_eq!((tables.charges("A-1"), tables.available("mocha")), ((1_800, 1), 99_998));

    assert_eq!(client.cancel("A-1").await.status, 202);
    // A client that lost the answer asks again.
    assert_eq!(client.cancel("A-1").await.status, 202);
    let cancelled = client.wait_for_end("A-1").await;
    assert_eq!(cancelled["status"], "FAILED");
    let failure = json!({ "error": "OrderCancelled", "message": "the order was cancelled" });
    assert_eq!(cancelled["failure"], failure);
    assert_eq!((tables.charges("A-1"), tables.available("mocha")), ((0, 0), 100_000));
    assert_eq!(tables.item("A-1")["Reason"]["S"], "OrderCancelled");

    assert_eq!(client.cancel("A-1").await.status, 202);
    assert_eq!(client.ship("A-1", "P-7").await.status, 409);
    service.terminate().await;
}

#[tokio::test]
async fn an_order_is_cancelled_while_it_waits_and_not_otherwise() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    assert_eq!(client.cancel("A-1").await.status, 404);

    client.place(&order_of("A-1", "tok_busy", 1)).await;
    client.wait_for_state("A-1", "Charge Card").await;
    let early = client.cancel("A-1").await;
    assert_eq!((early.status, early.code().as_str()), (409, "NotYet"));
    assert!(early.head.contains("retry-after: 1"), "{early:?}");
    client.wait_for_shipment("A-1").await;
    assert_eq!(client.cancel("A-1").await.status, 202);
    assert_eq!(client.wait_for_end("A-1").await["failure"]["error"], "OrderCancelled");

    client.place(&order("A-2")).await;
    client.wait_for_shipment("A-2").await;
    client.ship("A-2", "P-7").await;
    client.wait_for_end("A-2").await;
    let late = client.cancel("A-2").await;
    assert_eq!((late.status, late.code().as_str()), (409, "OrderConflict"));
    service.terminate().await;
}

#[tokio::test]
async fn of_a_shipment_and_a_cancellation_at_once_one_counts() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    let tables = Tables::open(&folder.data());
    for number in 0..10 {
        let id = format!("A-{number}");
        client.place(&order(&id)).await;
        client.wait_for_shipment(&id).await;
        let (shipped, cancelled) = tokio::join!(client.ship(&id, "P-7"), client.cancel(&id));
        let ended = client.wait_for_end(&id).await;
        match (shipped.status, cancelled.status) {
            (200, 409) => assert_eq!(
                (&ended["status"], tables.charges(&id)),
                (&json!("SUCCEEDED"), (1_800, 1))
            ),
            (409, 202) => assert_eq!((&ended["status"], tables.charges(&id)), (&json!("FAILED"), (0, 0))),
            both => panic!("{both:?}: {shipped:?}, {cancelled:?}"),
        }
    }
    service.terminate().await;
}
