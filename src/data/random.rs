use std::cell::Cell;

use serde::{Deserialize, Serialize};

/// A seeded random generator. The same seed gives the same numbers in every release, since histories must replay.
///
/// The algorithm is `SplitMix64`; it is not meant for secrets. The state sits in a [`Cell`], so that evaluation, which
/// borrows everything else, may draw from it.
///
/// ```
/// use asl_engine::data::Random;
///
/// let random = Random::seeded(42);
/// assert_eq!(random.next_u64(), 13_679_457_532_755_275_413);
/// assert_eq!(random.uuid(), "28efe333-b266-4103-8752-6757130f9f52");
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Random {
    state: Cell<u64>,
}

impl Random {
    /// A generator that starts at `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }

    /// Whether both go on with the same numbers.
    pub(crate) fn goes_on_like(&self, other: &Self) -> bool {
        self.state == other.state
    }

    /// The seed with which another one goes on like this one.
    pub(crate) fn seed(&self) -> u64 {
        self.state.get()
    }

    /// The next 64 random bits.
    pub fn next_u64(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `[0, 1)`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
    pub fn uniform(&self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number in `[0, n)`, each equally likely; 0 if `n` is 0.
    pub fn below(&self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        // The top `2^64 mod n` draws would make the small numbers likelier, so they are drawn again.
        let biased = (u64::MAX % n + 1) % n;
        loop {
            let draw = self.next_u64();
            if draw <= u64::MAX - biased {
                return draw % n;
            }
        }
    }

    /// A version 4 UUID in its usual text form, lower case.
    pub fn uuid(&self) -> String {
        let high = self.next_u64() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
        let low = self.next_u64() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_restored_generator_goes_on_where_it_was() {
        let random = Random::seeded(7);
        random.next_u64();
        let text = serde_json::to_string(&random).unwrap();
        let restored: Random = serde_json::from_str(&text).unwrap();
        assert_eq!(restored.next_u64(), random.next_u64());
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let random = Random::seeded(1);
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&random.uniform()));
            assert!(random.below(3) < 3);
        }
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }

    #[test]
    fn a_uuid_carries_its_version_and_variant() {
        let random = Random::seeded(9);
        for _ in 0..100 {
            let uuid = random.uuid();
            assert_eq!(uuid.len(), 36);
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        }
    }
}
