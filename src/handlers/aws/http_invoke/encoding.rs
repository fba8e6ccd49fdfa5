//! Forms: `name=value&…`, percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How the items of an array are named in a form.
///
/// DIFFERENCE: AWS has the format `NONE`, too, whose form no source tells; it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrayFormat {
    /// `sizes[0]=30&sizes[1]=40`, the default.
    Indices,
    /// `sizes=30&sizes=40`.
    Repeat,
    /// `sizes=30,40`.
    Commas,
    /// `sizes[]=30&sizes[]=40`.
    Brackets,
}

impl ArrayFormat {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "INDICES" => Self::Indices,
            "REPEAT" => Self::Repeat,
            "COMMAS" => Self::Commas,
            "BRACKETS" => Self::Brackets,
            _ => return None,
        })
    }
}

/// The form of pairs.
pub(super) fn form<'p>(pairs: impl IntoIterator<Item = &'p (String, String)>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let pairs = pairs.into_iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The form of an object; the members of objects in it are named `outer[inner]`. Errors with the problem of a value that no
/// form can hold.
pub(super) fn form_of(members: &Map<String, Value>, arrays: ArrayFormat) -> Result<String, String> {
    let mut pairs = Vec::new();
    for (name, value) in members {
        add(&mut pairs, name, value, arrays)?;
    }
    Ok(form(&pairs))
}

fn add(pairs: &mut Vec<(String, String)>, name: &str, value: &Value, arrays: ArrayFormat) -> Result<(), String> {
    match value {
        Value::Object(members) => {
            for (inner, value) in members {
                add(pairs, &format!("{name}[{inner}]"), value, arrays)?;
            }
        }
        Value::Array(items) if arrays == ArrayFormat::Commas => {
            let texts: Option<Vec<_>> = items.iter().map(scalar).collect();
            let texts = texts.ok_or_else(|| format!("The items of the field '{name}' must be scalars for COMMAS"))?;
            pairs.push((name.to_owned(), texts.join(",")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = match arrays {
                    ArrayFormat::Indices => format!("{name}[{index}]"),
                    ArrayFormat::Brackets => format!("{name}[]"),
                    ArrayFormat::Repeat | ArrayFormat::Commas => name.to_owned(),
                };
                add(pairs, &name, item, arrays)?;
            }
        }
        value => pairs.push((name.to_owned(), scalar(value).unwrap_or_default())),
    }
    Ok(())
}

/// A text, a number or a boolean as a text; nothing for `null`, arrays and objects.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arrays_are_named_by_their_format() {
        let body = json!({ "size": "30 cm", "toppings": ["olives", "ham & egg"], "to": { "table": 7 } });
        let of = |arrays| form_of(body.as_object().unwrap(), arrays).unwrap();
        for (arrays, wanted) in [
            (
                ArrayFormat::Indices,
                "size=30%20cm&toppings%5B0%5D=olives&toppings%5B1%5D=ham%20%26%20egg&to%5Btable%5D=7",
            ),
            (
                ArrayFormat::Repeat,
                "size=30%20cm&toppings=olives&toppings=ham%20%26%20egg&to%5Btable%5D=7",
            ),
            (
                ArrayFormat::Commas,
                "size=30%20cm&toppings=olives%2Cham%20%26%20egg&to%5Btable%5D=7",
            ),
            (
                ArrayFormat::Brackets,
                "size=30%20cm&toppings%5B%5D=olives&toppings%5B%5D=ham%20%26%20egg&to%5Btable%5D=7",
            ),
        ] {
            assert_eq!(of(arrays), wanted);
        }
        let nested = json!({ "toppings": [{ "name": "ham" }] });
        let form = form_of(nested.as_object().unwrap(), ArrayFormat::Indices);
        assert_eq!(form.unwrap(), "toppings%5B0%5D%5Bname%5D=ham");
        assert!(form_of(nested.as_object().unwrap(), ArrayFormat::Commas).is_err());
    }
}
