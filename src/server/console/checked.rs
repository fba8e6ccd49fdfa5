//! A definition that somebody is writing, and what is wrong with it.

use serde_json::{Map, Value, json};

use super::{Refused, text};
use crate::definition::{Diagnostic, Severity, StateMachine, WorkflowType};
use crate::diagram::Diagram;
use crate::loading::{Loader, Places, template};

/// The longest definition.
const LONGEST: usize = 1_048_576;

/// A definition with what is wrong with it.
pub(super) struct Checked {
    text: String,
    diagnostics: Vec<Diagnostic>,
    /// `None` if it has errors.
    pub(super) machine: Option<StateMachine>,
}

impl Checked {
    /// Reads the `definition` of a request, of the workflow's `type`. It takes its time.
    pub(super) fn read(request: &Map<String, Value>) -> Result<Self, Refused> {
        let text = text(request, "definition")?.to_owned();
        if text.len() > LONGEST {
            return Err(Refused::validation(format!("a definition has {LONGEST} bytes at most")));
        }
        let workflow_type = match request.get("type").and_then(Value::as_str) {
            Some("EXPRESS") => WorkflowType::Express,
            _ => WorkflowType::Standard,
        };
        let loader = Loader::new().workflow_type(workflow_type).verbatim();
        let diagnostics = loader.validate(&text);
        let machine = loader.parse(&text).ok();
        Ok(Self {
            text,
            diagnostics,
            machine,
        })
    }

    pub(super) fn diagnostics(&self) -> Vec<Value> {
        self.diagnostics.iter().map(told).collect()
    }

    /// What is wrong with it, and its diagram as far as there is one.
    pub(super) fn told(&self) -> Value {
        let places = Places::of(&self.text, template::Format::Json).ok();
        let definition = places.map(|places| places.to_value()).filter(Value::is_object);
        let drawn = match &definition {
            Some(definition) => Diagram::of_definition(definition)
                .to_places()
                .map_err(|error| error.to_string()),
            None => Err("the text is no JSON object".to_owned()),
        };
        let (diagram, problem) = match drawn {
            Ok(diagram) => (Some(diagram), None),
            Err(problem) => (None, Some(problem)),
        };
        json!({ "diagnostics": self.diagnostics(), "diagram": diagram, "diagramProblem": problem })
    }
}

fn told(diagnostic: &Diagnostic) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    json!({
        "severity": severity,
        "code": diagnostic.code.to_string(),
        "message": diagnostic.message,
        "pointer": diagnostic.pointer,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "help": diagnostic.help,
        "excerpt": diagnostic.to_string(),
    })
}
