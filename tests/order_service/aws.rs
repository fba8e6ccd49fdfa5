//! The same orders with AWS's services: DynamoDB, SQS, SNS and EventBridge, as moto's server has them.

use asl_engine::handlers::aws::AwsServices;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use super::client::{PATIENCE, order, order_of};
use super::moto::Moto;
use super::process::{Folder, Process};
use super::tables::Tables;

const EVENTS: &str = "arn:aws:sqs:us-east-1:123456789012:events";

/// What a team makes before the service is started, with queues in which the test reads what others would get.
struct Cloud {
    services: AwsServices,
    shipments: String,
    customers: String,
    topic: String,
    events: String,
}

impl Cloud {
    async fn build(moto: &Moto) -> Self {
        let services = AwsServices::emulator(&moto.url, "us-east-1").unwrap();
        let call = async |service: &str, action: &str, parameters: Value| {
            services.call(service, action, &parameters).await.unwrap()
        };
        let table = json!({
            "TableName": "Orders",
            "KeySchema": [{ "AttributeName": "OrderId", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "OrderId", "AttributeType": "S" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        call("dynamodb", "createTable", table).await;
        let queue = async |name: &str| {
            text(
                &call("sqs", "createQueue", json!({ "QueueName": name })).await,
                "QueueUrl",
            )
        };
        let (shipments, customers, events) = (
            queue("shipments").await,
            queue("customers").await,
            queue("events").await,
        );
        let topic = text(
            &call("sns", "createTopic", json!({ "Name": "customers" })).await,
            "TopicArn",
        );
        let subscription = json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:123456789012:customers",
            "Attributes": { "RawMessageDelivery": "true" },
        });
        call("sns", "subscribe", subscription).await;
        call("eventbridge", "createEventBus", json!({ "Name": "shop" })).await;
        let pattern = json!({ "detail-type": ["OrderShipped"] }).to_string();
        let rule = json!({ "Name": "shipped", "EventBusName": "shop", "EventPattern": pattern });
        call("eventbridge", "putRule", rule).await;
        let targets = json!({ "Rule": "shipped", "EventBusName": "shop", "Targets": [{ "Id": "q", "Arn": EVENTS }] });
        call("eventbridge", "putTargets", targets).await;
        Self {
            services,
            shipments,
            customers,
            topic,
            events,
        }
    }

    async fn open(&self, moto: &Moto, folder: &Folder) -> Process {
        let mut command = Process::command(&folder.data());
        command.envs(moto.environment()).arg("--aws");
        command.args(["--shipment-queue", &self.shipments, "--customer-topic", &self.topic]);
        Process::start(command).await.unwrap()
    }

    /// The next message of a queue.
    async fn receive(&self, queue: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let received = self
                .services
                .call("sqs", "receiveMessage", &json!({ "QueueUrl": queue }))
                .await;
            let received = received.unwrap();
            if let Some(body) = received["Messages"][0]["Body"].as_str() {
                let handle = &received["Messages"][0]["ReceiptHandle"];
                let done = json!({ "QueueUrl": queue, "ReceiptHandle": handle });
                self.services.call("sqs", "deleteMessage", &done).await.unwrap();
                return serde_json::from_str(body).unwrap();
            }
            assert!(Instant::now() < deadline, "{received}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn item(&self, order_id: &str) -> Value {
        let get = json!({ "TableName": "Orders", "Key": { "OrderId": { "S": order_id } } });
        self.services.call("dynamodb", "getItem", &get).await.unwrap()["Item"].take()
    }
}

#[tokio::test]
async fn an_order_goes_through_the_services_of_aws() {
    let Some(moto) = Moto::start().await else { return };
    let cloud = Cloud::build(&moto).await;
    let folder = Folder::new();
    let service = cloud.open(&moto, &folder).await;
    let client = &service.client;

    assert_eq!(client.place(&order("A-1")).await.status, 201);
    let told = cloud.receive(&cloud.shipments).await;
    assert_eq!(
        (&told["orderId"], &told["items"]),
        (&json!("A-1"), &json!([{ "sku": "mocha", "quantity": 2 }]))
    );
    assert!(told["taskToken"].is_string(), "{told}");
    assert_eq!(cloud.item("A-1").await["Status"]["S"], "PLACED");
    client.wait_for_shipment("A-1").await;
    // Nothing of it is in the tables that stand for AWS otherwise.
    let tables = Tables::open(&folder.data());
    assert_eq!(tables.number("SELECT count(*) FROM Items", []), 0);
    assert_eq!(tables.number("SELECT count(*) FROM Messages", []), 0);
    assert_eq!(tables.charges("A-1"), (1_800, 1));
    service.kill().await;

    // The next process goes on.
    let service = cloud.open(&moto, &folder).await;
    let client = &service.client;
    assert_eq!(client.ship("A-1", "P-7").await.status, 200);
    let shipped = client.wait_for_end("A-1").await;
    assert_eq!(shipped["status"], "SUCCEEDED", "{shipped}");
    let item = cloud.item("A-1").await;
    assert_eq!(
        (&item["Status"]["S"], &item["Parcel"]["S"]),
        (&json!("SHIPPED"), &json!("P-7"))
    );
    assert_eq!(
        cloud.receive(&cloud.customers).await["text"],
        "order A-1 is on its way, parcel P-7"
    );
    let event = cloud.receive(&cloud.events).await;
    assert_eq!(
        (&event["source"], &event["detail"]["cents"]),
        (&json!("shop.orders"), &json!(1_800))
    );
    service.terminate().await;
}

#[tokio::test]
async fn what_aws_refuses_fails_the_order_in_words() {
    let Some(moto) = Moto::start().await else { return };
    let cloud = Cloud::build(&moto).await;
    cloud
        .services
        .call("dynamodb", "deleteTable", &json!({ "TableName": "Orders" }))
        .await
        .unwrap();
    let folder = Folder::new();
    let service = cloud.open(&moto, &folder).await;
    service.client.place(&order_of("A-1", "tok_visa", 1)).await;
    let trying = service
        .client
        .wait_for("A-1", |order| order["at"][0]["problem"].is_string())
        .await;
    assert_eq!(trying["at"][0]["state"], "Record Order");
    let problem = trying["at"][0]["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("failed once, the last time with DynamoDB.ResourceNotFoundException: "),
        "{problem}"
    );
    service.terminate().await;
}

#[tokio::test]
async fn without_a_region_it_does_not_start() {
    let folder = Folder::new();
    let mut command = Process::command(&folder.data());
    command
        .arg("--aws")
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .env_remove("AWS_PROFILE");
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let Err(said) = Process::start(command).await else {
        panic!("it starts without a region");
    };
    assert!(said.contains("there is no region of AWS: set `AWS_REGION`"), "{said}");
}

fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
