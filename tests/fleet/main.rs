//! Executions over a real Restate server, whose workers and servers are killed.
//!
//! `ASL_KILLS=100 cargo test --release --features restate --test fleet` is the long run; without the variable there are 5 kills.
//! Names of parts after the command run only these: `scenarios`, `maps`, `moves`, `cases`, `killed`, `redrives`, `kept`,
//! `releases`, `api`, `reports`, `serve`, `kills`, `cuts`.
//! Without the server, which `.ci/restate-server` installs, nothing is tested, and that is said; where `ASL_RESTATE_REQUIRED`
//! is set, it is a failure.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod activities;
mod api;
#[path = "../files/case.rs"]
mod case;
mod cases;
mod cluster;
mod compare;
mod cuts;
mod definitions;
mod express;
mod kept;
mod killed;
mod kills;
#[path = "../recorded/known_gaps.rs"]
mod known_gaps;
mod machine;
mod map_rounds;
mod maps;
mod moved_api;
mod moves;
mod moving;
mod nested;
mod process;
mod proxy;
mod record;
mod redriven_maps;
mod redrives;
mod releases;
mod reports;
mod revisions;
mod round;
mod scenarios;
mod serve;
mod setup;
#[path = "../files/trials.rs"]
#[expect(dead_code, reason = "these cases are not tests of their own")]
mod trials;
mod updates;
mod worker;

use round::Sum;
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    if let Some(role) = worker::Role::of_environment() {
        role.play();
        return ExitCode::SUCCESS;
    }
    if moves::has_played() || moved_api::has_played() {
        return ExitCode::SUCCESS;
    }
    let Some(program) = cluster::program() else {
        println!(
            "no Restate server is installed, so this tests nothing: run `{}`",
            cluster::INSTALL
        );
        let is_required = std::env::var_os("ASL_RESTATE_REQUIRED").is_some_and(|required| !required.is_empty());
        return ExitCode::from(u8::from(is_required));
    };
    let kills = std::env::var("ASL_KILLS").map_or(5, |kills| kills.parse().unwrap());
    let parts: Vec<_> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let is_asked = |part: &str| parts.is_empty() || parts.iter().any(|asked| asked == part);
    if let [record, file] = &parts[..]
        && record == "record"
    {
        record::run(&program, file.as_ref());
        return ExitCode::SUCCESS;
    }
    // Beside each other: most of the time they wait.
    let sum = thread::scope(|scope| {
        let scenarios = scope.spawn(|| {
            if is_asked("scenarios") {
                // The long run has ten thousand states in a journal of twenty thousand entries.
                scenarios::run(&program, if kills < 100 { 500 } else { 5_000 });
            }
            if is_asked("maps") {
                maps::run(&program);
            }
        });
        let others = scope.spawn(|| {
            let problems = if is_asked("cases") {
                cases::run(&program)
            } else {
                Vec::new()
            };
            if is_asked("killed") {
                killed::run(&program);
            }
            if is_asked("redrives") {
                redrives::run(&program);
            }
            if is_asked("kept") {
                kept::run(&program);
            }
            if is_asked("moves") {
                moves::run(&program);
            }
            if is_asked("releases") {
                releases::run(&program);
            }
            if is_asked("api") {
                api::run(&program);
            }
            if is_asked("reports") {
                reports::run(&program);
            }
            if is_asked("serve") {
                serve::run(&program);
            }
            problems
        });
        let mut sum = Sum::default();
        if is_asked("kills") {
            sum += kills::run(&program, 1, kills);
            sum += kills::run(&program, 3, kills);
        }
        if is_asked("cuts") {
            sum += cuts::run(&program, kills);
        }
        scenarios.join().unwrap();
        sum.problems.extend(others.join().unwrap());
        sum
    });
    for problem in &sum.problems {
        println!("{problem}");
    }
    println!(
        "kills: {}, executions: {}, lost: {}, doubled: {}",
        sum.kills, sum.executions, sum.lost, sum.doubled
    );
    ExitCode::from(u8::from(!sum.problems.is_empty()))
}
