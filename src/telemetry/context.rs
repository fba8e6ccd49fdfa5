//! W3C Trace Context: what callers hand in, and tasks are handed.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use std::str::FromStr as _;

/// The longest `tracestate` that is kept, in bytes: what the specification demands to be passed on.
const LONGEST_STATE: usize = 512;

/// The span that asks for an execution, if it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Caller(pub(super) Option<SpanContext>);

impl Caller {
    /// By the headers `traceparent` and `tracestate`. As the specification demands, what is not valid counts as not there.
    pub(crate) fn of_headers(traceparent: &str, tracestate: Option<&str>) -> Self {
        let context = parsed(traceparent).map(|(trace, span, flags)| {
            let state = tracestate.filter(|state| state.len() <= LONGEST_STATE);
            let state = state.and_then(|state| TraceState::from_str(state).ok());
            SpanContext::new(trace, span, flags, true, state.unwrap_or_default())
        });
        Self(context.filter(SpanContext::is_valid))
    }

    pub(crate) fn of(context: SpanContext) -> Self {
        Self(Some(context))
    }

    /// This one, or else the span that is current here.
    pub(crate) fn or_current(self) -> Self {
        let current = || {
            let context = Context::current();
            let span = context.span().span_context().clone();
            Some(span).filter(SpanContext::is_valid)
        };
        Self(self.0.or_else(current))
    }

    /// `traceparent` and `tracestate`, to be read again by [`Caller::of_headers`].
    #[cfg(any(feature = "store", test))]
    pub(crate) fn headers(&self) -> Option<(String, String)> {
        let context = self.0.as_ref()?;
        Some((traceparent(context), context.trace_state().header()))
    }
}

/// Does the work of a request, whose headers may name the span that asks; a span that is current already knows more.
#[cfg(feature = "serve")]
pub(crate) async fn asked_by<F: Future>(headers: &axum::http::HeaderMap, work: F) -> F::Output {
    let texts = |name: &str| -> Vec<&str> {
        let values = headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    };
    let state = texts("tracestate").join(",");
    // More than one is not valid.
    let caller = match texts("traceparent")[..] {
        [parent] => Some(Caller::of_headers(parent, Some(&state))),
        _ => None,
    };
    match caller.unwrap_or_default().0 {
        Some(caller) if !Context::current().has_active_span() => {
            let context = Context::new().with_remote_span_context(caller);
            opentelemetry::context::FutureExt::with_context(work, context).await
        }
        _ => work.await,
    }
}

/// The header `traceparent` of a span.
pub(crate) fn traceparent(context: &SpanContext) -> String {
    let (trace, span) = (context.trace_id(), context.span_id());
    format!("00-{trace}-{span}-{:02x}", context.trace_flags().to_u8())
}

/// Version `00`, and of later ones the part that they share with it.
fn parsed(text: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |part: &str, digits: usize| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        part.len() == digits && part.bytes().all(is_digit)
    };
    let is_sound = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    if !is_sound || version == "ff" || version == "00" && parts.next().is_some() {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(flags) & TraceFlags::SAMPLED,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_traceparent_is_read_and_written() {
        let caller = Caller::of_headers(VALID, Some("congo=t61rcWkgMzE"));
        assert_eq!(
            caller.headers(),
            Some((VALID.to_owned(), "congo=t61rcWkgMzE".to_owned()))
        );
    }

    #[test]
    fn of_a_later_version_the_known_part_counts() {
        let later = VALID.replacen("00", "cc", 1) + "-what-the-future-brings";
        assert_eq!(Caller::of_headers(&later, None), Caller::of_headers(VALID, None));
    }

    #[test]
    fn what_is_not_valid_counts_as_not_there() {
        let invalid = [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ];
        for text in invalid {
            assert_eq!(Caller::of_headers(text, None), Caller::default(), "{text}");
        }
    }

    #[test]
    fn a_tracestate_that_is_not_valid_leaves_the_rest() {
        assert_eq!(
            Caller::of_headers(VALID, Some("congo")),
            Caller::of_headers(VALID, None)
        );
    }
}
