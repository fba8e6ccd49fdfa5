//! Exploration: what is injected, what is found, how small it gets.

use asl_engine::simulation::{
    Answer, Coverage, Exploration, ExplorationError, Extent, FaultKind, FindingKind, PointKind, Report, UNNAMED_ERROR,
};
use asl_engine::{Simulation, StateMachine};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{machine, sample};

fn poll() -> Exploration {
    Exploration::of(&Simulation::of(&machine("poll")).otherwise(json!({})))
}

fn told(report: &Report) -> Vec<String> {
    report.findings.iter().map(std::string::ToString::to_string).collect()
}

#[test]
fn every_task_goes_wrong_in_every_way_that_it_can() {
    let report = poll().max_faults(1).explore().unwrap();
    let of = |state: &str| -> Vec<FaultKind> {
        let injected = report.injected.iter().filter(|(name, _)| **name == *state);
        injected.map(|(_, kind)| kind.clone()).collect()
    };
    let error = |name: &str| FaultKind::Error(name.into());
    assert_eq!(of("Begin"), [error("Busy"), error(UNNAMED_ERROR), FaultKind::Timeout]);
    assert_eq!(of("Poll"), [error(UNNAMED_ERROR), FaultKind::Timeout]);
    assert_eq!(of("Done"), [error(UNNAMED_ERROR), FaultKind::NoAnswer]);
    assert!(!report.is_cut);
}

#[test]
fn what_hangs_loops_or_is_not_caught_is_found_with_the_smallest_script() {
    let report = poll().input(json!({ "job": { "id": 7 } })).explore().unwrap();
    assert_eq!(
        told(&report),
        [
            "nothing catches an error in `Begin`: `States.Timeout`\n  started with {}\n  \
             when `Begin` times out in the attempt 0 of the visit 0\n",
            "nothing catches an error in `Done`: `UnnamedError`, injected by the exploration\n  started with {}\n  \
             when `Done` fails with `UnnamedError` in the attempt 0 of the visit 0\n",
            "it waits for ever in `Done`\n  started with {}\n  \
             when `Done` never answers (it has no `TimeoutSeconds`) in the attempt 0 of the visit 0\n",
            "it loops for ever in `Poll`: `States.Runtime`, The execution reached the maximum number of history \
             events (25000).\n  started with {}\n  \
             when `Poll` fails with `UnnamedError` from the attempt 0 of the visit 0 on, for ever\n",
        ]
    );
    let round = report.of(FindingKind::Loop).next().unwrap();
    assert_eq!(round.faults[0].extent, Extent::Always { visit: 0, attempt: 0 });
    let run = round.simulation().run(round.input.clone());
    assert_eq!(run.error_name(), Some("States.Runtime"));
}

#[test]
fn a_fail_state_that_fails_over_its_own_fields_is_found() {
    let machine: StateMachine = json!({ "StartAt": "Sorry", "States": {
        "Sorry": { "Type": "Fail", "ErrorPath": "$.reason" }
    }})
    .to_string()
    .parse()
    .unwrap();
    let explored = |input: Value| {
        Exploration::of(&Simulation::of(&machine))
            .input(input)
            .explore()
            .unwrap()
    };
    assert_eq!(told(&explored(json!({ "reason": "Closed" }))), [""; 0]);
    let report = explored(json!({}));
    assert_eq!(report.findings[0].kind, FindingKind::UncaughtError);
    assert_eq!(report.findings[0].state, "Sorry");
}

