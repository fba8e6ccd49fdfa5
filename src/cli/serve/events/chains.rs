//! Chains of executions that events start, so that none is endless.
//!
//! The name of such an execution ends in its place in its chain, so that every process of a cluster knows it.

/// How many executions may follow from each other by events.
///
/// DIFFERENCE: on AWS a rule that starts a state machine at each of its own status changes does so for ever.
pub(super) const LONGEST: u32 = 16;

/// The name of the execution that an event starts at a target: the same at each attempt, which then starts one execution.
pub(super) fn name(event_id: &str, target: u64, place: u32) -> String {
    format!("{event_id}_{target:016x}_{place}")
}

/// The place in its chain of an execution that an event about these resources starts: 1 if no event started the execution
/// that the event comes from.
pub(super) fn place_after(resources: &[String]) -> u32 {
    let places = resources
        .iter()
        .filter_map(|arn| execution_name(arn).and_then(place_in));
    places.max().map_or(1, |place| place.saturating_add(1))
}

/// The name in the ARN of an execution.
fn execution_name(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "states", _, _, "execution" | "express", _, name, ..] => Some(name),
        _ => None,
    }
}

/// The place of an execution of this name that an event has started.
fn place_in(name: &str) -> Option<u32> {
    let mut parts = name.rsplitn(3, '_');
    let (place, target, event_id) = (parts.next()?, parts.next()?, parts.next()?);
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_ours = target.len() == 16 && is_hexadecimal(target) && event_id.len() == 36 && is_hexadecimal(event_id);
    place.parse().ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arns(kind: &str, name: &str) -> Vec<String> {
        vec![
            "arn:aws:states:us-east-1:123456789012:stateMachine:Orders".to_owned(),
            format!("arn:aws:states:us-east-1:123456789012:{kind}:Orders:{name}"),
        ]
    }

    #[test]
    fn an_execution_follows_the_one_of_its_event() {
        assert_eq!(place_after(&[]), 1);
        assert_eq!(place_after(&arns("execution", "a")), 1);
        assert_eq!(place_after(&arns("execution", "order_2024_7")), 1);
        let name = name("0c9b2e4e-5f7a-4d6f-9f4b-0d7b1a2c3d4e", 0x2a, 3);
        assert_eq!(name.len(), 55);
        assert_eq!(place_after(&arns("execution", &name)), 4);
        assert_eq!(place_after(&arns("express", &format!("{name}:7f"))), 4);
    }
}
