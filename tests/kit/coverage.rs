//! Coverage: what is counted, how it is reported, merged and asked for.

use asl_engine::simulation::{Answer, Coverage, CoverageError, PointKind};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};

use crate::{machine, sample, text};

fn order(lines: usize) -> Value {
    json!({ "lines": vec!["line"; lines] })
}

fn count(coverage: &Coverage, point: &str) -> u64 {
    let points = coverage.points();
    let found = points.iter().find(|found| found.to_string() == point);
    found
        .unwrap_or_else(|| panic!("no point `{point}` among {points:#?}"))
        .count
}

#[test]
fn an_untested_machine_is_covered_by_nothing() {
    let coverage = Coverage::of(&machine("till"));
    assert_eq!((coverage.runs(), coverage.percent()), (0, 0.0));
    assert_eq!(coverage.to_text(), text("tests/kit/uncovered.txt"));
}

#[test]
fn everything_that_happens_is_counted() {
    let coverage = Coverage::of(&machine("till"));
    let till = Simulation::of(&machine("till")).coverage(&coverage);
    let cheap = till.clone().always("Look up", json!(7));
    cheap.run(order(2));
    cheap.run(order(1));
    till.clone().always("Look up", TaskError::new("Busy", "")).run(order(1));
    till.clone()
        .always("Look up", TaskError::new("Unknown", ""))
        .run(order(1));
    till.clone().always("Look up", json!(0)).run(order(1));
    till.clone().run(order(0));
    till.always("Look up", json!(200))
        .task("Ask the bank", [Answer::heartbeat_loss(), Answer::success(json!(1))])
        .run(order(1));
    assert_eq!(coverage.runs(), 7);
    let of_map = "/States/Price/ItemProcessor";
    for (point, wanted) in [
        ("/States/Price: entered".to_owned(), 7),
        (format!("{of_map}: no item"), 1),
        (format!("{of_map}: one item"), 5),
        (format!("{of_map}: many items"), 1),
        (format!("{of_map}: fails"), 2),
        (format!("{of_map}/States/Look up: entered"), 7),
        (format!("{of_map}/States/Look up/Retry/0: retried"), 2),
        (format!("{of_map}/States/Look up/Retry/0: exhausted"), 1),
        (format!("{of_map}/States/Look up/End: to the end"), 5),
        ("/States/Price/Catch/0: takes Unknown".to_owned(), 1),
        ("/States/Is it much/Choices/0: true".to_owned(), 1),
        ("/States/Is it much/Choices/1: false".to_owned(), 2),
        ("/States/Is it much/Choices/1/Next: to `Apologise`".to_owned(), 1),
        ("/States/Is it much/Default: to `Paid`".to_owned(), 2),
        ("/States/Ask the bank/Retry/0: retried".to_owned(), 1),
        ("/States/Ask the bank/Retry/0: exhausted".to_owned(), 0),
        ("/States/Rest/Next: to `Paid`".to_owned(), 1),
    ] {
        assert_eq!(count(&coverage, &point), wanted, "{point}");
    }
    let missed: Vec<String> = coverage.missed().iter().map(std::string::ToString::to_string).collect();
    assert_eq!(
        missed,
        [
            "/States/Ask the bank/Catch/0/Next: to `Apologise`",
            "/States/Ask the bank/Retry/0: exhausted",
            "/States/Ask the bank/Catch/0: takes States.Timeout"
        ]
    );
    let share = coverage.share_of(PointKind::Catcher);
    assert_eq!((share.covered, share.total), (1, 2));
    let last = coverage
        .transitions()
        .into_iter()
        .find(|transition| transition.to.is_none())
        .unwrap();
    assert_eq!(
        (&*last.pointer, &*last.from, last.count),
        ("/States/Paid/End", "/States/Paid", 3)
    );
}

#[test]
fn threads_share_a_coverage_and_processes_merge_reports() {
    let shared = Coverage::of(&sample("charge"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let simulation = Simulation::of(&sample("charge"))
                .coverage(&shared)
                .task("Charge", [json!(1)]);
            scope.spawn(move || simulation.run(json!({})));
        }
    });
    assert_eq!(shared.runs(), 4);
    let report: Value = serde_json::from_str(&shared.to_json().to_string()).unwrap();
    shared.merge_json(&report).unwrap();
    assert_eq!((shared.runs(), shared.states()[0].count), (8, 8));
    let other = Coverage::of(&machine("till"));
    assert_eq!(other.merge_json(&report), Err(CoverageError::OtherDefinition));
    assert_eq!(other.merge(&shared), Err(CoverageError::OtherDefinition));
    let problem = |report: Value| shared.merge_json(&report).unwrap_err().to_string();
    assert!(problem(json!({})).contains("`version` is not 2"));
    let mut short = report.clone();
    short["points"] = json!([]);
    assert!(problem(short).contains("another length"));
}