#[test]
fn a_retry_for_ever_is_told_of_its_state_whatever_runs_beside_it() {
    let machine = |rate: f64| -> StateMachine {
        let charge = json!({
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge",
            "TimeoutSeconds": 60,
            "Retry": [{ "ErrorEquals": ["Busy"], "MaxAttempts": 99_999_999, "BackoffRate": rate }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Free" }],
            "End": true
        });
        let pass = json!({ "Type": "Pass", "End": true });
        let branches = json!([
            { "StartAt": "Charge", "States": { "Charge": charge, "Free": pass } },
            { "StartAt": "Wrap", "States": { "Wrap": pass } }
        ]);
        let both = json!({ "Type": "Parallel", "Branches": branches, "End": true });
        let machine = json!({ "StartAt": "Both", "States": { "Both": both } });
        machine.to_string().parse().unwrap()
    };
    let found = |rate: f64| {
        let simulation = Simulation::of(&machine(rate)).always("Charge", json!(1));
        let report = Exploration::of(&simulation).max_faults(1).explore().unwrap();
        let found = report.findings.iter().map(|found| (found.kind, found.state.clone()));
        found.collect::<Vec<_>>()
    };
    assert_eq!(found(1.0), [(FindingKind::Loop, "Charge".to_owned())]);
    // With a backoff the year ends it, rather than the history.
    assert_eq!(found(2.0), [(FindingKind::TimedOut, "Charge".to_owned())]);
    // Nothing can make the first branch fail, so nothing has to.
    assert_eq!(Coverage::of(&machine(1.0)).share_of(PointKind::Branch).total, 0);
}

#[test]
fn the_same_exploration_finds_the_same_and_says_when_it_was_cut() {
    let some = poll().max_runs(5);
    let report = some.explore().unwrap();
    assert!(report.is_cut && report.runs == 5);
    assert_eq!(told(&report), told(&some.explore().unwrap()));
    assert!(
        report
            .to_string()
            .starts_with("1 finding in 5 executions, and there are more\n"),
        "{report}"
    );
}

#[test]
fn an_input_that_needs_no_fault_is_made_small() {
    let machine: StateMachine = json!({ "StartAt": "A", "States": { "A": {
        "Type": "Map", "ItemsPath": "$.order.lines", "End": true, "ItemProcessor": { "StartAt": "B", "States": { "B": {
            "Type": "Pass", "InputPath": "$.price", "End": true
        }}}
    }}})
    .to_string()
    .parse()
    .unwrap();
    let input = json!({
        "order": { "id": 7, "lines": [{ "price": 1 }, { "name": "lamp", "count": 2 }, { "price": 3 }] }, "customer": "Ada"
    });
    let report = Exploration::of(&Simulation::of(&machine))
        .input(input)
        .explore()
        .unwrap();
    let finding = &report.findings[0];
    assert_eq!((&*finding.state, finding.faults.len()), ("B", 0));
    assert_eq!(finding.input, json!({ "order": { "lines": [{}] } }));
}

#[test]
fn two_faults_are_needed_for_some_findings() {
    let task = |catch: &str, next: &str| {
        json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "TimeoutSeconds": 5,
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": catch }], "Next": next })
    };
    let mut undo = task("Done", "Done");
    undo["Catch"] = json!([{ "ErrorEquals": ["States.Timeout"], "Next": "Done" }]);
    let machine = json!({ "StartAt": "Charge", "States": {
        "Charge": task("Undo", "Done"), "Undo": undo, "Done": { "Type": "Succeed" }
    }});
    let machine: StateMachine = machine.to_string().parse().unwrap();
    let well = Simulation::of(&machine).otherwise(json!({}));
    let one = Exploration::of(&well).max_faults(1).explore().unwrap();
    one.assert_none();
    let two = Exploration::of(&well).explore().unwrap();
    let states: Vec<&str> = two.findings[0].faults.iter().map(|fault| &*fault.state).collect();
    assert_eq!((states, two.findings.len()), (vec!["Charge", "Undo"], 1));
    assert!(two.findings[0].executions > 1);
}

#[test]
fn errors_of_the_states_around_a_task_are_tried_on_it_and_what_is_allowed_is_no_finding() {
    let coverage = Coverage::of(&machine("till"));
    let well = Simulation::of(&machine("till"))
        .coverage(&coverage)
        .always("Look up", json!(200));
    let well = well.task(
        "Ask the bank",
        [Answer::error("Once", ""), Answer::success(json!("yes"))],
    );
    let report = Exploration::of(&well)
        .inputs([
            json!({ "lines": [1] }),
            json!({ "lines": [1, 2] }),
            json!({ "lines": [] }),
        ])
        .allow_error(UNNAMED_ERROR)
        .allow_error("Busy")
        .explore()
        .unwrap();
    let catcher = coverage
        .points()
        .into_iter()
        .find(|point| point.pointer == "/States/Price/Catch/0")
        .unwrap();
    assert!(catcher.count > 0, "`Unknown` is named by the Map around the task");
    let kinds: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.kind, &*finding.state))
        .collect();
    assert_eq!(
        kinds,
        [
            (FindingKind::UncaughtError, "Is it much"),
            (FindingKind::Hang, "Look up")
        ],
        "{report}"
    );
}

#[test]
fn a_machine_that_times_out_is_found() {
    let machine: StateMachine = json!({ "TimeoutSeconds": 60, "StartAt": "A", "States": { "A": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "End": true
    }}})
    .to_string()
    .parse()
    .unwrap();
    let exploration = Exploration::of(&Simulation::of(&machine).otherwise(json!({}))).allow_error(UNNAMED_ERROR);
    let report = exploration.explore().unwrap();
    assert_eq!(
        (report.findings[0].kind, &*report.findings[0].state),
        (FindingKind::TimedOut, "A")
    );
}

#[test]
fn a_task_without_a_success_is_an_error() {
    let error = Exploration::of(&Simulation::of(&sample("charge")))
        .explore()
        .unwrap_err();
    assert!(error.to_string().contains("no answer is scripted"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn inputs_come_from_strategies(lines in proptest::collection::vec(1..100, 0..4)) {
        let well = Simulation::of(&machine("till")).always("Look up", json!(7));
        let exploration = Exploration::of(&well).allow_error(UNNAMED_ERROR).allow_error("Busy").allow_hangs();
        let checked = exploration.check(json!({ "lines": lines }));
        if lines.is_empty() {
            // The Choice looks at the first price.
            prop_assert!(matches!(checked, Err(ExplorationError::Findings(_))));
        } else {
            checked?;
        }
    }
}

#[test]
fn hostile_inputs_are_bounded() {
    let wide = Value::Array((0..5_000).map(Value::from).collect());
    let well = Simulation::of(&machine("till"))
        .always("Look up", json!(200))
        .otherwise(json!({}));
    let report = Exploration::of(&well)
        .max_runs(3)
        .input(json!({ "lines": wide }))
        .explore()
        .unwrap();
    assert!(report.runs <= 3);
}
