//! Machines whose JSONata means harm: the state ends with AWS's sentence, and nothing around it is held up.

use asl_engine::execution::{Command, Event, Execution, Outcome};
use chrono::DateTime;
use serde_json::{Value, json};

use super::run::{endless, limits, on_a_small_stack, options, program, run};

const TIMEOUT: &str = "Expression evaluation timeout: Check for infinite loop";
const MEMORY: &str = "Expression evaluation memory limit exceeded: Check for excessive memory usage";
const STACK: &str = "Stack overflow error: Check for non-terminating recursive function. \
                     Consider rewriting as tail-recursive";

fn pass(output: Value) -> Value {
    let pass = json!({ "Type": "Pass", "Output": output, "End": true });
    json!({ "QueryLanguage": "JSONata", "StartAt": "P", "States": { "P": pass } })
}

/// The end of the cause with which a state fails over an expression.
#[track_caller]
fn assert_ends(expression: &str, sentences: &[&str]) {
    let ran = run(
        pass(format!("{{% {expression} %}}").into()),
        options(json!({ "items": vec![1; 1_000] })),
    );
    let error = ran.error();
    assert!(error.starts_with("States.QueryEvaluationError: An error occurred while executing the state 'P'"));
    assert!(sentences.iter().any(|sentence| error.ends_with(sentence)), "{error}");
    assert_eq!(ran.events, 4);
}

#[test]
fn recursion_without_end_is_a_stack_overflow() {
    assert_ends("($f := function($n) { 1 + $f($n) }; $f(0))", &[STACK]);
    assert_ends(
        "($f := function($n) { $g($n) + 1 }; $g := function($n) { $f($n) }; $f(0))",
        &[STACK],
    );
}

#[test]
fn loops_without_end_time_out() {
    assert_ends("($f := function($n) { $f($n + 1) }; $f(0))", &[TIMEOUT, STACK]);
}

#[test]
fn ranges_and_products_are_stopped() {
    assert_ends("[1..9999999]", &[MEMORY, TIMEOUT]);
    assert_ends("$count([1..90000].([1..90000]))", &[MEMORY, TIMEOUT]);
    assert_ends(
        "$count($states.input.items.($states.input.items.($states.input.items)))",
        &[MEMORY, TIMEOUT],
    );
}

#[test]
fn texts_that_double_are_stopped() {
    let doubling = "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', 60)))";
    assert_ends(doubling, &[MEMORY, TIMEOUT]);
}

#[test]
fn regular_expressions_end() {
    let expression = "$contains($pad('', 5000, 'a') & '!', /^(a+)+$/)";
    let ran = run(pass(format!("{{% {expression} %}}").into()), options(json!({})));
    match ran.outcome.as_ref().and_then(Outcome::output) {
        Some(output) => assert_eq!(*output, json!(false)),
        None => assert!(ran.error().ends_with(TIMEOUT), "{}", ran.error()),
    }
}

/// Each expression stays within its bounds; all together do not.
#[test]
fn many_expressions_share_the_bounds_of_their_state() {
    let costly = "{% $count([1..50000]) %}";
    let ran = run(pass(vec![costly; 10_000].into()), options(json!({})));
    let error = ran.error();
    assert!(error.ends_with(TIMEOUT) || error.ends_with(MEMORY), "{error}");
}

/// A Catcher that leads back to its state makes a loop, which the limits of an execution end.
#[test]
fn failures_that_are_caught_for_ever_end() {
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "Arguments": "{% $gone %}",
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": "T" }], "End": true
    });
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "T", "States": { "T": task } });
    assert!(
        run(machine.clone(), options(json!({})))
            .error()
            .contains("maximum number of history events")
    );
    let mut options = endless(json!({}));
    options.limits.work = 50_000_000;
    assert!(run(machine, options).error().contains("worked for too long"));
}

/// What every iteration reads of a large input is work each time.
#[test]
fn item_selectors_over_a_large_input_are_stopped() {
    let processor = json!({ "StartAt": "S", "States": { "S": { "Type": "Succeed" } } });
    let map = json!({
        "Type": "Map", "Items": "{% [1..20000] %}", "ItemSelector": "{% $count($keys($states.input)) %}",
        "ItemProcessor": processor, "End": true
    });
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "M", "States": { "M": map } });
    let wide: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("key{n}"), json!("value"))).collect();
    let mut options = endless(Value::Object(wide));
    options.limits = limits(|limits| limits.work = 10_000_000);
    let ran = run(machine, options);
    assert!(ran.error().contains("worked for too long"), "{}", ran.error());
}

/// A restored execution evaluates what is left with the same time and randomness.
#[test]
fn a_restored_execution_goes_on_the_same() {
    let wait = json!({ "Type": "Wait", "Seconds": 5, "Assign": { "id": "{% $uuid() %}" }, "Next": "P" });
    let last = json!({ "Type": "Pass", "Output": "{% [$id, $uuid(), $random(), $now()] %}", "End": true });
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "W", "States": { "W": wait, "P": last } });
    let ended = |is_restored: bool| {
        let machine = machine.clone();
        on_a_small_stack(move || {
            let program = program(&machine);
            let mut execution = Execution::start(program.clone(), options(json!({})), DateTime::UNIX_EPOCH);
            while execution.poll_command().is_some() {}
            if is_restored {
                let stored = serde_json::to_string(&execution.snapshot()).unwrap();
                execution = Execution::restore(program, serde_json::from_str(&stored).unwrap()).unwrap();
            }
            let mut recorded = Vec::new();
            execution.handle(execution.next_deadline().unwrap(), Event::DeadlineReached);
            while let Some(command) = execution.poll_command() {
                if let Command::Record(event) = command {
                    recorded.push(event.to_json());
                }
            }
            (execution.outcome().unwrap().output().cloned(), recorded)
        })
    };
    let (output, recorded) = ended(false);
    assert_eq!(output.as_ref().and_then(Value::as_array).map(Vec::len), Some(4));
    assert_eq!(ended(true), (output, recorded));
}
