//! `wildcard`: `*` for any run of characters.

use std::collections::{BTreeSet, HashSet, VecDeque};

/// The most ways into a text that a wildcard may keep open at once.
///
/// DIFFERENCE: EventBridge does not publish its bound. It takes `/Users/*/dir/dir/dir/dir/dir/doc.txt`, which needs 7;
/// an ARN with an asterisk for four of its parts needs 8.
const MAX_COMPLEXITY: usize = 8;
/// The most sets of open ways that are looked at before a wildcard counts as too complex.
const MAX_SETS: usize = 20_000;

/// The `wildcard` operator: the literal runs between the asterisks.
///
/// Source: EventBridge user guide, "Wildcard matching".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wildcard {
    /// One more than there are asterisks.
    runs: Vec<String>,
}

impl Wildcard {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut runs = Vec::new();
        let mut run = String::new();
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            // EventBridge counts the bytes of the text with the quote before it.
            let position = at.saturating_add(1);
            let next = characters.peek().map(|(_, next)| *next);
            match (character, next) {
                ('*', Some('*')) => return Err(format!("Consecutive wildcard characters at pos {position}")),
                ('*', _) => runs.push(std::mem::take(&mut run)),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    characters.next();
                    run.push(escaped);
                }
                ('\\', _) => return Err(format!("Invalid escape character at pos {position}")),
                (other, _) => run.push(other),
            }
        }
        runs.push(run);
        Ok(Self { runs })
    }

    /// Takes each run at the first place where it fits, which leaves the most for the rest: no way is tried twice.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some(((first, last), between)) = self.ends() else {
            return self.runs.first().is_some_and(|only| only == text);
        };
        let Some(text) = text.strip_prefix(first) else {
            return false;
        };
        let Some(mut rest) = text.strip_suffix(last) else {
            return false;
        };
        for run in between {
            let Some((_, after)) = rest.split_once(run.as_str()) else {
                return false;
            };
            rest = after;
        }
        true
    }

    fn ends(&self) -> Option<((&str, &str), &[String])> {
        let (first, others) = self.runs.split_first()?;
        let (last, between) = others.split_last()?;
        Some(((first, last), between))
    }

    /// Whether EventBridge would refuse it: some text keeps too many ways through the wildcard open at once.
    pub(super) fn is_too_complex(&self) -> bool {
        // Each asterisk stays open once it is reached.
        if self.runs.len() > MAX_COMPLEXITY.saturating_add(1) {
            return true;
        }
        let automaton = Automaton::new(&self.runs);
        let mut seen = HashSet::new();
        let mut waiting = VecDeque::from([BTreeSet::from([Place::Before(0)])]);
        while let Some(places) = waiting.pop_front() {
            if places.len() > MAX_COMPLEXITY || seen.len() > MAX_SETS {
                return true;
            }
            for character in automaton.telling_characters(&places) {
                let next = automaton.after(&places, character);
                if !next.is_empty() && seen.insert(next.clone()) {
                    waiting.push_back(next);
                }
            }
        }
        false
    }
}

/// A wildcard as a machine that reads a text and is at several places at once.
struct Automaton {
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Literal(char),
    Asterisk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    /// Before a token.
    Before(usize),
    /// Within the run that an asterisk stands for.
    Within(usize),
}

impl Automaton {
    fn new(runs: &[String]) -> Self {
        let mut tokens = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            if index > 0 {
                tokens.push(Token::Asterisk);
            }
            tokens.extend(run.chars().map(Token::Literal));
        }
        Self { tokens }
    }

    /// The characters that some place waits for, and `None` for all others.
    fn telling_characters(&self, places: &BTreeSet<Place>) -> BTreeSet<Option<char>> {
        let mut characters: BTreeSet<Option<char>> = BTreeSet::from([None]);
        for place in places {
            let (at, within) = place.parts();
            let from = if within { at.saturating_add(1) } else { at };
            characters.extend(self.literal(from).map(Some));
            if self.tokens.get(from) == Some(&Token::Asterisk) {
                characters.extend(self.literal(from.saturating_add(1)).map(Some));
            }
        }
        characters
    }

    fn after(&self, places: &BTreeSet<Place>, character: Option<char>) -> BTreeSet<Place> {
        let mut next = BTreeSet::new();
        for place in places {
            let (at, within) = place.parts();
            let asterisk = within || self.tokens.get(at) == Some(&Token::Asterisk);
            if asterisk {
                next.insert(Place::Within(at));
            }
            let literal = if asterisk { at.saturating_add(1) } else { at };
            if character.is_some() && self.literal(literal) == character {
                next.insert(Place::Before(literal.saturating_add(1)));
            }
        }
        next
    }

    fn literal(&self, at: usize) -> Option<char> {
        match self.tokens.get(at) {
            Some(Token::Literal(character)) => Some(*character),
            _ => None,
        }
    }
}

impl Place {
    fn parts(self) -> (usize, bool) {
        match self {
            Self::Before(at) => (at, false),
            Self::Within(at) => (at, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(wildcard: &str, text: &str) -> bool {
        Wildcard::parse(wildcard).unwrap().matches(text)
    }

    fn too_complex(wildcard: &str) -> bool {
        Wildcard::parse(wildcard).unwrap().is_too_complex()
    }

    #[test]
    fn an_asterisk_is_any_run_also_none() {
        assert!(matches("*", "") && matches("*", "anything"));
        assert!(matches("a*c", "ac") && matches("a*c", "abbc"));
        assert!(!matches("a*c", "abcd"));
        assert!(matches("*/init/*", "x/init/"));
        assert!(matches("*b*d", "abcbcd"));
        // The two ends may not overlap.
        assert!(!matches("aba*aba", "aba") && matches("aba*aba", "abaaba"));
    }

    #[test]
    fn without_an_asterisk_it_is_the_text_itself() {
        assert!(matches("", "") && !matches("", "a"));
        assert!(matches("abc", "abc") && !matches("abc", "abcd"));
    }

    #[test]
    fn asterisk_and_backslash_are_escaped() {
        assert!(matches(r"a\*b", "a*b") && !matches(r"a\*b", "axb"));
        assert!(matches(r"a\\*", r"a\b"));
        assert_eq!(
            Wildcard::parse(r"a\b").unwrap_err(),
            "Invalid escape character at pos 2"
        );
        assert_eq!(
            Wildcard::parse("a**").unwrap_err(),
            "Consecutive wildcard characters at pos 2"
        );
    }

    #[test]
    fn asterisks_and_repeated_runs_make_it_complex() {
        assert!(!too_complex("arn:aws:events:us-east-1:*:event-bus/*"));
        assert!(!too_complex("arn:aws:states:*:*:execution:*:*"));
        assert!(!too_complex("/Users/*/dir/dir/dir/dir/dir/doc.txt"));
        assert!(too_complex("arn:*:*:*:*:event-bus/*"));
        assert!(too_complex("*a*a*a*a*a*"));
        assert!(too_complex("*aaaaaaaaaaaa"));
        assert!(too_complex(&"*a".repeat(1000)));
        assert!(!too_complex(&"ab".repeat(2000)));
    }

    #[test]
    fn long_texts_take_linear_time() {
        let text = "a".repeat(1_000_000);
        assert!(!matches("*aa*aa*ab", &text));
        assert!(matches("*aa*aa*aa", &text));
    }
}
