//! Executions that work without end, beside others: everybody gets a turn.

use super::*;
use asl_engine::execution::Limits;
use asl_engine::history::HistoryLevel;
use asl_engine::runtime::Clock;

/// Goes from one Choice to the other until its input says that it is done, which it never does.
fn endless() -> StateMachine {
    endless_for(99_999)
}

fn endless_for(timeout_seconds: u32) -> StateMachine {
    let choice = |next: &str| json!({ "Type": "Choice", "Choices": [{ "Variable": "$.done", "IsPresent": true, "Next": "Done" }], "Default": next });
    let states = json!({ "A": choice("B"), "B": choice("A"), "Done": { "Type": "Succeed" } });
    let machine = json!({ "TimeoutSeconds": timeout_seconds, "StartAt": "A", "States": states });
    machine.to_string().parse().unwrap()
}

fn without_limits() -> Interpreter {
    let mut limits = Limits::default();
    limits.history_events = None;
    limits.work = u64::MAX;
    Interpreter::new().history(HistoryLevel::Off).limits(limits)
}

#[tokio::test]
async fn another_execution_ends_beside_one_that_never_does() {
    let interpreter = without_limits().task(CHARGE, |order: Order| async move {
        tokio::task::yield_now().await;
        Ok(order.id)
    });
    let handle = interpreter.start(&endless(), json!({})).unwrap();
    for id in 0..5 {
        let charged: u32 = interpreter
            .run(&one_task(json!({})), json!({ "id": id }))
            .await
            .unwrap();
        assert_eq!((charged, handle.status()), (id, "RUNNING"));
    }
    handle.stop(None, None);
    assert_eq!((handle.status(), interpreter.running()), ("ABORTED", 0));
}

/// Whatever is ready is polled between two turns.
#[tokio::test]
async fn between_two_turns_everybody_has_one() {
    let interpreter = without_limits();
    let hostile: Vec<_> = (0..3)
        .map(|_| interpreter.start(&endless(), json!({})).unwrap())
        .collect();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(hostile.iter().all(|handle| handle.status() == "RUNNING"));
    assert_eq!(interpreter.shutdown(Duration::ZERO).await, 3);
}

#[tokio::test]
async fn a_timeout_ends_an_execution_that_works() {
    let interpreter = without_limits().clock(Clock::faster(100.0));
    let ended = interpreter.run::<Value>(&endless_for(1), json!({})).await.unwrap_err();
    assert!(ended.to_string().contains("States.Timeout"), "{ended}");
}

#[tokio::test]
async fn an_execution_whose_run_is_dropped_is_aborted() {
    let interpreter = without_limits();
    let machine = endless();
    let run = interpreter.run::<Value>(&machine, json!({}));
    assert!(tokio::time::timeout(Duration::from_millis(1), run).await.is_err());
    assert_eq!(interpreter.running(), 0);
}

/// A handler of another execution has its turns, on as many threads as there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_threads_are_shared_as_well() {
    let interpreter = without_limits().task(CHARGE, |order: Order| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(order.id)
    });
    let hostile: Vec<_> = (0..4)
        .map(|_| interpreter.start(&endless(), json!({})).unwrap())
        .collect();
    for id in 0..5 {
        let charged: u32 = interpreter
            .run(&one_task(json!({})), json!({ "id": id }))
            .await
            .unwrap();
        assert_eq!(charged, id);
    }
    for handle in &hostile {
        handle.stop(None, None);
        assert_eq!(handle.status(), "ABORTED");
    }
}

/// The timeout passes while nothing else can run on the thread; the answer comes after it.
#[tokio::test]
async fn a_handler_that_blocks_its_thread_is_too_late() {
    let interpreter = Interpreter::new()
        .clock(Clock::faster(100.0))
        .task(CHARGE, |order: Order| async move {
            std::thread::sleep(Duration::from_millis(50));
            Ok(order.id)
        });
    let machine = one_task(json!({ "TimeoutSeconds": 1 }));
    let late = interpreter.run::<u32>(&machine, json!({ "id": 7 })).await.unwrap_err();
    assert!(late.to_string().contains("States.Timeout"), "{late}");
}

#[tokio::test]
async fn a_token_after_the_timeout_is_too_late() {
    let interpreter = Interpreter::new()
        .clock(Clock::faster(100.0))
        .task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", |_: Value| async {
            Ok(json!({}))
        });
    let ask = json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }, "TimeoutSeconds": 1, "End": true });
    let handle = interpreter.start(&machine(json!({ "Ask": ask })), json!({})).unwrap();
    while !handle
        .history()
        .iter()
        .any(|event| event.event_type() == "TaskSubmitted")
    {
        tokio::task::yield_now().await;
    }
    let history = handle.history();
    let scheduled = history
        .iter()
        .find(|event| event.event_type() == "TaskScheduled")
        .unwrap()
        .to_json();
    let parameters = scheduled["taskScheduledEventDetails"]["parameters"].as_str().unwrap();
    let parameters: Value = serde_json::from_str(parameters).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let late = interpreter.send_task_success(parameters["MessageBody"]["token"].as_str().unwrap(), json!(1));
    assert_eq!(late.unwrap_err().kind(), ErrorKind::TaskTimedOut);
    assert_eq!(handle.status(), "FAILED");
}
