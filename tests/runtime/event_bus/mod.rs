//! The local event bus: delivery, order, retries, dead letters. Time is tokio's, paused: nothing here sleeps.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::handlers::event_bus::{
    DeadLetter, EventBridge, ExhaustedRetryCondition, LocalEventBus, PutEventsRequest, PutEventsRequestEntry,
    PutEventsResponse, PutEventsResultEntry, RetryPolicy, RuleTarget, TargetError,
};
use asl_engine::services::event_bridge::{Event, EventPattern, Rule, TargetInput};
use chrono::DateTime;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

mod retries;

type Seen<T> = Arc<Mutex<Vec<T>>>;

fn bus() -> LocalEventBus {
    let ids = AtomicUsize::new(0);
    LocalEventBus::new()
        .account("111122223333")
        .region("eu-central-1")
        .clock(|| DateTime::from_timestamp_millis(1_735_787_045_678).unwrap())
        .event_ids(move || format!("id-{}", ids.fetch_add(1, Ordering::Relaxed)))
}

fn any() -> EventPattern {
    r#"{ "source": [{ "exists": true }] }"#.parse().unwrap()
}

fn order(detail: &Value) -> PutEventsRequestEntry {
    PutEventsRequestEntry::new("shop", "Order", detail)
}

async fn put(bus: &LocalEventBus, entry: PutEventsRequestEntry) -> PutEventsResponse {
    bus.put_events(PutEventsRequest::new([entry])).await.unwrap()
}

/// A target that writes down what it gets.
fn recorder(id: &str) -> (RuleTarget, Seen<Event>) {
    let seen = Seen::default();
    let target = RuleTarget::new(id, {
        let seen = Arc::clone(&seen);
        move |event: Event| {
            seen.lock().unwrap().push(event);
            async { Ok(()) }
        }
    });
    (target, seen)
}

fn dead_letters() -> (impl Fn(DeadLetter) + Send + Sync + 'static, Seen<DeadLetter>) {
    let letters = Seen::default();
    let seen = Arc::clone(&letters);
    (move |letter| seen.lock().unwrap().push(letter), letters)
}

/// A target that fails as often as it is told, and counts.
fn failing(times: usize, error: &TargetError) -> (RuleTarget, Arc<AtomicUsize>) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let target = RuleTarget::new("flaky", {
        let (attempts, error) = (Arc::clone(&attempts), error.clone());
        move |_: Event| {
            let attempt = attempts.fetch_add(1, Ordering::Relaxed);
            let result = if attempt < times { Err(error.clone()) } else { Ok(()) };
            async { result }
        }
    });
    (target, attempts)
}

#[tokio::test(start_paused = true)]
async fn an_event_has_awss_envelope() {
    let (target, seen) = recorder("all");
    let bus = bus().rule(Rule::new("all", any()), [target]);
    let response = put(&bus, order(&json!({ "total": 7 })).resources(["arn:x"])).await;
    assert_eq!(
        serde_json::to_string(&response).unwrap(),
        r#"{"Entries":[{"EventId":"id-0"}],"FailedEntryCount":0}"#
    );
    bus.idle().await;
    let envelope = concat!(
        r#"{"version":"0","id":"id-0","detail-type":"Order","source":"shop","account":"111122223333","#,
        r#""time":"2025-01-02T03:04:05Z","region":"eu-central-1","resources":["arn:x"],"detail":{"total":7}}"#
    );
    assert_eq!(seen.lock().unwrap()[0].to_string(), envelope);
}

#[tokio::test(start_paused = true)]
async fn entries_fail_alone() {
    let (target, seen) = recorder("all");
    let bus = bus().rule(Rule::new("all", any()), [target]);
    let mut malformed = order(&json!({}));
    malformed.detail = Some("no JSON".to_owned());
    let request = PutEventsRequest::new([PutEventsRequestEntry::default(), order(&json!({})), malformed]);
    let response = bus.put_events(request).await.unwrap();
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({ "FailedEntryCount": 2, "Entries": [
            { "ErrorCode": "InvalidArgument",
              "ErrorMessage": "Parameter Source is not valid. Reason: Source is a required argument." },
            { "EventId": "id-0" },
            { "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." },
        ] })
    );
    bus.idle().await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn too_many_entries_fail_the_request() {
    let request = PutEventsRequest::new(vec![order(&json!({})); 11]);
    let error = bus().put_events(request).await.unwrap_err();
    assert_eq!(error.error, "EventBridge.ValidationException");
}

