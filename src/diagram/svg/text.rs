//! Text widths and line breaks. There is no font here, so widths are estimated, rather too large than too small.

/// The width of a text in a sans-serif font of this size, in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let units: f64 = text.chars().map(units).sum();
    units * size * if bold { 1.22 } else { 1.0 }
}

/// The width of a character as a fraction of the font size.
fn units(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.30,
        'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '{' | '}' | ' ' | '/' | '·' | '"' | '-' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 0.92,
        'A'..='Z' | '=' | '<' | '>' | '≤' | '≥' | '+' | '~' | '&' => 0.70,
        c if u32::from(c) >= 0x1100 => 1.05,
        _ => 0.61,
    }
}

/// Breaks a text into lines of at most `widest` pixels; text beyond the last line is cut.
pub(super) fn wrap(text: &str, size: f64, bold: bool, widest: f64, lines: usize) -> Vec<String> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut wrapped: Vec<String> = Vec::new();
    let mut line = String::new();
    // A path is not broken if it fits into a line.
    let fits = |word: &str| width(word.trim_end(), size, bold) <= widest;
    let pieces = text.split_inclusive(' ').flat_map(|word| {
        let (whole, parts) = if fits(word) { (Some(word), "") } else { (None, word) };
        whole
            .into_iter()
            .chain(parts.split_inclusive(['-', '_', '.', '/', ':']))
    });
    for word in pieces {
        if !line.is_empty() && width(&line, size, bold) + width(word.trim_end(), size, bold) > widest {
            wrapped.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if !line.is_empty() && width(&line, size, bold) + units(c) * size > widest * 1.15 {
                wrapped.push(std::mem::take(&mut line));
            }
            line.push(c);
            if wrapped.len() > lines {
                break;
            }
        }
    }
    wrapped.push(line);
    let is_cut = wrapped.len() > lines;
    wrapped.truncate(lines);
    for line in &mut wrapped {
        line.truncate(line.trim_end().len());
    }
    if let Some(last) = wrapped.last_mut().filter(|_| is_cut) {
        last.push('…');
    }
    wrapped.retain(|line| !line.is_empty());
    wrapped
}

/// Escapes text for XML.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_within_long_ones() {
        assert_eq!(wrap("one two three", 10.0, false, 45.0, 3), ["one two", "three"]);
        assert_eq!(
            wrap("$.kilograms or $.country", 10.0, false, 80.0, 3),
            ["$.kilograms or", "$.country"]
        );
        assert_eq!(
            wrap("a.bcdefgh.ijklmnop", 10.0, false, 60.0, 3),
            ["a.bcdefgh.", "ijklmnop"]
        );
        let wrapped = wrap(&"x".repeat(100), 10.0, false, 60.0, 2);
        assert_eq!(wrapped.len(), 2);
        assert!(wrapped[1].ends_with('…'));
        assert!(wrap("", 10.0, false, 60.0, 2).is_empty());
    }
}
