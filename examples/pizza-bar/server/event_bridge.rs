//! EventBridge hears of orders: `--aws`.

use std::sync::Arc;
use std::time::Duration;

use asl_engine::handlers::aws::{AwsEventBridge, AwsServices};
use asl_engine::handlers::event_bus::{
    EventBridge as _, EventBridgeError, LocalEventBus, PutEventsRequest, PutEventsRequestEntry, PutEventsResultEntry,
    RetryPolicy, RuleTarget,
};
use asl_engine::services::event_bridge::{Event, Rule};
use serde_json::{Value, json};

use super::{ORDER_BUS, STATUS_CHANGED, StartError};

/// Makes the order bus of EventBridge a target of the bar's own, and makes it if it is not there.
///
/// The bar's own goes on telling the customers, however far AWS is. A Task that puts an event is answered once EventBridge has it
/// too; an event that it does not take for a minute is given up, and the log says so.
pub(super) async fn tell(bus: &LocalEventBus, services: &AwsServices) -> Result<(), StartError> {
    let order_bus = json!({ "Name": ORDER_BUS });
    let known = services.call("eventbridge", "describeEventBus", &order_bus).await;
    if known.is_err_and(|error| error.error().ends_with("ResourceNotFoundException")) {
        let created = services.call("eventbridge", "createEventBus", &order_bus).await;
        created.map_err(StartError::NoEventBus)?;
    }
    let event_bridge = Arc::new(AwsEventBridge::new(services)?);
    let target = RuleTarget::new("event-bridge", move |event: Event| {
        let event_bridge = Arc::clone(&event_bridge);
        async move {
            let entry = PutEventsRequestEntry::new(event.source, event.detail_type, &Value::Object(event.detail))
                .event_bus_name(ORDER_BUS)
                .resources(event.resources)
                .time(event.time);
            let response = event_bridge.put_events(PutEventsRequest::new([entry])).await?;
            match response.entries.into_iter().next() {
                Some(PutEventsResultEntry::Failed {
                    error_code,
                    error_message,
                }) => Err(EventBridgeError::new(error_code, error_message).into()),
                _ => Ok(()),
            }
        }
    })
    .ordered_by(|event| {
        event
            .detail
            .get("connectionId")
            .map(Value::to_string)
            .unwrap_or_default()
    })
    .retry_policy(
        RetryPolicy::default()
            .maximum_event_age(Duration::from_mins(1))
            .maximum_retry_attempts(5),
    )
    .dead_letter(|letter| {
        tracing::error!(event = letter.event.id, error = %letter.error, "EventBridge does not hear of an event");
    });
    bus.put_rule(
        Rule::new("event-bridge", STATUS_CHANGED.parse()?).event_bus(ORDER_BUS),
        [target],
    );
    Ok(())
}
