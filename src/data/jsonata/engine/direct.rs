//! Evaluation without copies and without a meter, for what takes little: nearly every expression.

use std::cell::OnceCell;
use std::sync::LazyLock;

use jlens_core::input::{Sink, Source};
use jlens_core::output::{Builder, Output};
use jlens_core::{Bindings, Document, Expression, Options};
use serde_json::{Map, Value};

use super::analysis::{Analysis, is_built_in};
use super::functions::{self, Randomness};
use super::{MAX_DEPTH, options};
use crate::data::jsonata::JsonataBindings;
use crate::data::jsonata::needs::Need;

/// The steps that an expression may take: few for most, then as many as a walk through a large payload takes. Beyond,
/// the meter watches.
const STEPS: [u64; 2] = [512, 16_384];

// Within the steps above, arrays and texts so long take some 100 MB at the most, whatever an expression does with them.
const MAX_ARRAY_LENGTH: usize = 1_024;
const MAX_STRING_LENGTH: usize = 4_096;

/// So many variables and so long texts cost less to copy than to be read from the input document.
const MAX_SCALARS: usize = 4;
const MAX_SCALAR_LENGTH: usize = 64;

/// How much deeper the expression lies than it is written.
const DEPTH_OF_PRELUDE: usize = 2;

/// An expression compiled for direct evaluation: its variables are read from the input document.
#[derive(Debug)]
pub(super) struct Direct {
    expression: Expression,
    calls_ours: bool,
    /// Whether the result may hold functions, which must not be taken for nothing.
    holds_functions: bool,
    /// Built-in functions that the expression calls: a variable of the same name comes before them.
    built_in: Vec<String>,
    /// The variables that it reads; empty where it reads `$states` too.
    variables: Vec<String>,
    /// What the expression reads of the context object, if anything.
    context: Option<Need>,
}

impl Direct {
    /// `None` where the expression cannot be evaluated directly.
    pub(super) fn new(text: &str, analysis: &Analysis) -> Option<Self> {
        if analysis.uses_randomness || analysis.takes_input {
            return None;
        }
        let (built_in, free): (Vec<&String>, Vec<&String>) = analysis.needs.keys().partition(|name| is_built_in(name));
        let bind = |name: &&String| ["$", name, " := $.`", name, "`; "].concat();
        let prelude: String = free.iter().map(bind).collect();
        let bounded = functions::prelude(&analysis.unbounded);
        let states = analysis.needs.get("states");
        Some(Self {
            expression: Expression::compile(&format!("( {prelude} {bounded} ({text}\n))")).ok()?,
            calls_ours: !analysis.unbounded.is_empty() || built_in.iter().any(|name| is_ours(name)),
            holds_functions: analysis.holds_functions,
            variables: match states {
                None => free.into_iter().cloned().collect(),
                Some(_) => Vec::new(),
            },
            built_in: built_in.into_iter().cloned().collect(),
            context: states.and_then(|need| need.of("context")).cloned(),
        })
    }

    /// The value, with the steps that it may have taken. `None` where there is none, or where it takes more than a
    /// little: then the meter finds out.
    ///
    /// `plain` is the expression itself.
    pub(super) fn evaluate(&self, plain: &Expression, bindings: &JsonataBindings<'_>) -> Option<(Value, u64)> {
        let is_variable = |name: &String| bindings.variable(name).is_some();
        if self.built_in.iter().any(is_variable) {
            return None;
        }
        if let Some(scalars) = self.scalars(bindings) {
            return self.evaluate_scalars(plain, &scalars, bindings);
        }
        let context = OnceCell::new();
        let root = Root {
            bindings,
            context: &context,
            need: self.context.as_ref(),
        };
        let functions = if self.calls_ours { &*OURS } else { &*NONE };
        self.run(MAX_DEPTH + DEPTH_OF_PRELUDE, bindings, |options, built| {
            let write = |output: Output<'_, '_>| output.write(built);
            self.expression.evaluate_source_to(&root, functions, options, write)
        })
    }

    /// The variables, where the expression reads nothing but a few numbers and short texts.
    fn scalars<'b>(&self, bindings: &JsonataBindings<'b>) -> Option<[&'b Value; MAX_SCALARS]> {
        if self.calls_ours || self.variables.is_empty() || self.variables.len() > MAX_SCALARS {
            return None;
        }
        let mut scalars = [&Value::Null; MAX_SCALARS];
        for (scalar, name) in scalars.iter_mut().zip(&self.variables) {
            *scalar = match bindings.variable(name)? {
                Value::Array(_) | Value::Object(_) => return None,
                Value::String(text) if text.len() > MAX_SCALAR_LENGTH => return None,
                value => value,
            };
        }
        Some(scalars)
    }

    /// The same over variables that are the engine's own, and no input document.
    fn evaluate_scalars(
        &self,
        plain: &Expression,
        scalars: &[&Value; MAX_SCALARS],
        bindings: &JsonataBindings<'_>,
    ) -> Option<(Value, u64)> {
        let documents = scalars.map(Document::new);
        let mut names = self.variables.iter();
        let variables = documents
            .each_ref()
            .map(|document| (names.next().map_or("", String::as_str), document));
        let variables = variables.get(..self.variables.len())?;
        let nothing = Document::new(&Value::Null);
        self.run(MAX_DEPTH, bindings, |options, built| {
            let write = |output: Output<'_, '_>| output.write(built);
            plain.evaluate_document_with_to(&nothing, variables, &NONE, options, write)
        })
    }

    /// Evaluates with few steps first, and then with more.
    fn run(
        &self,
        depth: usize,
        bindings: &JsonataBindings<'_>,
        evaluate: impl Fn(&Options, &mut Built) -> jlens_core::Result<Option<Value>>,
    ) -> Option<(Value, u64)> {
        STEPS.into_iter().find_map(|steps| {
            let mut options = options(depth, bindings.now);
            options.max_steps = Some(steps);
            options.max_array_length = Some(MAX_ARRAY_LENGTH);
            options.max_string_length = Some(MAX_STRING_LENGTH);
            if self.built_in.is_empty() && !self.holds_functions {
                // Nothing takes long in one step, so that nobody looks at a clock.
                options.timeout = None;
            }
            let mut built = Built::default();
            let value = evaluate(&options, &mut built);
            let is_whole = !(self.holds_functions && built.lacks);
            value.ok().flatten().filter(|_| is_whole).map(|value| (value, steps))
        })
    }
}

