//! The `${Name}` placeholders without a value, and what cannot be judged because of them.

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

    /// Reports every placeholder as an error.
    pub(in crate::loading) fn deny(report: &mut Report, substitutions: &Substitutions) {
        for (name, span) in std::mem::take(&mut report.placeholders.found) {
            let help = help_with_name(&name, substitutions, report);
            let message = format!("`${{{name}}}` has no value");
            report
                .error(Code::UnresolvedSubstitution, Place::at(span), message)
                .help(help);
        }
    }

    /// Reports all placeholders in one warning: their names, and what is not judged because of them.
    pub(in crate::loading) fn summarise(report: &mut Report, substitutions: &Substitutions, root: Option<&Node>) {
        let Self {
            mut found,
            has_stand_ins,
            mut not_judged,
        } = std::mem::take(&mut report.placeholders);
        found.sort_by_key(|(_, span)| span.start);
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &found {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        not_judged.sort_unstable();
        not_judged.dedup();
        let first = not_judged.first().or(found.first().map(|(_, span)| span)).copied();
        let Some(first) = first.filter(|_| !names.is_empty() || (has_stand_ins && !not_judged.is_empty())) else {
            return;
        };
        let shown: Vec<_> = names.iter().map(|name| format!("`${{{name}}}`")).collect();
        let missing = if names.is_empty() {
            "no value before a deployment".to_owned()
        } else {
            format!("no value for {}", listed(&shown))
        };
        let locator = Locator::new(root);
        let places = not_judged.iter().filter_map(|span| locator.steps_to(span.start));
        let places: Vec<_> = places.map(|steps| location(&steps)).collect();
        let message = if places.is_empty() {
            format!("{missing}: taken as text")
        } else {
            format!("{missing}: not judged: {}", listed(&places))
        };
        let similar = names
            .iter()
            .find_map(|name| Some((name, report.similar(name, substitutions.names())?)));
        let help = match similar {
            Some((name, similar)) => format!("did you mean `${{{similar}}}` instead of `${{{name}}}`?"),
            None if names.is_empty() => "write the value itself to have it judged".to_owned(),
            None => HELP.to_owned(),
        };
        report
            .warning(Code::UnresolvedSubstitution, Place::at(first).nowhere(), message)
            .help(help);
    }
}

const HELP: &str = "give values with `-s NAME=VALUE` or `--substitutions FILE` (`Loader::substitutions` in Rust)";

/// `a, b and 3 more`
fn listed(texts: &[String]) -> String {
    let shown = texts.get(..SHOWN).unwrap_or(texts).join(", ");
    match texts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Help on giving the placeholder `name` a value.
fn help_with_name(name: &str, substitutions: &Substitutions, report: &mut Report) -> String {
    if let Some(similar) = report.similar(name, substitutions.names()) {
        return format!("did you mean `${{{similar}}}`?");
    }
    let names = substitutions.names().take(8).map(|name| format!("`{name}`"));
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
