//! The state machines in a command's files.

use std::path::{Component, Path, PathBuf};

use super::arguments::{Loading, read_file};
use super::definition_files;
use super::failure::Failure;
use super::output::diagnostic;
use crate::definition::{Code, Diagnostic, InvalidDefinition, Severity, StateMachine};
use crate::loading::template::{self, Format, Found};
use crate::loading::{Loader, similar_name};

/// A file with its state machines and diagnostics.
pub(super) struct Checked {
    /// Its name in messages.
    pub(super) file: String,
    pub(super) source: String,
    /// What is said of the file itself, not of one of its machines.
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) machines: Vec<CheckedMachine>,
}

/// A state machine of a file, or the problems that keep the file from having one.
pub(super) struct CheckedMachine {
    /// Its logical id, in a template.
    pub(super) name: Option<String>,
    /// The file that holds the definition, with its text, if it is another file.
    pub(super) elsewhere: Option<(String, String)>,
    pub(super) machine: Option<StateMachine>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) omitted: usize,
}

impl Checked {
    /// Reads a file and validates its state machines.
    pub(super) fn read(file: &str, loading: &Loading) -> Result<Self, Failure> {
        Ok(Self::of(file, read_file(file)?, &loading.loader()))
    }

    /// Validates the state machines of a file's text.
    pub(super) fn of(file: &str, source: String, loader: &Loader) -> Self {
        let folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
        let mut opened: Vec<(String, String, String)> = Vec::new();
        let found = template::machines(loader, &source, Format::of(file, &source), &mut |uri| {
            let path = joined(&folder, uri);
            let text = read_file(&path).map_err(|failure| match failure.to_string().split_once("`: ") {
                Some((_, reason)) => reason.to_owned(),
                None => failure.to_string(),
            })?;
            opened.push((uri.to_owned(), path, text.clone()));
            Ok(text)
        });
        let (diagnostics, machines) = match found {
            Ok(found) => {
                let machines = found.machines.into_iter();
                let machines = machines.map(|found| CheckedMachine::of(found, &opened)).collect();
                (found.diagnostics, machines)
            }
            Err(diagnostics) => {
                let unreadable = CheckedMachine {
                    name: None,
                    elsewhere: None,
                    machine: None,
                    diagnostics,
                    omitted: 0,
                };
                (Vec::new(), vec![unreadable])
            }
        };
        Self {
            file: file.to_owned(),
            source,
            diagnostics,
            machines,
        }
    }
}

/// The path of a file that is named in `folder`, without `.` in it: one file has one name in messages.
fn joined(folder: &Path, named: &str) -> String {
    let parts = Path::new(named).components().filter(|part| *part != Component::CurDir);
    folder.join(parts.collect::<PathBuf>()).display().to_string()
}

impl CheckedMachine {
    fn of(found: Found, opened: &[(String, String, String)]) -> Self {
        let elsewhere = found.file.and_then(|uri| {
            let (_, path, text) = opened.iter().find(|(opened, ..)| *opened == uri)?;
            Some((path.clone(), text.clone()))
        });
        let (machine, diagnostics, omitted) = match found.machine {
            Ok(machine) => {
                let warnings = machine.warnings().to_vec();
                (Some(machine), warnings, 0)
            }
            Err(InvalidDefinition { diagnostics, omitted }) => (None, diagnostics, omitted),
        };
        Self {
            name: found.name,
            elsewhere,
            machine,
            diagnostics,
            omitted,
        }
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    }
}

/// A file, or `FILE#NAME` for one of its state machines, and the name: the one behind the file or that of
/// `--state-machine`.
pub(super) fn place<'p>(place: &'p str, named: Option<&'p str>) -> Result<(&'p str, Option<&'p str>), Failure> {
    match place.rsplit_once('#') {
        Some((file, behind)) if !Path::new(place).exists() => match named.filter(|named| *named != behind) {
            Some(named) => Err(Failure::new(format!(
                "`{place}` and `--state-machine {named}` name two state machines"
            ))),
            None => Ok((file, Some(behind))),
        },
        _ => Ok((place, named)),
    }
}

/// The machine of a file that a command works on; of a template with several, the one called `named`.
pub(super) fn one_machine(file: &str, named: Option<&str>, loading: &Loading) -> Result<StateMachine, Failure> {
    let (file, named) = place(file, named)?;
    let file = &definition_files::one(file)?;
    let checked = Checked::read(file, loading)?;
    valid(file, choose(file, checked.machines, named)?)
}

