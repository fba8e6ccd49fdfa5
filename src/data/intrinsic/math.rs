use serde_json::Value;

use super::arguments::{Arguments, Refusal, exactly, whole};
use super::java;

/// `States.MathAdd(left, right)`: rounds both operands half up. Operands and sum must fit a Java `int`.
pub(super) fn add(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [left, right] = arguments.exactly()?;
    let sum = rounded(left)?.checked_add(rounded(right)?);
    sum.map(Value::from).ok_or(Refusal::InvalidArguments)
}

/// `States.MathRandom(start, end [, seed])`: a whole number in `[start, end)`, from Java's generator if there is a
/// seed.
pub(super) fn random(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let (bounds, seed) = match arguments.values {
        [bounds @ .., seed] if bounds.len() == 2 => (bounds, Some(whole(seed)?)),
        bounds => (bounds, None),
    };
    let [start, end] = exactly(bounds)?;
    let (start, end) = (int(whole(start)?)?, int(whole(end)?)?);
    let width = end
        .checked_sub(start)
        .filter(|width| *width > 0)
        .ok_or(Refusal::InvalidArguments)?;
    let offset = match seed {
        Some(seed) => i64::from(java::Random::new(seed).next_int(width)),
        None => i64::try_from(arguments.random.below(u64::from(width.unsigned_abs()))).unwrap_or_default(),
    };
    Ok((i64::from(start) + offset).into())
}

/// `Math.round`: to the nearest whole number, halves up.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond i64 becomes its end, which is no int"
)]
fn rounded(value: &Value) -> Result<i32, Refusal> {
    let Value::Number(number) = value else {
        return Err(Refusal::InvalidArguments);
    };
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => int(whole),
        (None, Some(float)) => {
            // Adding 0.5 before rounding down would turn 0.49999999999999994 into 1.
            let floor = float.floor();
            int(if float - floor >= 0.5 { floor + 1.0 } else { floor } as i64)
        }
        (None, None) => Err(Refusal::InvalidArguments),
    }
}

fn int(whole: i64) -> Result<i32, Refusal> {
    i32::try_from(whole).map_err(|_| Refusal::InvalidArguments)
}

#[cfg(test)]
mod tests {
    use crate::data::intrinsic::tests::{refused, value};
    use serde_json::json;

    #[test]
    fn addition_rounds_each_operand() {
        for (operands, sum) in [
            ("-9, 3", -6),
            ("1.49, 1.5", 3),
            ("1.5, 1.51", 4),
            ("-1.5, -1.51", -3),
            ("0.5, 0", 1),
            ("-0.5, 0", 0),
            ("-2.5, 0", -2),
            ("0.49999999999999994, 0", 0),
            ("2147483646, 1", 2_147_483_647),
        ] {
            assert_eq!(value(&format!("States.MathAdd({operands})")), json!(sum), "{operands}");
        }
        for operands in ["2147483647, 1", "2147483648, -1", "'1', 1", "true, 1", "1", "1e309, 0"] {
            assert_eq!(
                refused(&format!("States.MathAdd({operands})")),
                "Invalid arguments in States.MathAdd"
            );
        }
    }

    #[test]
    fn a_seed_settles_the_number() {
        assert_eq!(value("States.MathRandom(0, 50, 3)"), json!(34));
        assert_eq!(value("States.MathRandom(1, 33, 12)"), json!(24));
        assert_eq!(value("States.MathRandom(-20, -10, -1)"), json!(-17));
    }

    #[test]
    fn bounds_lose_their_fraction() {
        for _ in 0..50 {
            assert_eq!(value("States.MathRandom(1.6, 2.4)"), json!(1));
        }
        for arguments in [
            "1.4, 1.6",
            "2, 1",
            "1, 1",
            "'1', 2",
            "1, 2, null",
            "1",
            "-2147483648, 2147483647",
        ] {
            assert_eq!(
                refused(&format!("States.MathRandom({arguments})")),
                "Invalid arguments in States.MathRandom"
            );
        }
    }
}
