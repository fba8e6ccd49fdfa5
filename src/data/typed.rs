//! JSON read as the types of Rust programs.

use serde::de::DeserializeOwned;
use serde_json::{Error, Value};
use std::any::Any;

use super::Payload;

/// Reads a payload as a type, without a copy of the JSON; a [`Value`] is a copy, not built anew.
pub(crate) fn typed<T: DeserializeOwned + 'static>(json: &Payload) -> Result<T, Error> {
    let mut same = None;
    if let Some(same) = (&mut same as &mut dyn Any).downcast_mut::<Option<Value>>() {
        *same = Some(json.to_value());
    }
    same.map_or_else(|| T::deserialize(json), Ok)
}

#[cfg(test)]
mod tests {
    use super::{Payload, typed};
    use serde_json::{Value, json};

    #[test]
    fn values_stay_as_they_are_and_other_types_are_read() {
        let json = Payload::from(json!([1, 2.5, null]));
        assert_eq!(json, typed::<Value>(&json).unwrap());
        assert_eq!(typed::<(u8, f64, Option<bool>)>(&json).unwrap(), (1, 2.5, None));
        assert!(typed::<Vec<u8>>(&json).is_err());
    }
}
