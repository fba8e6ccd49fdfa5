//! Data from Rust programs, checked before it becomes JSON.

use serde::Serialize;
use serde::ser::{self, Error as _, Serializer};
use serde_json::{Error, Value};
use std::cell::Cell;
use std::fmt;

use super::MAX_NESTING;

/// Turns a value into JSON that nests at most [`MAX_NESTING`] levels deep, since serialising and dropping both recurse.
///
/// Fails for a value that nests deeper. That value is leaked: its own `drop` would overflow the stack. Fails for `NaN` and
/// infinite numbers too, which JSON does not have and `serde_json` writes as `null`.
pub(crate) fn to_bounded_value<T: Serialize>(value: T) -> Result<Value, Error> {
    let is_too_deep = Cell::new(false);
    // A dry run, since it stops at the bound, and `to_value` has none.
    let checked = value.serialize(Check {
        levels: 0,
        is_too_deep: &is_too_deep,
    });
    match checked {
        Ok(()) => serde_json::to_value(&value),
        Err(error) => {
            if is_too_deep.get() {
                std::mem::forget(value);
            }
            Err(error)
        }
    }
}

/// A serialiser that writes nothing. It fails where arrays and objects nest too deeply, and at a number that is not finite.
#[derive(Clone, Copy)]
struct Check<'c> {
    levels: usize,
    is_too_deep: &'c Cell<bool>,
}

impl Check<'_> {
    /// Enters an array or object.
    fn inside(self) -> Result<Self, Error> {
        let levels = self.levels + 1;
        if levels > MAX_NESTING {
            self.is_too_deep.set(true);
            return Err(Error::custom(format_args!("it nests deeper than {MAX_NESTING} levels")));
        }
        Ok(Self { levels, ..self })
    }
}

/// Plain values, which need no check.
macro_rules! accept {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, _: $type) -> Result<(), Error> {
            Ok(())
        })*
    };
}

impl Serializer for Check<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    accept! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str,
        serialize_unit_struct: &'static str,
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        if number.is_finite() {
            return Ok(());
        }
        let name = if number.is_nan() { "NaN" } else { "an infinite number" };
        Err(Error::custom(format_args!("it holds {name}, which JSON does not have")))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        self.inside().map(|_| ())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.inside()?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        self.inside()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        self.inside()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        self.inside()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Error> {
        self.inside()?.inside()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        self.inside()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        self.inside()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Error> {
        self.inside()?.inside()
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Error> {
        Ok(())
    }
}

/// The elements of arrays.
macro_rules! check_elements {
    ($($compound:ident: $method:ident,)*) => {
        $(impl ser::$compound for Check<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Error> {
                element.serialize(*self)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })*
    };
}

check_elements! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

/// The members of objects whose names are fixed.
macro_rules! check_members {
    ($($compound:ident,)*) => {
        $(impl ser::$compound for Check<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, member: &T) -> Result<(), Error> {
                member.serialize(*self)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })*
    };
}

check_members! {
    SerializeStruct,
    SerializeStructVariant,
}

impl ser::SerializeMap for Check<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        // `to_value` refuses what cannot be a key.
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, member: &T) -> Result<(), Error> {
        member.serialize(*self)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::to_bounded_value;
    use crate::data::MAX_NESTING;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Null, |value, _| Value::Array(vec![value]))
    }

    #[test]
    fn what_is_shallow_is_turned_into_json() {
        let typed = BTreeMap::from([("a", vec![Some(1.5)]), ("b", vec![None])]);
        assert_eq!(to_bounded_value(typed).unwrap(), json!({ "a": [1.5], "b": [null] }));
        assert!(to_bounded_value(vec![nested(MAX_NESTING - 1); 3]).is_ok());
    }

    #[test]
    fn what_is_deep_is_refused() {
        for depth in [MAX_NESTING + 1, 100_000] {
            let error = to_bounded_value(nested(depth)).unwrap_err().to_string();
            assert_eq!(error, format!("it nests deeper than {MAX_NESTING} levels"));
        }
    }

    #[test]
    fn every_container_counts_as_a_level() {
        #[derive(serde::Serialize)]
        enum Of<T> {
            Newtype(T),
            Tuple(T, ()),
            Struct { value: T },
        }
        fn levels<T: serde::Serialize>(with: impl Fn(Value) -> T) -> usize {
            let fits = |levels: &usize| to_bounded_value(with(nested(MAX_NESTING - levels))).is_ok();
            (0..MAX_NESTING).find(fits).unwrap()
        }
        assert_eq!(levels(|value| value), 0);
        assert_eq!(levels(Some), 0);
        assert_eq!(levels(|value| (value, 7)), 1);
        assert_eq!(levels(|value| [("a", value)]), 2);
        assert_eq!(levels(|value| BTreeMap::from([(1, value)])), 1);
        assert_eq!(levels(Of::Newtype), 1);
        assert_eq!(levels(|value| Of::Tuple(value, ())), 2);
        assert_eq!(levels(|value| Of::Struct { value }), 2);
    }

    #[test]
    fn a_number_that_json_does_not_have_is_refused() {
        let refused = |number: f64| {
            let error = to_bounded_value(BTreeMap::from([("price", Some(number))])).unwrap_err();
            error.to_string()
        };
        assert_eq!(refused(f64::NAN), "it holds NaN, which JSON does not have");
        for infinite in [f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(
                refused(infinite),
                "it holds an infinite number, which JSON does not have"
            );
        }
        assert!(to_bounded_value([f32::NAN]).is_err());
        assert_eq!(to_bounded_value(f32::MAX).unwrap(), json!(f32::MAX));
    }
}
