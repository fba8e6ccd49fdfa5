use std::fmt;

use serde_json::Value;

use super::segment::Segment;

/// The path from the root to a value, printed as Jayway prints it.
pub(super) struct Trail<'p, 'v> {
    /// The segments followed before the walk began.
    prefix: &'p [Segment],
    steps: Vec<Step<'v>>,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'v> {
    Member(&'v str),
    Item(i64),
    /// The second value is a descendant of the first. The steps between are only searched for printing.
    Descendant(&'v Value, &'v Value),
}

impl<'p, 'v> Trail<'p, 'v> {
    pub(super) fn new(segments: &'p [Segment], start: usize) -> Self {
        Self {
            prefix: segments.get(..start).unwrap_or_default(),
            steps: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn push(&mut self, step: Step<'v>) {
        self.steps.push(step);
    }

    pub(super) fn pop(&mut self) {
        self.steps.pop();
    }
}

impl fmt::Display for Trail<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for segment in self.prefix {
            write!(f, "{segment}")?;
        }
        for step in &self.steps {
            match step {
                Step::Descendant(base, value) => {
                    for step in way(base, value) {
                        step.write(f)?;
                    }
                }
                step => step.write(f)?,
            }
        }
        Ok(())
    }
}

impl Step<'_> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => write!(f, "['{name}']"),
            Self::Item(index) => write!(f, "[{index}]"),
            Self::Descendant(..) => f.write_str(".."),
        }
    }
}

/// The steps from a value to one of its descendants.
fn way<'v>(base: &'v Value, target: &'v Value) -> Vec<Step<'v>> {
    // Each entry: a value, the step to it, and the number of steps above it.
    let mut pending = vec![(base, None, 0)];
    let mut steps = Vec::new();
    while let Some((value, step, depth)) = pending.pop() {
        steps.truncate(depth);
        steps.extend(step);
        if std::ptr::eq(value, target) {
            break;
        }
        let depth = steps.len();
        match value {
            Value::Array(items) => {
                pending.extend(
                    items
                        .iter()
                        .zip(0..)
                        .map(|(item, index)| (item, Some(Step::Item(index)), depth)),
                );
            }
            Value::Object(members) => {
                pending.extend(
                    members
                        .iter()
                        .map(|(name, member)| (member, Some(Step::Member(name)), depth)),
                );
            }
            _ => {}
        }
    }
    steps
}
