//! Random valid state machines.

pub(crate) mod driver;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A state machine.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    chain: Vec<Kind>,
    timeout: Option<u32>,
}

/// One state of a chain.
#[derive(Debug, Clone)]
enum Kind {
    Pass(u8),
    Task {
        resource: &'static str,
        retries: u32,
        caught: bool,
        timeout: Option<u32>,
        heartbeat: bool,
    },
    Wait(u32),
    Choice,
    /// A Fail state at the end of a chain; elsewhere a Choice that may go to one.
    Fail(When),
    Parallel {
        branches: Vec<Vec<Kind>>,
        retries: u32,
        caught: bool,
    },
    Map {
        mode: Mode,
        states: Vec<Kind>,
        items: usize,
        concurrency: u32,
        retries: u32,
        caught: bool,
    },
}

/// How a Map gets its items, and runs them.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Inline,
    Distributed,
    /// With an `ItemReader`, an `ItemBatcher` and a `ResultWriter`.
    FromFile,
}

/// When a Choice goes to its Fail state.
#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    /// A state before it has caught an error.
    Caught,
    /// A Pass state before it has drawn a low number.
    Low,
}

/// The choice that stops an execution.
const STOP: u8 = 255;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:Work";
const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const JOB: &str = "arn:aws:states:::glue:startJobRun.sync";

/// A state machine, nested up to three deep.
pub(crate) fn machine() -> impl Strategy<Value = Machine> {
    let timeout = prop_oneof![3 => Just(None), 1 => (1u32..40).prop_map(Some)];
    (chain(), timeout).prop_map(|(chain, timeout)| Machine { chain, timeout })
}

fn chain() -> impl Strategy<Value = Vec<Kind>> {
    let resource = prop::sample::select(vec![FUNCTION, ACTIVITY, CALLBACK, JOB]);
    let when = prop::sample::select(vec![When::Always, When::Caught, When::Low]);
    let leaf = prop_oneof![
        4 => any::<u8>().prop_map(Kind::Pass),
        6 => (resource, 0u32..3, any::<bool>(), prop::option::of(1u32..9), any::<bool>()).prop_map(
            |(resource, retries, caught, timeout, heartbeat)| Kind::Task { resource, retries, caught, timeout, heartbeat }
        ),
        2 => (0u32..20).prop_map(Kind::Wait),
        2 => Just(Kind::Choice),
        1 => when.prop_map(Kind::Fail),
    ];
    let states = prop::collection::vec(leaf, 1..5);
    states.prop_recursive(3, 40, 4, |inner| {
        let mode = prop_oneof![3 => Just(Mode::Inline), 3 => Just(Mode::Distributed), 1 => Just(Mode::FromFile)];
        let nested = prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), 0u32..2, any::<bool>()).prop_map(
                |(branches, retries, caught)| Kind::Parallel {
                    branches,
                    retries,
                    caught
                }
            ),
            (mode, inner.clone(), 0usize..4, 0u32..3, 0u32..2, any::<bool>()).prop_map(
                |(mode, states, items, concurrency, retries, caught)| Kind::Map {
                    mode,
                    states,
                    items,
                    concurrency,
                    retries,
                    caught,
                }
            ),
        ];
        (inner, nested, any::<prop::sample::Index>()).prop_map(|(mut chain, nested, at)| {
            chain.insert(at.index(chain.len() + 1), nested);
            chain
        })
    })
}

/// The machine as a definition.
pub(crate) fn definition(machine: &Machine) -> String {
    let mut definition = graph(&machine.chain, &mut 0);
    if let Some(timeout) = machine.timeout {
        definition["TimeoutSeconds"] = json!(timeout);
    }
    definition.to_string()
}

fn graph(chain: &[Kind], names: &mut u32) -> Value {
    let first = *names;
    *names += u32::try_from(chain.len()).unwrap();
    let last = *names - 1;
    let mut states = Map::new();
    for (kind, number) in chain.iter().zip(first..) {
        states.insert(format!("S{number}"), state(kind, number, last, names));
        if matches!(kind, Kind::Fail(_)) && number != last {
            states.insert(format!("F{number}"), fail());
        }
    }
    json!({ "StartAt": format!("S{first}"), "States": states })
}

fn fail() -> Value {
    json!({ "Type": "Fail", "Error": "Burnt", "CausePath": "States.Format('in {}', $$.State.Name)" })
}

