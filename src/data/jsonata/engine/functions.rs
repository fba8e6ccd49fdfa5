//! The functions that AWS adds to JSONata.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jlens_core::{Bindings, Error, Expression, HostFunction, Result};
use serde_json::Value;

use super::MAX_ARRAY_LENGTH;
use crate::data::Random;
use crate::data::intrinsic::array::sorted;
use crate::data::intrinsic::hash::digest;
use crate::data::intrinsic::java;

/// The functions' names, for what tells free names from built-in ones.
pub(super) const NAMES: [&str; 6] = ["hash", "parse", "partition", "random", "range", "uuid"];

/// The most bytes that `$replace` could make, if it put the text in for every letter.
const MAX_REPLACED: usize = 64 * 1024 * 1024;

/// The generator behind `$uuid` and `$random` of one evaluation.
#[derive(Clone, Debug)]
pub(super) struct Randomness(Arc<Mutex<Random>>);

impl Default for Randomness {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Random::seeded(0))))
    }
}

impl Randomness {
    pub(super) fn reseed(&self, seed: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Random::seeded(seed);
    }

    fn draw<T>(&self, draw: impl FnOnce(&Random) -> T) -> T {
        draw(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Bindings of AWS's functions, and of `$eval` to what cannot be called.
pub(super) fn bindings(randomness: &Randomness) -> Bindings {
    static PURE: LazyLock<Bindings> = LazyLock::new(|| {
        [
            function("hash", "<ss:s>", hash),
            function("parse", "<s?:x>", parse),
            function("partition", "<xn?:a>", partition),
            function("range", "<n?n?n?:a>", range),
        ]
        .into_iter()
        .flatten()
        .fold(bounds().var("eval", Value::Null), |all, (name, function)| {
            all.function(name, function)
        })
    });
    let (uuids, numbers) = (randomness.clone(), randomness.clone());
    let drawing = [
        function("uuid", "<:s>", move |_| Ok(Some(uuids.draw(Random::uuid).into()))),
        function("random", "<n?:n>", move |arguments| {
            let number = match number(arguments, 0) {
                Some(seed) => java::Random::new(floor(seed)).next_double(),
                None => numbers.draw(Random::uniform),
            };
            Ok(Some(number.into()))
        }),
    ];
    drawing
        .into_iter()
        .flatten()
        .fold(PURE.clone(), |all, (name, function)| all.function(name, function))
}

type Arguments<'a> = &'a [Option<Value>];

/// A function by its signature in JSONata's notation; nothing where that is none.
fn function(
    name: &'static str,
    signature: &str,
    call: impl Fn(Arguments<'_>) -> Result<Option<Value>> + Send + Sync + 'static,
) -> Option<(&'static str, HostFunction)> {
    let function = HostFunction::with_signature(signature, move |arguments, _| call(arguments)).ok()?;
    Some((name, function.without_input()))
}

/// The expression with a `$distinct` and a `$replace` that are bounded, as the engine's own are not: they compare every
/// two items, and put a long text in for every letter of another, in one step.
///
/// The engine's own `$distinct` stays where it matters: it alone knows an array from a sequence, which is unwrapped when
/// one item is left, and is quick where few are.
pub(super) fn with_bounded_functions(text: &str) -> Option<Expression> {
    let text = format!(
        "( $__few := $distinct; $distinct := function($items)<x:x> {{ \
             $__count($items) <= 500 ? $__few($items) : \
             ( $__left := $__many($items); $__count($__left) = 1 ? $__few($items) : $__left ) \
         }}; \
         $__replace := $replace; $replace := function($s, $p, $r, $l)<s-(sf)(sf)n?:s> {{ \
             $__fits($s, $r) ? $__replace($s, $p, $r, $l) \
         }}; {text}\n)"
    );
    Expression::compile(&text).ok()
}

/// What [`with_bounded_functions`] calls.
pub(super) fn bounds() -> Bindings {
    static BOUNDS: LazyLock<Bindings> = LazyLock::new(|| {
        [
            function("__many", "<x:x>", distinct),
            function("__count", "<x:n>", |arguments| {
                let count = match arguments.first() {
                    Some(Some(Value::Array(items))) => items.len(),
                    _ => 1,
                };
                Ok(Some(count.into()))
            }),
            function("__fits", "<xx:b>", |arguments| {
                let length = |index| text(arguments, index).map_or(0, str::len);
                if (length(0) + 1).saturating_mul(length(1)) > MAX_REPLACED {
                    return Err(Error::new("U1001"));
                }
                Ok(Some(true.into()))
            }),
        ]
        .into_iter()
        .flatten()
        .fold(Bindings::new(), |all, (name, function)| all.function(name, function))
    });
    BOUNDS.clone()
}

/// The distinct items of an array, in time linear in its text.
fn distinct(arguments: Arguments<'_>) -> Result<Option<Value>> {
    let Some(Some(Value::Array(items))) = arguments.first() else {
        return Ok(arguments.first().cloned().flatten());
    };
    let mut seen = HashSet::new();
    let left = items.iter().filter(|item| seen.insert(sorted(item).to_string()));
    Ok(Some(left.cloned().collect()))
}

/// `$hash(text, algorithm)`
fn hash(arguments: Arguments<'_>) -> Result<Option<Value>> {
    let (Some(data), Some(algorithm)) = (text(arguments, 0), text(arguments, 1)) else {
        return Ok(None);
    };
    match digest(data, algorithm) {
        Some(digest) => Ok(Some(digest.into())),
        None => Err(refused(format!(
            "Hash algorithm '{algorithm}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"
        ))),
    }
}

/// `$parse(text)`
fn parse(arguments: Arguments<'_>) -> Result<Option<Value>> {
    let Some(text) = text(arguments, 0) else {
        return Ok(None);
    };
    serde_json::from_str(text)
        .map(Some)
        .map_err(|_| refused("Invalid JSON".to_owned()))
}

/// `$partition(array, size)`: all in one chunk without a size.
fn partition(arguments: Arguments<'_>) -> Result<Option<Value>> {
    let items = match arguments.first() {
        Some(Some(Value::Array(items))) => items,
        Some(Some(_)) => return Err(Error::new("T0412").with("index", 1).with("token", "partition")),
        _ => return Ok(None),
    };
    let size = match number(arguments, 1).map(floor) {
        None => items.len().max(1),
        Some(0) => return Ok(None),
        Some(size) => {
            usize::try_from(size).map_err(|_| refused("Second argument must be zero or greater".to_owned()))?
        }
    };
    Ok(Some(
        items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect(),
    ))
}

/// `$range(first, last, step)`, both ends included; like every JSONata sequence, a single number is no array.
fn range(arguments: Arguments<'_>) -> Result<Option<Value>> {
    let whole = |index| number(arguments, index).map(floor);
    let (Some(first), Some(last), Some(step)) = (whole(0), whole(1), whole(2)) else {
        return Ok(None);
    };
    if step == 0 {
        return Ok(None);
    }
    let (first, last, step) = (i128::from(first), i128::from(last), i128::from(step));
    let count = (last - first) / step + 1;
    if (last - first).signum() == -step.signum() {
        return Ok(None);
    }
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_ARRAY_LENGTH)
        .ok_or_else(|| Error::new("U1001"))?;
    let mut items: Vec<Value> = (0..count)
        .zip(0_i128..)
        .filter_map(|(_, position)| i64::try_from(first + position * step).ok())
        .map(Value::from)
        .collect();
    Ok(if count == 1 {
        items.pop()
    } else {
        Some(Value::Array(items))
    })
}

fn text<'a>(arguments: Arguments<'a>, index: usize) -> Option<&'a str> {
    arguments.get(index)?.as_ref()?.as_str()
}

fn number(arguments: Arguments<'_>, index: usize) -> Option<f64> {
    arguments.get(index)?.as_ref()?.as_f64()
}

#[expect(clippy::cast_possible_truncation, reason = "a number beyond i64 becomes its end")]
fn floor(number: f64) -> i64 {
    number.floor() as i64
}

/// A function's own failure, for which JSONata has one code.
fn refused(message: String) -> Error {
    Error::new("D3137").with("message", message)
}
