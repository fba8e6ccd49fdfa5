//! The state machine of the pizza bar: as it runs, and as its text was first printed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::loading::Substitutions;
use asl_engine::{Simulation, StateMachine};
use serde_json::{Value, json};

const PUT_EVENTS: &str = "arn:aws:states:::events:putEvents";

const STATUSES: [&str; 6] = [
    "order accepted",
    "order is now being prepared",
    "order is undergoing the baking process",
    "order is packed",
    "order is sent for delivery",
    "order delivered",
];

#[test]
fn a_pizza_takes_six_events_and_25_seconds() {
    takes_six_events_and_25_seconds(include_str!("../../asl-samples/pizza-bar.asl.json"));
}

#[test]
fn a_pizza_in_jsonata_takes_the_same() {
    takes_six_events_and_25_seconds(include_str!("../../asl-samples/pizza-bar-jsonata.asl.json"));
}

fn takes_six_events_and_25_seconds(definition: &str) {
    let substitutions = Substitutions::new().with("PizzaOrderEventBus", "pizza-orders");
    let machine = StateMachine::parse_with(definition, &substitutions).unwrap();
    assert!(machine.warnings().is_empty(), "{:?}", machine.warnings());

    let put = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&put);
    let input = json!({ "connectionId": "L0SM9cOFvHcCIhw=", "data": { "name": "Ada", "pizza": "$.margherita" } });
    let run = Simulation::of(&machine)
        .task_fn(PUT_EVENTS, move |request| {
            events.lock().unwrap().push(request.clone());
            Ok(json!({ "Entries": [{ "EventId": "e-1" }], "FailedEntryCount": 0 }))
        })
        .run(input.clone());

    assert_eq!(run.elapsed(), Duration::from_secs(25));
    assert_eq!(run.output(), Some(&input));
    assert_eq!(run.path().len(), 11);
    let expected: Vec<Value> = STATUSES.iter().map(|status| request(status, &input)).collect();
    assert_eq!(*put.lock().unwrap(), expected);
}

/// What the Task of a status asks the bus for.
fn request(status: &str, input: &Value) -> Value {
    json!({
        "Entries": [{
            "Detail": {
                "target": "LAMBDA to notify user via WebSocket",
                "connectionId": input["connectionId"],
                "status": status,
                "orderDetails": input["data"],
            },
            "DetailType": "OrderStatusChangedEvent",
            "EventBusName": "pizza-orders",
            "Source": "WebsocketEvent",
        }]
    })
}

#[test]
fn the_text_as_first_printed_is_refused_where_it_is_wrong() {
    let source = include_str!("../../asl-samples/pizza-bar.verbatim.asl.json");
    let substitutions = Substitutions::new().with("PizzaOrderEventBus", "pizza-orders");
    let invalid = StateMachine::parse_with(source, &substitutions).unwrap_err();
    let unknown = invalid
        .diagnostics()
        .iter()
        .find(|diagnostic| diagnostic.help.as_deref() == Some("did you mean `End`?"))
        .unwrap();
    assert!(unknown.message.contains("'end'"), "{}", unknown.message);
    let (line, text) = source
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("\"end\""))
        .unwrap();
    let column = text.find("\"end\"").unwrap();
    assert_eq!((unknown.line, unknown.column), (line + 1, column + 1));
}
