//! Random machines and random failures.

use asl_engine::StateMachine;
use asl_engine::execution::{Program, StartOptions};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

use super::player::{Player, task};
use super::{machine, parallel};
use crate::machines::driver::{drive_again, through_storage};
use crate::machines::{definition, machine as random_machine};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random machines that are redriven whenever they fail, a snapshot at every point.
    #[test]
    fn a_restored_execution_is_redriven_identically(
        machine in random_machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        let straight = drive_again(|_| {}, 3, &program, seed, &choices, |execution| execution);
        let stored = drive_again(|_| {}, 3, &program, seed, &choices, through_storage);
        for (event, id) in straight.history.iter().zip(1u64..) {
            prop_assert_eq!(event.id, id);
            prop_assert!(event.previous_event_id < event.id);
        }
        prop_assert_eq!(straight, stored);
    }

    /// Until it ends, an execution is the same whether it keeps what a redrive needs or not.
    #[test]
    fn to_be_redrivable_changes_nothing(
        machine in random_machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        let never = |options: &mut StartOptions| options.is_redrivable = false;
        let redrivable = drive_again(|_| {}, 0, &program, seed, &choices, |execution| execution);
        let other = drive_again(never, 0, &program, seed, &choices, |execution| execution);
        prop_assert_eq!(redrivable, other);
    }

    /// However often its tasks fail, the execution comes to the same output.
    #[test]
    fn an_execution_redriven_until_it_succeeds_has_the_output_of_one_without_failures(
        fails in prop::collection::vec(any::<bool>(), 0..40),
        kind in prop::sample::select(vec!["STANDARD", "EXPRESS"]),
        concurrency in 0u32..4,
    ) {
        let definition = everything(kind, concurrency);
        let input = json!({ "items": [1, 2, 3, 4, 5], "id": 7 });
        let mut well = Player::of(&definition, input.clone());
        well.play();
        assert!(well.output().is_some(), "{:?}", well.execution.outcome());
        let mut player = Player::of(&definition, input);
        player.fail_at(fails);
        player.play();
        while player.output().is_none() {
            player.redrive();
        }
        prop_assert_eq!(player.execution.outcome(), well.execution.outcome());
        prop_assert!(well.output().is_some());
    }
}

/// Branches, iterations, child executions and variables.
fn everything(kind: &str, concurrency: u32) -> Value {
    let mut retried = task();
    retried["Retry"] = json!([{ "ErrorEquals": ["Broken"], "MaxAttempts": 1, "IntervalSeconds": 1 }]);
    let mut using = retried.clone();
    using["Parameters"] = json!({ "item.$": "$x" });
    let map = |name: &str, mode: Value| {
        let (set, work) = (format!("Set{name}"), format!("Do{name}"));
        let first = json!({ "Type": "Pass", "Assign": { "x.$": "$" }, "Next": work });
        let mut processor = machine(&set, json!({ set.clone(): first, work: using }));
        processor["ProcessorConfig"] = mode;
        let map = json!({
            "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "MaxConcurrency": concurrency, "End": true
        });
        machine(name, json!({ name: map }))
    };
    let distributed = json!({ "Mode": "DISTRIBUTED", "ExecutionType": kind });
    let branches = [
        map("Inline", json!({ "Mode": "INLINE" })),
        map("Distributed", distributed),
        machine(
            "Wait",
            json!({ "Wait": { "Type": "Wait", "Seconds": 1, "Next": "Own" }, "Own": retried }),
        ),
    ];
    machine("All", json!({ "All": parallel(&branches) }))
}
