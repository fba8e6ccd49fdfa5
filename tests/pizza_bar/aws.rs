//! The bar with its tables in DynamoDB and its events in EventBridge, as moto's server has them.

use std::collections::BTreeMap;

use asl_engine::handlers::aws::AwsServices;
use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::bar::{Customer, Folder, PATIENCE, STATUSES, close, open_with, orders, read};
use super::moto::Moto;
use super::process::Process;
use super::server::tables::Tables;
use super::server::{Options, Place, Server, StartError};

fn emulator(moto: &Moto) -> AwsServices {
    AwsServices::emulator(&moto.url, "us-east-1").unwrap()
}

fn options(moto: &Moto, folder: &Folder, speed: f64) -> Options {
    Options {
        aws: Some((emulator(moto), "PizzaBar".to_owned())),
        ..Options::new(0, folder.0.clone(), speed)
    }
}

async fn call(services: &AwsServices, service: &str, action: &str, parameters: Value) -> Value {
    services.call(service, action, &parameters).await.unwrap()
}

/// A queue that hears of all events on the order bus.
async fn queue(services: &AwsServices) -> String {
    let queue = call(services, "sqs", "createQueue", json!({ "QueueName": "orders" })).await;
    let rule = json!({
        "Name": "all", "EventBusName": "pizza-orders", "EventPattern": r#"{ "source": ["WebsocketEvent"] }"#,
    });
    call(services, "eventbridge", "putRule", rule).await;
    let target = json!({ "Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:orders" });
    let targets = json!({ "Rule": "all", "EventBusName": "pizza-orders", "Targets": [target] });
    call(services, "eventbridge", "putTargets", targets).await;
    queue["QueueUrl"].as_str().unwrap().to_owned()
}

