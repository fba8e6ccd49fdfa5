//! `Resource`: the target of a Task, parsed once.

mod integrations;
mod sdk_services;

use std::fmt;
use std::sync::Arc;

use self::integrations::{INTEGRATIONS, Integration, NOT_IN_SDK, split_pattern};
use self::sdk_services::{SDK_SERVICES, is_sdk_service};

/// The `Resource` ARN of a Task state (developer guide, "Integrating services"); a clone is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resource(Arc<Parsed>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Parsed {
    arn: Arc<str>,
    kind: ResourceKind,
    pattern: IntegrationPattern,
}

/// The kind of a [`Resource`]; it determines the history events of the task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`: a function, called directly.
    LambdaFunction,
    /// `arn:aws:states:REGION:ACCOUNT:activity:NAME`: an activity, polled for by workers.
    Activity,
    /// `arn:aws:states:::SERVICE:ACTION`: a service integration, optimised or `aws-sdk:`.
    Service {
        /// The history's `resourceType`: `lambda`, `events`, `aws-sdk:dynamodb`.
        resource_type: Arc<str>,
        /// The history's `resource`: `invoke`, `sendMessage.waitForTaskToken`.
        resource: Arc<str>,
    },
}

/// The integration pattern: when a task counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IntegrationPattern {
    /// Request response: done when the service has answered.
    RequestResponse,
    /// `.sync`, `.sync:2`: done when the started job has ended.
    Sync,
    /// `.waitForTaskToken`: done when an answer with the task token arrives.
    WaitForTaskToken,
}

impl Resource {
    /// The resources of all optimised integrations, in all of their patterns.
    #[cfg(all(test, feature = "aws"))]
    pub(crate) fn optimised() -> impl Iterator<Item = Self> {
        let texts = INTEGRATIONS.iter().flat_map(|integration| {
            let suffixes = [""].into_iter().chain(integration.suffixes());
            suffixes.map(|suffix| format!("arn:aws:states:::{}{suffix}", integration.name))
        });
        texts.filter_map(|text| Self::parse(&text))
    }

    /// Parses an ARN. `None` if Step Functions does not know its form, or if it names an optimised integration that
    /// does not exist.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let ("arn", partition, service, _region, _account, rest) = (
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
        ) else {
            return None;
        };
        if !partition.starts_with("aws") || rest.is_empty() {
            return None;
        }
        let (kind, pattern) = match service {
            "lambda" => {
                rest.strip_prefix("function:").filter(|name| is_function_name(name))?;
                (ResourceKind::LambdaFunction, IntegrationPattern::RequestResponse)
            }
            "states" => match rest.strip_prefix("activity:") {
                Some(name) if !is_name(name) => return None,
                Some(_) => (ResourceKind::Activity, IntegrationPattern::RequestResponse),
                None => service_integration(rest)?,
            },
            _ => return None,
        };
        Some(Self(Arc::new(Parsed {
            arn: arn.into(),
            kind,
            pattern,
        })))
    }

    /// The resource by which a distributed Map reads its items or writes its results: `arn:aws:states:::ACTION` with
    /// one of the actions.
    ///
    /// Tasks cannot call them.
    pub(crate) fn of_map(arn: &str, actions: &[&str]) -> Option<Self> {
        let (partition, action) = arn.strip_prefix("arn:")?.split_once(":states:::")?;
        let (resource_type, resource) = actions.iter().find(|name| **name == action)?.split_once(':')?;
        let is_partition = partition.starts_with("aws") && !partition.contains(':');
        is_partition.then(|| {
            Self(Arc::new(Parsed {
                arn: arn.into(),
                kind: ResourceKind::Service {
                    resource_type: resource_type.into(),
                    resource: resource.into(),
                },
                pattern: IntegrationPattern::RequestResponse,
            }))
        })
    }

    /// A resource of a task, or one by which a distributed Map reads its items or writes its results.
    #[cfg(feature = "restate")]
    pub(crate) fn of_task_or_map(arn: &str) -> Option<Self> {
        let of_map = ["s3:getObject", "s3:listObjectsV2", "s3:putObject"];
        Self::parse(arn).or_else(|| Self::of_map(arn, &of_map))
    }

    /// The service of an `aws-sdk:` integration that is in no list of this version, with help; `similar` finds the nearest
    /// name.
    pub(crate) fn unknown_service<'c>(
        &self,
        similar: impl FnOnce(&str, Vec<&'c str>) -> Option<&'c str>,
    ) -> Option<(&str, String)> {
        let ResourceKind::Service {
            resource_type,
            resource,
        } = self.kind()
        else {
            return None;
        };
        let service = resource_type.strip_prefix("aws-sdk:")?;
        if is_sdk_service(service) {
            return None;
        }
        let (action, suffix, _) = split_pattern(resource);
        Some((service, advice_for_sdk(service, action, suffix, similar)))
    }

    /// Help for an ARN that does not parse; `similar` finds the nearest name.
    pub(crate) fn advice<'c>(arn: &str, similar: impl FnOnce(&str, Vec<&'c str>) -> Option<&'c str>) -> String {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "lambda", ..] => {
                "a function is written `arn:aws:lambda:REGION:ACCOUNT:function:NAME` or `…:NAME:ALIAS`".to_owned()
            }
            ["arn", _, "states", _, _, rest] if rest.starts_with("activity:") => format!(
                "an activity is written `arn:aws:states:REGION:ACCOUNT:activity:NAME`; a name has 1 to {LONGEST_NAME} \
                 characters, and none of `{FORBIDDEN_IN_NAMES}` and no blanks"
            ),
            ["arn", _, "states", _, _, rest] => advice_for_service(rest, similar),
            ["arn", _, service, ..] => format!(
                "a Task calls functions, activities and service integrations; try `arn:aws:states:::aws-sdk:{service}:ACTION`"
            ),
            _ if arn.starts_with('$') || arn.starts_with("{%") => {
                "`Resource` is a constant, such as `arn:aws:states:::lambda:invoke`; what it calls can be computed in \
                 `Parameters` or `Arguments`"
                    .to_owned()
            }
            _ => "an ARN is written like `arn:aws:states:::lambda:invoke`".to_owned(),
        }
    }

    /// The ARN in the definition.
    pub fn arn(&self) -> &str {
        &self.0.arn
    }

    /// The same as a shared text.
    pub(crate) fn shared_arn(&self) -> Arc<str> {
        Arc::clone(&self.0.arn)
    }

    /// Where it lies in memory; no two resources that live share it, except for clones.
    #[cfg(feature = "runtime")]
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The kind of resource.
    pub fn kind(&self) -> &ResourceKind {
        &self.0.kind
    }

    /// The service and its action, if it is a service integration: `s3` and `getObject`, `aws-sdk:sfn` and
    /// `startExecution`.
    pub(crate) fn service(&self) -> Option<(&str, &str)> {
        match self.kind() {
            ResourceKind::Service {
                resource_type,
                resource,
            } => Some((resource_type, resource)),
            _ => None,
        }
    }

    /// The integration pattern.
    pub fn pattern(&self) -> IntegrationPattern {
        self.0.pattern
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.arn)
    }
}

