//! The functions that AWS adds to JSONata.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use indexmap::IndexSet;
use jlens_core::{Bindings, Error, HostFunction, Result, function_catalog};
use serde_json::{Value, json};

use super::limits::{MAX_ARRAY_LENGTH, MAX_PICTURE};
use super::natives::FEW;
use crate::data::Random;
use crate::data::intrinsic::array::sorted;
use crate::data::intrinsic::hash::digest;
use crate::data::java;
use crate::data::json_value;

/// The added functions: names and signatures.
pub(super) const ADDED: [(&str, &str); 6] = [
    ("hash", "<ss:s>"),
    ("parse", "<s?:x>"),
    ("partition", "<xn?:a>"),
    ("random", "<n?:n>"),
    ("range", "<n?n?n?:a>"),
    ("uuid", "<:s>"),
];

/// The most bytes that `$replace` could produce if it replaced every letter.
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
        // A poisoned lock does no harm: a generator is valid in every state.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Random::seeded(seed);
    }

    fn draw<T>(&self, draw: impl FnOnce(&Random) -> T) -> T {
        draw(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Bindings of AWS's functions, and of `$eval` to a value that cannot be called.
pub(super) fn bindings(randomness: &Randomness) -> Bindings {
    static PURE: LazyLock<Bindings> = LazyLock::new(|| {
        [
            added("hash", hash),
            added("parse", parse),
            added("partition", partition),
            added("range", range),
        ]
        .into_iter()
        .flatten()
        .fold(bounds().var("eval", Value::Null), |all, (name, function)| {
            all.function(name, function)
        })
    });
    let (uuids, numbers) = (randomness.clone(), randomness.clone());
    let drawing = [
        added("uuid", move |_| Ok(Some(uuids.draw(Random::uuid).into()))),
        added("random", move |arguments| {
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

/// Defines a function of [`ADDED`].
fn added(
    name: &'static str,
    call: impl Fn(Arguments<'_>) -> Result<Option<Value>> + Send + Sync + 'static,
) -> Option<(&'static str, HostFunction)> {
    let (_, signature) = ADDED.into_iter().find(|(added, _)| *added == name)?;
    function(name, signature, call)
}

/// Defines a function by its signature in JSONata's notation; `None` if the signature is invalid.
fn function(
    name: &'static str,
    signature: &str,
    call: impl Fn(Arguments<'_>) -> Result<Option<Value>> + Send + Sync + 'static,
) -> Option<(&'static str, HostFunction)> {
    let function = HostFunction::with_signature(signature, move |arguments, _| call(arguments)).ok()?;
    Some((name, function.without_input()))
}

/// The built-in functions that the engine does not bound. In one step they compare every two items or names, replace
/// every letter of a text with a long one, or take time quadratic in a picture's length.
pub(super) const UNBOUNDED: [&str; 7] = [
    "distinct",
    "formatInteger",
    "formatNumber",
    "keys",
    "parseInteger",
    "replace",
    "toMillis",
];

/// The beginning of an expression that binds these names to bounded functions.
///
/// The bounded functions call the engine's own for short input. Only those tell an array from a sequence, which is
/// unwrapped if one item is left, and they are fast for few items.
pub(super) fn prelude(unbounded: &[&str]) -> String {
    unbounded.iter().copied().map(bounded).collect()
}

fn bounded(name: &str) -> &'static str {
    match name {
        "distinct" => {
            "$__distinct := $distinct; $distinct := function($x)<x:x> { \
             ( $__y := $__many($x); $__y ? $__y.all : $__distinct($x) ) };"
        }
        "keys" => {
            "$__keys := $keys; $keys := function($x)<x-:a<s>> { \
             ( $__y := $__names($x); $__y ? $__y.all : $__keys($x) ) };"
        }
        "replace" => {
            "$__replace := $replace; $replace := function($s, $p, $r, $l)<s-(sf)(sf)n?:s> { \
             $__fits($s, $r) ? $__replace($s, $p, $r, $l) };"
        }
        "formatInteger" => {
            "$__formatInteger := $formatInteger; $formatInteger := function($n, $p)<n-s:s> { \
             $__short($p) ? $__formatInteger($n, $p) };"
        }
        "formatNumber" => {
            "$__formatNumber := $formatNumber; $formatNumber := function($n, $p, $o)<n-so?:s> { \
             $__short($p) ? $__formatNumber($n, $p, $o) };"
        }
        "parseInteger" => {
            "$__parseInteger := $parseInteger; $parseInteger := function($s, $p)<s-s:n> { \
             $__short($p) ? $__parseInteger($s, $p) };"
        }
        "toMillis" => {
            "$__toMillis := $toMillis; $toMillis := function($s, $p)<s-s?:n> { \
             $__short($p) ? $__toMillis($s, $p) };"
        }
        _ => "",
    }
}

/// A built-in function's declaration.
pub(super) struct Declared {
    pub(super) signature: String,
    pub(super) parameters: usize,
}

/// The declaration of a built-in function, AWS's own included.
pub(super) fn declared(name: &str) -> Option<&'static Declared> {
    static DECLARED: LazyLock<BTreeMap<&str, Declared>> = LazyLock::new(|| {
        let catalog = function_catalog().into_iter().map(|function| {
            let declared = Declared {
                signature: function.signature,
                parameters: function.params.len(),
            };
            (function.name, declared)
        });
        let added = ADDED.into_iter().map(|(name, signature)| {
            let parameters = HostFunction::with_signature(signature, |_, _| Ok(None));
            let declared = Declared {
                signature: signature.to_owned(),
                parameters: parameters.map_or(0, |function| function.arity()),
            };
            (name, declared)
        });
        catalog.chain(added).collect()
    });
    DECLARED.get(name)
}

/// Whether a built-in function, called with `given` arguments, takes the context for a missing one: `-` in its
/// signature.
pub(super) fn takes_context(name: &str, given: usize) -> bool {
    declared(name).is_some_and(|function| {
        let optional = function.signature.matches('?').count();
        function.signature.contains('-') && given < function.parameters.saturating_sub(optional)
    })
}

/// The helpers that the bounded functions call.
pub(super) fn bounds() -> Bindings {
    static BOUNDS: LazyLock<Bindings> = LazyLock::new(|| {
        [
            function("__many", "<x:o>", |arguments| Ok(distinct(arguments))),
            function("__names", "<x:o>", |arguments| Ok(names(arguments))),
            function("__fits", "<xx:b>", |arguments| {
                let length = |index| text(arguments, index).map_or(0, str::len);
                if (length(0) + 1).saturating_mul(length(1)) > MAX_REPLACED {
                    return Err(Error::new("U1001"));
                }
                Ok(Some(true.into()))
            }),
            function("__short", "<s?:b>", |arguments| match text(arguments, 0) {
                Some(picture) if picture.len() > MAX_PICTURE => Err(Error::new("U1001")),
                _ => Ok(Some(true.into())),
            }),
        ]
        .into_iter()
        .flatten()
        .fold(Bindings::new(), |all, (name, function)| all.function(name, function))
    });
    BOUNDS.clone()
}

/// The distinct items of an array, in time linear in its text; `None` if it is short enough for the engine's own
/// function.
fn distinct(arguments: Arguments<'_>) -> Option<Value> {
    let Some(Some(Value::Array(items))) = arguments.first() else {
        return None;
    };
    if items.len() <= FEW {
        return None;
    }
    let mut seen = HashSet::new();
    let left = items.iter().filter(|item| seen.insert(key(item)));
    all(left.cloned().collect())
}

/// A key that only equal values share: the text itself, or the JSON text of any other value.
fn key(value: &Value) -> (bool, Cow<'_, str>) {
    match value {
        Value::String(text) => (true, text.into()),
        value => (false, sorted(value).to_string().into()),
    }
}

/// The names of an object's members, or of the members of all objects in an array; `None` if there are few enough for
/// the engine's own function.
fn names(arguments: Arguments<'_>) -> Option<Value> {
    let mut names = IndexSet::new();
    let mut pending: Vec<&Value> = arguments.first().into_iter().flatten().collect();
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items.iter().rev()),
            Value::Object(members) => names.extend(members.keys()),
            _ => {}
        }
    }
    if names.len() <= FEW {
        return None;
    }
    all(names.into_iter().map(String::as_str).map(Value::from).collect())
}

/// Wraps an array in an object, which counts as true even if all items are false.
fn all(items: Vec<Value>) -> Option<Value> {
    (items.len() > 1).then(|| json!({ "all": items }))
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
    json_value(text)
        .map(Some)
        .map_err(|_| refused("Invalid JSON".to_owned()))
}

/// `$partition(array, size)`; without a size, all items go into one chunk.
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

/// `$range(first, last, step)`, both ends included. As in every JSONata sequence, a single number is not wrapped in an
/// array.
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

fn text(arguments: Arguments<'_>, index: usize) -> Option<&str> {
    arguments.get(index)?.as_ref()?.as_str()
}

fn number(arguments: Arguments<'_>, index: usize) -> Option<f64> {
    arguments.get(index)?.as_ref()?.as_f64()
}

#[expect(clippy::cast_possible_truncation, reason = "a number beyond i64 becomes its end")]
fn floor(number: f64) -> i64 {
    number.floor() as i64
}

/// A failure of an added function. JSONata has one code for all of them.
fn refused(message: String) -> Error {
    Error::new("D3137").with("message", message)
}
