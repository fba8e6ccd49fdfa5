//! Services of the protocol AWS JSON, which are called by facts about the names of their members alone.
//!
//! Members are spelt as in Step Functions, with a capital, but in services whose own begin with a small letter; the keys
//! of maps are data. Times are seconds, and bytes are in Base64.

use serde_json::{Map, Value};

use super::integration::{is_text, text_of};
use super::scalar::{TimeForm, Times, from_base64, time_to_wire, to_base64};

/// The file explains its lines.
const SERVICES: &str = include_str!("api/json_services.txt");

/// A line of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonService {
    /// As `aws-sdk:` names it.
    name: &'static str,
    pub(super) signing_name: &'static str,
    /// `1.0` or `1.1`.
    pub(super) version: &'static str,
    target_prefix: &'static str,
    /// Its class in the AWS SDK for Java 2.
    pub(super) class: &'static str,
    is_camel: bool,
    /// Members whose first letter is otherwise than that of most.
    exceptions: &'static str,
    times: &'static str,
    blobs: &'static str,
    maps: &'static str,
    pub(super) errors: &'static str,
}

impl JsonService {
    /// A service by its name in `aws-sdk:`.
    pub(super) fn of(name: &str) -> Option<Self> {
        let is_of = |line: &&str| line.split(' ').next() == Some(name);
        let line = SERVICES.lines().filter(|line| !line.starts_with('#')).find(is_of)?;
        let mut columns = line.split(" |").map(str::trim);
        let mut words = columns.next()?.split(' ');
        Some(Self {
            name: words.next()?,
            signing_name: words.next()?,
            version: words.next()?,
            target_prefix: words.next()?,
            class: words.next()?,
            is_camel: words.next()? == "c",
            exceptions: columns.next()?,
            times: columns.next()?,
            blobs: columns.next()?,
            maps: columns.next()?,
            errors: columns.next()?,
        })
    }

    /// The `X-Amz-Target` of an action.
    pub(super) fn target(&self, action: &str) -> String {
        format!("{}.{}", self.target_prefix, with_capital(action))
    }

    /// A task's parameters as the service spells them.
    pub(super) fn to_wire(self, action: &str, parameters: &Value) -> Value {
        let Value::Object(given) = parameters else {
            return parameters.clone();
        };
        let members = given.iter().map(|(name, value)| {
            let is_exception = has(self.exceptions, &format!("{action}.{}", with_small_letter(name)))
                || has(self.exceptions, &format!("{action}.{name}"));
            let wire = self.spelling(name, is_exception);
            (wire, self.member_to_wire(name, value))
        });
        Value::Object(members.collect())
    }

    fn member_to_wire(self, name: &str, value: &Value) -> Value {
        let is = |names: &str| has(names, name) || has(names, &with_small_letter(name));
        match value {
            Value::Null => Value::Null,
            Value::Array(items) if !is_text(self.name, name) && !is(self.blobs) => {
                items.iter().map(|item| self.member_to_wire(name, item)).collect()
            }
            value if is(self.blobs) => to_base64(value),
            value if is(self.times) => time_to_wire(value, TimeForm::Epoch),
            value if is_text(self.name, name) => text_of(value).into(),
            Value::Object(given) if is(self.maps) => {
                let entries = given
                    .iter()
                    .map(|(key, value)| (key.clone(), self.value_to_wire(value)));
                Value::Object(entries.collect())
            }
            value => self.value_to_wire(value),
        }
    }

    fn value_to_wire(self, value: &Value) -> Value {
        match value {
            Value::Object(given) => {
                let members = given.iter().map(|(name, value)| {
                    let wire = self.spelling(name, false);
                    (wire, self.member_to_wire(name, value))
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => items.iter().map(|item| self.value_to_wire(item)).collect(),
            value => value.clone(),
        }
    }

    /// A member's name on the wire.
    fn spelling(self, name: &str, is_exception: bool) -> String {
        let (small, capital) = (with_small_letter(name), with_capital(name));
        let usual = if self.is_camel { &small } else { &capital };
        let other = if self.is_camel { &capital } else { &small };
        let wire = if is_exception || has(self.exceptions, other) {
            other
        } else {
            usual
        };
        wire.clone()
    }

    /// A response in the spelling of Step Functions.
    pub(super) fn spelt(self, response: &Value, times: Times) -> Value {
        match response {
            Value::Object(given) => {
                let mut members = Map::new();
                for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                    members.insert(with_capital(name), self.member_from_wire(name, value, times));
                }
                members.into()
            }
            Value::Array(items) => items.iter().map(|item| self.spelt(item, times)).collect(),
            value => value.clone(),
        }
    }

    fn member_from_wire(self, name: &str, value: &Value, times: Times) -> Value {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.member_from_wire(name, item, times))
                .collect(),
            Value::Number(seconds) if has(self.times, name) => {
                times.of_seconds(seconds).unwrap_or_else(|| value.clone())
            }
            Value::String(text) if has(self.blobs, name) => from_base64(text),
            Value::Object(given) if has(self.maps, name) => {
                let entries = given.iter().map(|(key, value)| (key.clone(), self.spelt(value, times)));
                Value::Object(entries.collect())
            }
            value => self.spelt(value, times),
        }
    }
}