fn state(kind: &Kind, number: u32, last: u32, names: &mut u32) -> Value {
    let name = format!("S{number}");
    let next = format!("S{}", (number + 1).min(last));
    let ends = number == last;
    let mut state = match kind {
        Kind::Pass(n) => match n % 3 {
            0 => json!({ "Type": "Pass", "Result": n, "ResultPath": format!("$.{name}") }),
            1 => {
                json!({ "Type": "Pass", "Assign": { format!("v{number}"): n, format!("w{number}.$"): "$$.State.Name" } })
            }
            _ => json!({ "Type": "Pass", "Parameters": { "u.$": "States.UUID()", "r.$": "States.MathRandom(0, 99)" } }),
        },
        Kind::Task {
            resource,
            retries,
            caught,
            timeout,
            heartbeat,
        } => {
            let mut task = json!({
                "Type": "Task", "Resource": resource, "ResultPath": format!("$.{name}"),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries, "JitterStrategy": "FULL" }]
            });
            match *resource {
                CALLBACK => {
                    task["Parameters"] = json!({ "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } });
                }
                JOB => task["Parameters"] = json!({ "JobName": "j" }),
                _ => {}
            }
            if let Some(timeout) = timeout {
                task["TimeoutSeconds"] = json!(timeout + 1);
                if *heartbeat {
                    task["HeartbeatSeconds"] = json!(timeout);
                }
            }
            catching(task, *caught, &next, ends)
        }
        Kind::Wait(seconds) => json!({ "Type": "Wait", "Seconds": seconds }),
        Kind::Fail(_) if ends => fail(),
        Kind::Choice if ends => json!({ "Type": "Succeed" }),
        Kind::Choice => json!({
            "Type": "Choice", "Default": next,
            "Choices": [{ "Variable": "$.S0", "IsPresent": true, "Next": next }]
        }),
        Kind::Fail(when) => {
            let mut rule = match when {
                When::Always => json!({ "Variable": "$$.Execution.Input.flag", "BooleanEquals": true }),
                When::Caught => json!({ "Variable": "$.error", "IsPresent": true }),
                When::Low => json!({ "Variable": "$.r", "NumericLessThan": 50 }),
            };
            if matches!(when, When::Low) {
                rule = json!({ "And": [{ "Variable": "$.r", "IsPresent": true }, rule] });
            }
            rule["Next"] = json!(format!("F{number}"));
            json!({ "Type": "Choice", "Default": next, "Choices": [rule] })
        }
        Kind::Parallel {
            branches,
            retries,
            caught,
        } => {
            let branches: Vec<_> = branches.iter().map(|branch| graph(branch, names)).collect();
            let parallel = json!({
                "Type": "Parallel", "Branches": branches, "ResultPath": format!("$.{name}"),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries }]
            });
            catching(parallel, *caught, &next, ends)
        }
        Kind::Map {
            mode,
            states,
            items,
            concurrency,
            retries,
            caught,
        } => {
            let mut map = json!({
                "Type": "Map", "ItemProcessor": graph(states, names), "MaxConcurrency": concurrency,
                "ItemSelector": { "item.$": "$$.Map.Item.Value", "of": items, "items": [1, "two"], "flag": true },
                "ResultPath": format!("$.{name}"), "ItemsPath": "$$.Execution.Input.items".to_owned(),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries }]
            });
            if !matches!(mode, Mode::Inline) {
                distribute(&mut map, *mode, *items);
            }
            catching(map, *caught, &next, ends)
        }
    };
    let ends_itself = matches!(state["Type"].as_str(), Some("Choice" | "Succeed" | "Fail"));
    if !ends_itself {
        if ends {
            state["End"] = json!(true);
        } else {
            state["Next"] = json!(next);
        }
    }
    state
}

/// Makes a Map a distributed one.
fn distribute(map: &mut Value, mode: Mode, items: usize) {
    map["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    map["ToleratedFailureCount"] = json!(items / 2);
    if matches!(mode, Mode::FromFile) {
        map["ItemReader"] = json!({
            "Resource": "arn:aws:states:::s3:getObject", "Parameters": { "Bucket": "b", "Key": "k" },
            "ReaderConfig": { "InputType": "JSONL" }
        });
        map["ItemBatcher"] = json!({ "MaxItemsPerBatch": 2 });
        map["ResultWriter"] = json!({ "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "b" } });
    }
}

fn catching(mut state: Value, caught: bool, next: &str, ends: bool) -> Value {
    if caught && !ends {
        state["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": next }]);
    }
    state
}
