//! What a run tells: visits, attempts, data at every stage, variables, and its story in words.

use asl_engine::simulation::{Answer, Happened, Run, VisitEnd};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

use crate::machine;

fn order() -> Value {
    json!({ "lines": ["a", "b"] })
}

#[test]
fn a_visit_shows_the_data_of_every_stage() {
    let run = Simulation::of(&machine("till"))
        .task("Look up", [json!(7), json!(8)])
        .run(order());
    let price = run.visit("Price");
    assert_eq!(price.raw_input.value(), &order());
    assert_eq!(price.effective_input.as_ref().unwrap().value(), &order());
    assert_eq!(price.raw_result.as_ref().unwrap().value(), &json!([7, 8]));
    assert_eq!(
        price.output.as_ref().unwrap().value(),
        &json!({ "lines": ["a", "b"], "prices": [7, 8] })
    );
    assert_eq!((price.graphs, &*price.pointer), (Some(2), "/States/Price"));
    let counts: Vec<_> = run.visit_counts().into_iter().collect();
    assert_eq!(counts, [("Price", 1), ("Look up", 2), ("Is it much", 1), ("Paid", 1)]);
    let second = run.visits_of("Look up").nth(1).unwrap();
    assert_eq!(
        (second.number, &second.iterations[..], second.within),
        (1, &[1][..], Some(0))
    );
    assert_eq!(&*second.pointer, "/States/Price/ItemProcessor/States/Look up");
    assert_eq!(second.raw_input.value(), &json!("b"));
    let choice = run.visit("Is it much");
    assert_eq!(
        choice.rules.iter().map(|rule| rule.is_true).collect::<Vec<_>>(),
        [false, false]
    );
    assert_eq!(
        choice.end,
        VisitEnd::Exited {
            next: Some("Paid".into())
        }
    );
    assert_eq!(run.variables(), json!({ "paid": true }).as_object().unwrap().clone());
}

#[test]
fn parameters_make_the_effective_input() {
    let run = Simulation::of(&machine("till"))
        .always("Look up", json!(200))
        .task(
            "Ask the bank",
            [Answer::success(json!("yes")).after(Duration::from_secs(1))],
        )
        .run(order());
    let bank = run.visit("Ask the bank");
    assert_eq!(bank.effective_input.as_ref().unwrap()["QueueUrl"], "https://bank");
    assert_eq!(bank.raw_result.as_ref().unwrap().value(), &json!("yes"));
    let rest = run.visit("Rest");
    assert_eq!(rest.took(), Duration::from_hours(4));
    assert_eq!(run.calls_of("Ask the bank").next().unwrap().asked, Duration::ZERO);
}

#[test]
fn moments_follow_each_other_with_what_happened_and_what_runs() {
    let run = Simulation::of(&machine("till"))
        .task("Look up", [json!(7), json!(8)])
        .run(order());
    let moments = run.moments();
    let happened: Vec<_> = moments.iter().map(|moment| moment.happened).collect();
    let answered = |call| Happened::Answered { call: Some(call) };
    assert_eq!(happened, [Happened::Started, answered(0), answered(1)]);
    let names: Vec<&str> = moments[0]
        .running
        .iter()
        .map(|visit| &*run.visits()[*visit].state)
        .collect();
    assert_eq!(names, ["Price", "Look up", "Look up"]);
    assert_eq!(
        moments.iter().map(|moment| moment.events.len()).sum::<usize>(),
        run.history().len()
    );
}

#[test]
fn the_failed_visit_is_the_innermost() {
    let run = Simulation::of(&machine("till"))
        .item("Look up", 0, [json!(1)])
        .item("Look up", 1, [TaskError::new("Broken", "the shelf")])
        .run(order());
    let failed = run.failed_visit().unwrap();
    assert_eq!((&*failed.state, &failed.iterations[..]), ("Look up", &[1][..]));
    assert_eq!(run.visit("Price").failed_graphs, [1]);
}

