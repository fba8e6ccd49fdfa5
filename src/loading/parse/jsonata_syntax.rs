//! Help for texts that are not valid JSONata.

use crate::data::JsonataSyntaxError;

/// Operators of other languages, longer ones first, with their JSONata counterparts.
const OPERATORS: [(&str, &str); 13] = [
    ("===", "a single `=` compares"),
    ("!==", "`!=` compares"),
    ("==", "a single `=` compares"),
    ("&&", "`and` combines conditions, `&` joins texts"),
    ("||", "`or` combines conditions, `&` joins texts"),
    ("<>", "`!=` compares"),
    (
        "??",
        "JSONata 2.0.6, which Step Functions runs, has no `??`: write `$exists(a) ? a : b`",
    ),
    (
        "?:",
        "JSONata 2.0.6, which Step Functions runs, has no `?:`: write `a ? a : b`",
    ),
    ("=>", "a function is written `function($x) { … }`"),
    ("->", "a step of a path is written `.`"),
    ("+=", "a variable is bound by `:=`, once"),
    ("++", "write `+ 1`"),
    ("!", "`$not(…)` negates"),
];

/// A suggestion of what to write instead; `text` is the expression.
pub(super) fn help(text: &str, error: &JsonataSyntaxError) -> String {
    if text.trim().is_empty() {
        return "it is empty: write an expression such as `{% $states.input %}`".to_owned();
    }
    if let Some((_, help)) = operator_at(text, error.offset) {
        return (*help).to_owned();
    }
    let help = match error.code.as_str() {
        "S0101" => "a text ends with the quote it begins with",
        "S0102" => "a number is not larger than 1.7976931348623157e308",
        "S0103" => "a backslash stands before one of `\"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t` or `uXXXX`",
        "S0104" => "an escape is written `\\u` with four hexadecimal digits",
        "S0105" => "a name ends with the backtick it begins with",
        "S0106" => "a comment ends with `*/`",
        "S0201" => "an operator is missing in front of it, or a bracket too many",
        "S0202" => "a bracket is not closed, or something else stands in its place",
        "S0203" => "the bracket that was opened last is not closed",
        "S0204" => "it is no operator of JSONata",
        "S0205" | "S0207" => "the expression ends where a value is expected",
        "S0208" => "parameters of a function are variables: `function($x) { … }`",
        "S0209" | "S0210" => {
            "a filter `[…]` stands in front of a grouping `{…}`, and there is one grouping at the most"
        }
        "S0211" => "a value is missing in front of it",
        "S0212" => "what is bound by `:=` is a variable: `$x := …`",
        "S0213" => "a step of a path is a name, not a constant",
        "S0214" => "a variable follows: `@$x`, `#$i`",
        "S0215" | "S0216" => "`@` and `#` stand in front of filters and sorting",
        "S0217" => "`%` reaches no further than the path does",
        "S0301" => "a regular expression is not empty",
        "S0302" => "a regular expression ends with `/`",
        "U1001" => "break it into variables of `Assign`",
        _ => "the expression is no JSONata",
    };
    help.to_owned()
}

/// The operator of another language that stands around a byte of a text.
fn operator_at(text: &str, offset: usize) -> Option<&'static (&'static str, &'static str)> {
    OPERATORS.iter().find(|(operator, _)| {
        (0..=operator.len()).any(|back| {
            let start = offset.checked_sub(back);
            let rest = start.and_then(|start| text.get(start..)).unwrap_or_default();
            rest.starts_with(operator) && !(*operator == "!" && rest.starts_with("!="))
        })
    })
}
