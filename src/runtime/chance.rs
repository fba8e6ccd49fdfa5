//! Names, seeds and secrets of executions.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

use crate::execution::TokenSecret;

/// A source of random numbers that asks the system once: a keyed hash of a counter.
///
/// Asking for each execution takes longer than running a small one.
#[derive(Debug, Clone)]
pub(super) struct Chance {
    keys: RandomState,
    /// Random bits of their own, since task tokens must stay unguessable for who knows any number of names.
    secret: Arc<str>,
    drawn: Arc<AtomicU64>,
}

impl Chance {
    /// A random number.
    pub(super) fn number(&self) -> u64 {
        self.keys.hash_one(self.drawn.fetch_add(1, Ordering::Relaxed))
    }

    /// A version 4 UUID.
    pub(super) fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        let (high, low) = bytes.split_at_mut(8);
        high.copy_from_slice(&self.number().to_be_bytes());
        low.copy_from_slice(&self.number().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// A version 7 UUID: those that are drawn later sort later, which a store likes.
    #[cfg(feature = "store")]
    pub(super) fn uuid_at(&self, now: chrono::DateTime<chrono::Utc>) -> String {
        let mut bytes = [0; 10];
        let (high, low) = bytes.split_at_mut(8);
        high.copy_from_slice(&self.number().to_be_bytes());
        for (byte, drawn) in low.iter_mut().zip(self.number().to_be_bytes()) {
            *byte = drawn;
        }
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes)
            .into_uuid()
            .to_string()
    }

    /// A secret that no other execution has.
    pub(super) fn token_secret(&self) -> TokenSecret {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        TokenSecret::numbered(Arc::clone(&self.secret), NonZeroU64::MIN.saturating_add(drawn))
    }
}

impl Default for Chance {
    #[expect(
        clippy::disallowed_methods,
        reason = "the driver is where names, seeds and secrets come from"
    )]
    fn default() -> Self {
        // As many random bits as two UUIDs have, in half the characters.
        let mut secret = BASE64_URL_SAFE_NO_PAD.encode(Uuid::new_v4());
        BASE64_URL_SAFE_NO_PAD.encode_string(Uuid::new_v4(), &mut secret);
        Self {
            keys: RandomState::new(),
            secret: secret.into(),
            drawn: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;
    use std::collections::HashSet;
    use uuid::Uuid;

    #[test]
    fn names_are_uuids_and_never_the_same() {
        let (chance, other) = (Chance::default(), Chance::default());
        let names: HashSet<String> = (0..1_000).flat_map(|_| [chance.uuid(), other.uuid()]).collect();
        assert_eq!(names.len(), 2_000);
        assert!(
            names
                .iter()
                .all(|name| Uuid::parse_str(name).unwrap().get_version_num() == 4)
        );
    }

    #[test]
    fn a_clone_draws_other_numbers() {
        let chance = Chance::default();
        assert_ne!(chance.clone().number(), chance.number());
    }
}
