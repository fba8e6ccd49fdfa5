//! Where AWS's own APIs are: the hosts of services in regions (`endpoints.txt`, written by `.ci/service-endpoints.py`).
//!
//! | line | content |
//! |---|---|
//! | `partition NAME PREFIXES SUFFIX DUAL` | a partition: how its regions begin, and the ends of its hosts |
//! | `service ID PREFIX [PARTITION:HOST[@REGION] …]` | a service by its name in `aws-sdk:`: its id as in `AWS_ENDPOINT_URL_ID`, and the start of its hosts; where its host is another one, `*` in all partitions; the region that requests are signed for, if it has one alone |
//!
//! In a host, `{region}` is the region, `{suffix}` and `{dual}` are the partition's ends.

const FACTS: &str = include_str!("endpoints.txt");

/// A service's host in a region.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    /// The region that requests are signed for.
    pub(super) region: String,
}

/// The host of a service, by its name in `aws-sdk:`; `None` if no public partition has such a region, or for an unknown service.
pub(super) fn host(service: &str, region: &str) -> Option<Host> {
    let (partition, suffix, dual) = partition_of(region)?;
    let mut words = facts(service)?.skip(1);
    let prefix = words.next()?;
    let exception = words.find_map(|word| {
        let (place, host) = word.split_once(':')?;
        (place == "*" || place == partition).then_some(host)
    });
    let usual = format!("{prefix}.{{region}}.{{suffix}}");
    let template = exception.unwrap_or(&usual);
    let (template, signed_for) = template.split_once('@').unwrap_or((template, region));
    let name = template
        .replace("{region}", region)
        .replace("{suffix}", suffix)
        .replace("{dual}", dual);
    Some(Host {
        name,
        region: signed_for.to_owned(),
    })
}

/// What stands before a service's host for an action that has a host of its own.
pub(super) fn prefix(service: &str, action: &str) -> Option<&'static str> {
    match (service, action) {
        ("servicediscovery", "discoverInstances" | "discoverInstancesRevision") => Some("data-"),
        ("sfn", "startSyncExecution" | "testState") => Some("sync-"),
        _ => None,
    }
}

/// Whether each account has hosts of its own for a service, which it has to be asked for. They are not looked for here.
pub(super) fn is_of_account(service: &str) -> bool {
    matches!(service, "timestreamquery" | "timestreamwrite")
}

/// A service's id as it stands in names of variables: `DYNAMODB`, `SECRETS_MANAGER`.
pub(super) fn id(service: &str) -> Option<&'static str> {
    facts(service)?.next()
}

/// The words behind a service's name.
fn facts(service: &str) -> Option<impl Iterator<Item = &'static str>> {
    let mut lines = FACTS.lines().filter(|line| !line.starts_with("partition "));
    lines.find_map(|line| {
        let mut words = line.split(' ');
        (words.next() == Some(service)).then_some(words)
    })
}

/// The partition of a region, with the ends of its hosts.
fn partition_of(region: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let lines = FACTS.lines().filter_map(|line| line.strip_prefix("partition "));
    let partitions = lines.filter_map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        let [name, prefixes, suffix, dual] = words[..] else {
            return None;
        };
        let starts = |prefix: &&str| region.strip_prefix(*prefix).is_some_and(|rest| rest.starts_with('-'));
        let longest = prefixes.split('|').filter(starts).map(str::len).max()?;
        Some((longest, (name, suffix, dual)))
    });
    // `us-gov-west-1` begins as regions of two partitions do.
    let found = partitions.max_by_key(|(longest, _)| *longest)?;
    let is_public = !["us-iso", "eu-iso"].iter().any(|secret| region.starts_with(secret));
    (is_region(region) && is_public).then_some(found.1)
}

/// The region of an API of API Gateway, by its host: `ID.execute-api.REGION.amazonaws.com`. `None` for any other host: data may
/// name it, and a request may be signed.
pub(super) fn region_of_api(host: &str) -> Option<&str> {
    let (_, place) = host.split_once(".execute-api.")?;
    let (region, end) = place.split_once('.')?;
    let (_, suffix, dual) = partition_of(region)?;
    let is_of_aws = end == dual || end.strip_prefix("vpce.").unwrap_or(end) == suffix;
    is_of_aws.then_some(region)
}

/// Whether a text may be a region's name: it stands in hosts and in signatures, and data may name it.
pub(super) fn is_region(text: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    !text.is_empty() && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::aws::api::SERVICES;

    #[test]
    fn every_service_has_its_host_and_its_id() {
        for (name, _) in SERVICES {
            assert!(host(name, "eu-west-1").is_some() && id(name).is_some(), "{name}");
        }
        for (service, region, name, signed_for) in [
            ("dynamodb", "eu-west-1", "dynamodb.eu-west-1.amazonaws.com", "eu-west-1"),
            ("sfn", "cn-north-1", "states.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (
                "eventbridge",
                "us-gov-west-1",
                "events.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
            ),
            ("waf", "eu-west-1", "waf.amazonaws.com", "us-east-1"),
            (
                "transcribe",
                "cn-north-1",
                "cn.transcribe.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
            ),
            (
                "interconnect",
                "eusc-de-east-1",
                "interconnect.eusc-de-east-1.api.amazonwebservices.eu",
                "eusc-de-east-1",
            ),
        ] {
            let found = host(service, region).unwrap();
            assert_eq!((&*found.name, &*found.region), (name, signed_for));
        }
        assert_eq!(id("secretsmanager"), Some("SECRETS_MANAGER"));
    }

    #[test]
    fn an_api_of_api_gateway_is_known_by_its_host() {
        for (host, region) in [
            ("abc.execute-api.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("abc-vpce-1.execute-api.us-east-1.vpce.amazonaws.com", Some("us-east-1")),
            ("abc.execute-api.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("abc.execute-api.us-east-1.api.aws", Some("us-east-1")),
            ("api.example.com", None),
            ("abc.execute-api.us-east-1.example.com", None),
            ("abc.execute-api.us-east-1.amazonaws.com.example.com", None),
            ("abc.execute-api.us-east-1.amazonaws.com:8443", None),
            ("abc.execute-api..amazonaws.com", None),
        ] {
            assert_eq!(region_of_api(host), region, "{host}");
        }
    }

    #[test]
    fn a_region_is_no_part_of_another_host() {
        for region in [
            "",
            "nowhere",
            "us-iso-east-1",
            "evil.com/us-east-1",
            "us-east-1.evil.com",
            "US-EAST-1",
        ] {
            assert_eq!(host("sqs", region), None, "{region}");
        }
        assert_eq!(host("nothing", "us-east-1"), None);
        assert_eq!(host("partition", "us-east-1"), None);
    }
}
