//! `asl replay`

use std::process::ExitCode;

use super::arguments::{Loading, read_file};
use super::colours::colours;
use super::definitions::one_machine;
use super::failure::Failure;
use super::graph;
use super::output::Output;
use crate::diagram::Diagram;
use crate::simulation::Recording;

/// Replay a real execution from its history and compare the paths
///
/// Reads the output of `aws stepfunctions get-execution-history --include-execution-data`; the file may hold several
/// pages. The tasks give their recorded answers at their recorded times. The exit code is 1 if the definition now takes
/// another path.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  aws stepfunctions get-execution-history --include-execution-data --execution-arn ARN > history.json
  asl replay history.json --definition charge.asl.json
  asl replay history.json --definition charge.asl.json --explain --graph run.svg")]
pub(super) struct Arguments {
    /// The history; `-` is standard input
    #[arg(value_name = "HISTORY")]
    history: String,
    /// Definition or template
    #[arg(short, long, value_name = "FILE")]
    definition: String,
    /// The state machine of a template that has several
    #[arg(long, value_name = "NAME")]
    state_machine: Option<String>,
    /// Explain in plain words what happened and why it failed
    #[arg(long)]
    explain: bool,
    /// Draw the execution's path with its times: SVG, or Mermaid and DOT by the file's ending (`.mmd`, `.dot`)
    #[arg(long, value_name = "FILE")]
    graph: Option<String>,
    #[command(flatten)]
    loading: Loading,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let picture = arguments.graph.as_deref().map(graph::picture).transpose()?;
    let text = read_file(&arguments.history)?;
    let machine = one_machine(
        &arguments.definition,
        arguments.state_machine.as_deref(),
        &arguments.loading,
    )?;
    let unusable =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot replay `{}`: {error}", arguments.history));
    let recording = Recording::parse(&text).map_err(|error| unusable(&error))?;
    let replay = recording.replay(&machine).map_err(|error| unusable(&error))?;
    if let Some(file) = &arguments.graph {
        let diagram = Diagram::of(&machine).with(&replay.run.overlay());
        graph::write(&diagram, picture, Some(file), output)?;
    }
    if arguments.explain {
        output.line(replay.run.explain())?;
    }
    let colours = colours();
    let has_same_path = replay.difference.is_none();
    let (sign, colour) = if has_same_path {
        ("✓", colours.good)
    } else {
        ("✗", colours.error)
    };
    output.text(format_args!("{colour}{sign}{} {replay}", colours.reset))?;
    Ok(ExitCode::from(u8::from(!has_same_path)))
}
