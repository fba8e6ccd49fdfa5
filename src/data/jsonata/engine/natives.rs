//! What the built-in functions cost.

/// How a value is used, in looks: bytes that are looked at, or as much work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// For each byte of a text.
    pub(super) text: u16,
    /// For each item of an array or member of an object, whatever it holds.
    pub(super) item: u16,
    /// For each byte of the JSON text of an array.
    pub(super) array: u16,
    /// For each byte of the JSON text of an object.
    pub(super) object: u16,
}

impl Used {
    pub(super) const NOT: Self = Self {
        text: 0,
        item: 0,
        array: 0,
        object: 0,
    };

    /// Put into an array or object, or given back by a function that another one calls: whatever holds it stands for at
    /// least as long a text.
    pub(super) const PLACED: Self = Self {
        text: 1,
        item: 0,
        array: MEASURING,
        object: MEASURING,
    };

    /// Taken for true or false, or gone through for names: arrays are, and what is in them.
    pub(super) const JUDGED: Self = Self {
        array: MEASURING,
        ..Self::NOT
    };

    /// Made a text of.
    pub(super) const PRINTED: Self = Self {
        text: 2,
        item: 0,
        array: 2 * MEASURING,
        object: 2 * MEASURING,
    };
}

/// What making a byte of a text takes.
pub(super) const MAKING: u16 = 4;

/// What measuring takes by itself, for each byte of JSON text.
const MEASURING: u16 = 8;

/// What a built-in function does with its arguments, and gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Native {
    pub(super) used: Used,
    /// The looks that making each byte of its text takes.
    pub(super) made: u16,
    /// How often it may look at each value that its arguments hold.
    pub(super) times: u64,
    pub(super) gives: Gives,
}

/// The most that a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A number, a boolean, nothing
    Scalar,
    /// A text that no argument bounds
    Text,
    /// So many times what its arguments hold
    Arguments(u64),
    /// As many items as an array may have
    Items,
}

/// Up to so many items the engine's own functions stay that compare each item with every other.
pub(super) const FEW: usize = 32;

/// What comparing each with every other takes, where there are [`FEW`].
const EACH_WITH_EVERY: u64 = 32;

/// What sorting takes for each item: the logarithm of as many as an array may have.
const SORTING: u64 = 20;

/// What a function costs, by its name.
pub(super) fn native(name: &str) -> Native {
    let used = match name {
        "abs" | "assert" | "ceil" | "count" | "error" | "exists" | "floor" | "formatBase" | "millis" | "power"
        | "random" | "round" | "sqrt" | "type" | "uuid" => Used::NOT,
        "sum" | "max" | "min" | "average" => items(1),
        "filter" | "map" | "reduce" | "reverse" | "shuffle" | "single" => items(10),
        "append" | "merge" | "zip" => Used {
            item: 5,
            ..Used::PLACED
        },
        "sort" => Used {
            text: 2,
            item: 100,
            array: 3 * MEASURING,
            object: 0,
        },
        "contains" | "length" => text(1),
        "encodeUrl" | "encodeUrlComponent" => text(32),
        // Quadratic in pictures, which are short.
        "formatInteger" | "formatNumber" | "parseInteger" | "toMillis" => text(256),
        "hash" | "parse" | "replace" | "split" => text(8),
        "base64decode" | "base64encode" | "decodeUrl" | "decodeUrlComponent" => text(4),
        _ => Used::PRINTED,
    };
    let made = if name == "formatBase" { 48 } else { MAKING };
    let times = match name {
        "formatBase" => 8_192,
        "distinct" | "keys" => EACH_WITH_EVERY,
        "sort" => SORTING,
        _ if used == Used::NOT => 0,
        "hash" | "merge" | "parse" | "partition" | "spread" | "string" => 4,
        _ => 1,
    };
    let gives = match name {
        "abs" | "assert" | "average" | "boolean" | "ceil" | "contains" | "count" | "error" | "exists" | "floor"
        | "length" | "max" | "millis" | "min" | "not" | "number" | "parseInteger" | "power" | "random" | "round"
        | "sqrt" | "sum" | "toMillis" | "type" => Gives::Scalar,
        "base64decode" | "base64encode" | "encodeUrl" | "encodeUrlComponent" | "formatBase" | "formatInteger"
        | "formatNumber" | "fromMillis" | "hash" | "now" | "pad" | "replace" | "uuid" => Gives::Text,
        "merge" | "partition" | "spread" | "string" => Gives::Arguments(4),
        "match" | "parse" | "split" => Gives::Arguments(16),
        "range" => Gives::Items,
        _ => Gives::Arguments(1),
    };
    Native {
        used,
        made,
        times,
        gives,
    }
}

fn text(looks: u16) -> Used {
    Used {
        text: looks,
        ..Used::PRINTED
    }
}

fn items(looks: u16) -> Used {
    Used {
        text: 1,
        item: looks,
        ..Used::NOT
    }
}

/// The functions that match regular expressions, and which of their arguments is the pattern.
pub(super) fn pattern_argument(name: &str) -> Option<usize> {
    matches!(name, "contains" | "match" | "replace" | "split").then_some(1)
}

/// The functions that take a function and call it.
pub(super) fn calls_function(name: &str) -> bool {
    matches!(name, "each" | "filter" | "map" | "reduce" | "sift" | "single" | "sort")
}
