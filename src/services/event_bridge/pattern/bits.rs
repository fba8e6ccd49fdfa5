//! Sets of small numbers.

/// A set of numbers below a bound that all sets of a pattern share.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bits(Box<[u64]>);

impl Bits {
    pub(super) fn none(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)].into())
    }

    pub(super) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0
            .get(number / 64)
            .is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    pub(super) fn remove(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_added_and_removed() {
        let (mut a, mut b) = (Bits::none(100), Bits::none(100));
        a.insert(3);
        b.insert(99);
        a.add(&b);
        assert!(a.contains(3) && a.contains(99) && !a.contains(4) && !a.contains(1000));
        a.remove(&b);
        assert!(a.contains(3) && !a.contains(99));
    }
}
