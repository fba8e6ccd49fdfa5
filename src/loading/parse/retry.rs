//! `Retry`: its Retriers.

use super::{Fields, Reading, values};
use crate::data::json::{Node, Place};
use crate::definition::{JitterStrategy, Retrier};
use crate::loading::report::Reported;

/// The largest number of seconds or attempts.
pub(super) const MAXIMUM: u32 = 99_999_999;

/// The longest delay between two attempts: `MaxDelaySeconds` stays below 366 days.
const LONGEST_DELAY: u32 = 31_622_399;

impl Fields<'_, '_> {
    /// `Retry`
    pub(super) fn retry(&mut self) -> Result<Vec<Retrier>, Reported> {
        self.elements("Retry", retrier)
    }
}

fn retrier(node: &Node, reading: &mut Reading) -> Result<Retrier, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let comment = fields.comment();
    let error_equals = error_equals(&mut fields);
    let interval_seconds = fields.integer("IntervalSeconds", 1, MAXIMUM);
    let max_attempts = fields.integer("MaxAttempts", 0, MAXIMUM);
    let max_delay_seconds = fields.integer("MaxDelaySeconds", 1, LONGEST_DELAY);
    let backoff_rate = backoff_rate(&mut fields);
    let jitter_strategy = jitter_strategy(&mut fields);
    Ok(Retrier {
        error_equals: error_equals?,
        interval_seconds: interval_seconds?.unwrap_or(1),
        max_attempts: max_attempts?.unwrap_or(3),
        backoff_rate: backoff_rate?,
        max_delay_seconds: max_delay_seconds?,
        jitter_strategy: jitter_strategy?,
        comment: comment?,
    })
}

/// `ErrorEquals` of a Retrier or Catcher. The rule about required fields reports it if it is missing.
pub(super) fn error_equals(fields: &mut Fields<'_, '_>) -> Result<Vec<String>, Reported> {
    let node = fields.required("ErrorEquals")?;
    if node.as_array().is_some_and(<[Node]>::is_empty) {
        fields
            .reading
            .report
            .schema(Place::value(node), "Value cannot be empty")
            .help("`[\"States.ALL\"]` matches all errors");
        return Err(Reported);
    }
    values::elements(
        node,
        |name, reading| values::text(name, reading).map(str::to_owned),
        fields.reading,
    )
}

fn backoff_rate(fields: &mut Fields<'_, '_>) -> Result<f64, Reported> {
    let Some(node) = fields.node("BackoffRate") else {
        return Ok(2.0);
    };
    let rate = values::number(node, fields.reading)?;
    if rate < 1.0 {
        fields
            .reading
            .report
            .schema(Place::value(node), "Minimum value is 1.0")
            .help("a lower rate would shorten the delays");
        return Err(Reported);
    }
    Ok(rate)
}

fn jitter_strategy(fields: &mut Fields<'_, '_>) -> Result<JitterStrategy, Reported> {
    let Some(node) = fields.node("JitterStrategy") else {
        return Ok(JitterStrategy::None);
    };
    match values::string(node, fields.reading)? {
        "FULL" => Ok(JitterStrategy::Full),
        "NONE" => Ok(JitterStrategy::None),
        text => {
            let help = match text.to_uppercase().as_str() {
                known @ ("FULL" | "NONE") => format!("write `\"{known}\"`"),
                _ => "`FULL` draws the delay at random, `NONE` does not".to_owned(),
            };
            fields
                .reading
                .report
                .schema(
                    Place::value(node),
                    "The field 'JitterStrategy' should have one of these values: [NONE, FULL]",
                )
                .help(help);
            Err(Reported)
        }
    }
}
