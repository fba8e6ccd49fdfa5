//! `Loader`: loads definitions with options.

use indexmap::IndexMap;
use std::collections::BTreeSet;

use super::outline::{Expressions, Outline, variable_references};
use super::parse::Reading;
use super::report::{Placeholders, Report};
use super::{json, parse, rules};
use crate::data::json::{Node, Place, Substitutions};
use crate::definition::{Code, Diagnostic, InvalidDefinition, MAX_CHARACTERS, Severity, StateMachine, WorkflowType};

/// Loads definitions: [`StateMachine::parse`] with options.
///
/// ```
/// use asl_engine::definition::WorkflowType;
/// use asl_engine::loading::{Loader, Substitutions};
///
/// let source = r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": ${Pause}, "End": true } } }"#;
/// let loader = Loader::new()
///     .substitutions(Substitutions::new().with("Pause", "5"))
///     .workflow_type(WorkflowType::Express);
/// assert!(loader.parse(source).is_ok());
/// assert!(Loader::new().parse(source).is_err());
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Loader {
    substitutions: Substitutions,
    workflow_type: WorkflowType,
    without_value: WithoutValue,
}

/// The treatment of a `${Name}` that has no value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum WithoutValue {
    /// It is text where text may stand; elsewhere its value is not judged.
    #[default]
    Noted,
    /// It is an error.
    Denied,
    /// It is plain text, as for the API, which knows no placeholders.
    Text,
}

impl Loader {
    /// Loads standard workflows without substitutions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the `${Name}` placeholders of the definition their values.
    pub fn substitutions(mut self, substitutions: Substitutions) -> Self {
        self.substitutions = substitutions;
        self
    }

    /// Sets the workflow type, for the checks of the definition and for its executions.
    pub fn workflow_type(mut self, workflow_type: WorkflowType) -> Self {
        self.workflow_type = workflow_type;
        self
    }

    /// Refuses a definition with a `${Name}` that has no value.
    ///
    /// Without it, such a placeholder is accepted in a plain text, as AWS accepts it there; where a number, an ARN or a
    /// state's name stands, that value is not judged. One warning names the placeholders, and what is not judged.
    pub fn deny_placeholders(mut self) -> Self {
        self.without_value = WithoutValue::Denied;
        self
    }

    /// Takes every `${Name}` as plain text, as AWS's API does.
    pub(crate) fn verbatim(mut self) -> Self {
        self.without_value = WithoutValue::Text;
        self
    }

    /// The values of the placeholders.
    #[cfg(feature = "yaml")]
    pub(crate) fn values(&self) -> &Substitutions {
        &self.substitutions
    }

    /// The same loader with values for more placeholders.
    #[cfg(feature = "yaml")]
    pub(crate) fn with_more(&self, more: &Substitutions) -> Self {
        Self {
            substitutions: self.substitutions.clone().or(more),
            ..self.clone()
        }
    }

    /// Parses and validates a definition.
    ///
    /// Errors with all of its problems, not only the first. A definition that cannot run because a `${Name}` in it has
    /// no value may have no other problem than the warning about it.
    pub fn parse(&self, source: &str) -> Result<StateMachine, InvalidDefinition> {
        let (machine, diagnostics, omitted) = self.load(source);
        self.finished(machine, diagnostics, omitted)
    }

    /// All diagnostics of a definition, including warnings, in the order of [`InvalidDefinition::diagnostics`]; empty
    /// for a flawless definition.
    pub fn validate(&self, source: &str) -> Vec<Diagnostic> {
        self.load(source).1
    }

    /// The variables that each state reads, by the state's name, including nested states; states that read none are
    /// left out (`variableReferences` of the API's `DescribeStateMachine`). Empty if the text is not a definition.
    ///
    /// ```
    /// use asl_engine::loading::Loader;
    ///
    /// let source = r#"{ "StartAt": "Pay", "States": {
    ///   "Pay": { "Type": "Pass", "Parameters": { "sum.$": "States.MathAdd($price, $tip)" }, "End": true }
    /// } }"#;
    /// let references = Loader::new().variable_references(source);
    /// assert!(references["Pay"].iter().eq(["price", "tip"]));
    /// ```
    pub fn variable_references(&self, source: &str) -> IndexMap<String, BTreeSet<String>> {
        let mut report = Report::new(source);
        let Some(root) = self.read(source, &mut report) else {
            return IndexMap::new();
        };
        variable_references(&Outline::of(&root, &mut Expressions::default()))
    }

