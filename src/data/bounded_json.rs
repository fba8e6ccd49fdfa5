use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Serializer, Value};

use super::MAX_NESTING;

/// Turns a value into JSON that nests at most [`MAX_NESTING`] levels deep, since serialising and dropping both recurse.
///
/// Fails for a value that nests deeper. That value is leaked: its own `drop` would overflow the stack.
pub(crate) fn to_bounded_value<T: Serialize>(value: T) -> Result<Value, serde_json::Error> {
    let mut depth = Depth { levels: 0, over: false };
    // A dry run, since it stops at the bound, and `to_value` has none.
    let measured = value.serialize(&mut Serializer::with_formatter(io::sink(), &mut depth));
    match measured {
        Ok(()) => serde_json::to_value(&value),
        Err(error) => {
            if depth.over {
                std::mem::forget(value);
            }
            Err(error)
        }
    }
}

/// Counts open arrays and objects, and fails when there are more than allowed.
struct Depth {
    levels: usize,
    over: bool,
}

impl Depth {
    fn enter(&mut self) -> io::Result<()> {
        self.levels += 1;
        self.over |= self.levels > MAX_NESTING;
        if self.over {
            return Err(io::Error::other(format!("it nests deeper than {MAX_NESTING} levels")));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.levels = self.levels.saturating_sub(1);
    }
}

impl Formatter for &mut Depth {
    fn begin_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.enter()
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.leave();
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.enter()
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.leave();
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
}
