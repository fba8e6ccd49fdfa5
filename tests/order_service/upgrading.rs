//! A new definition under orders that run.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::client::order;
use super::process::{Folder, Process};

const DEFINITION: &str = include_str!("../../examples/order-service/order.asl.json");

/// A definition of the next release: the state that waits has another name, and a parcel has a greeting in it.
fn next_definition(folder: &Folder) -> PathBuf {
    let text = DEFINITION.replace("Await Shipment", "Await Warehouse");
    let mut definition: Value = serde_json::from_str(&text).unwrap();
    definition["States"]["Order Shipped"]["Parameters"]["greeting"] = json!("thank you");
    let file = folder.0.join("next.asl.json");
    fs::write(&file, definition.to_string()).unwrap();
    file
}

#[tokio::test]
async fn orders_end_with_the_definition_that_they_began_with() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    service.client.place(&order("A-1")).await;
    service.client.wait_for_shipment("A-1").await;
    service.terminate().await;

    let next = next_definition(&folder);
    let service = Process::open_with(&folder, &["--definition", next.to_str().unwrap()]).await;
    let client = &service.client;
    assert_eq!(client.place(&order("A-2")).await.json()["version"], "2");
    let (first, second) = (
        client.wait_for_shipment("A-1").await,
        client.wait_for_shipment("A-2").await,
    );
    assert_eq!(
        (&first["version"], &first["at"][0]["state"]),
        (&json!("1"), &json!("Await Shipment"))
    );
    assert_eq!(
        (&second["version"], &second["at"][0]["state"]),
        (&json!("2"), &json!("Await Warehouse"))
    );
    // The first order again is the one that was placed, whatever new ones are started with.
    let again = client.place(&order("A-1")).await;
    assert_eq!((again.status, again.json()["version"].as_str()), (200, Some("1")));
    for id in ["A-1", "A-2"] {
        assert_eq!(client.ship(id, "P-7").await.status, 200);
    }
    let (first, second) = (client.wait_for_end("A-1").await, client.wait_for_end("A-2").await);
    assert_eq!(
        (first["status"].as_str(), first["outcome"].get("greeting")),
        (Some("SUCCEEDED"), None)
    );
    assert_eq!(second["outcome"]["greeting"], "thank you");
    service.terminate().await;

    // The release is taken back: its version is the one that it was.
    let service = Process::open(&folder).await;
    assert_eq!(service.client.place(&order("A-3")).await.json()["version"], "1");
    service.terminate().await;
    let service = Process::open_with(&folder, &["--definition", next.to_str().unwrap()]).await;
    assert_eq!(service.client.place(&order("A-4")).await.json()["version"], "2");
    service.terminate().await;
}

#[tokio::test]
async fn a_definition_with_a_mistake_changes_nothing() {
    let folder = Folder::new();
    let service = Process::open(&folder).await;
    service.client.place(&order("A-1")).await;
    service.client.wait_for_shipment("A-1").await;
    service.terminate().await;

    let file = folder.0.join("mistaken.asl.json");
    fs::write(
        &file,
        DEFINITION.replace("\"Next\": \"Record Order\"", "\"Next\": \"Record Ordre\""),
    )
    .unwrap();
    let mistaken = DEFINITION.replace("\"Default\": \"Record Order\"", "\"Default\": \"Record Ordre\"");
    fs::write(&file, mistaken).unwrap();
    let mut command = Process::command(&folder.data());
    command.arg("--definition").arg(&file);
    let Err(said) = Process::start(command).await else {
        panic!("a definition with a mistake is served");
    };
    assert!(said.contains("did you mean `Record Order`?"), "{said}");

    let service = Process::open(&folder).await;
    service.client.wait_for_shipment("A-1").await;
    assert_eq!(service.client.place(&order("A-2")).await.json()["version"], "1");
    service.terminate().await;
}
