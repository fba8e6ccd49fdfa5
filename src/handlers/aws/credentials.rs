//! Credentials that are kept until shortly before they expire.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

use super::connection::first_cause;

/// Credentials are not used in the last minutes before they expire.
const SPARE: Duration = Duration::from_mins(5);
/// How long credentials without an expiry are used: files with them may change.
const LONGEST: Duration = Duration::from_mins(15);

/// A provider that asks another one only when it has to, and once for all who wait.
#[derive(Debug)]
pub(super) struct CachedCredentials {
    provider: SharedCredentialsProvider,
    /// How often the other provider has answered.
    answers: AtomicU64,
    last: Mutex<Last>,
}

/// The last answer of the other provider.
#[derive(Debug, Default)]
enum Last {
    #[default]
    None,
    Given {
        credentials: Credentials,
        until: SystemTime,
    },
    Failed(String),
}

impl CachedCredentials {
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            answers: AtomicU64::new(0),
            last: Mutex::default(),
        }
    }

    async fn current(&self) -> Result<Credentials, CredentialsError> {
        let seen = self.answers.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        match &*last {
            Last::Given { credentials, until } if now() < *until => return Ok(credentials.clone()),
            // Somebody else has asked meanwhile.
            Last::Failed(reason) if self.answers.load(Ordering::Acquire) != seen => {
                return Err(CredentialsError::provider_error(reason.clone()));
            }
            _ => {}
        }
        let answer = self.provider.provide_credentials().await;
        self.answers.fetch_add(1, Ordering::Release);
        match answer {
            Ok(credentials) => {
                let until = match credentials.expiry() {
                    Some(expiry) => expiry.checked_sub(SPARE).unwrap_or(expiry),
                    None => now() + LONGEST,
                };
                *last = Last::Given {
                    credentials: credentials.clone(),
                    until,
                };
                Ok(credentials)
            }
            Err(error) => {
                *last = Last::Failed(first_cause(&error));
                Err(error)
            }
        }
    }
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(self.current())
    }
}

#[expect(clippy::disallowed_methods, reason = "credentials expire by the system's time")]
fn now() -> SystemTime {
    SystemTime::from(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// Gives the answers, and counts how often it was asked.
    #[derive(Debug)]
    struct Counting {
        asked: Arc<AtomicU64>,
        expiry: Option<SystemTime>,
        fails: bool,
    }

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> Provided<'a>
        where
            Self: 'a,
        {
            Provided::new(async {
                tokio::task::yield_now().await;
                self.asked.fetch_add(1, Ordering::Relaxed);
                if self.fails {
                    return Err(CredentialsError::provider_error("no such role"));
                }
                Ok(Credentials::new("AKID", "secret", None, self.expiry, "test"))
            })
        }
    }

    fn cached(expiry: Option<SystemTime>, fails: bool) -> (CachedCredentials, Arc<AtomicU64>) {
        let asked = Arc::new(AtomicU64::new(0));
        let counting = Counting {
            asked: Arc::clone(&asked),
            expiry,
            fails,
        };
        (CachedCredentials::new(SharedCredentialsProvider::new(counting)), asked)
    }

    #[tokio::test]
    async fn credentials_are_asked_for_once_until_they_expire() {
        let minutes = |count| Some(now() + Duration::from_mins(count));
        for (expiry, expected) in [(None, 1), (minutes(60), 1), (minutes(4), 3)] {
            let (cached, asked) = cached(expiry, false);
            for _ in 0..3 {
                cached.provide_credentials().await.unwrap();
            }
            assert_eq!(asked.load(Ordering::Relaxed), expected, "{expiry:?}");
        }
    }

    #[tokio::test]
    async fn who_waits_for_an_answer_shares_it_also_if_it_is_none() {
        for fails in [false, true] {
            let (cached, asked) = cached(None, fails);
            let (one, two, three) = tokio::join!(cached.current(), cached.current(), cached.current());
            for answer in [one, two, three] {
                assert_eq!(answer.is_err(), fails);
            }
            assert_eq!(asked.load(Ordering::Relaxed), 1);
            assert_eq!(cached.current().await.is_err(), fails);
            assert_eq!(
                asked.load(Ordering::Relaxed),
                1 + u64::from(fails),
                "a failure is not kept"
            );
        }
    }
}
