//! The number of values that a part of an expression holds or looks at.

/// How many values something holds, or how many are looked at.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// In all rounds of the innermost loop together, as a multiple of the loop's collection.
    pub(super) own: u64,
    /// In each round, as a multiple of the expression's input.
    pub(super) each: u64,
    /// In each round, however much the expression reads.
    pub(super) fixed: u64,
}

impl Size {
    pub(super) const NOTHING: Self = Self::fixed(0);
    /// The whole input of the expression, or the whole collection of the loop.
    pub(super) const ALL: Self = Self {
        own: 1,
        each: 0,
        fixed: 0,
    };

    pub(super) const fn fixed(fixed: u64) -> Self {
        Self { own: 0, each: 0, fixed }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            own: self.own.saturating_add(other.own),
            each: self.each.saturating_add(other.each),
            fixed: self.fixed.saturating_add(other.fixed),
        }
    }

    pub(super) fn times(self, times: u64) -> Self {
        Self {
            own: self.own.saturating_mul(times),
            each: self.each.saturating_mul(times),
            fixed: self.fixed.saturating_mul(times),
        }
    }

    /// The same size as seen from inside a loop.
    pub(super) fn in_each_round(self) -> Self {
        Self {
            own: 0,
            each: self.own.saturating_add(self.each),
            fixed: self.fixed,
        }
    }

    /// The smaller size, since a comparison stops at the end of the smaller side.
    pub(super) fn smaller(self, other: Self) -> Self {
        if (other.each, other.own, other.fixed) < (self.each, self.own, self.fixed) {
            other
        } else {
            self
        }
    }
}