static NONE: LazyLock<Bindings> = LazyLock::new(Bindings::new);
/// Without randomness, which such expressions have no use for.
static OURS: LazyLock<Bindings> = LazyLock::new(|| functions::bindings(&Randomness::default()));

fn is_ours(name: &str) -> bool {
    functions::NAMES.contains(&name) || name == "eval"
}

/// The input document: `$states` and the variables, by name.
#[derive(Clone, Copy)]
struct Root<'a> {
    bindings: &'a JsonataBindings<'a>,
    context: &'a OnceCell<Value>,
    need: Option<&'a Need>,
}

impl<'a> Source<'a> for Root<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        sink.object(Members(*self));
        Ok(())
    }
}

/// The members of the input document.
struct Members<'a>(Root<'a>);

impl<'a> Source<'a> for Members<'a> {
    /// The expression reads its variables one by one.
    fn read(&self, _: &mut Sink<'_, 'a>) -> Result<(), String> {
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if name == "states" {
            sink.object(States(self.0));
        } else if let Some(value) = self.0.bindings.variable(name) {
            write(sink, value);
        }
        Ok(true)
    }
}

/// `$states`
struct States<'a>(Root<'a>);

impl<'a> States<'a> {
    fn members(&self) -> impl Iterator<Item = (&'static str, &'a Value)> {
        let need = self.0.need;
        let context = need.map(|need| {
            let built = || self.0.bindings.cut_context(need);
            ("context", self.0.context.get_or_init(built))
        });
        let mut others = self.0.bindings.members().into_iter();
        others.next().into_iter().chain(context).chain(others)
    }
}

impl<'a> Source<'a> for States<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        for (name, value) in self.members() {
            sink.key(name);
            write(sink, value);
        }
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        let value = match name {
            "context" => self.members().find(|(member, _)| *member == name),
            _ => self
                .0
                .bindings
                .members()
                .into_iter()
                .find(|(member, _)| *member == name),
        };
        if let Some((_, value)) = value {
            write(sink, value);
        }
        Ok(true)
    }
}

/// An array or object as it is.
struct Lazy<'a>(&'a Value);

impl<'a> Source<'a> for Lazy<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        match self.0 {
            Value::Array(items) => {
                sink.reserve(items.len());
                for item in items {
                    write(sink, item);
                }
            }
            Value::Object(members) => {
                sink.reserve(members.len());
                for (name, value) in members {
                    sink.key(name);
                    write(sink, value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if let Some(value) = self.0.get(name) {
            write(sink, value);
        }
        Ok(true)
    }

    fn length(&self) -> Option<usize> {
        self.0.as_array().map(Vec::len)
    }

    fn read_item(&self, index: usize, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if let Some(value) = self.0.get(index) {
            write(sink, value);
        }
        Ok(true)
    }
}

fn write<'a>(sink: &mut Sink<'_, 'a>, value: &'a Value) {
    match value {
        Value::Null => sink.null(),
        Value::Bool(value) => sink.bool(*value),
        Value::Number(number) => sink.number(number.as_f64().unwrap_or_default()),
        Value::String(text) => sink.string(text),
        Value::Array(_) => sink.array(Lazy(value)),
        Value::Object(_) => sink.object(Lazy(value)),
    }
}

/// Builds the result, numbers printed as AWS prints them.
#[derive(Default)]
struct Built {
    /// Whether something was left out or written as null: undefined or a function.
    lacks: bool,
}

impl Builder for Built {
    type Value = Value;
    type Array = Vec<Value>;
    type Object = (Map<String, Value>, usize);

    fn null(&mut self) -> Value {
        self.lacks = true;
        Value::Null
    }

    fn bool(&mut self, value: bool) -> Value {
        value.into()
    }

    fn number(&mut self, value: f64) -> Value {
        super::result::number(value)
    }

    fn string(&mut self, value: &str) -> Value {
        value.into()
    }

    fn array(&mut self, length: usize) -> Vec<Value> {
        Vec::with_capacity(length)
    }

    fn push(&mut self, array: &mut Vec<Value>, item: Value) {
        array.push(item);
    }

    fn end_array(&mut self, array: Vec<Value>) -> Value {
        array.into()
    }

    fn object(&mut self, length: usize) -> (Map<String, Value>, usize) {
        (Map::with_capacity(length), length)
    }

    fn insert(&mut self, (object, _): &mut (Map<String, Value>, usize), name: &str, value: Value) {
        object.insert(name.to_owned(), value);
    }

    fn end_object(&mut self, (object, length): (Map<String, Value>, usize)) -> Value {
        self.lacks |= object.len() < length;
        object.into()
    }
}
