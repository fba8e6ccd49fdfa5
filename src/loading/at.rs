//! A value of a file other than a definition, with its place.

use serde_json::{Map, Value};
use std::time::Duration;

use super::Problem;

pub(crate) type Read<T> = Result<T, Problem>;

/// A value with its path.
#[derive(Clone, Copy)]
pub(crate) struct At<'v> {
    pub(crate) value: &'v Value,
    way: Way<'v>,
}

#[derive(Clone, Copy)]
enum Way<'v> {
    Root,
    Key(&'v At<'v>, &'v str),
    Index(&'v At<'v>, usize),
}

impl<'v> At<'v> {
    /// The whole file, or one part of it that is read by itself.
    pub(crate) fn root(value: &'v Value) -> Self {
        At { value, way: Way::Root }
    }

    /// Errors if it is not an object, or has a field that is not in `known`.
    pub(crate) fn object(&self, fields: &[&str]) -> Read<&'v Map<String, Value>> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.wrong("an object is expected here"))?;
        for name in object.keys() {
            if !fields.contains(&name.as_str()) {
                let key = self.wrong(format!("there is no field `{name}` here"));
                let known: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
                return Err(key.at_key(name).help(format!("there may be {}", known.join(", "))));
            }
        }
        Ok(object)
    }

    pub(crate) fn optional<T>(&self, name: &str, read: impl FnOnce(At<'_>) -> Read<T>) -> Read<Option<T>> {
        let value = self.value.get(name);
        value
            .map(|value| {
                read(At {
                    value,
                    way: Way::Key(self, name),
                })
            })
            .transpose()
    }

    pub(crate) fn required<T>(&self, name: &str, read: impl FnOnce(At<'_>) -> Read<T>) -> Read<T> {
        self.optional(name, read)?
            .ok_or_else(|| self.wrong(format!("the field `{name}` is missing")))
    }

    pub(crate) fn members<T>(&self, mut read: impl FnMut(&'v str, At<'_>) -> Read<T>) -> Read<Vec<T>> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.wrong("an object is expected here"))?;
        let members = object.iter().map(|(name, value)| {
            read(
                name,
                At {
                    value,
                    way: Way::Key(self, name),
                },
            )
        });
        members.collect()
    }

    pub(crate) fn each<T>(&self, mut read: impl FnMut(At<'_>) -> Read<T>) -> Read<Vec<T>> {
        let array = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong("an array is expected here"))?;
        let elements = array.iter().enumerate().map(|(i, value)| {
            read(At {
                value,
                way: Way::Index(self, i),
            })
        });
        elements.collect()
    }

    pub(crate) fn text(&self) -> Read<String> {
        self.value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong("a text is expected here"))
    }

    pub(crate) fn boolean(&self) -> Read<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("`true` or `false` is expected here"))
    }

    pub(crate) fn count(&self) -> Read<u64> {
        self.value
            .as_u64()
            .ok_or_else(|| self.wrong("a whole number that is not negative is expected here"))
    }

    pub(crate) fn duration(&self) -> Read<Duration> {
        self.value
            .as_f64()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| self.wrong("a number of seconds is expected here"))
    }

    /// A duration that is not zero.
    pub(crate) fn interval(&self) -> Read<Duration> {
        let interval = self.duration()?;
        if interval.is_zero() {
            return Err(self.wrong("a number of seconds greater than 0 is expected here"));
        }
        Ok(interval)
    }

    pub(crate) fn wrong(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.pointer(), message)
    }

    fn pointer(&self) -> String {
        match self.way {
            Way::Root => String::new(),
            Way::Key(parent, key) => format!("{}/{}", parent.pointer(), key.replace('~', "~0").replace('/', "~1")),
            Way::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}
