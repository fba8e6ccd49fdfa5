use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::arguments::{Arguments, Refusal, items_of, printed, whole};
use super::java;

/// The most items that `States.ArrayRange` returns.
const MAX_RANGE: i128 = 1_000;

/// `States.Array(values…)`
#[expect(clippy::unnecessary_wraps, reason = "every function of the table has this signature")]
pub(super) fn array(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    Ok(arguments.values.iter().map(|value| Value::clone(value)).collect())
}

/// `States.ArrayContains(array, value)`: compares printed texts, so `["5"]` contains 5.
pub(super) fn contains(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [items, value] = arguments.exactly()?;
    let value = printed(value);
    Ok(items_of(items)?.iter().any(|item| printed(item) == value).into())
}

/// `States.ArrayGetItem(array, index)`: null for any index of an empty array.
pub(super) fn get_item(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [items, index] = arguments.exactly()?;
    let items = items_of(items)?;
    let index = usize::try_from(whole(index)?).map_err(|_| Refusal::InvalidArguments)?;
    match items.get(index) {
        Some(item) => Ok(item.clone()),
        None if items.is_empty() => Ok(Value::Null),
        None => Err(Refusal::InvalidArguments),
    }
}

/// `States.ArrayLength(array)`
pub(super) fn length(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [items] = arguments.exactly()?;
    Ok(items_of(items)?.len().into())
}

/// `States.ArrayPartition(array, size)`: chunks of `size` items. A fraction of `size` is cut off.
pub(super) fn partition(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [items, size] = arguments.exactly()?;
    let items = items_of(items)?;
    match usize::try_from(whole(size)?) {
        Ok(size) if size > 0 => Ok(items.chunks(size).map(<[Value]>::to_vec).collect()),
        _ => Err(Refusal::InvalidArguments),
    }
}

/// `States.ArrayRange(first, last, step)`: `last` is included if a step reaches it exactly.
pub(super) fn range(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [first, last, step] = arguments.exactly()?;
    let (first, last, step) = (whole(first)?, whole(last)?, whole(step)?);
    if step == 0 {
        return Err(Refusal::InvalidArguments);
    }
    let is_towards_last = (last >= first) == (step > 0) || last == first;
    if !is_towards_last {
        return Ok(Value::Array(Vec::new()));
    }
    let count = (i128::from(last) - i128::from(first)).abs() / i128::from(step).abs() + 1;
    if count > MAX_RANGE {
        return Err(Refusal::InvalidArguments);
    }
    let items = (0..count).map(|position| i128::from(first) + position * i128::from(step));
    Ok(items.filter_map(|item| i64::try_from(item).ok()).collect())
}

/// `States.ArrayUnique(array)`, in the order of a Java `HashSet`.
pub(super) fn unique(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [items] = arguments.exactly()?;
    let items = items_of(items)?;
    let mut seen = BTreeSet::new();
    let unique: Vec<&Value> = items
        .iter()
        .filter(|item| seen.insert(sorted(item).to_string()))
        .collect();
    let ordered = java::hash_set_order(unique, items.len(), |item| java::hash(item));
    Ok(ordered.into_iter().cloned().collect())
}

