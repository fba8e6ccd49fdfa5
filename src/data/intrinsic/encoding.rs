use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::arguments::{Arguments, Refusal, is_short, text};

/// As lenient as AWS's decoder: padding may be missing, and unused bits may be set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `States.Base64Encode(text)`: on one line, with padding.
pub(super) fn base64_encode(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [data] = arguments.exactly()?;
    let data = text(data)?;
    if is_short(data) {
        Ok(BASE64.encode(data).into())
    } else {
        Err(Refusal::InvalidArguments)
    }
}

/// `States.Base64Decode(text)`: skips characters that are not Base64, and accepts missing padding.
pub(super) fn base64_decode(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [data] = arguments.exactly()?;
    let data = text(data)?;
    if !is_short(data) {
        return Err(Refusal::InvalidArguments);
    }
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut digits: Vec<u8> = data.bytes().take_while(|byte| *byte != b'=').filter(is_digit).collect();
    if digits.len() % 4 == 1 {
        // A single digit holds six bits, which are not a byte.
        digits.pop();
    }
    let bytes = BASE64.decode(digits).map_err(|_| Refusal::InvalidArguments)?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

#[cfg(test)]
mod tests {
    use crate::data::intrinsic::tests::{refused, value};
    use serde_json::json;

    #[test]
    fn encodes_in_one_line() {
        assert_eq!(
            value("States.Base64Encode('Data to encode')"),
            json!("RGF0YSB0byBlbmNvZGU=")
        );
        assert_eq!(value("States.Base64Encode('')"), json!(""));
        assert_eq!(
            refused("States.Base64Encode(1)"),
            "Invalid arguments in States.Base64Encode"
        );
        let long = |length: usize| format!("States.Base64Encode('{}')", "é".repeat(length));
        assert!(!value(&long(10_000)).as_str().unwrap().contains('\n'));
        assert_eq!(refused(&long(10_001)), "Invalid arguments in States.Base64Encode");
    }

    #[test]
    fn decodes_leniently() {
        for text in [
            "RGF0YSB0byBlbmNvZGU=",
            "RGF0YSB0byBlbmNvZGU",
            " RGF0 YSB0\nby!BlbmNvZGU= ",
            "RGF0YSB0byBlbmNvZGUX",
        ] {
            let decoded = value(&format!("States.Base64Decode('{text}')"));
            assert!(
                decoded.as_str().unwrap().starts_with("Data to encode"),
                "{text}: {decoded}"
            );
        }
        assert_eq!(value("States.Base64Decode('A')"), json!(""));
        assert_eq!(value("States.Base64Decode('//8=')"), json!("\u{fffd}\u{fffd}"));
    }
}