/// Runs whose stories are told in `tests/kit/explained`.
fn stories() -> Vec<(&'static str, Run)> {
    let till = || Simulation::of(&machine("till"));
    let dear = || till().always("Look up", json!(200));
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let stop = asl_engine::history::ErrorOutput {
        error: Some("Ops".into()),
        cause: None,
    };
    let timed: StateMachine = json!({ "TimeoutSeconds": 60, "StartAt": "Rest", "States": {
        "Rest": { "Type": "Wait", "Seconds": 3600, "End": true }
    }})
    .to_string()
    .parse()
    .unwrap();
    let mut broken: Value = serde_json::from_str(&crate::text("tests/kit/machines/till.asl.json")).unwrap();
    broken["States"]["Is it much"]["Choices"][0]["Variable"] = json!("$.price");
    let broken: StateMachine = broken.to_string().parse().unwrap();
    let caught_badly: StateMachine = crate::parsed("tests/kit/machines/caught_badly.asl.json");
    vec![
        (
            "a_catcher_fails",
            Simulation::of(&caught_badly)
                .always("Price", TaskError::new("Busy", "queue"))
                .run(json!({ "lines": [{ "note": "gift" }] })),
        ),
        (
            "an_iteration_fails",
            till()
                .item("Look up", 0, [json!(1)])
                .item("Look up", 1, vec![TaskError::new("Busy", "queue"); 3])
                .run(order()),
        ),
        (
            "it_succeeds",
            dear()
                .task(
                    "Ask the bank",
                    [
                        Answer::heartbeat_loss(),
                        Answer::callback(Ok(json!("yes"))).after(minutes(1) / 2),
                    ],
                )
                .run(order()),
        ),
        (
            "a_fail_state",
            dear().task("Ask the bank", [Answer::timeout()]).run(order()),
        ),
        (
            "it_is_stopped",
            dear()
                .task("Ask the bank", [Answer::never()])
                .stop_after(minutes(1) / 2, stop)
                .run(order()),
        ),
        ("it_times_out", Simulation::of(&timed).run(json!({}))),
        (
            "a_runtime_error",
            Simulation::of(&broken).always("Look up", json!(1)).run(order()),
        ),
    ]
}

#[test]
fn the_story_says_what_happened_and_why_it_failed_there() {
    for (name, run) in stories() {
        let file = format!("tests/kit/explained/{name}.txt");
        assert_eq!(run.explain(), crate::text(&file), "{file}");
    }
}

#[test]
fn an_assertion_fails_with_the_story() {
    let run = Simulation::of(&machine("till"))
        .always("Look up", json!(7))
        .run(order());
    assert_eq!(run.assert_succeeded()["prices"], json!([7, 7]));
    let failed = || {
        Simulation::of(&machine("till"))
            .always("Look up", json!(0))
            .run(order())
    };
    assert_eq!(failed().assert_failed("Sorry").cause.as_deref(), Some("another time"));
    for (run, wanted) in [
        (failed(), "It failed in `Apologise`"),
        (run, "did not end with the error `Sorry`"),
    ] {
        let told = std::panic::catch_unwind(|| match run.output() {
            Some(_) => drop(run.assert_failed("Sorry")),
            None => drop(run.assert_succeeded()),
        });
        let told = *told.unwrap_err().downcast::<String>().unwrap();
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn equal_runs_are_equal_and_without_a_history_visits_are_not_kept() {
    let simulation = Simulation::of(&machine("till")).always("Look up", json!(1));
    assert_eq!(simulation.run(order()), simulation.run(order()));
    let off = simulation.history(asl_engine::history::HistoryLevel::Off).run(order());
    assert!(off.visits().is_empty() && off.output().is_some());
}

#[test]
fn data_without_end_is_cut_and_said_to_be() {
    let machine: StateMachine = json!({ "StartAt": "Count", "States": {
        "Count": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)", "text.$": "$.text" }, "Next": "Again" },
        "Again": { "Type": "Choice", "Default": "Done", "Choices": [
            { "Variable": "$.n", "NumericLessThan": 400, "Next": "Count" } ] },
        "Done": { "Type": "Succeed" }
    }})
    .to_string()
    .parse()
    .unwrap();
    let run = Simulation::of(&machine).run(json!({ "n": 0, "text": "x".repeat(250_000) }));
    assert_eq!(run.assert_succeeded()["n"], 400);
    assert!(run.execution().is_data_cut && run.visit("Done").raw_input.is_null());
    assert!(run.visits()[0].raw_input["n"] == 0 && run.visit_count("Count") == 400);
    let small = Simulation::of(&machine).run(json!({ "n": 0, "text": "x" }));
    assert!(!small.execution().is_data_cut && small.visit("Done").raw_input["n"] == 400);
}