/// The value with all keys sorted, so that equal values print the same text.
pub(in crate::data) fn sorted(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Array(items) => Cow::Owned(items.iter().map(|item| sorted(item).into_owned()).collect()),
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members
                .into_iter()
                .map(|(name, member)| (name.clone(), sorted(member).into_owned()));
            Cow::Owned(Value::Object(members.collect::<Map<_, _>>()))
        }
        _ => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use crate::data::intrinsic::tests::{refused, value};
    use serde_json::json;

    #[test]
    fn ranges() {
        assert_eq!(value("States.ArrayRange(0, 10, 3)"), json!([0, 3, 6, 9]));
        assert_eq!(value("States.ArrayRange(1, 9, 9)"), json!([1]));
        assert_eq!(value("States.ArrayRange(8, 2, -3)"), json!([8, 5, 2]));
        assert_eq!(value("States.ArrayRange(8, 1, -3)"), json!([8, 5, 2]));
        assert_eq!(value("States.ArrayRange(1.6, 1.4, 1)"), json!([1]));
        assert_eq!(value("States.ArrayRange(2, 1, 1)"), json!([]));
        assert_eq!(value("States.ArrayRange(1, 2, -1)"), json!([]));
        assert_eq!(value("States.ArrayRange(4, 4, -7)"), json!([4]));
        assert_eq!(value("States.ArrayRange(1, 1000, 1)").as_array().unwrap().len(), 1_000);
        for call in [
            "States.ArrayRange(1, 1001, 1)",
            "States.ArrayRange(0, 1, 0.49)",
            "States.ArrayRange('a', 5, 1)",
            "States.ArrayRange(1, 2)",
            "States.ArrayRange(-9223372036854775807, 9223372036854775807, 1)",
        ] {
            assert_eq!(refused(call), "Invalid arguments in States.ArrayRange", "{call}");
        }
    }

    #[test]
    fn items() {
        assert_eq!(value("States.ArrayGetItem($.pizzas, 1.2)"), json!("diavola"));
        assert_eq!(value("States.ArrayGetItem(States.Array(), 3)"), json!(null));
        assert_eq!(
            refused("States.ArrayGetItem($.pizzas, 2)"),
            "Invalid arguments in States.ArrayGetItem"
        );
        assert_eq!(
            refused("States.ArrayGetItem($.pizzas, -1)"),
            "Invalid arguments in States.ArrayGetItem"
        );
        assert_eq!(value("States.ArrayLength($.pizzas)"), json!(2));
        assert_eq!(
            refused("States.ArrayLength('abc')"),
            "Invalid arguments in States.ArrayLength"
        );
    }

    #[test]
    fn partitions() {
        assert_eq!(
            value("States.ArrayPartition(States.Array(0, 1, 2), 2.6)"),
            json!([[0, 1], [2]])
        );
        assert_eq!(value("States.ArrayPartition(States.Array(), 4)"), json!([]));
        assert_eq!(
            value("States.ArrayPartition(States.Array(1), 2147483647)"),
            json!([[1]])
        );
        assert_eq!(
            refused("States.ArrayPartition($.pizzas, 0.6)"),
            "Invalid arguments in States.ArrayPartition"
        );
        assert_eq!(
            refused("States.ArrayPartition($.pizzas, -1)"),
            "Invalid arguments in States.ArrayPartition"
        );
    }

    #[test]
    fn membership_is_of_printed_texts() {
        assert_eq!(value("States.ArrayContains(States.Array('5', 'true'), 5)"), json!(true));
        assert_eq!(
            value("States.ArrayContains(States.Array('5', 'true'), true)"),
            json!(true)
        );
        assert_eq!(
            value("States.ArrayContains(States.Array(States.Array(1, 2), 2), States.Array(1, 2))"),
            json!(true)
        );
        assert_eq!(value("States.ArrayContains(States.Array(), null)"), json!(false));
    }

    #[test]
    fn unique_items_come_in_hash_order() {
        assert_eq!(
            value("States.ArrayUnique(States.Array('pear', 'fig', 'plum', 'fig'))"),
            json!(["plum", "pear", "fig"])
        );
        assert_eq!(value("States.ArrayUnique(States.Array(20, 3, 17))"), json!([17, 3, 20]));
        assert_eq!(
            value("States.ArrayUnique(States.Array(true, false, true))"),
            json!([false, true])
        );
        assert_eq!(
            value("States.ArrayUnique(States.Array(States.Array(1, 2), States.Array(2, 1)))"),
            json!([[2, 1], [1, 2]])
        );
        assert_eq!(
            value("States.ArrayUnique(States.Array(1, '1', null, null))")
                .as_array()
                .unwrap()
                .len(),
            3
        );
        assert_eq!(value("States.ArrayUnique($.same)").as_array().unwrap().len(), 1);
    }
}
