//! The syntax of the framework's variables: `${self:custom.nap}`, `${opt:stage, 'dev'}`, `${file(machines.yml):orders}`.

use crate::data::json::Kind;

/// The path in `file(path):keys`, with the keys.
pub(super) fn file(source: &str) -> Option<(&str, &str)> {
    let (inner, after) = source.strip_prefix("file(")?.rsplit_once(')')?;
    let keys = after.trim().trim_start_matches([':', '.']);
    let inner = inner.trim();
    // `file(machines.js:orders)` is found too.
    match inner.rsplit_once(':') {
        Some((path, key)) if keys.is_empty() && path.contains('.') => Some((path, key)),
        _ => Some((inner, keys)),
    }
}

/// Whether a file is a program, whose values only a deployment knows.
pub(super) fn is_program(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    matches!(ending, "js" | "cjs" | "mjs" | "ts" | "cts" | "mts")
}

/// The variable that a text consists of.
pub(super) fn whole(text: &str) -> Option<&str> {
    match next_variable(text.trim())? {
        ("", variable, "") => Some(variable),
        _ => None,
    }
}

/// The first variable of a text, with the text before and after it. `${AWS::Region}` and `${Name}` are CloudFormation's.
pub(super) fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("${").map(|at| from + at) {
        let inner = text.get(at + 2..)?;
        let end = end_of_variable(inner)?;
        let variable = inner.get(..end)?;
        let is_of_framework = !variable.starts_with("AWS::") && variable.contains([':', '(']);
        if is_of_framework {
            return Some((text.get(..at)?, variable, inner.get(end + 1..)?));
        }
        from = at + 2;
    }
    None
}

/// The offset of the bracket that closes a variable.
fn end_of_variable(inner: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The sources of a variable: `opt:stage, 'dev'` has two. A comma in brackets or quotes divides nothing.
pub(super) fn sources(variable: &str) -> Vec<&str> {
    let mut sources = Vec::new();
    let (mut start, mut open, mut quote) = (0, 0_usize, None);
    for (at, byte) in variable.bytes().enumerate() {
        match (byte, quote) {
            (byte, Some(end)) if byte == end => quote = None,
            (b'\'' | b'"', None) => quote = Some(byte),
            (b'{' | b'(', None) => open += 1,
            (b'}' | b')', None) => open = open.saturating_sub(1),
            (b',', None) if open == 0 => {
                sources.extend(variable.get(start..at));
                start = at + 1;
            }
            // Inside of quotes nothing else counts.
            _ => {}
        }
    }
    sources.extend(variable.get(start..));
    sources.into_iter().map(str::trim).collect()
}

/// `#{AWS::Region}`, as the plugin serverless-pseudo-parameters reads it; byte for byte.
pub(super) fn pseudo_parameters(text: &str) -> String {
    text.replace("#{AWS::", "${AWS::")
}

/// The text of a value that can stand in a longer text.
pub(super) fn scalar(value: &Kind) -> Option<String> {
    match value {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_divided_by_commas_outside_of_brackets_and_quotes() {
        for (variable, expected) in [
            (
                "opt:stage, self:provider.stage, 'dev'",
                vec!["opt:stage", "self:provider.stage", "'dev'"],
            ),
            (
                "self:custom.${opt:a, 'b'}, 'c,d'",
                vec!["self:custom.${opt:a, 'b'}", "'c,d'"],
            ),
            ("file(a, b.yml), file(c.yml)", vec!["file(a, b.yml)", "file(c.yml)"]),
            ("env:NAP", vec!["env:NAP"]),
        ] {
            assert_eq!(sources(variable), expected);
        }
    }

    #[test]
    fn a_file_has_a_path_and_keys() {
        for (source, expected) in [
            ("file(a.yml)", Some(("a.yml", ""))),
            ("file(./a.yml):b.c", Some(("./a.yml", "b.c"))),
            ("file( a.yml ).b", Some(("a.yml", "b"))),
            ("file(a.js:b)", Some(("a.js", "b"))),
            ("self:a", None),
        ] {
            assert_eq!(file(source), expected, "{source}");
        }
        assert!(is_program("a.b.ts") && !is_program("a.json"));
    }
}
