//! Estimates from a pattern how much matching a regular expression may cost.
//!
//! The engine's matcher backtracks, and counts one step of the engine for each 1,024 steps of its own. But it counts
//! neither the characters that a step looks at nor the other costs of a match, and both grow with the text. This module
//! computes the most that they can be; an expression with patterns is allowed fewer steps accordingly.

mod part;

use self::part::{Part, Repetition};

/// How many steps of the matcher the engine counts as one.
const STEPS_OF_A_POLL: u64 = 1_024;

/// The fixed cost of a step of the matcher, besides the characters that it looks at, in characters.
const WORK_OF_A_STEP: u64 = 16;

/// How many characters can be looked at in the time of one visit.
const CHARACTERS_PER_VISIT: u64 = 192;

/// How often the engine goes through a text for one match: to find the position, and to cut the text there.
const PASSES_OF_A_MATCH: u64 = 3;

/// The visits that compiling a node of a pattern takes.
const WORK_OF_A_NODE: u64 = 4;

/// The most that a match may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PatternCost {
    /// The characters looked at between two steps of the matcher, in a text of any length.
    pub(super) reach: u64,
    /// How often the whole text is searched between two steps of the matcher.
    pub(super) scans: u64,
    /// How often the whole text is searched for each match.
    pub(super) passes: u64,
    /// The nodes of the compiled patterns.
    nodes: u64,
}

impl PatternCost {
    pub(super) fn of(pattern: &str, flags: &str) -> Self {
        Reader::new(pattern, flags).read()
    }

    /// Adds another pattern of the same expression.
    pub(super) fn merge(&mut self, other: Self) {
        self.reach = self.reach.max(other.reach);
        self.scans = self.scans.max(other.scans);
        self.passes = self.passes.max(other.passes);
        self.nodes = self.nodes.saturating_add(other.nodes);
    }

    /// The most visits that one step of the engine may take if no text is longer than `text` bytes.
    pub(super) fn step(self, text: usize) -> u64 {
        let text = u64::try_from(text).unwrap_or(u64::MAX);
        let reach = self.reach.saturating_add(self.scans.saturating_mul(text));
        let poll = STEPS_OF_A_POLL.saturating_mul(WORK_OF_A_STEP.saturating_add(reach.saturating_mul(2)));
        let a_match = text.saturating_mul(PASSES_OF_A_MATCH.saturating_add(self.passes));
        (poll.saturating_add(a_match) / CHARACTERS_PER_VISIT).saturating_add(1)
    }

    /// The visits that compiling the patterns takes.
    pub(super) fn compiling(self) -> u64 {
        self.nodes.saturating_mul(WORK_OF_A_NODE)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Plain,
    Capture(usize),
    Look,
}

/// A group that is not closed yet.
struct Open {
    group: Group,
    /// Whether only the start of the text and other look-arounds stand before it.
    leads: bool,
    alternatives: Part,
    sequence: Part,
}

struct Reader<'p> {
    rest: &'p str,
    /// The most characters that each capture group matches.
    captures: Vec<u64>,
    open: Vec<Open>,
    alternatives: Part,
    sequence: Part,
    /// Whether every match begins at the start of the text: the pattern begins with `^` and has no alternative.
    is_anchored: bool,
    leads: bool,
}

impl<'p> Reader<'p> {
    fn new(pattern: &'p str, flags: &str) -> Self {
        let is_multiline = flags.contains('m');
        Self {
            rest: pattern,
            captures: Vec::new(),
            open: Vec::new(),
            alternatives: Part::default(),
            sequence: Part::default(),
            is_anchored: pattern.starts_with('^') && !is_multiline && !has_alternatives(pattern),
            leads: true,
        }
    }

    /// Reads the whole pattern without recursion, since patterns may nest as deep as they are long.
    fn read(mut self) -> PatternCost {
        let length = self.rest.len() as u64;
        while let Some(next) = self.bump() {
            match next {
                '(' => self.enter(),
                ')' => self.leave(),
                '|' => {
                    self.alternatives = self.alternatives.or(self.sequence);
                    self.sequence = Part::default();
                    self.leads = false;
                }
                '^' | '$' => {}
                '[' => {
                    self.skip_class();
                    self.atom(Part::character());
                }
                '\\' => self.escape(),
                _ => self.atom(Part::character()),
            }
        }
        while !self.open.is_empty() {
            self.leave();
        }
        let whole = self.alternatives.or(self.sequence);
        let groups = self.captures.len() as u64;
        PatternCost {
            reach: whole.reach.saturating_add(length),
            scans: whole.scans,
            passes: whole.passes.saturating_add(whole.lazy).saturating_add(groups),
            nodes: whole.nodes,
        }
    }

