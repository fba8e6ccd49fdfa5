//! The state machine alone, in virtual time.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use asl_engine::loading::Substitutions;
use asl_engine::simulation::{Answer, Run};
use asl_engine::test_file::Suite;
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::json;

use super::client::order;

const DEFINITION: &str = include_str!("../../examples/order-service/order.asl.json");

/// All tasks on the way to a shipment, with the errors that the definition names.
const TASKS: [(&str, &[&str]); 8] = [
    ("PriceOrder", &["UnknownProduct", "TablesError"]),
    ("Record Order", &["DynamoDB.ThrottlingException"]),
    ("ReserveStock", &["OutOfStock", "TablesError"]),
    ("ChargeCard", &["CardDeclined", "PaymentBusy"]),
    ("Await Shipment", &["OrderCancelled"]),
    ("Record Shipment", &["DynamoDB.ThrottlingException"]),
    ("Tell Customer", &["SNS.ThrottledException"]),
    ("Announce Shipment", &["EventBridge.FailedEntry"]),
];

/// How a task fails, each time it is called.
#[derive(Debug, Clone, Copy)]
enum Fault<'f> {
    /// It does nothing.
    Error(&'f str),
    /// It does its work, and nobody hears of it.
    AnswerLost,
}

/// What an order has of the shop.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Shop {
    is_reserved: bool,
    is_charged: bool,
}

fn machine() -> StateMachine {
    let substitutions = Substitutions::new()
        .with("OrdersTable", "Orders")
        .with(
            "ShipmentQueue",
            "https://sqs.us-east-1.amazonaws.com/123456789012/shipments",
        )
        .with("CustomerTopic", "arn:aws:sns:us-east-1:123456789012:customers")
        .with("EventBus", "shop");
    StateMachine::parse_with(DEFINITION, &substitutions).unwrap()
}

/// An order whose task fails, if one does; with what is left of it in the shop.
fn run(fault: Option<(&str, Fault<'_>)>) -> (Run, Shop) {
    let shop = Arc::new(Mutex::new(Shop::default()));
    let works: [(&str, Work); 12] = [
        ("PriceOrder", |_| Answer::lambda(json!({ "cents": 1_800 }))),
        ("Record Order", |_| json!({}).into()),
        ("ReserveStock", |mut shop| {
            shop.is_reserved = true;
            Answer::lambda(json!({}))
        }),
        ("ChargeCard", |mut shop| {
            shop.is_charged = true;
            Answer::lambda(json!({ "id": "pay-1" }))
        }),
        ("Await Shipment", |_| {
            Answer::callback(Ok(json!({ "parcel": "P-7" }))).after(Duration::from_hours(24))
        }),
        ("Record Shipment", |_| json!({}).into()),
        ("Tell Customer", |_| json!({ "MessageId": "m-1" }).into()),
        ("Announce Shipment", |_| {
            json!({ "Entries": [], "FailedEntryCount": 0 }).into()
        }),
        ("RefundCard", |mut shop| {
            shop.is_charged = false;
            Answer::lambda(json!({}))
        }),
        ("ReleaseStock", |mut shop| {
            shop.is_reserved = false;
            Answer::lambda(json!({}))
        }),
        ("Record Failure", |_| json!({}).into()),
        ("Tell Customer of Failure", |_| json!({ "MessageId": "m-2" }).into()),
    ];
    let machine = machine();
    let simulation = works
        .into_iter()
        .fold(Simulation::of(&machine), |simulation, (task, work)| {
            let shop = Arc::clone(&shop);
            let fault = fault
                .filter(|(failing, _)| *failing == task)
                .map(|(_, fault)| match fault {
                    Fault::Error(error) => Some(error.to_owned()),
                    Fault::AnswerLost => None,
                });
            simulation.task_with(task, move |_| match &fault {
                None => work(shop.lock().unwrap()),
                Some(Some(error)) => TaskError::new(error, "as it happens").into(),
                Some(None) => {
                    work(shop.lock().unwrap());
                    Answer::timeout()
                }
            })
        });
    let run = simulation.allow_left_over().run(order("A-1"));
    let left = *shop.lock().unwrap();
    (run, left)
}

type Work = fn(MutexGuard<'_, Shop>) -> Answer;

#[test]
fn an_order_is_shipped() {
    let (run, shop) = run(None);
    let output = json!({ "orderId": "A-1", "cents": 1_800, "payment": "pay-1", "parcel": "P-7" });
    assert_eq!(run.output(), Some(&output), "{}", run.explain());
    assert_eq!(run.elapsed(), Duration::from_hours(24));
    let both = Shop {
        is_reserved: true,
        is_charged: true,
    };
    assert_eq!(shop, both);
}

#[test]
fn whatever_fails_an_order_that_is_not_shipped_costs_nothing() {
    for (task, errors) in TASKS {
        let named = errors.iter().copied().chain(["Unheard"]).map(Fault::Error);
        for fault in named.chain([Fault::AnswerLost]) {
            let (run, shop) = run(Some((task, fault)));
            let path = run.path();
            let told = || format!("{task} {fault:?}: {shop:?}\n{}", run.explain());
            match path.last() {
                Some(&"Order Failed") => assert_eq!(shop, Shop::default(), "{}", told()),
                Some(&"Order Shipped") => assert!(shop.is_charged && shop.is_reserved, "{}", told()),
                // The parcel is gone: a redrive writes that down.
                _ => assert_eq!(
                    (task, run.error_name().is_some()),
                    ("Record Shipment", true),
                    "{}",
                    told()
                ),
            }
            let is_shipped = matches!(task, "Tell Customer" | "Announce Shipment");
            assert_eq!(path.last() == Some(&"Order Shipped"), is_shipped, "{}", told());
        }
    }
}

#[test]
fn a_charge_is_retried_only_where_nothing_was_charged() {
    for (fault, calls) in [
        (Fault::Error("PaymentBusy"), 5),
        (Fault::Error("CardDeclined"), 1),
        (Fault::Error("Unheard"), 1),
        (Fault::AnswerLost, 1),
    ] {
        let (run, _) = run(Some(("ChargeCard", fault)));
        assert_eq!(run.calls_of("Charge Card").count(), calls, "{}", run.explain());
    }
}

#[test]
fn the_token_of_the_warehouse_is_in_its_message() {
    let (run, _) = run(None);
    let input = run.visit("Await Shipment").effective_input.as_ref().unwrap();
    assert!(input["MessageBody"]["taskToken"].is_string(), "{input}");
}

#[test]
fn the_cases_of_the_test_file_pass_and_cover_everything() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = Suite::open(folder.join("order.asl-test.yaml")).unwrap();
    for result in suite.run_all() {
        assert!(result.has_passed(), "{}: {:?}", result.name, result.verdict);
    }
    assert_eq!(suite.coverage().missed(), []);
}
