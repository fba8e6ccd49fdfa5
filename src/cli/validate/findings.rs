//! The problems of all files, each once: machines that share a file share what is wrong with it.

use std::collections::HashSet;

use super::{Checked, machines, place};
use crate::definition::{Diagnostic, Severity};

/// A problem with its file.
#[derive(Clone, Copy)]
pub(super) struct Finding<'c> {
    pub(super) file: &'c str,
    pub(super) source: &'c str,
    pub(super) diagnostic: &'c Diagnostic,
}

/// The problems of one machine, or of a file itself.
pub(super) struct Group<'c> {
    pub(super) file: &'c str,
    pub(super) findings: Vec<Finding<'c>>,
    /// How many more problems there are.
    pub(super) omitted: usize,
}

/// All problems, in the order of the files.
pub(super) struct Findings<'c> {
    pub(super) groups: Vec<Group<'c>>,
}

impl<'c> Findings<'c> {
    pub(super) fn of(checked: &'c [Checked]) -> Self {
        let mut seen = HashSet::new();
        let mut group = |file: &'c str, source: &'c str, diagnostics: &'c [Diagnostic], omitted: usize| {
            let new = diagnostics.iter().filter(|found| {
                let Diagnostic {
                    span, code, message, ..
                } = *found;
                seen.insert((file, span.start, *code, message.as_str()))
            });
            let findings = new
                .map(|diagnostic| Finding {
                    file,
                    source,
                    diagnostic,
                })
                .collect();
            Group {
                file,
                findings,
                omitted,
            }
        };
        let mut groups = Vec::new();
        for file in checked {
            groups.push(group(&file.file, &file.source, &file.diagnostics, 0));
            for (file, machine) in machines(std::slice::from_ref(file)) {
                let (name, source) = place(file, machine);
                groups.push(group(name, source, &machine.diagnostics, machine.omitted));
            }
        }
        Self { groups }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Finding<'c>> {
        self.groups.iter().flat_map(|group| &group.findings).copied()
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        self.all().filter(|found| found.diagnostic.severity == severity).count()
    }
}
