//! Reads a test file case by case: ten thousand cases as one tree of JSON would take hundreds of megabytes.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

use super::{Case, TestFile, reader};
use crate::data::{UniqueMembers, without_minus_zeroes};

/// `None` if anything is wrong, in the JSON or in the file; the slower reader then finds out what and where.
pub(super) fn file(text: &str) -> Option<TestFile> {
    let without = without_minus_zeroes(text);
    let mut json = serde_json::Deserializer::from_str(without.as_deref().unwrap_or(text));
    let file = TopLevel.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(file)
}

struct TopLevel;

impl<'de> DeserializeSeed<'de> for TopLevel {
    type Value = TestFile;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<TestFile, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TopLevel {
    type Value = TestFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a test file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<TestFile, A::Error> {
        let mut rest = Map::new();
        let mut cases = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let is_new = if name == "cases" {
                cases = members.next_value_seed(Cases)?;
                rest.insert(name, Value::Null).is_none()
            } else {
                rest.insert(name, members.next_value_seed(UniqueMembers)?).is_none()
            };
            if !is_new {
                return Err(A::Error::custom("a field stands twice"));
            }
        }
        let mut file = reader::head(&Value::Object(rest)).map_err(|_| A::Error::custom("wrong"))?;
        let mut names = HashSet::with_capacity(cases.len());
        if cases.is_empty() {
            return Err(A::Error::custom("wrong"));
        }
        let is_sound = |case: &Case| file.mocks.is_some() || case.mock.is_none();
        if !cases.iter().all(|case| is_sound(case) && names.insert(&case.name)) {
            return Err(A::Error::custom("wrong"));
        }
        file.cases = cases.into_iter().map(Ok).collect();
        Ok(file)
    }
}

struct Cases;

impl<'de> DeserializeSeed<'de> for Cases {
    type Value = Vec<Case>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Case>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Cases {
    type Value = Vec<Case>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cases")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Case>, A::Error> {
        let mut cases = Vec::new();
        while let Some(value) = elements.next_element_seed(UniqueMembers)? {
            cases.push(reader::one_case(&value).map_err(|_| A::Error::custom("wrong"))?);
        }
        Ok(cases)
    }
}
