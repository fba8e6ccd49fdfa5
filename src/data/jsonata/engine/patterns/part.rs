//! The costs of the parts of a pattern, and how they add up.

/// The compiler unrolls loops whose least count is at most this.
const WRITTEN_OUT: u64 = 5;

/// The cost, in passes, of a group captured while looking ahead or behind: other matches capture the same text again.
const PASSES_OF_A_KEPT_GROUP: u64 = 16;

/// The costs of a part of a pattern.
#[derive(Clone, Copy, Default)]
pub(super) struct Part {
    pub(super) reach: u64,
    pub(super) scans: u64,
    pub(super) passes: u64,
    pub(super) nodes: u64,
    /// The number of greedy loops over one character: the matcher either passes or steps back through every character
    /// that they look at.
    pub(super) greedy: u64,
    /// The number of lazy loops over one character: they look ahead as far as they could go, in vain if the rest of the
    /// pattern matches at once.
    pub(super) lazy: u64,
    /// The number of capture groups.
    pub(super) captures: u64,
    /// The most characters that the part matches.
    pub(super) length: u64,
}

impl Part {
    pub(super) fn character() -> Self {
        Self {
            nodes: 1,
            length: 1,
            ..Self::default()
        }
    }

    /// This part followed by another.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            length: self.length.saturating_add(next.length),
            ..self.beside(next)
        }
    }

    /// This part or another.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            length: self.length.max(other.length),
            ..self.beside(other)
        }
    }

    pub(super) fn beside(self, other: Self) -> Self {
        Self {
            reach: self.reach.saturating_add(other.reach),
            scans: self.scans.saturating_add(other.scans),
            passes: self.passes.saturating_add(other.passes),
            nodes: self.nodes.saturating_add(other.nodes),
            greedy: self.greedy.saturating_add(other.greedy),
            lazy: self.lazy.saturating_add(other.lazy),
            captures: self.captures.saturating_add(other.captures),
            length: self.length,
        }
    }

    pub(super) fn repeated(self, times: Repetition) -> Self {
        let written_out = if times.least <= WRITTEN_OUT {
            times.least.max(1)
        } else {
            1
        };
        let mut part = Self {
            reach: self.reach.saturating_mul(written_out),
            nodes: self.nodes.saturating_mul(written_out).saturating_add(1),
            length: self.length.saturating_mul(times.most),
            ..self
        };
        if times.most > 1 {
            // Each round may look ahead in vain once more.
            part.scans = part.scans.saturating_add(self.lazy);
            part.lazy = 0;
        }
        if self.length <= 1 {
            part.reach = part.reach.saturating_add(times.least);
            let loops = if times.is_lazy {
                &mut part.lazy
            } else {
                &mut part.greedy
            };
            *loops = loops.saturating_add(1);
        }
        part
    }

    /// The part inside a look-ahead or look-behind: the matcher never steps back through its match.
    pub(super) fn looked_at(self, is_once: bool) -> Self {
        let looks = self.greedy.saturating_add(self.lazy);
        let (scans, passes) = if is_once { (0, looks) } else { (looks, 0) };
        let kept = self.captures.saturating_mul(PASSES_OF_A_KEPT_GROUP);
        Self {
            scans: self.scans.saturating_add(scans),
            passes: self.passes.saturating_add(passes).saturating_add(kept),
            greedy: 0,
            lazy: 0,
            captures: 0,
            length: 0,
            ..self
        }
    }
}

/// How often a part is repeated.
#[derive(Clone, Copy)]
pub(super) struct Repetition {
    pub(super) least: u64,
    pub(super) most: u64,
    pub(super) is_lazy: bool,
}
