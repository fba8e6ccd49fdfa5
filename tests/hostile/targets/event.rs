//! What comes over the event bus and over sockets: patterns, input transformers, route selection expressions.

use std::sync::{Arc, Mutex};

use asl_engine::handlers::event_bus::{
    EventBridge as _, LocalEventBus, PutEventsRequest, PutEventsRequestEntry, RuleTarget,
};
use asl_engine::services::event_bridge::{EventPattern, Rule, TargetInput};
use asl_engine::websocket::RouteSelectionExpression;
use serde_json::{Value, json};

use super::{Dice, grammar};

const KEYS: [&str; 9] = ["a", "b", "c", "a.b", "b.c", "detail", "source", "", "a..b"];

pub(crate) fn pattern(dice: &Dice) -> bool {
    let pattern = fields(dice, 4);
    let parsed = if dice.chance(75) {
        EventPattern::from_json(&pattern)
    } else {
        dice.mutated(&pattern.to_string(), &grammar::PIECES).parse()
    };
    if let Ok(pattern) = &parsed {
        for _ in 0..4 {
            pattern.matches_value(&dice.json(5));
        }
        let text = pattern.as_json().to_string();
        assert_eq!(
            &text.parse::<EventPattern>().unwrap(),
            pattern,
            "a pattern reads itself: {text}"
        );
    }
    parsed.is_ok()
}

fn fields(dice: &Dice, depth: usize) -> Value {
    let fields = (0..=dice.below(3)).map(|_| {
        let key = if dice.chance(8) { "$or" } else { dice.pick(&KEYS) };
        let value = match key {
            "$or" => (0..dice.below(4))
                .map(|_| fields(dice, depth.saturating_sub(1)))
                .collect(),
            _ if depth > 0 && dice.chance(50) => fields(dice, depth - 1),
            _ => (0..=dice.below(3)).map(|_| comparison(dice)).collect(),
        };
        (key.to_owned(), value)
    });
    fields.collect()
}

fn comparison(dice: &Dice) -> Value {
    let text = dice.text(&["a", "b", "é", "ß", ".", "/", "0"], 6) + dice.pick(&["a", "b", "", "*", "*c", "\\"]);
    let number = json!(dice.pick(&[&0.0, &-1.5, &4_999_999_999.5, &6e9, &1e-7]));
    match dice.below(11) {
        0 => dice.json(0),
        1 => text.into(),
        2 => json!({ "prefix": text }),
        3 => json!({ "suffix": { "equals-ignore-case": text } }),
        4 => json!({ "wildcard": text }),
        5 => json!({ "anything-but": { "wildcard": [text, "*a*"] } }),
        6 => json!({ "anything-but": [dice.json(0), text] }),
        7 => json!({ "numeric": [dice.pick(&["=", "<", ">", ">="]), number] }),
        8 => json!({ "numeric": [">", number, "<=", 5_000_000_000_i64] }),
        9 => json!({ "exists": dice.chance(50) }),
        _ => json!({ "cidr": dice.pick(&["10.0.0.0/8", "::/0", "10.0.0.0/33", "1.2.3/1", "2001:db8::/129"]) }),
    }
}

pub(crate) fn transformer(dice: &Dice) -> bool {
    let paths: Vec<(&str, String)> = ["a", "b"].into_iter().map(|name| (name, grammar::path(dice))).collect();
    let pieces = [
        "<a>",
        "<b>",
        "<c>",
        "<",
        ">",
        "\"",
        "\\",
        "{",
        "}",
        ":",
        "<aws.events.event.json>",
        "<aws.events.event>",
        "<aws.events.rule-name>",
        " ",
        "é",
        "<a",
    ];
    let template = dice.text(&pieces, 12);
    let _ = TargetInput::path(&paths[0].1);
    let paths = paths.iter().map(|(name, path)| (*name, path.as_str()));
    match TargetInput::transformer(paths, &template) {
        Ok(input) => deliver(input, dice.json(4)),
        Err(_) => return false,
    }
    true
}

/// Sends an event through the input; a target that panics gets a dead letter, too.
fn deliver(input: TargetInput, detail: Value) {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let letters = Arc::clone(&failures);
    let target = RuleTarget::with_input("target", input, |_: Value| async { Ok(()) })
        .dead_letter(move |letter| letters.lock().unwrap().push(letter.error.error().to_owned()));
    let pattern = r#"{ "source": ["bar"] }"#.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bus = LocalEventBus::new().rule(Rule::new("rule", pattern), [target]);
        let entry = PutEventsRequestEntry::new("bar", "Order", &json!({ "a": detail }));
        bus.put_events(PutEventsRequest::new([entry])).await.unwrap();
        bus.idle().await;
    });
    let failures = failures.lock().unwrap();
    assert!(failures.iter().all(|error| error == "PayloadTooLarge"), "{failures:?}");
}

pub(crate) fn route_selection(dice: &Dice) -> bool {
    let pieces = [
        "$request.body",
        "${request.body",
        ".a",
        "['b']",
        "[0]",
        "}",
        "$",
        "\\$",
        "/",
        "static",
        "{",
        "'",
        "[",
        "]",
        "é",
        "[18446744073709551616]",
        "request.",
        "..",
    ];
    let parsed = dice.text(&pieces, 7).parse::<RouteSelectionExpression>();
    if let Ok(expression) = &parsed {
        let _ = expression.evaluate(&dice.json(4));
    }
    parsed.is_ok()
}
