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
    for (tested, suite) in tested
        .iter()
        .filter_map(|tested| Some((tested, tested.suite.as_ref().ok()?)))
    {
        let folder = std::path::Path::new(&tested.file).parent();
        let file = folder.map_or_else(
            || suite.file.machine.clone().into(),
            |folder| folder.join(&suite.file.machine),
        );
        let name = match &suite.file.state_machine {
            Some(machine) => format!("{}: {machine}", file.display()),
            None => file.display().to_string(),
        };
        let coverage = suite.coverage();
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
    if machines.is_empty() {
        return Ok(());
    }
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

/// A required coverage beside the coverage over all machines.
pub(super) struct Judged {
    /// The kind of points; `None` for all points.
    pub(super) kind: Option<PointKind>,
    pub(super) covered: usize,
    pub(super) total: usize,
    pub(super) percent: f64,
    pub(super) wanted: f64,
    pub(super) is_enough: bool,
}

/// Whether enough is covered over all machines.
pub(super) fn judge(machines: &[MachineCoverage], thresholds: &[Threshold]) -> Vec<Judged> {
    let judged = thresholds.iter().map(|threshold| {
        let share = |machine: &MachineCoverage| match threshold.kind {
            Some(kind) => machine.coverage.share_of(kind),
            None => machine.coverage.share(),
        };
        let (covered, total) = machines.iter().map(share).fold((0, 0), |(covered, total), share| {
            (covered + share.covered, total + share.total)
        });
        let percent = percent(covered, total);
        Judged {
            kind: threshold.kind,
            covered,
            total,
            percent,
            wanted: threshold.percent,
            is_enough: percent >= threshold.percent,
        }
    });
    judged.collect()
}

pub(super) fn print_judged(judged: &[Judged], output: &mut Output) -> Result<(), Failure> {
    let colours = colours();
    for judged in judged {
        let (sign, colour) = if judged.is_enough {
            ("✓", colours.good)
        } else {
            ("✗", colours.error)
        };
        output.line(format_args!(
            "{colour}{sign}{} {}: {:.1} % covered ({} of {}), {} % wanted",
            colours.reset,
            judged.kind.map_or("all points", PointKind::name),
            judged.percent,
            judged.covered,
            judged.total,
            judged.wanted
        ))?;
    }
    Ok(())
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
    format!("{:#}\n", json!({ "machines": to_json(machines) }))
}

pub(super) fn to_json(machines: &[MachineCoverage]) -> Vec<Value> {
    let machines = machines.iter();
    machines
        .map(|machine| json!({ "name": machine.name, "coverage": machine.coverage.to_json() }))
        .collect()
}