    fn bump(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next()?;
        self.rest = characters.as_str();
        Some(next)
    }

    fn eat(&mut self, expected: &str) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn enter(&mut self) {
        let group = if self.eat("?:") {
            Group::Plain
        } else if ["?=", "?!", "?<=", "?<!"].into_iter().any(|look| self.eat(look)) {
            Group::Look
        } else {
            self.captures.push(u64::MAX);
            Group::Capture(self.captures.len() - 1)
        };
        self.open.push(Open {
            group,
            leads: std::mem::take(&mut self.leads),
            alternatives: std::mem::take(&mut self.alternatives),
            sequence: std::mem::take(&mut self.sequence),
        });
    }

    fn leave(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let part = self.alternatives.or(self.sequence);
        self.alternatives = open.alternatives;
        self.sequence = open.sequence;
        match open.group {
            Group::Plain => self.atom(part),
            Group::Capture(index) => {
                if let Some(longest) = self.captures.get_mut(index) {
                    *longest = part.length;
                }
                self.atom(Part {
                    captures: part.captures.saturating_add(1),
                    ..part
                });
            }
            Group::Look => {
                let is_once = open.leads && self.is_anchored;
                self.atom(part.looked_at(is_once));
                self.leads = open.leads;
            }
        }
    }

    /// A part with the repetition that follows it.
    fn atom(&mut self, part: Part) {
        let part = match self.repetition() {
            Some(times) => part.repeated(times),
            None => part,
        };
        self.sequence = self.sequence.then(part);
        self.leads = false;
    }

    fn repetition(&mut self) -> Option<Repetition> {
        let (least, most) = if self.eat("*") {
            (0, u64::MAX)
        } else if self.eat("+") {
            (1, u64::MAX)
        } else if self.eat("?") {
            (0, 1)
        } else {
            self.counted()?
        };
        let is_lazy = self.eat("?");
        Some(Repetition { least, most, is_lazy })
    }

    /// `{2}`, `{2,}` or `{2,5}`; anything else in braces is matched literally.
    fn counted(&mut self) -> Option<(u64, u64)> {
        let (counts, rest) = self.rest.strip_prefix('{')?.split_once('}')?;
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(u64::MAX))
        };
        let times = match counts.split_once(',') {
            None => number(counts).map(|times| (times, times)),
            Some((least, "")) => number(least).map(|least| (least, u64::MAX)),
            Some((least, most)) => number(least).zip(number(most)),
        }?;
        self.rest = rest;
        Some(times)
    }

    fn skip_class(&mut self) {
        while let Some(next) = self.bump() {
            match next {
                ']' => break,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self) {
        match self.bump() {
            Some('b' | 'B') => {}
            Some(digit @ '1'..='9') => {
                let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let (more, rest) = self.rest.split_at(digits);
                self.rest = rest;
                let number = format!("{digit}{more}").parse().unwrap_or(usize::MAX);
                self.back_reference(self.captures.get(number - 1).copied());
            }
            Some('k') => self.back_reference(None),
            _ => self.atom(Part::character()),
        }
    }

    /// A back-reference: the group's match is compared in one step.
    fn back_reference(&mut self, longest: Option<u64>) {
        /// Longer groups count as unbounded.
        const SHORT: u64 = 64;
        let part = match longest {
            Some(length) if length <= SHORT => Part {
                reach: length,
                length,
                ..Part::character()
            },
            _ => Part {
                scans: 1,
                length: u64::MAX,
                ..Part::character()
            },
        };
        self.atom(part);
    }
}

/// Whether a `|` stands outside of all groups. A `|` in a character class counts too, which only makes the estimate
/// higher.
fn has_alternatives(pattern: &str) -> bool {
    let mut depth = 0_usize;
    let mut is_escaped = false;
    pattern.chars().any(|next| {
        match next {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' => is_escaped = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' => return depth == 0,
            _ => {}
        }
        false
    })
}
