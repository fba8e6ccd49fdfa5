use jlens_core::output::Builder;
use serde_json::{Map, Value};

/// Builds the result, with numbers in the form that AWS prints.
#[derive(Default)]
pub(super) struct Built {
    /// Whether a value was left out or written as null, as undefined and functions are.
    pub(super) lacks: bool,
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
