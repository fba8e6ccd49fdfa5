use serde_json::Value;

use crate::data::Random;

/// `States.UUID()`: a version 4 UUID.
pub(super) fn uuid(random: &Random) -> Value {
    random.uuid().into()
}
