//! Workers and servers that are killed while executions run.

use asl_engine::data::Random;
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

use crate::round::{Round, Sum};
use crate::setup::Setup;

/// One round over so many nodes: forty executions, or two for each kill.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path, nodes: usize, kills: usize) -> Sum {
    let mut setup = Setup::start(program, &format!("kills-{nodes}"), nodes).await;
    let round = Round::begin(&setup, (2 * kills).max(40), nodes > 1);
    let random = Random::seeded(7);
    for _ in 0..kills {
        sleep(Duration::from_millis(100 + random.below(900))).await;
        let victim = match random.below(3) {
            0 => None,
            1 => Some(setup.cluster.leader().await),
            _ => Some(usize::try_from(random.below(nodes as u64)).unwrap()),
        };
        if let Some(node) = victim {
            setup.cluster.nodes[node].kill();
            if nodes > 1 {
                // The others go on meanwhile.
                sleep(Duration::from_millis(random.below(2_000))).await;
            }
            setup.cluster.nodes[node].start();
        } else {
            setup.worker.kill();
            setup.worker.start();
        }
    }
    let sum = round.end(&setup, kills).await;
    if sum.problems.is_empty() {
        setup.end();
    }
    sum
}