#[test]
fn a_retrier_is_never_used_or_retries_or_is_exhausted() {
    let of_retries = |coverage: &Coverage, busy: usize| {
        let answers = (0..busy).map(|_| Err(TaskError::new("Busy", ""))).chain([Ok(json!(1))]);
        let simulation = Simulation::of(&sample("charge")).allow_left_over().coverage(coverage);
        simulation.task("Charge", answers).run(json!({}));
        let share = coverage.share_of(PointKind::Retrier);
        (share.covered, share.total)
    };
    let coverage = Coverage::of(&sample("charge"));
    assert_eq!(
        [0, 1, 6].map(|busy| of_retries(&coverage, busy)),
        [(0, 2), (1, 2), (2, 2)]
    );
    let each = Coverage::of_each_retry(&sample("charge"));
    assert_eq!([0, 1, 6].map(|busy| of_retries(&each, busy)), [(0, 6), (1, 6), (6, 6)]);
    assert_eq!(count(&each, "/States/Charge/Retry/0: retry 5 of 5"), 1);

    assert_eq!(coverage.merge(&each), Err(CoverageError::OtherRetries));
    let error = coverage.merge_json(&each.to_json()).unwrap_err().to_string();
    assert!(error.contains("another length"), "{error}");
    each.merge_json(&each.to_json()).unwrap();
    assert_eq!(each.runs(), 6);
}

#[test]
fn machines_that_are_started_by_others_are_covered_by_their_runs() {
    let coverage = Coverage::of(&sample("shipment"));
    Simulation::of(&sample("order"))
        .state_machine("Shipment", &sample("shipment"))
        .coverage(&coverage)
        .run(json!({ "order": { "id": 7, "kilograms": 2 } }));
    assert!(coverage.runs() == 1 && coverage.percent() > 0.0);
}

#[test]
#[should_panic(expected = "the tests cover 0.0 % of the state machine, less than 80.0 %")]
fn a_threshold_fails_the_test() {
    Coverage::of(&machine("till")).assert_at_least(80.0);
}

#[test]
#[should_panic(expected = "the run kept no visits")]
fn a_run_without_visits_is_not_counted_silently() {
    let off = Simulation::of(&sample("charge")).history(asl_engine::history::HistoryLevel::Off);
    let run = off.task("Charge", [json!(1)]).run(json!({}));
    Coverage::of(&sample("charge")).add(&run);
}

#[test]
fn without_a_history_a_simulation_with_a_coverage_counts_all_the_same() {
    let coverage = Coverage::of(&sample("charge"));
    let simulation = Simulation::of(&sample("charge")).coverage(&coverage);
    let off = simulation.history(asl_engine::history::HistoryLevel::Off);
    off.task("Charge", [json!(1)]).run(json!({}));
    assert_eq!(coverage.states()[0].count, 1);
}

#[test]
fn distributed_maps_are_covered_as_inline_ones() {
    let machine: StateMachine = json!({ "StartAt": "Many", "States": { "Many": {
        "Type": "Map", "ToleratedFailurePercentage": 100, "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "One", "States": { "One": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:One", "End": true,
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 1 }] } } } } } })
    .to_string()
    .parse()
    .unwrap();
    let coverage = Coverage::of(&machine);
    let many = Simulation::of(&machine).coverage(&coverage);
    let run = many
        .clone()
        .always("One", json!("done"))
        .item("One", 1, [Err(TaskError::new("Busy", "")), Ok(json!("late"))])
        .item("One", 2, [TaskError::new("Broken", "")])
        .run(json!(["a", "b", "c"]));
    assert_eq!(run.outcome().status(), "SUCCEEDED", "{}", run.explain());
    many.clone().always("One", TaskError::new("Busy", "")).run(json!(["a"]));
    many.run(json!([]));
    coverage.assert_at_least(100.0);
}