/// The details of so many events.
async fn heard(services: &AwsServices, queue: &str, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    let mut events = Vec::new();
    while events.len() < count {
        assert!(Instant::now() < deadline, "{events:?}");
        let receive = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let received = call(services, "sqs", "receiveMessage", receive).await;
        for message in received["Messages"].as_array().into_iter().flatten() {
            let event: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            events.push(event["detail"].clone());
            let delete = json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] });
            call(services, "sqs", "deleteMessage", delete).await;
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_in_dynamodb_and_told_to_eventbridge() {
    let Some(moto) = Moto::start().await else { return };
    let services = emulator(&moto);
    let folder = Folder::new();
    let server = open_with(options(&moto, &folder, 200.0)).await;
    let queue = queue(&services).await;

    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    let receipt = customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    // One more connection sees the order by its token.
    let mut other = Customer::enter(&server).await;
    other.ask_for(&receipt).await;
    let known = other.hear().await;
    assert_eq!(known["order"]["status"], STATUSES[5], "{known}");

    let get = json!({
        "TableName": "PizzaBarOrders", "Key": { "id": { "S": format!("order#{}", receipt.order_id) } },
    });
    let item = call(&services, "dynamodb", "getItem", get).await;
    assert_eq!(item["Item"]["row"]["M"]["status"]["S"], STATUSES[5], "{item}");
    let sessions = call(
        &services,
        "dynamodb",
        "scan",
        json!({ "TableName": "PizzaBarSessions" }),
    )
    .await;
    assert_eq!(sessions["Items"].as_array().unwrap().len(), 2, "{sessions}");
    let told = heard(&services, &queue, STATUSES.len()).await;
    let mut told: Vec<_> = told.iter().map(|detail| detail["status"].as_str().unwrap()).collect();
    let mut all = STATUSES;
    told.sort_unstable();
    all.sort_unstable();
    assert_eq!(told, all);
    close(server, (customer, other)).await;

    // Nothing of the bar's is in its file but the executions.
    let file = rusqlite::Connection::open(folder.0.join("pizza-bar.db")).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM executions"), 1);
    assert_eq!(count("SELECT count(*) FROM Orders"), 0);
    let server = open_with(options(&moto, &folder, 200.0)).await;
    assert_eq!(orders(&server).await.len(), 1);
    assert_eq!(read(&server, |transaction| transaction.all_running()).await, []);
    close(server, ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_is_lost_or_made_twice_when_the_bar_is_killed() {
    const KILLS: usize = 4;

    let Some(moto) = Moto::start().await else { return };
    let folder = Folder::new();
    let names: Vec<String> = (0..6).map(|number| format!("customer {number}")).collect();
    let (street, _) = tokio::sync::watch::channel(String::new());
    let customers: Vec<_> = names
        .iter()
        .map(|name| tokio::spawn(order_until_delivered(name.clone(), street.subscribe())))
        .collect();
    let open = async || {
        let mut command = Process::command(&folder, 0, 10.0);
        command.arg("--aws").envs(moto.environment());
        Process::start(command).await.unwrap()
    };
    for kill in 0..KILLS {
        let bar = open().await;
        street.send_replace(bar.url());
        sleep(Duration::from_millis(500 + 150 * u64::try_from(kill).unwrap())).await;
        bar.kill().await;
    }
    let bar = open().await;
    street.send_replace(bar.url());
    let delivered = timeout(2 * PATIENCE, join_all(customers))
        .await
        .expect("orders that end");
    let delivered: BTreeMap<String, String> = names
        .iter()
        .cloned()
        .zip(delivered.into_iter().map(Result::unwrap))
        .collect();
    bar.terminate().await;

    let server = open_with(options(&moto, &folder, 10.0)).await;
    let made = orders(&server).await;
    assert_eq!(made.len(), names.len(), "an order was lost, or made twice: {made:?}");
    for order in made {
        assert_eq!(order.status, STATUSES[5]);
        assert_eq!(Some(&order.order_id), delivered.get(&order.details.name));
        let id = order.order_id.clone();
        let statuses = read(&server, move |transaction| transaction.statuses(&id)).await;
        let statuses: Vec<_> = statuses.into_iter().map(|(status, _)| status).collect();
        assert_eq!(statuses, STATUSES);
    }
    assert_eq!(read(&server, |transaction| transaction.all_running()).await, []);
    close(server, ()).await;
}

/// Orders the same until it is delivered; returns its id.
async fn order_until_delivered(name: String, mut street: tokio::sync::watch::Receiver<String>) -> String {
    #[expect(clippy::disallowed_methods, reason = "a token that nobody else has")]
    let token = uuid::Uuid::new_v4().to_string();
    let order = json!({ "name": name, "pizza": "funghi", "size": "small", "quantity": 1 });
    let order = json!({ "action": "order", "order": order, "clientToken": token }).to_string();
    let mut order_id = None;
    loop {
        let url = street.borrow_and_update().clone();
        if follow(&url, &order, &mut order_id).await.is_some() {
            return order_id.unwrap();
        }
        let _ = timeout(Duration::from_millis(50), street.changed()).await;
    }
}

async fn follow(url: &str, order: &str, order_id: &mut Option<String>) -> Option<()> {
    let (mut socket, _) = connect_async(url).await.ok()?;
    socket.send(Message::text(order)).await.ok()?;
    loop {
        let Message::Text(text) = timeout(PATIENCE, socket.next()).await.expect("a message")?.ok()? else {
            continue;
        };
        let message: Value = serde_json::from_str(&text).unwrap();
        let status = match message["type"].as_str() {
            Some("ORDER") => {
                let id = message["order"]["orderId"].as_str().unwrap().to_owned();
                assert_eq!(
                    *order_id.get_or_insert_with(|| id.clone()),
                    id,
                    "another order: {message}"
                );
                message["order"]["status"].clone()
            }
            Some("CHANGED_EVENT") => {
                serde_json::from_str::<Value>(message["message"].as_str().unwrap()).unwrap()["status"].clone()
            }
            _ => panic!("{message}"),
        };
        if status == STATUSES[5] {
            return Some(());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bars_that_change_a_row_at_once_one_does() {
    let Some(moto) = Moto::start().await else { return };
    let folders = [Folder::new(), Folder::new()];
    let open = async |folder: &Folder| {
        Tables::open_aws(&folder.0, emulator(&moto), "Two".to_owned())
            .await
            .unwrap()
    };
    let ((first, _one), (second, _two)) = (open(&folders[0]).await, open(&folders[1]).await);
    let time = chrono::DateTime::from_timestamp(0, 0).unwrap();
    let note = |tables: Tables, (read, done): (std::sync::mpsc::SyncSender<()>, std::sync::mpsc::Receiver<()>)| async move {
        let noted = tables.change(move |transaction| {
            let is_new = transaction.note_status("o-1", STATUSES[0], time)?;
            read.send(()).unwrap();
            done.recv().unwrap();
            Ok(is_new)
        });
        noted.await
    };
    // The first has read, and before it writes, the second reads and writes.
    let (read, has_read) = std::sync::mpsc::sync_channel(1);
    let (done, is_done) = std::sync::mpsc::sync_channel(1);
    let slow = tokio::spawn(note(first.clone(), (read, is_done)));
    tokio::task::spawn_blocking(move || has_read.recv().unwrap())
        .await
        .unwrap();
    let noted = second
        .change(move |transaction| transaction.note_status("o-1", STATUSES[0], time))
        .await;
    assert!(noted.unwrap());
    done.send(()).unwrap();
    let refused = slow.await.unwrap().unwrap_err();
    assert!(refused.may_pass(), "{refused}");
    assert!(
        refused.to_string().contains("TransactionCanceledException"),
        "{refused}"
    );
    // Made again, it sees that the status is there.
    let again = first
        .change(move |transaction| transaction.note_status("o-1", STATUSES[0], time))
        .await;
    assert!(!again.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_somebody_else_are_left_alone() {
    let Some(moto) = Moto::start().await else { return };
    let table = json!({
        "TableName": "PizzaBarOrders",
        "KeySchema": [{ "AttributeName": "OrderId", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "OrderId", "AttributeType": "S" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    call(&emulator(&moto), "dynamodb", "createTable", table).await;
    let folder = Folder::new();
    let refused = Server::open(options(&moto, &folder, 1.0), Place::Here)
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, StartError::Tables(_)));
    let said = "the table `PizzaBarOrders` is none of a pizza bar, which has the key `id` alone: choose other tables with \
                --aws-tables";
    assert_eq!(refused.to_string(), said);
}
