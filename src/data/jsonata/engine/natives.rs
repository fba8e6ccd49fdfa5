//! The cost of the built-in functions.

/// The cost of using a value, in looks: bytes looked at, or an equal amount of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// For each byte of a text.
    pub(super) text: u16,
    /// For each item of an array or member of an object, however large.
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

    /// The value is put into an array or object, or returned by a function that another one calls: the container's text
    /// is at least as long.
    pub(super) const PLACED: Self = Self {
        text: 1,
        item: 0,
        array: MEASURING,
        object: MEASURING,
    };

    /// The value is tested for true or false, or searched for names, which walks through arrays and their items.
    pub(super) const JUDGED: Self = Self {
        array: MEASURING,
        ..Self::NOT
    };

    /// The value is printed.
    pub(super) const PRINTED: Self = Self {
        text: 2,
        item: 0,
        array: 2 * MEASURING,
        object: 2 * MEASURING,
    };
}

/// The looks that making a byte of text takes.
pub(super) const MAKING: u16 = 4;

/// The looks that measuring takes, for each byte of JSON text.
const MEASURING: u16 = 8;

/// How a built-in function uses its arguments, and how much it returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Native {
    pub(super) used: Used,
    /// The looks that making each byte of its result takes.
    pub(super) made: u16,
    /// The most times that it looks at each value in its arguments.
    pub(super) times: u64,
    pub(super) gives: Gives,
}

/// The most that a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A number, a boolean or undefined
    Scalar,
    /// A text whose length no argument bounds
    Text,
    /// This multiple of the values in its arguments
    Arguments(u64),
    /// As many items as an array may have
    Items,
}

/// The most items for which the engine's own functions, which compare each item with every other, stay in use.
pub(super) const FEW: usize = 32;

/// The looks at each item when [`FEW`] items are compared with every other.
const EACH_WITH_EVERY: u64 = 32;

/// The looks that sorting takes for each item: the logarithm of the longest array's length.
const SORTING: u64 = 20;

/// The cost of a function, by its name.
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
        // The cost is quadratic in the picture, which is short.
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

/// For a function that matches regular expressions, the index of the pattern argument.
pub(super) fn pattern_argument(name: &str) -> Option<usize> {
    matches!(name, "contains" | "match" | "replace" | "split").then_some(1)
}

/// Whether a built-in function takes a function and calls it.
pub(super) fn calls_function(name: &str) -> bool {
    matches!(name, "each" | "filter" | "map" | "reduce" | "sift" | "single" | "sort")
}
