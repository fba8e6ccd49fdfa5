//! `asl graph`

use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Loading, read_file};
use super::definition_files;
use super::definitions::{Checked, choose, place};
use super::failure::Failure;
use super::output::Output;
use crate::definition::{Diagnostic, Severity, StateMachine};
use crate::diagram::{Diagram, Overlay, Tone};
use crate::loading::{Places, template};
use crate::simulation::Coverage;

/// Draw a state machine as Mermaid, Graphviz DOT or SVG, or tell it as JSON
///
/// Nested branches and Maps are boxes. An SVG is self-contained and follows its viewer's light or dark mode. A
/// definition with errors is drawn as far as possible.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  asl graph charge.asl.json > charge.mmd
  asl graph charge.asl.json --output charge.svg
  asl graph charge.asl.json --diagnostics --format svg > problems.svg
  asl test . --coverage-report report.json && asl graph charge.asl.json --coverage report.json -o covered.svg
  asl run charge.asl.json --task 'Charge=./charge.sh' --graph run.svg")]
pub(super) struct Arguments {
    /// Definition or template, or the folder of the only one
    #[arg(value_name = "FILE")]
    file: String,
    /// The state machine of a template that has several
    #[arg(long, value_name = "NAME")]
    state_machine: Option<String>,
    /// Format; default: by the ending of `--output`, else Mermaid
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write the picture to a file; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Draw errors and warnings at their states
    #[arg(long, conflicts_with = "coverage")]
    diagnostics: bool,
    /// Draw the coverage of a report from `asl test --coverage-report`
    #[arg(long, value_name = "FILE")]
    coverage: Option<String>,
    #[command(flatten)]
    loading: Loading,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A flowchart that GitHub and GitLab draw in Markdown
    Mermaid,
    /// For `dot` of Graphviz
    Dot,
    /// A picture
    Svg,
    /// The states and transitions, for other programs
    Json,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let (file, named) = place(&arguments.file, arguments.state_machine.as_deref())?;
    let file = definition_files::one(file)?;
    let checked = Checked::read(&file, &arguments.loading)?;
    let source = checked.source;
    let machine = choose(&file, checked.machines, named)?;
    let mut drawn_over = Overlay::new();
    if arguments.diagnostics {
        drawn_over = diagnostics_overlay(&machine.diagnostics);
    }
    if let Some(report) = &arguments.coverage {
        let valid = machine.machine.as_ref().ok_or_else(|| {
            Failure::new(format!("the definition in `{file}` has errors, and no coverage"))
                .help(format!("`asl validate {file}` tells what is wrong with it"))
        })?;
        drawn_over = covered(report, valid)?.overlay();
    }
    let diagram = match (&machine.machine, machine.elsewhere, &machine.name) {
        (Some(valid), ..) => Diagram::of(valid),
        (None, Some((_, text)), _) => broken(&file, Some(&text))?,
        (None, None, None) => broken(&file, Some(&source))?,
        // The definition is part of a template.
        (None, None, Some(_)) => match machine.diagnostics.as_slice() {
            // Valid as far as can be told: nothing is wrong that `asl validate` could tell.
            [elsewhere] if elsewhere.severity == Severity::Warning => {
                return Err(Failure::new(format!("`{file}` cannot be drawn: {}", elsewhere.message)));
            }
            _ => broken(&file, None)?,
        },
    };
    write(
        &diagram.with(&drawn_over),
        arguments.format,
        arguments.output.as_deref(),
        output,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A machine's coverage in a report.
fn covered(file: &str, machine: &StateMachine) -> Result<Coverage, Failure> {
    let report: Value = serde_json::from_str(&read_file(file)?)
        .map_err(|error| Failure::new(format!("`{file}` is no coverage report: {error}")))?;
    for coverage in [Coverage::of(machine), Coverage::of_each_retry(machine)] {
        let mut was_found = false;
        for entry in report.get("machines").and_then(Value::as_array).into_iter().flatten() {
            let counted = entry.get("coverage").map(|report| coverage.merge_json(report));
            was_found |= matches!(counted, Some(Ok(())));
        }
        if was_found {
            return Ok(coverage);
        }
    }
    Err(Failure::new(format!("`{file}` says nothing about this definition"))
        .help("write it anew with `asl test PATH --coverage-report FILE`"))
}

/// The format by the ending of a file's name; `otherwise` if it has none. Errors if the ending is unknown.
fn format_of(file: &str, otherwise: Format) -> Result<Format, Failure> {
    match Path::new(file).extension().and_then(OsStr::to_str) {
        Some("svg") => Ok(Format::Svg),
        Some("dot" | "gv") => Ok(Format::Dot),
        Some("mmd" | "mermaid" | "md") => Ok(Format::Mermaid),
        Some("json") => Ok(Format::Json),
        None => Ok(otherwise),
        Some(ending) => Err(Failure::new(format!("a picture cannot be written as `.{ending}`"))
            .help("end the name in `.svg`, `.dot`, `.mmd` or `.json`")),
    }
}

/// The format of a picture written to a file: by its ending, else SVG.
pub(super) fn picture(file: &str) -> Result<Format, Failure> {
    format_of(file, Format::Svg)
}

/// Draws to a file, or prints.
pub(super) fn write(
    diagram: &Diagram,
    format: Option<Format>,
    file: Option<&str>,
    output: &mut Output,
) -> Result<(), Failure> {
    let format = match (format, file) {
        (Some(format), _) => format,
        (None, Some(file)) => format_of(file, Format::Mermaid)?,
        (None, None) => Format::Mermaid,
    };
    let text = match format {
        Format::Mermaid => diagram.to_mermaid(),
        Format::Dot => diagram.to_dot(),
        Format::Json => format!("{:#}\n", diagram.to_json()),
        Format::Svg => diagram.to_svg().map_err(|error| Failure::new(error.to_string()))?,
    };
    match file {
        Some(file) => output.file(file, &text),
        None => output.text(text),
    }
}

/// The diagram of a definition with errors, if the definition has a text of its own.
fn broken(file: &str, source: Option<&str>) -> Result<Diagram, Failure> {
    let definition = source.and_then(|source| {
        let format = template::Format::of(file, source);
        Some(Places::of(source, format).ok()?.to_value())
    });
    let definition = definition.filter(|definition| definition.get("States").is_some());
    let definition = definition.ok_or_else(|| {
        Failure::new(format!("the definition in `{file}` cannot be drawn"))
            .help(format!("`asl validate {file}` tells what is wrong with it"))
    })?;
    Ok(Diagram::of_definition(&definition))
}

/// The diagnostics of each state, found by their JSON Pointers.
fn diagnostics_overlay(diagnostics: &[Diagnostic]) -> Overlay {
    let mut notes: Vec<(String, Tone, String)> = Vec::new();
    for diagnostic in diagnostics {
        let Some(state) = state_of(&diagnostic.pointer) else {
            continue;
        };
        let tone = match diagnostic.severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Warned,
        };
        match notes.iter_mut().find(|(name, ..)| *name == state) {
            Some((_, worst, note)) => {
                if tone == Tone::Bad {
                    *worst = tone;
                }
                note.push_str("; ");
                note.push_str(&diagnostic.message);
            }
            None => notes.push((state, tone, diagnostic.message.clone())),
        }
    }
    let marks = notes.into_iter();
    marks.fold(Overlay::new(), |overlay, (name, tone, note)| {
        overlay.state(name, tone, note)
    })
}

/// The innermost state that a JSON Pointer leads through.
fn state_of(pointer: &str) -> Option<String> {
    let steps: Vec<&str> = pointer.split('/').collect();
    let at = steps.iter().rposition(|step| *step == "States")?;
    let name = steps.get(at + 1)?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}
