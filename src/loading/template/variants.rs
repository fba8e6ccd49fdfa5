//! One machine of several variants: what is wrong with any of them is wrong with it.

use super::deployment::Variant;
use super::machines::Judged;
use crate::definition::{Diagnostic, InvalidDefinition, Severity, StateMachine};

/// A diagnostic with the variants that have it.
struct Told {
    diagnostic: Diagnostic,
    variants: Vec<usize>,
}

/// The machine, judged in all of its variants: one for each file that holds a definition.
pub(super) fn merged(variants: &[Variant<'_>], judged: Vec<Judged>) -> Vec<Judged> {
    let mut by_file: Vec<(Option<String>, Vec<usize>, Vec<Judged>)> = Vec::new();
    for (index, judged) in judged.into_iter().enumerate() {
        match by_file.iter_mut().find(|(file, ..)| *file == judged.file) {
            Some((_, indices, all)) => {
                indices.push(index);
                all.push(judged);
            }
            None => by_file.push((judged.file.clone(), vec![index], vec![judged])),
        }
    }
    let merged = by_file.into_iter().map(|(file, indices, judged)| {
        let of_file: Vec<_> = indices.iter().filter_map(|index| variants.get(*index)).collect();
        let machines = judged.into_iter().map(|judged| judged.machine);
        Judged {
            file,
            machine: one(&of_file, machines.collect()),
        }
    });
    merged.collect()
}

/// The machine of the first variant, with the problems of all.
fn one(
    variants: &[&Variant<'_>],
    judged: Vec<Result<StateMachine, InvalidDefinition>>,
) -> Result<StateMachine, InvalidDefinition> {
    let mut told: Vec<Told> = Vec::new();
    let mut first = None;
    let mut omitted = 0;
    for (index, machine) in judged.into_iter().enumerate() {
        let diagnostics = match machine {
            Ok(mut machine) => {
                let warnings = std::mem::take(&mut machine.warnings);
                if index == 0 {
                    first = Some(machine);
                }
                warnings
            }
            Err(invalid) => {
                omitted = invalid.omitted.max(omitted);
                invalid.diagnostics
            }
        };
        for diagnostic in diagnostics {
            match told.iter_mut().find(|told| told.diagnostic == diagnostic) {
                Some(told) => told.variants.push(index),
                None => told.push(Told {
                    diagnostic,
                    variants: vec![index],
                }),
            }
        }
    }
    let mut diagnostics: Vec<_> = told.into_iter().map(|told| told.in_its_variants(variants)).collect();
    // The order of each variant stays, but for warnings of the first and errors of others.
    diagnostics.sort_by_key(|found| found.severity == Severity::Warning);
    let has_errors = diagnostics.iter().any(|found| found.severity == Severity::Error);
    match first {
        Some(mut machine) if !has_errors => {
            machine.warnings = diagnostics;
            Ok(machine)
        }
        _ => Err(InvalidDefinition { diagnostics, omitted }),
    }
}

impl Told {
    /// The diagnostic, saying where it applies if that is not everywhere.
    fn in_its_variants(self, variants: &[&Variant<'_>]) -> Diagnostic {
        let Self {
            mut diagnostic,
            variants: own,
        } = self;
        if own.len() == variants.len() {
            return diagnostic;
        }
        let own: Vec<_> = own.iter().filter_map(|index| variants.get(*index)).collect();
        let truths = own.first().map_or(&[][..], |first| &first.truths);
        let common = truths
            .iter()
            .filter(|truth| own.iter().all(|variant| variant.truths.contains(truth)));
        let common: Vec<_> = common.map(|(name, truth)| format!("`{name}` is {truth}")).collect();
        if common.is_empty() {
            return diagnostic;
        }
        let mut applies = format!("where {}", common.join(" and "));
        // Another variant reaches the state, so the author has not forgotten it.
        if diagnostic.message.ends_with(" is not reachable.") {
            diagnostic.severity = Severity::Warning;
            applies = format!("AWS refuses the machine {applies}");
        }
        diagnostic.help = Some(match diagnostic.help {
            Some(help) => format!("{help} ({applies})"),
            None => applies,
        });
        diagnostic
    }
}
