//! Workers that are replaced while executions run, and workers that share an address.

use asl_engine::durable::RestateClient;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::{sleep, timeout};

use crate::cluster::free_ports;
use crate::machine::{ADDED, RELEASED};
use crate::round::{PATIENCE, until_served};
use crate::setup::Setup;
use crate::worker::{NEW, Worker};

/// More executions than go over one connection, by far.
const AT_ONCE: usize = 400;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path) {
    let mut setup = Setup::start(program, "releases", 1).await;
    a_release_takes_over_at_its_own_address(&mut setup).await;
    setup.end();
    let mut setup = Setup::start(program, "restarts", 1).await;
    a_release_takes_over_at_the_same_address(&mut setup).await;
    workers_share_an_address(&setup).await;
    setup.end();
}

/// What has begun keeps its definition and its worker; its later tasks go to the new handlers. Then the old worker goes.
async fn a_release_takes_over_at_its_own_address(setup: &mut Setup) {
    let client = &setup.client;
    start(client, "old", 10, 3).await;
    let [port] = free_ports();
    let mut newer = Worker::new(port, &setup.effects, setup.cluster.ingresses());
    newer.release = NEW;
    newer.start();
    until_served(client, &newer.url()).await;
    start(client, "new", 10, 0).await;
    ended(client, "new", 10, &json!({ "seconds": 0, "only": "new" })).await;
    client.start(ADDED, "one", &json!({ "seconds": 0 })).await.unwrap();
    client.outcome(ADDED, "one").await.unwrap();
    let output = json!({ "seconds": 3, "first": "old", "second": "new" });
    ended(client, "old", 10, &output).await;

    let old = setup.cluster.deployment(&setup.worker.url()).await;
    setup.cluster.until_idle(&old).await;
    setup.cluster.remove(&old).await;
    setup.worker.kill();
    start(client, "later", 10, 0).await;
    ended(client, "later", 10, &json!({ "seconds": 0, "only": "new" })).await;
    // The new worker tells of what the old one has run.
    ended(client, "old", 10, &output).await;
    assert!(!client.history(RELEASED, "old-0").await.unwrap().is_empty());
}

/// A process that is stopped and started anew, as a supervisor does it.
async fn a_release_takes_over_at_the_same_address(setup: &mut Setup) {
    let client = setup.client.clone();
    start(&client, "old", 10, 2).await;
    setup.worker.kill();
    setup.worker.release = NEW;
    setup.worker.start();
    start(&client, "new", 10, 0).await;
    ended(&client, "new", 10, &json!({ "seconds": 0, "only": "new" })).await;
    let output = json!({ "seconds": 2, "first": "old", "second": "new" });
    ended(&client, "old", 10, &output).await;
    // Of the machine that it has in addition the cluster has to be told.
    until_served(&client, &setup.worker.url()).await;
    client.start(ADDED, "one", &json!({ "seconds": 0 })).await.unwrap();
    client.outcome(ADDED, "one").await.unwrap();
}

/// Two processes listen at one port: both work, and one goes on when the other dies.
async fn workers_share_an_address(setup: &Setup) {
    let client = &setup.client;
    let [port] = free_ports();
    let mut workers = ["left", "right"].map(|name| {
        let mut worker = Worker::new(port, &setup.effects, setup.cluster.ingresses());
        worker.release = name;
        worker.start();
        worker
    });
    until_served(client, &workers[0].url()).await;
    let both = async {
        let mut seen = BTreeSet::new();
        for batch in 0.. {
            // So many at once that they need several connections.
            let name = |number| format!("batch-{batch}-{number}");
            for number in 0..AT_ONCE {
                let waits = json!({ "seconds": 1 });
                client.start(RELEASED, &name(number), &waits).await.unwrap();
            }
            for number in 0..AT_ONCE {
                let outcome = client.outcome(RELEASED, &name(number)).await.unwrap();
                seen.insert(outcome.output().unwrap()["second"].to_string());
            }
            if seen.len() == 2 {
                break;
            }
        }
    };
    timeout(PATIENCE, both).await.unwrap();
    start(client, "orphan", 40, 2).await;
    workers[0].kill();
    for number in 0..40 {
        client.outcome(RELEASED, &format!("orphan-{number}")).await.unwrap();
    }
    start(client, "after", 40, 0).await;
    ended(
        client,
        "after",
        40,
        &json!({ "seconds": 0, "first": "right", "second": "right" }),
    )
    .await;
}

/// Starts so many executions, and waits until each of those that have to wait does.
async fn start(client: &RestateClient, prefix: &str, count: usize, seconds: u64) {
    for number in 0..count {
        let name = format!("{prefix}-{number}");
        client
            .start(RELEASED, &name, &json!({ "seconds": seconds }))
            .await
            .unwrap();
    }
    let does_wait = async |name: &str| {
        let history = client.history(RELEASED, name).await.unwrap();
        history.iter().any(|event| event.event_type() == "WaitStateEntered")
    };
    for number in 0..count {
        while seconds > 0 && !does_wait(&format!("{prefix}-{number}")).await {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn ended(client: &RestateClient, prefix: &str, count: usize, output: &Value) {
    for number in 0..count {
        let outcome = client.outcome(RELEASED, &format!("{prefix}-{number}")).await.unwrap();
        assert_eq!(outcome.output(), Some(output), "{prefix}-{number}: {outcome:?}");
    }
}
