//! Orders that are placed, once each.

use serde_json::json;

use super::client::{order, order_of};
use super::process::{Folder, Process};
use super::tables::Tables;

#[tokio::test]
async fn an_order_is_placed_charged_shipped_and_told_of() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;

    let placed = client.place(&order("A-1")).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    assert!(placed.head.contains("location: /orders/a-1"), "{placed:?}");
    assert_eq!(placed.json()["status"], "RUNNING");
    assert_eq!(placed.json()["version"], "1");
    assert!(!placed.text.contains("tok_visa"), "{placed:?}");

    let waiting = client.wait_for_shipment("A-1").await;
    assert_eq!(waiting["items"], json!([{ "sku": "mocha", "quantity": 2 }]));
    let tables = Tables::open(&folder.data());
    assert_eq!(tables.charges("A-1"), (1_800, 1));
    assert_eq!(tables.available("mocha"), 99_998);
    assert_eq!(tables.item("A-1")["Status"]["S"], "PLACED");
    let told = tables.messages("sqs", "A-1");
    assert_eq!(told.len(), 1);
    assert!(told[0]["taskToken"].is_string(), "{told:?}");

    assert_eq!(client.ship("A-1", "P-7").await.status, 200);
    let shipped = client.wait_for_end("A-1").await;
    assert_eq!(shipped["status"], "SUCCEEDED", "{shipped}");
    assert_eq!(shipped["outcome"]["parcel"], "P-7");
    assert_eq!(shipped["outcome"]["cents"], 1_800);
    assert!(
        shipped.get("at").is_none() && shipped.get("failure").is_none(),
        "{shipped}"
    );
    assert_eq!(tables.item("A-1")["Parcel"]["S"], "P-7");
    assert_eq!(tables.messages("sns", "A-1").len(), 1);
    assert_eq!(tables.messages("events", "A-1")[0]["detail-type"], "OrderShipped");
    service.terminate().await;
}

#[tokio::test]
async fn the_same_order_again_is_the_same_order() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;

    assert_eq!(client.place(&order("A-1")).await.status, 201);
    let again = client.place(&order("A-1")).await;
    assert_eq!((again.status, again.json()["orderId"].clone()), (200, json!("A-1")));
    // As another client writes it.
    let other_text = r#"{ "items": [{ "quantity": 2, "sku": "mocha" }], "card": "tok_visa", "customer": "ada@example.com", "orderId": "A-1" }"#;
    assert_eq!(client.send("POST", "/orders", Some(other_text)).await.status, 200);

    let other = client.place(&order_of("A-1", "tok_visa", 3)).await;
    assert_eq!((other.status, other.code().as_str()), (409, "OrderConflict"));

    client.wait_for_shipment("A-1").await;
    client.ship("A-1", "P-7").await;
    client.wait_for_end("A-1").await;
    let after = client.place(&order("A-1")).await;
    assert_eq!(
        (after.status, after.json()["status"].clone()),
        (200, json!("SUCCEEDED"))
    );
    assert_eq!(client.place(&order_of("A-1", "tok_visa", 3)).await.status, 409);
    assert_eq!(Tables::open(&folder.data()).charges("A-1"), (1_800, 1));
    service.terminate().await;
}

#[tokio::test]
async fn many_clients_at_once_place_one_order() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let client = service.client.clone();
            tokio::spawn(async move { client.place(&order("A-1")).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for answer in tries {
        statuses.push(answer.await.unwrap().status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 19], vec![201]].concat());
    service.client.wait_for_shipment("A-1").await;
    let tables = Tables::open(&folder.data());
    assert_eq!(tables.number("SELECT count(*) FROM executions", []), 1);
    assert_eq!(tables.charges("A-1"), (1_800, 1));
    service.terminate().await;
}

#[tokio::test]
async fn a_busy_payment_service_is_told_of_and_asked_again() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    client.place(&order_of("A-1", "tok_busy", 1)).await;

    let busy = client
        .wait_for("A-1", |order| order["at"][0]["problem"].is_string())
        .await;
    assert_eq!(busy["at"][0]["state"], "Charge Card");
    let problem = "failed once, the last time with PaymentBusy: the payment service is busy";
    assert_eq!(busy["at"][0]["problem"], problem);

    client.wait_for_shipment("A-1").await;
    assert_eq!(Tables::open(&folder.data()).charges("A-1"), (900, 1));
    service.terminate().await;
}

#[tokio::test]
async fn what_fails_is_told_in_words_and_costs_nothing() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    let mut unknown = order("A-1");
    unknown["items"][0]["sku"] = json!("tea");
    let mut scarce = order("A-2");
    scarce["items"] = json!([{ "sku": "mocha", "quantity": 1 }, { "sku": "espresso-machine", "quantity": 6 }]);
    let mut dear = order("A-3");
    dear["items"] = json!([{ "sku": "grinder", "quantity": 40 }]);
    let declined = order_of("A-4", "tok_declined", 1);

    let failures = [
        (unknown, "UnknownProduct", "the shop has no `tea`"),
        (
            scarce,
            "OutOfStock",
            "6 `espresso-machine` were ordered, and the shop has 5",
        ),
        (
            dear,
            "OrderTooLarge",
            "an order costs at most 500000 cents, and this one 516000",
        ),
        (declined, "CardDeclined", "the bank declines the card"),
    ];
    let tables = Tables::open(&folder.data());
    for (order, error, message) in failures {
        let id = order["orderId"].as_str().unwrap();
        assert_eq!(client.place(&order).await.status, 201);
        let failed = client.wait_for_end(id).await;
        assert_eq!(failed["status"], "FAILED", "{failed}");
        assert_eq!(failed["failure"], json!({ "error": error, "message": message }));
        assert_eq!(tables.charges(id), (0, 0));
        assert_eq!(tables.item(id)["Reason"]["S"], error);
        assert_eq!(tables.messages("sns", id).len(), 1);
    }
    assert_eq!(tables.number("SELECT count(*) FROM Reservations", []), 0);
    assert_eq!(
        (tables.available("mocha"), tables.available("espresso-machine")),
        (100_000, 5)
    );
    service.terminate().await;
}
