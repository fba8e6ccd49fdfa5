//! Requests that are refused, each with a code and a sentence.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::client::order;
use super::process::{Folder, Process};
use super::tables::Tables;

#[tokio::test]
async fn an_order_that_is_none_is_refused_in_words() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let with = |member: &str, value: Value| {
        let mut order = order("A-1");
        order[member] = value;
        order.to_string()
    };
    let items = |items: Value| with("items", items);
    let refused = [
        ("{".to_owned(), "EOF while parsing an object at line 1 column 1"),
        (
            "[]".to_owned(),
            "invalid length 0, expected struct Order with 4 elements at line 1 column 2",
        ),
        (
            with("orderId", json!("")),
            "`orderId` has 1 to 64 letters, digits, `-` and `_`",
        ),
        (
            with("orderId", json!("../A-1")),
            "`orderId` has 1 to 64 letters, digits, `-` and `_`",
        ),
        (
            with("orderId", json!("A".repeat(65))),
            "`orderId` has 1 to 64 letters, digits, `-` and `_`",
        ),
        (
            with("customer", json!("a\nb")),
            "`customer` is a line of 1 to 254 characters",
        ),
        (with("card", json!("")), "`card` is a line of 1 to 64 characters"),
        (items(json!([])), "`items` has 1 to 20 items"),
        (
            items(json!([{ "sku": "mocha", "quantity": 0 }])),
            "the `quantity` of `mocha` is from 1 to 1000",
        ),
        (
            items(json!([{ "sku": "mocha", "quantity": 1_001 }])),
            "the `quantity` of `mocha` is from 1 to 1000",
        ),
        (
            items(json!([{ "sku": "mocha", "quantity": 1 }, { "sku": "mocha", "quantity": 1 }])),
            "`mocha` is there twice",
        ),
    ];
    for (body, message) in refused {
        let answer = service.client.send("POST", "/orders", Some(&body)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidRequest"),
            "{body}"
        );
        assert_eq!(answer.json()["message"], message, "{body}");
    }
    for (body, said) in [
        (with("discount", json!(100)), "unknown field `discount`"),
        (
            items(json!([{ "sku": "mocha", "quantity": -1 }])),
            "invalid value: integer `-1`",
        ),
        (with("customer", json!(7)), "invalid type: integer `7`"),
    ] {
        let answer = service.client.send("POST", "/orders", Some(&body)).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.json()["message"].as_str().unwrap().contains(said), "{answer:?}");
    }
    let tables = Tables::open(&folder.data());
    assert_eq!(tables.number("SELECT count(*) FROM executions", []), 0);
    service.terminate().await;
}

#[tokio::test]
async fn a_request_that_fits_no_route_is_refused() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    for (method, path, status, code) in [
        ("GET", "/", 404, "NoSuchPath"),
        ("GET", "/orders", 405, "NoSuchMethod"),
        ("PUT", "/orders/A-1", 405, "NoSuchMethod"),
        ("GET", "/orders/A-1", 404, "NoSuchOrder"),
        ("GET", "/orders/A%0A1", 404, "NoSuchOrder"),
        ("GET", "/orders/%2e%2e%2f", 404, "NoSuchOrder"),
    ] {
        let answer = client.send(method, path, None).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{method} {path}"
        );
        assert!(answer.head.contains("content-type: application/json"), "{answer:?}");
    }
    let shipment = client
        .send("POST", "/orders/A-1/shipment", Some(r#"{ "parcel": "" }"#))
        .await;
    assert_eq!((shipment.status, shipment.code().as_str()), (400, "InvalidRequest"));
    service.terminate().await;
}

#[tokio::test]
async fn a_body_is_json_and_not_long() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    let client = &service.client;
    let long = client.send("POST", "/orders", Some(&" ".repeat(20_000))).await;
    assert_eq!((long.status, long.code().as_str()), (413, "InvalidBody"));

    // A page of another site can send no more than this unasked.
    let body = order("A-1").to_string();
    let mut form = String::new();
    write!(
        form,
        "POST /orders HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
        client.address
    )
    .unwrap();
    write!(
        form,
        "Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let form = client.try_to_send_raw(&form).await.unwrap();
    assert_eq!((form.status, form.code().as_str()), (415, "NoJson"));
    assert_eq!(client.get("/orders/A-1").await.status, 404);
    service.terminate().await;
}
