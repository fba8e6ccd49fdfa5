use std::borrow::Cow;

use serde_json::{Map, Value};

use super::PathError;
use super::error::Kind;
use super::filter::Work;
use super::segment::{Filter, Segment};
use super::stages::Stages;
use super::straight::wrong_container;
use super::trail::{Step, Trail};
use crate::data::java;
use crate::data::{Budget, MAX_NESTING, MAX_RESULT_BYTES, json_size, nests_within};

/// The most values that one evaluation may look at, about ten times as many as AWS's largest document holds.
const MAX_VISITS: usize = 1_000_000;

/// Walks over the values that a path finds, depth first like Jayway, with one level of recursion for each segment.
pub(super) struct Walk<'p, 'v> {
    stages: &'p Stages,
    /// The document that `$` names in a filter.
    document: &'v Value,
    /// The path to the current value, for error messages.
    trail: Trail<'p, 'v>,
    /// The number of array wildcards above the current value: each drops items in which the rest of the path finds
    /// nothing.
    tolerant: usize,
    visits: usize,
    budget: &'p Budget,
    found: Vec<Cow<'v, Value>>,
}

impl<'p, 'v> Walk<'p, 'v> {
    pub(super) fn new(stages: &'p Stages, document: &'v Value, start: usize, budget: &'p Budget) -> Self {
        let trail = Trail::new(stages.segments(), start);
        Self {
            stages,
            document,
            trail,
            tolerant: 0,
            visits: 0,
            budget,
            found: Vec::new(),
        }
    }