/// The machine that tasks start by a name, in `FILE` or `FILE#NAME`; of a template with several, the one called so.
pub(super) fn started_machine(name: &str, file: &str, loading: &Loading) -> Result<StateMachine, Failure> {
    let (file, named) = place(file, None)?;
    let checked = Checked::read(file, loading)?;
    let is_called_so = |machine: &CheckedMachine| machine.name.as_deref() == Some(name);
    let alike = checked.machines.len() > 1 && checked.machines.iter().any(is_called_so);
    let named = named.or(alike.then_some(name));
    valid(file, choose(file, checked.machines, named)?)
}

fn valid(file: &str, chosen: CheckedMachine) -> Result<StateMachine, Failure> {
    let shown_file = chosen.elsewhere.as_ref().map_or(file, |(file, _)| file);
    chosen.machine.ok_or_else(|| unusable(shown_file, &chosen.diagnostics))
}

/// `; did you mean …?`, if a name is similar.
pub(super) fn did_you_mean<'c>(name: &str, known: impl IntoIterator<Item = &'c str>) -> String {
    similar_name(name, known).map_or_else(String::new, |similar| format!("; did you mean `{similar}`?"))
}

/// Why a file has no machine: the problems of its definition, the values that it lacks, or that it is elsewhere.
pub(super) fn unusable(file: &str, diagnostics: &[Diagnostic]) -> Failure {
    let shown = |is_told: &dyn Fn(&Diagnostic) -> bool| {
        let told = diagnostics.iter().filter(|found| is_told(found));
        let told = told.map(|found| format!("\n\n{}", diagnostic(file, found)));
        told.collect::<String>()
    };
    let is_error = |found: &Diagnostic| found.severity == Severity::Error;
    let errors = diagnostics.iter().filter(|found| is_error(found)).count();
    if errors == 0 && lacks_values(diagnostics) {
        let values = shown(&|found| found.code == Code::UnresolvedSubstitution);
        let failure = Failure::new(format!("the definition in `{file}` lacks values that it needs{values}")).finding();
        let names = diagnostics.iter().flat_map(|found| &found.placeholders);
        let options: Vec<_> = names.map(|name| substitution(name)).collect();
        // The warning names the first ones only.
        return if options.len() > 6 {
            failure.help(format!("all of them: {}", options.join(" ")))
        } else {
            failure
        };
    }
    if errors == 0 {
        return Failure::new(format!("the definition is not in `{file}`{}", shown(&|_| true)));
    }
    let plural = if errors == 1 { "error" } else { "errors" };
    let text = format!("the definition in `{file}` has {errors} {plural}{}", shown(&is_error));
    let failure = Failure::new(text).finding();
    if lacks_values(diagnostics) {
        return failure
            .help("`--substitution NAME=VALUE` gives a placeholder its value, `--substitutions FILE` several");
    }
    failure
}

/// The option that gives a placeholder a value.
fn substitution(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte);
    if name.bytes().all(is_plain) {
        format!("-s {name}=…")
    } else {
        format!("-s '{name}=…'")
    }
}

/// Whether a placeholder has no value.
fn lacks_values(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|found| found.code == Code::UnresolvedSubstitution)
}

/// One of the machines of a file.
pub(super) fn choose(
    file: &str,
    machines: Vec<CheckedMachine>,
    named: Option<&str>,
) -> Result<CheckedMachine, Failure> {
    let mut known: Vec<_> = machines.iter().filter_map(|machine| machine.name.clone()).collect();
    // Conditions may give one machine several files.
    known.dedup();
    let several = known.len() > 1;
    let mut candidates = machines
        .into_iter()
        .filter(|machine| named.is_none_or(|named| machine.name.as_deref() == Some(named)));
    match (candidates.next(), several && named.is_none()) {
        (Some(machine), false) => Ok(machine),
        (Some(_), true) => Err(Failure::new(format!("`{file}` has {} state machines", known.len()))
            .help(format!("choose one with `--state-machine`: {}", known.join(", ")))),
        (None, _) => Err(match named {
            Some(named) if known.is_empty() => Failure::new(format!("`{file}` has no state machine `{named}`"))
                .help("it is one definition, without names: leave the name away"),
            Some(named) => {
                let meant = did_you_mean(named, known.iter().map(String::as_str));
                Failure::new(format!("`{file}` has no state machine `{named}`{meant}"))
                    .help(format!("it has: {}", known.join(", ")))
            }
            None => Failure::new(format!("`{file}` has no state machine")),
        }),
    }
}
