//! Kills a process at random instants, and checks from outside that nothing is lost and nothing happens twice.
//!
//! `ASL_KILLS=1000 cargo test --release --features store --test kill` is the long run; without the variable it kills 20
//! times. A *round* is a thousand executions in a new store: a process of this test starts them, is killed, and is started
//! again until all have ended. Then the store is compared with what the processes had written down by themselves.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod bar;
mod doctored;
mod oracle;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use asl_engine::data::Random;

/// The folder of the round, for the process that is killed.
const FOLDER: &str = "ASL_KILL_FOLDER";

/// What the rounds came to.
#[derive(Debug, Default)]
struct Sum {
    kills: usize,
    executions: usize,
    lost: usize,
    doubled: usize,
}

fn main() -> ExitCode {
    if let Ok(folder) = std::env::var(FOLDER) {
        bar::work(Path::new(&folder));
        return ExitCode::SUCCESS;
    }
    doctored::check_oracle();
    let wanted = std::env::var("ASL_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let seed = std::env::var("ASL_KILLS_SEED").map_or(7, |seed| seed.parse().unwrap());
    let random = Random::seeded(seed);
    let mut sum = Sum::default();
    let mut problems = Vec::new();
    while sum.kills < wanted {
        let folder = std::env::temp_dir().join(format!("asl-engine-kill-{}-{}", std::process::id(), sum.kills));
        std::fs::create_dir_all(&folder).unwrap();
        round(&folder, wanted, &random, &mut sum);
        let found = oracle::check(&folder, &mut sum);
        if found.is_empty() {
            std::fs::remove_dir_all(&folder).unwrap();
        } else {
            problems.push(format!("in {}:", folder.display()));
        }
        problems.extend(found);
    }
    for problem in &problems {
        println!("{problem}");
    }
    println!(
        "kills: {}, executions: {}, lost: {}, doubled: {}",
        sum.kills, sum.executions, sum.lost, sum.doubled
    );
    ExitCode::from(u8::from(!problems.is_empty()))
}

/// Starts a process over and over until it ends by itself.
fn round(folder: &Path, wanted: usize, random: &Random, sum: &mut Sum) {
    loop {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(FOLDER, folder)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let until = Duration::from_millis(random.below(400));
        if sum.kills < wanted {
            std::thread::sleep(until);
            if process.try_wait().unwrap().is_none() {
                process.kill().unwrap();
                sum.kills += 1;
            }
        }
        let status = process.wait().unwrap();
        if status.success() {
            return;
        }
        assert!(status.code().is_none(), "the process failed by itself: {status}");
    }
}
