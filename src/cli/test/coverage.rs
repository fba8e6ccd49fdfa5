//! The coverage of each state machine over the cases of all files.

use serde_json::{Value, json};

use super::{Tested, Threshold};
use crate::cli::colours::colours;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::simulation::{Coverage, PointKind, Share};

/// How many missed points are listed for each machine.
const MOST_MISSED: usize = 20;

/// The coverage of one state machine over all its test files.
pub(super) struct MachineCoverage {
    name: String,
    coverage: Coverage,
}

/// The coverage of the state machines of all test files.
pub(super) fn machines(tested: &[Tested]) -> Vec<MachineCoverage> {
    let mut machines: Vec<MachineCoverage> = Vec::new();
    for tested in tested {
        let folder = std::path::Path::new(&tested.file).parent();
        let file = folder.map_or_else(
            || tested.suite.file.machine.clone().into(),
            |folder| folder.join(&tested.suite.file.machine),
        );
        let name = match &tested.suite.file.state_machine {
            Some(machine) => format!("{}: {machine}", file.display()),
            None => file.display().to_string(),
        };
        let coverage = tested.suite.coverage();
        let same = machines
            .iter()
            .filter(|other| other.name == name)
            .any(|other| other.coverage.merge(coverage).is_ok());
        if !same {
            machines.push(MachineCoverage {
                name,
                coverage: coverage.clone(),
            });
        }
    }
    machines
}

pub(super) fn print(machines: &[MachineCoverage], output: &mut Output) -> Result<(), Failure> {
    let colours = colours();
    output.line("")?;
    for MachineCoverage { name, coverage } in machines {
        let Share { covered, total, .. } = coverage.share();
        let colour = if covered == total {
            colours.good
        } else {
            colours.warning
        };
        output.line(format_args!(
            "{colour}{:5.1} %{} {name} ({covered} of {total})",
            coverage.percent(),
            colours.reset
        ))?;
        let missed = coverage.missed();
        for point in missed.iter().take(MOST_MISSED) {
            output.line(format_args!("        never {}: {point}", point.kind.name()))?;
        }
        if missed.len() > MOST_MISSED {
            output.line(format_args!("        … and {} more", missed.len() - MOST_MISSED))?;
        }
    }
    Ok(())
}

/// Whether enough is covered over all machines; prints what is not.
pub(super) fn judge(
    machines: &[MachineCoverage],
    thresholds: &[Threshold],
    output: &mut Output,
) -> Result<bool, Failure> {
    let colours = colours();
    let mut is_enough = true;
    for threshold in thresholds {
        let share = |machine: &MachineCoverage| match threshold.kind {
            Some(kind) => machine.coverage.share_of(kind),
            None => machine.coverage.share(),
        };
        let (covered, total) = machines.iter().map(share).fold((0, 0), |(covered, total), share| {
            (covered + share.covered, total + share.total)
        });
        let percent = percent(covered, total);
        let what = threshold.kind.map_or("all points", PointKind::name);
        let (sign, colour) = if percent >= threshold.percent {
            ("✓", colours.good)
        } else {
            is_enough = false;
            ("✗", colours.error)
        };
        output.line(format_args!(
            "{colour}{sign}{} {what}: {percent:.1} % covered ({covered} of {total}), {} % wanted",
            colours.reset, threshold.percent
        ))?;
    }
    Ok(is_enough)
}

#[expect(clippy::cast_precision_loss, reason = "definitions have far less than 2^52 points")]
fn percent(covered: usize, total: usize) -> f64 {
    if total == 0 {
        return 100.0;
    }
    covered as f64 * 100.0 / total as f64
}

/// `{ "machines": [{ "name", "coverage" }] }`, each coverage as `Coverage::to_json` makes it.
pub(super) fn report(machines: &[MachineCoverage]) -> String {
    let machines: Vec<Value> = machines
        .iter()
        .map(|machine| json!({ "name": machine.name, "coverage": machine.coverage.to_json() }))
        .collect();
    format!("{:#}\n", json!({ "machines": machines }))
}
