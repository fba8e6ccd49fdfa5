//! Ids that every process derives alike.

use opentelemetry::trace::{SpanId, TraceId};
use sha2::{Digest, Sha256};

use crate::execution::SpanKey;

/// The trace id of an execution: the first 16 bytes of the SHA-256 of its ARN.
///
/// A program that knows an execution's ARN can compute its trace's id.
///
/// ```
/// let arn = "arn:aws:states:us-east-1:123456789012:execution:PizzaBar:order-7";
/// assert_eq!(asl_engine::telemetry::trace_id(arn).to_string(), "183122fab7ddbef7b1a2a3b17a3320a9");
/// ```
pub fn trace_id(execution_arn: &str) -> TraceId {
    Ids::of(execution_arn).trace
}

/// The trace of an execution, and its span after so many redrives.
#[cfg(feature = "cli")]
pub(crate) fn span_of(execution_arn: &str, redrive: u32) -> (TraceId, SpanId) {
    let ids = Ids::of(execution_arn);
    let key = SpanKey {
        redrive,
        ..SpanKey::default()
    };
    (ids.trace, ids.span(key))
}

/// The ids of an execution's spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    /// The third eight bytes of the hash, which make the ids of spans differ from those of other executions.
    seed: u64,
}

impl Ids {
    pub(super) fn of(arn: &str) -> Self {
        let hash = Sha256::digest(arn);
        let mut words = [0_u64; 4];
        for (word, bytes) in words.iter_mut().zip(hash.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        let [high, low, seed, _] = words;
        // A trace id must not be zero; no ARN is known for which it would be.
        let trace = (u128::from(high) << 64 | u128::from(low)).max(1);
        Self {
            trace: TraceId::from(trace),
            seed,
        }
    }

    /// The id of a span, from all that tells it from others. An id is no secret, so a mixer does where a hash would cost as
    /// much as the rest of the span.
    pub(super) fn span(self, key: SpanKey) -> SpanId {
        let place = u64::from(key.redrive) << 32 | u64::from(key.index);
        let attempt = (key.kind as u64) << 32 | u64::from(key.retry);
        let mixed = [key.event, place, attempt]
            .into_iter()
            .fold(self.seed, |id, word| mix(id ^ word));
        SpanId::from(mixed.max(1))
    }
}

/// The finaliser of `SplitMix64`, after a step: each bit of the input changes half of the output's.
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::SpanKind;
    use std::collections::HashSet;

    /// The ids are those of all releases: an execution may go on in a newer one.
    #[test]
    fn ids_are_pinned() {
        let ids = Ids::of("arn:aws:states:us-east-1:123456789012:execution:PizzaBar:order-7");
        let execution = ids.span(SpanKey::default());
        let attempt = ids.span(SpanKey {
            kind: SpanKind::Attempt,
            event: 5,
            retry: 1,
            ..SpanKey::default()
        });
        assert_eq!(
            (execution.to_string(), attempt.to_string()),
            ("03ac4fc56f2fea35".to_owned(), "59015e6ce1ee90f5".to_owned())
        );
    }

    #[test]
    fn no_two_spans_of_an_execution_share_an_id() {
        let ids = Ids::of("arn:of:the:execution");
        let kinds = [SpanKind::Execution, SpanKind::State, SpanKind::Attempt, SpanKind::Graph];
        let mut seen = HashSet::new();
        for kind in kinds {
            for redrive in 0..3 {
                for event in 0..50 {
                    for retry in 0..5 {
                        for index in 0..20 {
                            let key = SpanKey {
                                kind,
                                redrive,
                                event,
                                retry,
                                index,
                            };
                            assert!(seen.insert(ids.span(key)), "{key:?}");
                        }
                    }
                }
            }
        }
    }
}
