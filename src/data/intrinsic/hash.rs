use std::fmt::Write as _;

use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::arguments::{Arguments, Refusal, is_short, printed, text};

/// `States.Hash(data, algorithm)`: lower-case hexadecimal digits. Data that is not a text is hashed as compact JSON.
pub(super) fn hash(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [data, algorithm] = arguments.exactly()?;
    let data = printed(data);
    if !is_short(&data) {
        return Err(Refusal::InvalidArguments);
    }
    let digest = digest(&data, text(algorithm)?).ok_or(Refusal::InvalidArguments)?;
    Ok(digest.into())
}

/// The lower-case hexadecimal digest of a text's UTF-8; `None` if AWS does not have the algorithm.
pub(in crate::data) fn digest(data: &str, algorithm: &str) -> Option<String> {
    match algorithm {
        "MD5" => Some(hexadecimal(&Md5::digest(data.as_bytes()))),
        "SHA-1" => Some(hexadecimal(&Sha1::digest(data.as_bytes()))),
        "SHA-256" => Some(hexadecimal(&Sha256::digest(data.as_bytes()))),
        "SHA-384" => Some(hexadecimal(&Sha384::digest(data.as_bytes()))),
        "SHA-512" => Some(hexadecimal(&Sha512::digest(data.as_bytes()))),
        _ => None,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use crate::data::intrinsic::tests::{refused, value};
    use serde_json::json;

    #[test]
    fn algorithms() {
        assert_eq!(
            value("States.Hash('input data', 'MD5')"),
            json!("812f45842bc6d66ee14572ce20db8e86")
        );
        assert_eq!(
            value("States.Hash('input data', 'SHA-1')"),
            json!("aaff4a450a104cd177d28d18d74485e8cae074b7")
        );
        let length = |algorithm| {
            value(&format!("States.Hash('', '{algorithm}')"))
                .as_str()
                .unwrap()
                .len()
        };
        assert_eq!([length("SHA-256"), length("SHA-384"), length("SHA-512")], [64, 96, 128]);
    }

    #[test]
    fn names_are_exact() {
        for algorithm in ["'sha-1'", "'SHA1'", "'MD-5'", "''", "1"] {
            assert_eq!(
                refused(&format!("States.Hash('a', {algorithm})")),
                "Invalid arguments in States.Hash"
            );
        }
        assert_eq!(value("States.Hash(5, 'MD5')"), value("States.Hash('5', 'MD5')"));
    }
}
