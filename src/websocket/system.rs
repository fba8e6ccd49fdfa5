//! The clock and the randomness of the machine: the only file here that reads either.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use chrono::{DateTime, Utc};

/// Draws an identifier in the form of API Gateway's connection and request ids: 16 characters that end in `=`.
///
/// It carries 88 random bits of the system, so nobody can guess another one's connection id.
pub(super) fn identifier() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 11];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE.encode(bytes))
}

/// The time of day.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is a driver: events carry the time of day"
)]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn identifiers_look_like_those_of_api_gateway() {
        let id = identifier().unwrap();
        assert_eq!(id.len(), 16);
        assert!(id.ends_with('='));
        assert_eq!(id.matches('=').count(), 1);
        assert_ne!(id, identifier().unwrap());
    }
}
