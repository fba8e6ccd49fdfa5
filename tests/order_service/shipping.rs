//! The warehouse's answer.

use super::client::{order, order_of};
use super::process::{Folder, Process};

#[tokio::test]
async fn a_parcel_is_handed_over_once() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    client.place(&order("A-1")).await;
    client.wait_for_shipment("A-1").await;

    let answers = [client.ship("A-1", "P-7").await, client.ship("A-1", "P-7").await];
    assert_eq!(answers[0].status, 200);
    // Between the answer and the end the order waits for no shipment.
    assert!(matches!(answers[1].status, 200 | 409), "{answers:?}");
    client.wait_for_end("A-1").await;
    let again = client.ship("A-1", "P-7").await;
    assert_eq!(
        (again.status, again.json()["outcome"]["parcel"].as_str()),
        (200, Some("P-7"))
    );
    let other = client.ship("A-1", "P-8").await;
    assert_eq!((other.status, other.code().as_str()), (409, "OrderConflict"));
    service.terminate().await;
}

#[tokio::test]
async fn an_order_that_does_not_wait_is_not_shipped() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    assert_eq!(client.ship("A-1", "P-7").await.status, 404);

    client.place(&order_of("A-1", "tok_busy", 1)).await;
    client.wait_for_state("A-1", "Charge Card").await;
    let early = client.ship("A-1", "P-7").await;
    assert_eq!((early.status, early.code().as_str()), (409, "NotYet"));
    assert!(early.head.contains("retry-after: 1"), "{early:?}");
    let message = "it is at `Charge Card`, and has to wait for its shipment to be shipped: ask again in a moment";
    assert_eq!(early.json()["message"], message);

    client.place(&order_of("A-2", "tok_declined", 1)).await;
    client.wait_for_end("A-2").await;
    let late = client.ship("A-2", "P-7").await;
    assert_eq!((late.status, late.code().as_str()), (409, "OrderConflict"));
    service.terminate().await;
}