fn has(names: &str, name: &str) -> bool {
    names.split(' ').any(|listed| listed == name)
}

pub(super) fn with_capital(name: &str) -> String {
    first_letter(name, char::to_ascii_uppercase)
}

fn with_small_letter(name: &str) -> String {
    first_letter(name, char::to_ascii_lowercase)
}

fn first_letter(name: &str, change: impl Fn(&char) -> char) -> String {
    let mut letters = name.chars();
    let first = letters.next();
    first.iter().map(change).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_line_is_a_service() {
        let lines: Vec<_> = SERVICES.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 100);
        for line in lines {
            let name = line.split(' ').next().unwrap();
            let service = JsonService::of(name).unwrap_or_else(|| panic!("{line}"));
            assert!(matches!(service.version, "1.0" | "1.1"), "{line}");
        }
        assert!(JsonService::of("nothing").is_none());
    }

    #[test]
    fn members_are_spelt_as_the_service_spells_them_and_keys_stay() {
        let ecs = JsonService::of("ecs").unwrap();
        assert_eq!(ecs.target("runTask"), "AmazonEC2ContainerServiceV20141113.RunTask");
        let parameters = json!({
            "TaskDefinition": "bake", "Tags": [{ "Key": "Shop", "Value": "Roma" }],
            "Overrides": { "ContainerOverrides": [{ "Name": "oven", "Environment": [{ "Name": "HEAT", "Value": "Top" }] }] },
        });
        let wire = json!({
            "taskDefinition": "bake", "tags": [{ "key": "Shop", "value": "Roma" }],
            "overrides": { "containerOverrides": [{ "name": "oven", "environment": [{ "name": "HEAT", "value": "Top" }] }] },
        });
        assert_eq!(ecs.to_wire("runTask", &parameters), wire);
        assert_eq!(ecs.spelt(&wire, Times::Iso), parameters);

        let dynamodb = JsonService::of("dynamodb").unwrap();
        let item = json!({ "Item": { "id": { "S": "1" }, "parts": { "M": { "dough": { "L": [{ "N": "2" }] } } } } });
        assert_eq!(dynamodb.to_wire("putItem", &item), item);
        assert_eq!(dynamodb.spelt(&item, Times::Iso), item);

        let sqs = JsonService::of("sqs").unwrap();
        let tags = json!({ "Tags": { "shop": "Roma" } });
        assert_eq!(sqs.to_wire("createQueue", &tags), json!({ "tags": { "shop": "Roma" } }));
        assert_eq!(sqs.to_wire("tagQueue", &tags), tags);
    }

    #[test]
    fn times_and_bytes_are_spelt_as_step_functions_spells_them() {
        let secrets = JsonService::of("secretsmanager").unwrap();
        let response = json!({ "CreatedDate": 1_780_000_000.5, "SecretBinary": "aGk=", "VersionIdsToStages": { "a1": ["AWSCURRENT"] } });
        assert_eq!(
            secrets.spelt(&response, Times::Iso),
            json!({ "CreatedDate": "2026-05-28T20:26:40.500Z", "SecretBinary": "hi", "VersionIdsToStages": { "a1": ["AWSCURRENT"] } })
        );
        assert_eq!(
            secrets.spelt(&response, Times::Milliseconds)["CreatedDate"],
            json!(1_780_000_000_500_i64)
        );
        let request = json!({ "SecretString": { "user": "Anna" } });
        assert_eq!(
            secrets.to_wire("putSecretValue", &request),
            json!({ "SecretString": "{\"user\":\"Anna\"}" })
        );
        let kinesis = JsonService::of("kinesis").unwrap();
        let record = json!({ "Records": [{ "Data": { "id": 1 }, "PartitionKey": "1" }] });
        assert_eq!(
            kinesis.to_wire("putRecords", &record),
            json!({ "Records": [{ "Data": "eyJpZCI6MX0=", "PartitionKey": "1" }] })
        );
    }
}