/// `SERVICE:ACTION[.PATTERN]`, `aws-sdk:SERVICE:ACTION[.PATTERN]`.
fn service_integration(rest: &str) -> Option<(ResourceKind, IntegrationPattern)> {
    let (plain, suffix, pattern) = split_pattern(rest);
    let (resource_type, action) = plain.rsplit_once(':')?;
    let known = match resource_type.strip_prefix("aws-sdk:") {
        Some(service) => {
            let action_is_named = is_named(action) && action.starts_with(|c: char| c.is_ascii_lowercase());
            is_service_name(service) && action_is_named && pattern != IntegrationPattern::Sync
        }
        None => Integration::of(plain).is_some_and(|integration| integration.allows(suffix)),
    };
    if !known {
        return None;
    }
    Some((
        ResourceKind::Service {
            resource_type: resource_type.into(),
            resource: rest.get(resource_type.len() + 1..)?.into(),
        },
        pattern,
    ))
}

/// Whether a text may be the name of a service of the SDK. AWS adds services all the time, so no list is complete.
fn is_service_name(name: &str) -> bool {
    let is_spelt_like_one = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    !name.is_empty() && is_spelt_like_one && !NOT_IN_SDK.contains(&name)
}

fn advice_for_service<'c>(rest: &str, similar: impl FnOnce(&str, Vec<&'c str>) -> Option<&'c str>) -> String {
    let (plain, suffix, pattern) = split_pattern(rest);
    if let Some(sdk) = plain.strip_prefix("aws-sdk:") {
        let (service, action) = sdk.split_once(':').unwrap_or((sdk, "ACTION"));
        if NOT_IN_SDK.contains(&service) {
            return format!("Step Functions does not offer `{service}`");
        }
        if pattern == IntegrationPattern::Sync {
            return format!("`aws-sdk:` integrations cannot wait for a job: leave `{suffix}` away");
        }
        return advice_for_sdk(service, action, suffix, similar);
    }
    if let Some(integration) = Integration::of(plain) {
        let suffixes: Vec<String> = integration.suffixes().map(|suffix| format!("`{suffix}`")).collect();
        return match suffixes.as_slice() {
            [] => format!("`{plain}` has no `{suffix}`: it is done when the service has answered"),
            suffixes => format!("`{plain}` has no `{suffix}`, only {}", suffixes.join(", ")),
        };
    }
    if let Some(name) = similar(plain, INTEGRATIONS.iter().map(|integration| integration.name).collect()) {
        return format!("did you mean `arn:aws:states:::{name}{suffix}`?");
    }
    match plain.split_once(':') {
        Some((service, action)) if is_named(service) && is_named(action) => format!(
            "there is no such optimised integration; `arn:aws:states:::aws-sdk:{}:{action}` calls the service's API",
            service.to_lowercase()
        ),
        _ => "a service integration is written `arn:aws:states:::SERVICE:ACTION`".to_owned(),
    }
}

