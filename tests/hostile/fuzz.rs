//! The long run of `targets/`: hostile input for as long as `ASL_FUZZ_SECONDS` says, a moment without it.
//!
//! `.ci/fuzz` runs it. `ASL_FUZZ_TARGET` names one target, `ASL_FUZZ_SEED` is where the seeds start. What panics is
//! told with its target and seed, which make it happen again: `ASL_FUZZ_TARGET=path ASL_FUZZ_SEED=7 ASL_FUZZ_RUNS=1`.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a target fails by panicking, and how long it runs is what is asked for"
)]

mod targets;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::thread::Builder;
use std::time::{Duration, Instant};

use targets::{Dice, TARGETS, Target};

/// The stack that threads of Rust and of tokio have by default.
const STACK: usize = 2 * 1024 * 1024;

/// What takes longer hangs, in a debug build on a busy machine too.
const SLOW: Duration = Duration::from_secs(10);

/// Inputs of each target, where no time is given.
const FEW: u64 = 20;

fn main() -> ExitCode {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("ASL_FUZZ_SECONDS");
    let runs = number("ASL_FUZZ_RUNS").or(seconds.is_none().then_some(FEW));
    let seed = number("ASL_FUZZ_SEED").unwrap_or(0);
    let only = std::env::var("ASL_FUZZ_TARGET").ok();
    let targets: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| only.as_ref().is_none_or(|name| name == target.name))
        .collect();
    let share =
        Duration::from_secs(seconds.unwrap_or(u64::from(u32::MAX))) / u32::try_from(targets.len().max(1)).unwrap_or(1);
    let mut finds = 0;
    for target in targets {
        let Some(report) = fuzz(target, seed, share, runs.unwrap_or(u64::MAX)) else {
            return ExitCode::FAILURE;
        };
        println!(
            "{:<18} {:>9} inputs, {:>9} got past the parser, {} finds{}",
            target.name,
            report.tried,
            report.accepted,
            report.finds.len(),
            report
                .finds
                .iter()
                .fold(String::new(), |all, seed| all + " " + &seed.to_string())
        );
        finds += report.finds.len();
    }
    if finds == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[derive(Default)]
struct Report {
    tried: u64,
    accepted: u64,
    /// The seeds that panicked or took too long.
    finds: Vec<u64>,
}

fn fuzz(target: &Target, seed: u64, share: Duration, runs: u64) -> Option<Report> {
    let try_one = target.try_one;
    let run = move || {
        let mut report = Report::default();
        let began = Instant::now();
        let last = seed.saturating_add(runs);
        for seed in seed..last {
            let started = Instant::now();
            if started - began > share || report.finds.len() >= 10 {
                break;
            }
            report.tried += 1;
            match catch_unwind(|| try_one(&Dice::seeded(seed))) {
                Ok(accepted) => report.accepted += u64::from(accepted),
                Err(_) => report.finds.push(seed),
            }
            if started.elapsed() > SLOW {
                println!("seed {seed} took {:?}", started.elapsed());
                report.finds.push(seed);
            }
        }
        report
    };
    Builder::new().stack_size(STACK).spawn(run).ok()?.join().ok()
}