#[tokio::test(start_paused = true)]
async fn buses_are_apart_and_an_unknown_one_drops_events() {
    let (default, on_default) = recorder("default");
    let (orders, on_orders) = recorder("orders");
    let bus = bus()
        .rule(Rule::new("r", any()), [default])
        .rule(Rule::new("r", any()).event_bus("orders"), [orders]);
    let arn = "arn:aws:events:us-east-1:123456789012:event-bus/orders";
    for name in ["orders", arn, "default", "nowhere"] {
        let response = put(&bus, order(&json!({})).event_bus_name(name)).await;
        assert_eq!(response.failed_entry_count, 0);
    }
    bus.idle().await;
    assert_eq!(
        (on_default.lock().unwrap().len(), on_orders.lock().unwrap().len()),
        (1, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn rules_can_be_disabled_replaced_and_deleted() {
    let (target, seen) = recorder("t");
    let (other, seen_by_other) = recorder("t");
    let (never, seen_by_never) = recorder("t");
    let bus = bus()
        .rule(Rule::new("r", any()), [target])
        .rule(Rule::new("off", any()).disabled(), [never]);
    put(&bus, order(&json!({}))).await;
    bus.put_rule(Rule::new("r", any()), [other]);
    put(&bus, order(&json!({}))).await;
    bus.delete_rule("default", "r");
    put(&bus, order(&json!({}))).await;
    bus.idle().await;
    assert_eq!(
        (seen.lock().unwrap().len(), seen_by_other.lock().unwrap().len()),
        (1, 1)
    );
    assert_eq!(seen_by_never.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_target_delays_no_other() {
    let start = Instant::now();
    let done = Seen::<Duration>::default();
    let quick = RuleTarget::new("quick", {
        let done = Arc::clone(&done);
        move |_: Event| {
            done.lock().unwrap().push(start.elapsed());
            async { Ok(()) }
        }
    });
    let slow = RuleTarget::new("slow", |_: Event| async {
        sleep(Duration::from_hours(1)).await;
        Ok(())
    });
    let bus = bus().rule(Rule::new("all", any()), [slow, quick]);
    put(&bus, order(&json!({}))).await;
    put(&bus, order(&json!({}))).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    bus.idle().await;
    assert_eq!(*done.lock().unwrap(), [Duration::ZERO; 2]);
    // The two slow ones went on beside each other.
    assert_eq!(start.elapsed(), Duration::from_hours(1));
}

#[tokio::test(start_paused = true)]
async fn a_bus_can_wait_for_its_targets() {
    let slow = RuleTarget::new("slow", |_: Event| async {
        sleep(Duration::from_secs(3)).await;
        Ok(())
    });
    let (failing, attempts) = failing(usize::MAX, &TargetError::new("Closed", "nobody is there"));
    let failing = failing.retry_policy(RetryPolicy::default().maximum_retry_attempts(2));
    let bus = bus().wait_for_targets().rule(Rule::new("all", any()), [slow, failing]);
    let started = Instant::now();
    // One attempt, and retries after one second and two more; the other target takes as long.
    assert_eq!(put(&bus, order(&json!({}))).await.failed_entry_count, 0);
    assert_eq!(started.elapsed().as_secs(), 3);
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
    // A caller who gives up takes nothing back.
    let given_up = tokio::time::timeout(Duration::from_secs(1), put(&bus, order(&json!({}))));
    assert!(given_up.await.is_err());
    bus.idle().await;
    assert_eq!((started.elapsed().as_secs(), attempts.load(Ordering::Relaxed)), (6, 6));
}

#[tokio::test(start_paused = true)]
async fn ordered_events_wait_for_those_of_their_key_only() {
    let start = Instant::now();
    let seen = Seen::<(String, u64, u64)>::default();
    let failed_once = Arc::new(AtomicUsize::new(0));
    let target = RuleTarget::new("tracker", {
        let seen = Arc::clone(&seen);
        move |event: Event| {
            let (seen, failed_once) = (Arc::clone(&seen), Arc::clone(&failed_once));
            async move {
                let key = event.detail["order"].as_str().unwrap().to_owned();
                let number = event.detail["n"].as_u64().unwrap();
                // Later events would be done earlier if they did not wait.
                sleep(Duration::from_secs(10 - number)).await;
                if key == "a" && number == 1 && failed_once.fetch_add(1, Ordering::Relaxed) == 0 {
                    return Err(TargetError::new("Busy", "once"));
                }
                seen.lock().unwrap().push((key, number, start.elapsed().as_secs()));
                Ok(())
            }
        }
    });
    let target = target.ordered_by(|event| event.detail["order"].to_string());
    let bus = bus().rule(Rule::new("all", any()), [target]);
    for n in 0..3 {
        let entries = ["a", "b"].map(|key| order(&json!({ "order": key, "n": n })));
        bus.put_events(PutEventsRequest::new(entries)).await.unwrap();
    }
    bus.idle().await;
    let seen = seen.lock().unwrap();
    let of = |key: &str| -> Vec<(u64, u64)> {
        seen.iter()
            .filter(|(k, ..)| k == key)
            .map(|(_, n, at)| (*n, *at))
            .collect()
    };
    assert_eq!(of("a"), [(0, 10), (1, 10 + 9 + 1 + 9), (2, 10 + 9 + 1 + 9 + 8)]);
    assert_eq!(of("b"), [(0, 10), (1, 10 + 9), (2, 10 + 9 + 8)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_holds_with_threads_too() {
    let (target, seen) = recorder("t");
    let target = target.ordered_by(|event| event.detail["key"].to_string());
    let bus = bus().rule(Rule::new("all", any()), [target]);
    for n in 0..500 {
        put(&bus, order(&json!({ "key": n % 7, "n": n }))).await;
    }
    bus.idle().await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 500);
    for key in 0..7 {
        let numbers = seen
            .iter()
            .filter(|event| event.detail["key"] == key)
            .map(|event| event.detail["n"].as_u64());
        assert!(numbers.is_sorted());
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_finishes_what_runs_and_gives_up_retries() {
    let start = Instant::now();
    let (hook, letters) = dead_letters();
    let (busy, attempts) = failing(usize::MAX, &TargetError::new("Busy", "later"));
    let done = Arc::new(AtomicUsize::new(0));
    let slow = RuleTarget::new("slow", {
        let done = Arc::clone(&done);
        move |_: Event| {
            let done = Arc::clone(&done);
            async move {
                sleep(Duration::from_secs(5)).await;
                done.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    });
    let backoff = RetryPolicy::default().backoff(Duration::from_hours(1));
    let busy = busy.retry_policy(backoff).dead_letter(hook);
    let bus = bus().rule(Rule::new("all", any()), [slow, busy]);
    put(&bus, order(&json!({}))).await;
    sleep(Duration::from_secs(1)).await;
    bus.shutdown().await;
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!((done.load(Ordering::Relaxed), attempts.load(Ordering::Relaxed)), (1, 1));
    assert_eq!(
        letters.lock().unwrap()[0].exhausted_retry_condition,
        ExhaustedRetryCondition::Shutdown
    );
    let error = bus
        .put_events(PutEventsRequest::new([order(&json!({}))]))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "EventBridge.InternalException: the event bus is shut down"
    );
}

#[tokio::test(start_paused = true)]
async fn pending_deliveries_are_bounded() {
    let slow = RuleTarget::new("slow", |_: Event| async {
        sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    let bus = bus().rule(Rule::new("all", any()), [slow]).maximum_pending(1);
    assert_eq!(put(&bus, order(&json!({}))).await.failed_entry_count, 0);
    let refused = put(&bus, order(&json!({}))).await;
    assert!(matches!(
        &refused.entries[0],
        PutEventsResultEntry::Failed { error_code, .. } if error_code == "ThrottlingException"
    ));
    bus.idle().await;
    assert_eq!(put(&bus, order(&json!({}))).await.failed_entry_count, 0);
}

#[tokio::test(start_paused = true)]
async fn a_target_can_have_an_input_of_its_own() {
    let seen = Seen::<Value>::default();
    let input = TargetInput::transformer([("id", "$.detail.id")], r#""<id> by <aws.events.rule-name>""#).unwrap();
    let target = RuleTarget::with_input("t", input, {
        let seen = Arc::clone(&seen);
        move |payload: Value| {
            seen.lock().unwrap().push(payload);
            async { Ok(()) }
        }
    });
    let bus = bus().rule(Rule::new("all", any()), [target]);
    put(&bus, order(&json!({ "id": 7 }))).await;
    bus.idle().await;
    assert_eq!(*seen.lock().unwrap(), [json!("7 by all")]);
}

#[test]
fn without_a_runtime_put_events_fails() {
    let bus = bus();
    let put = bus.put_events(PutEventsRequest::new([order(&json!({}))]));
    let mut put = std::pin::pin!(put);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = put.as_mut().poll(&mut context) else {
        panic!("it waits for nothing")
    };
    assert!(result.unwrap_err().message.contains("no tokio runtime"));
}
