//! JSON whose objects have no duplicate members: `serde_json` silently keeps the last of two.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

use super::minus_zero::without_minus_zeroes;

/// Parses a JSON text.
///
/// Fails, with line and column, if the text is not JSON or an object has the same member twice.
pub(crate) fn parse_unique(text: &str) -> Result<Value, serde_json::Error> {
    let parse = |text: &str| {
        let mut json = serde_json::Deserializer::from_str(text);
        let value = UniqueMembers.deserialize(&mut json)?;
        json.end()?;
        Ok(value)
    };
    let value = parse(text)?;
    without_minus_zeroes(text).map_or(Ok(value), |text| parse(&text))
}

/// Reads a value whose objects, at any depth, have no duplicate members.
#[derive(Clone, Copy)]
pub(crate) struct UniqueMembers;

impl<'de> DeserializeSeed<'de> for UniqueMembers {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueMembers {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(number.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            array.push(element);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the member `{name}` stands twice")));
            }
            object.insert(name, members.next_value_seed(self)?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::parse_unique;
    use serde_json::{Value, json};

    #[test]
    fn every_value_is_read_as_serde_json_reads_it() {
        let text =
            r#"{ "b": [null, true, 0, -7, 18446744073709551615, 1.0, 1e300, "\u00e9\n"], "a": { "c": {}, "b": [] } }"#;
        assert_eq!(
            parse_unique(text).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
        for wrong in ["", "{", "[1,]", "1 2", "1e999"] {
            assert!(parse_unique(wrong).is_err(), "{wrong}");
        }
        assert!(parse_unique(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_member_that_stands_twice_is_refused() {
        let error = parse_unique("{ \"a\": [\n{ \"b\": 1, \"b\": 1 }] }").unwrap_err();
        assert_eq!(error.to_string(), "the member `b` stands twice at line 2 column 13");
        assert_eq!(
            parse_unique(r#"{ "a": { "b": 1 }, "b": 1 }"#).unwrap(),
            json!({ "a": { "b": 1 }, "b": 1 })
        );
    }
}
