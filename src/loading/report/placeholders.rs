//! The `${Name}` placeholders without a value, and what cannot be judged because of them.

use std::collections::HashSet;

use super::{Report, location};
use crate::data::json::{Kind, Locator, Node, Place, Span, Substitutions};
use crate::definition::Code;

/// The most names and places that the summary shows.
const SHOWN: usize = 6;

/// The placeholders of one definition that have no value.
#[derive(Debug, Default)]
pub(crate) struct Placeholders {
    /// The names with their places, in source order.
    found: Vec<(String, Span)>,
    /// Whether a text stands in for a value that only a deployment knows.
    has_stand_ins: bool,
    /// The values that would have been judged.
    not_judged: Vec<Span>,
}

impl Placeholders {
    /// Adds a `${Name}` without a value.
    pub(in crate::loading) fn add(&mut self, name: String, span: Span) {
        self.found.push((name, span));
    }

    /// Notes that a value is known only after a deployment.
    pub(in crate::loading) fn add_stand_in(&mut self) {
        self.has_stand_ins = true;
    }

    /// Notes a value that would have been judged, if it were known.
    pub(in crate::loading) fn not_judged(&mut self, node: &Node) {
        // A number out of range has an error of its own.
        if !matches!(node.kind, Kind::Number(_)) {
            self.not_judged.push(node.span);
        }
    }

    /// Reports every placeholder as an error. What is not judged for another reason is a warning.
    pub(in crate::loading) fn deny(report: &mut Report, substitutions: &Substitutions, root: Option<&Node>) {
        let found = std::mem::take(&mut report.placeholders.found);
        let is_denied = |span: &Span| {
            found
                .iter()
                .any(|(_, inner)| span.start <= inner.start && inner.end <= span.end)
        };
        report.placeholders.not_judged.retain(|span| !is_denied(span));
        for (name, span) in found {
            let help = help_with_name(&name, substitutions, report);
            let message = format!("`${{{name}}}` has no value");
            report
                .error(Code::UnresolvedSubstitution, Place::at(span), message)
                .help(help);
        }
        Self::summarise(report, substitutions, root);
    }

    /// Reports all placeholders in one warning: their names, and what is not judged because of them.
    pub(in crate::loading) fn summarise(report: &mut Report, substitutions: &Substitutions, root: Option<&Node>) {
        let Self {
            mut found,
            has_stand_ins,
            mut not_judged,
        } = std::mem::take(&mut report.placeholders);
        found.sort_by_key(|(_, span)| span.start);
        let mut names: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for (name, _) in &found {
            if seen.insert(name) {
                names.push(name.clone());
            }
        }
        not_judged.sort_unstable();
        not_judged.dedup();
        let first = not_judged.first().or(found.first().map(|(_, span)| span)).copied();
        let Some(first) = first.filter(|_| !names.is_empty() || (has_stand_ins && !not_judged.is_empty())) else {
            return;
        };
        let shown = names.iter().map(|name| format!("`${{{name}}}`"));
        let missing = if names.is_empty() {
            "no value before a deployment".to_owned()
        } else {
            format!("no value for {}", listed(shown, names.len()))
        };
        let locator = Locator::new(root);
        let places = not_judged.iter().filter_map(|span| locator.steps_to(span.start));
        let places: Vec<_> = places.map(|steps| location(&steps)).collect();
        let message = match places.as_slice() {
            [] if not_judged.is_empty() => format!("{missing}: taken as text"),
            // Of a root that is no object there is no tree.
            [] => format!("{missing}: the whole definition is not judged"),
            places => format!(
                "{missing}: not judged: {}",
                listed(places.iter().cloned(), places.len())
            ),
        };
        let similar = names
            .iter()
            .find_map(|name| Some((name, report.similar(name, substitutions.given_names())?)));
        let help = match similar {
            Some((name, similar)) => format!("did you mean `${{{similar}}}` instead of `${{{name}}}`?"),
            None if names.is_empty() => "write the value itself to have it judged".to_owned(),
            None => GIVE_VALUES.to_owned(),
        };
        report
            .warning(Code::UnresolvedSubstitution, Place::at(first).nowhere(), message)
            .help(help)
            .lists(names, places);
    }
}

/// How to give placeholders their values.
pub(in crate::loading) const GIVE_VALUES: &str =
    "give values with `-s NAME=VALUE` or `--substitutions FILE` (`Loader::substitutions` in Rust)";

/// `a, b and 3 more`, of so many texts.
fn listed(texts: impl Iterator<Item = String>, count: usize) -> String {
    let shown: Vec<_> = texts.take(SHOWN).collect();
    let shown = shown.join(", ");
    match count.saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Help on giving the placeholder `name` a value.
fn help_with_name(name: &str, substitutions: &Substitutions, report: &mut Report) -> String {
    if let Some(similar) = report.similar(name, substitutions.given_names()) {
        return format!("did you mean `${{{similar}}}`?");
    }
    let names = substitutions.given_names().take(8).map(|name| format!("`{name}`"));
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        format!("give it a value among the substitutions, or write `${{!{name}}}` for the text itself")
    } else {
        format!(
            "there are values for {}; `${{!{name}}}` is the text itself",
            names.join(", ")
        )
    }
}