    /// The value of the path, evaluated from the segment `start` on.
    pub(super) fn run(mut self, start: usize) -> Result<Cow<'v, Value>, PathError> {
        self.visit(start, self.document).map_err(Stop::into_error)?;
        self.finish()
    }

    fn finish(self) -> Result<Cow<'v, Value>, PathError> {
        if self.stages.is_definite() {
            return self
                .found
                .into_iter()
                .next()
                .ok_or_else(|| Stop::NotFound(None).into_error());
        }
        // Only `..` and repeated indices can find a value twice, and so make the result larger than the document.
        if self.stages.may_repeat() {
            let sizes = self.found.iter().map(|value| json_size(value));
            let mut left = MAX_RESULT_BYTES;
            for size in sizes {
                left = left.checked_sub(size).ok_or_else(PathError::too_much)?;
            }
        }
        Ok(Cow::Owned(self.found.into_iter().map(Cow::into_owned).collect()))
    }

    /// Applies the segments from `position` on to `value`.
    fn visit(&mut self, position: usize, value: &'v Value) -> Result<(), Stop> {
        self.look_at(1)?;
        let stages = self.stages;
        let Some(segment) = stages.segments().get(position) else {
            self.found.push(Cow::Borrowed(value));
            return Ok(());
        };
        match segment {
            Segment::Name(name) => self.name(position, name, value),
            Segment::Names(names) => self.names(position, names, value),
            Segment::Wildcard => self.wildcard(position, value),
            Segment::Filter(filter) => self.filter(position, filter, value),
            Segment::Descendants => self.descendants(position, value),
            Segment::Index(index) => {
                let items = self.items(position, value)?;
                self.item(position, items, i64::from(*index))
            }
            Segment::BeforeEnd(count) => {
                let items = self.items(position, value)?;
                self.item(position, items, signed(items.len()) - i64::from(*count))
            }
            Segment::Indices(indices) => {
                let items = self.items(position, value)?;
                indices
                    .iter()
                    .try_for_each(|index| self.item(position, items, i64::from(*index)))
            }
            Segment::Slice(slice) => {
                let items = self.items(position, value)?;
                slice
                    .range(items.len())
                    .try_for_each(|index| self.item(position, items, index))
            }
        }
    }

    fn name(&mut self, position: usize, name: &str, value: &'v Value) -> Result<(), Stop> {
        let Value::Object(members) = value else {
            return Err(self.no_members(position));
        };
        match members.get_key_value(name) {
            Some((name, member)) => self.below(Step::Member(name), position, member),
            None if self.stages.is_last(position) => {
                Err(self.not_found(|trail| format!("No results for path: {trail}['{name}']")))
            }
            None if self.stages.forgives_missing_parent(position) => Ok(()),
            None => Err(self.not_found(|trail| format!("Missing property in path {trail}['{name}']"))),
        }
    }

    fn names(&mut self, position: usize, names: &[Box<str>], value: &'v Value) -> Result<(), Stop> {
        let Value::Object(members) = value else {
            return Err(self.no_members(position));
        };
        if !self.stages.is_last(position) {
            let segment = self.fragment(position);
            let trail = self.trail.to_string();
            return Err(Stop::Invalid(format!(
                "Multi properties can only be used as path leafs: {trail}{segment}"
            )));
        }
        let size: usize = names
            .iter()
            .filter_map(|name| members.get(&**name))
            .map(json_size)
            .sum();
        self.budget.spend_bytes(size).map_err(|_| Stop::TooMuch)?;
        let picked = names.iter().filter_map(|name| members.get_key_value(&**name));
        let picked: Map<String, Value> = picked.map(|(name, member)| (name.clone(), member.clone())).collect();
        self.found.push(Cow::Owned(Value::Object(picked)));
        Ok(())
    }

    fn no_members(&self, position: usize) -> Stop {
        let segment = self.fragment(position);
        self.not_found(|trail| format!("Property {segment} not found in path {trail}"))
    }

    fn items(&self, position: usize, value: &'v Value) -> Result<&'v [Value], Stop> {
        match value {
            Value::Array(items) => Ok(items),
            Value::Null => Err(self.not_found(|trail| format!("The path {trail} is null"))),
            _ => Err(Stop::Invalid(wrong_container(self.rest(position), value))),
        }
    }

    fn item(&mut self, position: usize, items: &'v [Value], index: i64) -> Result<(), Stop> {
        match usize::try_from(index).ok().and_then(|index| items.get(index)) {
            Some(item) => self.below(Step::Item(index), position, item),
            None => Err(self.not_found(|trail| format!("Index out of bounds when evaluating path {trail}[{index}]"))),
        }
    }

    fn wildcard(&mut self, position: usize, value: &'v Value) -> Result<(), Stop> {
        match value {
            Value::Object(members) => members
                .iter()
                .try_for_each(|(name, member)| self.below(Step::Member(name), position, member)),
            Value::Array(items) => match self.stages.select(position, value) {
                Some(selected) => {
                    self.budget.visit(items.len()).map_err(|_| Stop::TooMuch)?;
                    self.take(selected)
                }
                None => items
                    .iter()
                    .zip(0..)
                    .try_for_each(|(item, index)| self.tolerate(index, position, item)),
            },
            _ => Ok(()),
        }
    }

    /// Continues with an item of an array wildcard; drops the item if the rest of the path finds nothing.
    fn tolerate(&mut self, index: i64, position: usize, item: &'v Value) -> Result<(), Stop> {
        self.tolerant += 1;
        let result = self.below(Step::Item(index), position, item);
        self.tolerant -= 1;
        match result {
            Err(Stop::NotFound(_)) => Ok(()),
            result => result,
        }
    }

    fn filter(&mut self, position: usize, filter: &Filter, value: &'v Value) -> Result<(), Stop> {
        match value {
            Value::Object(_) => {
                if self.accepts(filter, value)? {
                    self.visit(position + 1, value)?;
                }
                Ok(())
            }
            Value::Array(items) => items.iter().zip(0..).try_for_each(|(item, index)| {
                if self.accepts(filter, item)? {
                    self.below(Step::Item(index), position, item)
                } else {
                    Ok(())
                }
            }),
            _ => {
                let segments: String = self.rest(position).iter().map(ToString::to_string).collect();
                let place = java::text(value);
                Err(Stop::Invalid(format!(
                    "Filter: {segments} can not be applied to primitives. Current context is: {place}"
                )))
            }
        }
    }

    fn accepts(&mut self, filter: &Filter, value: &'v Value) -> Result<bool, Stop> {
        self.look_at(1)?;
        let mut work = Work::within(self.budget.left());
        let accepted = filter.accepts(value, self.document, &mut work);
        self.budget.use_up(work.done());
        accepted.map_err(|error| {
            if error.is_too_much() {
                self.budget.exceed();
                Stop::TooMuch
            } else {
                Stop::Invalid(error.to_string())
            }
        })
    }

    /// `..`: applies the next segment to the value and to each descendant that it fits, parents first.
    fn descendants(&mut self, position: usize, value: &'v Value) -> Result<(), Stop> {
        // `jsonpath_lib` recurses and counts no visits, so it only evaluates the first `..` of a path, in a document
        // that is not deep.
        if self.visits == self.trail.len() + 1
            && nests_within(value, MAX_NESTING)
            && let Some(selected) = self.stages.select(position, value)
        {
            let values = count(value);
            self.budget.visit(values).map_err(|_| Stop::TooMuch)?;
            return self.descend_selected(position, value, selected);
        }
        let mut pending = vec![value];
        while let Some(place) = pending.pop() {
            self.look_at(1)?;
            if self.fits(position + 1, place)? {
                self.trail.push(Step::Descendant(value, place));
                let result = self.apply_to_descendant(position + 1, place);
                self.trail.pop();
                result?;
            }
            match place {
                Value::Array(items) => pending.extend(items.iter().rev()),
                Value::Object(members) => pending.extend(members.values().rev()),
                _ => {}
            }
        }
        Ok(())
    }

    fn descend_selected(&mut self, position: usize, base: &'v Value, selected: Vec<&'v Value>) -> Result<(), Stop> {
        if self.stages.is_last(position + 1) {
            return self.take(selected);
        }
        selected
            .into_iter()
            .try_for_each(|value| self.below(Step::Descendant(base, value), position + 1, value))
    }

    /// Whether the segment after `..` applies to a value.
    fn fits(&mut self, position: usize, value: &'v Value) -> Result<bool, Stop> {
        let stages = self.stages;
        Ok(match (stages.segments().get(position), value) {
            (Some(Segment::Name(name)), Value::Object(members)) => members.contains_key(&**name),
            (Some(Segment::Names(names)), Value::Object(members)) => {
                names.iter().all(|name| members.contains_key(&**name))
            }
            (Some(Segment::Filter(filter)), Value::Object(_) | Value::Array(_)) => self.accepts(filter, value)?,
            (Some(Segment::Wildcard), Value::Object(_) | Value::Array(_)) => true,
            (Some(Segment::Name(_) | Segment::Names(_) | Segment::Wildcard | Segment::Filter(_)), _) => false,
            (Some(_), Value::Array(_)) => true,
            _ => false,
        })
    }

    fn apply_to_descendant(&mut self, position: usize, value: &'v Value) -> Result<(), Stop> {
        match (self.stages.segments().get(position), value) {
            // After `..`, an array wildcard drops no items.
            (Some(Segment::Wildcard), Value::Array(items)) => items
                .iter()
                .zip(0..)
                .try_for_each(|(item, index)| self.below(Step::Item(index), position, item)),
            _ => self.visit(position, value),
        }
    }

    /// Continues with the segment after `position`.
    fn below(&mut self, step: Step<'v>, position: usize, value: &'v Value) -> Result<(), Stop> {
        self.trail.push(step);
        let result = self.visit(position + 1, value);
        self.trail.pop();
        result
    }

    fn take(&mut self, selected: Vec<&'v Value>) -> Result<(), Stop> {
        self.look_at(selected.len())?;
        self.found.extend(selected.into_iter().map(Cow::Borrowed));
        Ok(())
    }

    /// Charges for values looked at. Fails if they are too many.
    fn look_at(&mut self, values: usize) -> Result<(), Stop> {
        self.visits += values;
        if self.visits > MAX_VISITS {
            return Err(Stop::TooMuch);
        }
        self.budget.visit(values).map_err(|_| Stop::TooMuch)
    }

    fn fragment(&self, position: usize) -> String {
        self.rest(position).first().map(ToString::to_string).unwrap_or_default()
    }

    fn rest(&self, position: usize) -> &[Segment] {
        self.stages.segments().get(position..).unwrap_or_default()
    }

    fn not_found(&self, message: impl FnOnce(&Trail<'_, '_>) -> String) -> Stop {
        Stop::NotFound((self.tolerant == 0).then(|| message(&self.trail)))
    }
}

/// Why a walk ended early. The message is `None` if a wildcard above would discard it.
enum Stop {
    NotFound(Option<String>),
    Invalid(String),
    TooMuch,
}

impl Stop {
    fn into_error(self) -> PathError {
        match self {
            Self::NotFound(message) => PathError::new(Kind::NotFound, message.unwrap_or_default()),
            Self::Invalid(message) => PathError::new(Kind::Invalid, message),
            Self::TooMuch => PathError::too_much(),
        }
    }
}

/// The number of values in a value, itself included.
fn count(value: &Value) -> usize {
    let (mut pending, mut values) = (vec![value], 0);
    while let Some(value) = pending.pop() {
        values += 1;
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => pending.extend(members.values()),
            _ => {}
        }
    }
    values
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