fn advice_for_sdk<'c>(
    service: &str,
    action: &str,
    suffix: &str,
    similar: impl FnOnce(&str, Vec<&'c str>) -> Option<&'c str>,
) -> String {
    let plain: String = service
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    let known = match plain.as_str() {
        known if is_sdk_service(known) => known,
        "stepfunctions" | "states" => "sfn",
        "events" => "eventbridge",
        "cloudwatchlog" | "logs" => "cloudwatchlogs",
        "elb" => "elasticloadbalancing",
        "systemsmanager" => "ssm",
        unknown => match similar(unknown, SDK_SERVICES.to_vec()) {
            Some(similar) => similar,
            None => {
                return "services are spelt like `dynamodb`, `secretsmanager`; AWS may have added this one".to_owned();
            }
        },
    };
    let mut letters = action.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase()).into_iter();
    let action: String = first.chain(letters).filter(char::is_ascii_alphanumeric).collect();
    let action = if action.is_empty() { "ACTION" } else { &action };
    format!("did you mean `arn:aws:states:::aws-sdk:{known}:{action}{suffix}`?")
}

/// The longest name in characters.
const LONGEST_NAME: usize = 80;

/// The characters forbidden in a name, besides whitespace and control characters.
const FORBIDDEN_IN_NAMES: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// Whether a text is a valid name of an activity, a state machine or an execution.
pub(crate) fn is_name(name: &str) -> bool {
    let forbidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || FORBIDDEN_IN_NAMES.contains(c)
            || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{10ffff}')
    };
    !name.is_empty() && name.chars().nth(LONGEST_NAME).is_none() && !name.contains(forbidden)
}

/// Whether a text is a function's name, optionally with an alias or version.
fn is_function_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "\"'*?/\\^|{}[]()".contains(c);
    let parts = name.split(':');
    parts.clone().count() <= 2
        && parts
            .into_iter()
            .all(|part| !part.is_empty() && !part.contains(forbidden))
}

fn is_named(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_integration_names_its_type_and_resource_as_the_history_does() {
        let resource = Resource::parse("arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken").unwrap();
        assert_eq!(resource.pattern(), IntegrationPattern::WaitForTaskToken);
        assert_eq!(
            resource.kind(),
            &ResourceKind::Service {
                resource_type: "aws-sdk:dynamodb".into(),
                resource: "putItem.waitForTaskToken".into()
            }
        );
        let resource = Resource::parse("arn:aws:states:::states:startExecution.sync:2").unwrap();
        assert_eq!(resource.pattern(), IntegrationPattern::Sync);
    }

    #[test]
    fn functions_and_activities_are_told_apart() {
        let function = Resource::parse("arn:aws:lambda:us-east-1:123456789012:function:Charge").unwrap();
        assert_eq!(function.kind(), &ResourceKind::LambdaFunction);
        let activity = Resource::parse("arn:aws:states:us-east-1:123456789012:activity:Bake").unwrap();
        assert_eq!(activity.kind(), &ResourceKind::Activity);
    }

    #[test]
    fn what_has_no_known_form_is_refused() {
        for arn in [
            "",
            "Charge",
            "arn:aws:s3:::bucket",
            "arn:aws:lambda:us-east-1:1:function:",
            "arn:aws:states:::lambda",
            "arn:aws:states:::lambda:",
            "arn:aws:lambda:us-east-1:1:function:a b",
            "arn:aws:lambda:us-east-1:1:function:a:b:c",
            "arn:aws:states:us-east-1:1:activity:",
            "arn:aws:states:us-east-1:1:activity:a:b",
            "arn:aws:states:us-east-1:1:activity:a b",
            "arn:aws:states:::aws-sdk:No-Such:call",
            "arn:aws:states:::aws-sdk:s3:ListBuckets",
            "arn:aws:states:::aws-sdk:s3:listBuckets.sync",
        ] {
            assert_eq!(Resource::parse(arn), None, "{arn}");
        }
    }
}