    /// Parses and validates a definition in YAML, as SAM takes it; the lines are those of the YAML text.
    ///
    /// A `${Name}` in any text is replaced first, as CloudFormation does: what stands without quotes may become a number.
    #[cfg(feature = "yaml")]
    pub fn parse_yaml(&self, source: &str) -> Result<StateMachine, InvalidDefinition> {
        let mut report = Report::new(source);
        let root = super::yaml::parse(source, &mut report).map(|mut root| {
            json::substitute(&mut root, source, &self.substitutions, &mut report, &super::yaml::plain);
            root
        });
        self.parse_node(root.as_ref(), source, report)
    }

    /// The same for a tree that was read from `source`, or from a part of it.
    #[cfg(feature = "yaml")]
    pub(crate) fn parse_node(
        &self,
        root: Option<&Node>,
        source: &str,
        mut report: Report,
    ) -> Result<StateMachine, InvalidDefinition> {
        let root = root.filter(|root| Self::is_object(root, &mut report));
        let (machine, diagnostics, omitted) = self.judged(root, source, report);
        self.finished(machine, diagnostics, omitted)
    }

    fn load(&self, source: &str) -> (Option<StateMachine>, Vec<Diagnostic>, usize) {
        let mut report = Report::new(source);
        let root = self.read(source, &mut report);
        self.judged(root.as_ref(), source, report)
    }

    /// The machine, unless it cannot be built, with all diagnostics.
    fn judged(
        &self,
        root: Option<&Node>,
        source: &str,
        report: Report,
    ) -> (Option<StateMachine>, Vec<Diagnostic>, usize) {
        let mut reading = Reading {
            report,
            expressions: Expressions::default(),
        };
        let machine = root.and_then(|root| {
            let outline = Outline::of(root, &mut reading.expressions);
            rules::check(&outline, self.workflow_type, &mut reading.report);
            parse::state_machine(root, &mut reading).ok()
        });
        let mut report = reading.report;
        // A root that is no object has its reason already.
        let is_known = root.is_some_and(|root| !root.has_unresolved());
        if machine.is_none() && is_known && !report.has_errors() {
            // INVARIANT: every reason that keeps a state from being built is reported.
            debug_assert!(false, "a definition was refused without a reason");
            let place = Place::document();
            report.error(
                Code::SchemaValidationFailed,
                place,
                "the definition could not be understood",
            );
        }
        match self.without_value {
            WithoutValue::Denied => Placeholders::deny(&mut report, &self.substitutions, root),
            _ => Placeholders::summarise(&mut report, &self.substitutions, root),
        }
        let (diagnostics, omitted) = json::finish(report, source, root);
        (machine, diagnostics, omitted)
    }

    /// The machine with its warnings, or all problems.
    fn finished(
        &self,
        machine: Option<StateMachine>,
        diagnostics: Vec<Diagnostic>,
        omitted: usize,
    ) -> Result<StateMachine, InvalidDefinition> {
        let refused = diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error);
        match machine {
            Some(mut machine) if !refused => {
                machine.workflow_type = self.workflow_type;
                machine.warnings = diagnostics;
                Ok(machine)
            }
            _ => Err(InvalidDefinition { diagnostics, omitted }),
        }
    }

    /// The root object, or `None` with the reason in the report.
    fn read(&self, source: &str, report: &mut Report) -> Option<Node> {
        if source.len() > MAX_CHARACTERS {
            let characters = source.chars().count();
            if characters > MAX_CHARACTERS {
                report
                    .error(
                        Code::DefinitionTooLong,
                        Place::document(),
                        format!("Member must have length less than or equal to {MAX_CHARACTERS}"),
                    )
                    .help(format!("the definition has {characters} characters"));
                return None;
            }
        }
        if source.trim().is_empty() {
            let place = Place::document();
            report
                .schema(place, "Definition must be a valid JSON object")
                .help("it is empty: a definition is an object with `StartAt` and `States`");
            return None;
        }
        let root = match self.without_value {
            WithoutValue::Text => json::parse_verbatim(source, report),
            _ => json::parse(source, &self.substitutions, report),
        }?;
        Self::is_object(&root, report).then_some(root)
    }

    /// Whether a definition is an object; reports it if not.
    fn is_object(root: &Node, report: &mut Report) -> bool {
        if root.as_object().is_some() {
            return true;
        }
        let place = Place::value(root).nowhere();
        if root.unresolved {
            report.placeholders().not_judged(root);
            return false;
        }
        let help = format!(
            "it is {}: a definition is an object with `StartAt` and `States`",
            root.describe()
        );
        report
            .schema(place, "Definition must be a valid JSON object")
            .help(help);
        false
    }
}
