//! Time travel: moment by moment, to an event, and from there another way.

use asl_engine::simulation::{Answer, Happened, Run, SimulationError, VisitEnd};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};

use crate::machine;

fn order() -> Value {
    json!({ "lines": ["a", "b", "c"] })
}

fn run() -> Run {
    Simulation::of(&machine("till"))
        .item("Look up", 0, [json!(1)])
        .item("Look up", 1, [Err(TaskError::new("Busy", "queue")), Ok(json!(2))])
        .item("Look up", 2, [json!(3)])
        .run(order())
}

fn states(run: &Run, moments: usize) -> Vec<String> {
    let mut travel = run.time_travel();
    assert!(travel.go_to(moments));
    let states = travel.states().into_iter();
    states
        .map(|visit| format!("{} {:?}", visit.state, visit.iterations))
        .collect()
}

#[test]
fn it_goes_forth_and_back() {
    let run = run();
    let mut travel = run.time_travel();
    let mut happened = vec![travel.moment().happened];
    while travel.forward() {
        happened.push(travel.moment().happened);
    }
    let answered = |call| Happened::Answered { call: Some(call) };
    assert_eq!(
        happened,
        [
            Happened::Started,
            answered(0),
            answered(1),
            answered(2),
            Happened::TimePassed,
            answered(3)
        ]
    );
    assert_eq!(travel.variables(), json!({ "paid": true }).as_object().unwrap().clone());
    assert!(travel.back() && travel.variables().is_empty());
    assert_eq!(travel.moment().at.as_secs(), 2);
    assert!(travel.call().is_none() && !travel.go_to(99) && travel.place() == 4);
    assert_eq!(states(&run, 0), ["Price []", "Look up [0]", "Look up [1]"]);
    assert_eq!(states(&run, 1), ["Price []", "Look up [1]", "Look up [2]"]);
    assert_eq!(states(&run, 5), Vec::<String>::new());
}

#[test]
fn it_goes_to_an_event() {
    let run = run();
    let failed = run
        .history()
        .iter()
        .find(|event| event.event_type() == "LambdaFunctionFailed")
        .unwrap();
    let mut travel = run.time_travel();
    assert!(travel.go_to_event(failed.id) && !travel.go_to_event(10_000));
    assert!(travel.events().iter().any(|event| event.id == failed.id));
    let call = travel.call().unwrap();
    assert_eq!(call.to_string(), "`Look up`, visit 1, attempt 0: error `Busy`, queue");
}

#[test]
fn a_fork_changes_one_answer_and_keeps_the_others() {
    let run = run();
    let mut travel = run.time_travel();
    travel.go_to(2);
    let fork = travel.fork(TaskError::new("Unknown", "no such line")).unwrap();
    let forked = fork.run(order());
    assert_eq!(forked.error_name(), Some("Sorry"));
    assert_eq!(forked.calls()[0], run.calls()[0]);
    let calm = run.fork(1, json!(20)).run(order());
    assert_eq!(calm.output().unwrap()["prices"], json!([1, 20, 3]));
    let same = run.fork(1, TaskError::new("Busy", "queue")).run(order());
    assert_eq!(same.outcome(), run.outcome());
    assert_eq!(same.history(), run.history());
}

#[test]
fn a_fork_asks_for_answers_that_nobody_knows() {
    let run = run();
    let dear = run.fork(0, json!(200));
    let error = dear.try_run(order()).unwrap_err();
    assert!(
        matches!(&error, SimulationError::MissingAnswer { state, .. } if state == "Ask the bank"),
        "{error}"
    );
    let run = dear.task("Ask the bank", [Answer::success(json!("yes"))]).run(order());
    assert_eq!(run.path().last(), Some(&"Paid"));
}

#[test]
fn scripts_of_a_fork_answer_what_comes_after_it() {
    let run = run();
    let forked = run.fork(0, json!(1)).item("Look up", 2, [json!(30)]).run(order());
    assert_eq!(forked.output().unwrap()["prices"], json!([1, 2, 30]));
}

#[test]
fn what_failed_goes_on_no_more() {
    let machine: StateMachine = json!({ "StartAt": "Fan", "States": { "Fan": {
        "Type": "Parallel", "End": true, "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 1 }],
        "Branches": [
            { "StartAt": "Left", "States": { "Left": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Left", "End": true } } },
            { "StartAt": "Right", "States": { "Right": { "Type": "Wait", "Seconds": 60, "End": true } } }
        ]
    }}})
    .to_string()
    .parse()
    .unwrap();
    let late = Answer::error("Busy", "").after(std::time::Duration::from_secs(1));
    let run = Simulation::of(&machine).always("Left", late).run(json!({}));
    let states: Vec<Vec<&str>> = run
        .moments()
        .iter()
        .map(|moment| {
            moment
                .running
                .iter()
                .map(|visit| &*run.visits()[*visit].state)
                .collect()
        })
        .collect();
    let both = vec!["Fan", "Left", "Right"];
    assert_eq!(states, [both.clone(), vec!["Fan"], both, vec![]]);
    assert_eq!(run.visit("Fan").failed_graphs, [0, 0]);
    assert_eq!(
        run.visits_of("Right")
            .filter(|visit| visit.end == VisitEnd::Aborted)
            .count(),
        2
    );
}
