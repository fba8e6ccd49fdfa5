//! Networks that are cut while executions run.

use asl_engine::ErrorKind;
use asl_engine::data::Random;
use asl_engine::durable::RestateClient;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::machine::{self, ASK, NAP};
use crate::proxy::Proxy;
use crate::round::{Round, Sum};
use crate::setup::Setup;

const SHORT: Duration = Duration::from_secs(1);

/// Longer than a node waits for a sign of life before it takes a worker for dead.
const LONG: Duration = Duration::from_secs(6);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path, cuts: usize) -> Sum {
    let setup = Setup::start_apart(program, "cuts").await;
    let sum = executions_go_on(&setup, cuts).await;
    fs::remove_file(&setup.effects).unwrap();
    an_answer_that_is_lost_is_asked_for_again(&setup).await;
    a_node_that_is_silent_is_passed_over(&setup).await;
    a_node_that_knows_no_worker_yet_is_passed_over(program, &setup).await;
    if sum.problems.is_empty() {
        setup.end();
    }
    sum
}

/// Cuts the network between the node and its worker, both ways: silently for less and for more than anybody waits, one way
/// alone, or with both ends told.
async fn executions_go_on(setup: &Setup, cuts: usize) -> Sum {
    let round = Round::begin(setup, (2 * cuts).max(40), true);
    let random = Random::seeded(7);
    for cut in 0..cuts {
        sleep(Duration::from_millis(100 + random.below(900))).await;
        let passes = match cut % 4 {
            0 | 1 => Some((false, false)),
            2 => Some((random.below(2) == 0, false)),
            _ => None,
        };
        for network in &setup.networks {
            match passes {
                Some((there, back)) => network.pass(there, back),
                None => network.reset(),
            }
        }
        sleep(if cut % 4 == 0 { LONG } else { SHORT }).await;
        for network in &setup.networks {
            network.pass(true, true);
        }
    }
    let sum = round.end(setup, cuts).await;
    // Nobody was killed.
    Sum { kills: 0, ..sum }
}

/// A node that has taken a call, and whose answer is lost: the client asks another one, and the call counts once.
async fn an_answer_that_is_lost_is_asked_for_again(setup: &Setup) {
    let node = &setup.cluster.nodes[0];
    let network = Proxy::to(node.ingress_port()).await;
    let client = || RestateClient::new(network.url(), node.admin()).node(node.ingress(), node.admin());

    network.pass(true, false);
    let starting = client();
    let start = tokio::spawn(async move { starting.start(NAP, "lost", &json!({ "seconds": 0 })).await });
    while setup.client.execution(NAP, "lost").await.unwrap().is_none() {
        sleep(Duration::from_millis(20)).await;
    }
    assert!(!start.is_finished());
    network.reset();
    start.await.unwrap().unwrap();
    let again = client().start(NAP, "lost", &json!({ "seconds": 0 })).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::ExecutionAlreadyExists, "{again}");

    setup.client.start(ASK, "lost", &json!({})).await.unwrap();
    let token = machine::token(&setup.effects).await;
    network.pass(true, false);
    let (answering, answered) = (client(), token.clone());
    let answer = tokio::spawn(async move { answering.send_task_success(&answered, json!("yes")).await });
    let outcome = setup.client.outcome(ASK, "lost").await.unwrap();
    assert_eq!(outcome.output(), Some(&json!("yes")));
    assert!(!answer.is_finished());
    network.reset();
    answer.await.unwrap().unwrap();
    let late = client().send_task_success(&token, json!("no")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut, "{late}");
}

/// A node that takes a call and never answers, as one that is cut off from the others: nobody resets the connection.
async fn a_node_that_is_silent_is_passed_over(setup: &Setup) {
    fs::remove_file(&setup.effects).unwrap();
    let node = &setup.cluster.nodes[0];
    let network = Proxy::to(node.ingress_port()).await;
    let client = RestateClient::new(network.url(), node.admin()).node(node.ingress(), node.admin());
    setup.client.start(ASK, "silent", &json!({})).await.unwrap();
    let token = machine::token(&setup.effects).await;
    network.pass(false, false);
    // The next node is asked before the task has been silent for too long.
    let beats = tokio::spawn({
        let (client, token) = (setup.client.clone(), token.clone());
        async move {
            while client.send_task_heartbeat(&token).await.is_ok() {
                sleep(SHORT).await;
            }
        }
    });
    client.send_task_success(&token, json!("yes")).await.unwrap();
    let outcome = client.outcome(ASK, "silent").await.unwrap();
    assert_eq!(outcome.output(), Some(&json!("yes")));
    beats.await.unwrap();
}

/// As one that has just been started again.
async fn a_node_that_knows_no_worker_yet_is_passed_over(program: &Path, setup: &Setup) {
    let mut empty = Cluster::new(program, &setup.folder.join("empty"), 1);
    empty.start();
    let waits = json!({ "seconds": 0 });
    loop {
        let refused = empty.client().start(NAP, "empty", &waits).await.unwrap_err();
        if refused.to_string().contains("404 Not Found") {
            break;
        }
    }
    let node = &setup.cluster.nodes[0];
    let client = empty.client().node(node.ingress(), node.admin());
    client.start(NAP, "empty", &waits).await.unwrap();
    assert_eq!(client.outcome(NAP, "empty").await.unwrap().output(), Some(&waits));
}
