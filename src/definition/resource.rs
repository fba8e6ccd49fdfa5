//! `Resource`: what a Task calls, parsed once.

use std::fmt;
use std::sync::Arc;

/// The `Resource` ARN of a Task state (developer guide, "Integrating services"); a clone is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resource(Arc<Parsed>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Parsed {
    arn: String,
    kind: ResourceKind,
    pattern: IntegrationPattern,
}

/// What stands behind a [`Resource`], which decides the history events of the task.
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
        resource_type: String,
        /// The history's `resource`: `invoke`, `sendMessage.waitForTaskToken`.
        resource: String,
    },
}

/// When a service integration counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntegrationPattern {
    /// When the service has answered.
    RequestResponse,
    /// `.sync`, `.sync:2`: when the job it started has ended.
    Sync,
    /// `.waitForTaskToken`: when somebody hands the task token back.
    WaitForTaskToken,
}

impl Resource {
    /// Parses an ARN. `None` where it has no form that Step Functions knows.
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
                rest.strip_prefix("function:").filter(|name| !name.is_empty())?;
                (ResourceKind::LambdaFunction, IntegrationPattern::RequestResponse)
            }
            "states" => match rest.strip_prefix("activity:") {
                Some("") => return None,
                Some(_) => (ResourceKind::Activity, IntegrationPattern::RequestResponse),
                None => service_integration(rest)?,
            },
            _ => return None,
        };
        Some(Self(Arc::new(Parsed {
            arn: arn.to_owned(),
            kind,
            pattern,
        })))
    }

    /// The ARN as it stands in the definition.
    pub fn arn(&self) -> &str {
        &self.0.arn
    }

    /// What stands behind it.
    pub fn kind(&self) -> &ResourceKind {
        &self.0.kind
    }

    /// When the task counts as done.
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
    let (plain, pattern) = if let Some(plain) = rest.strip_suffix(".waitForTaskToken") {
        (plain, IntegrationPattern::WaitForTaskToken)
    } else if let Some(plain) = rest.strip_suffix(".sync").or_else(|| rest.strip_suffix(".sync:2")) {
        (plain, IntegrationPattern::Sync)
    } else {
        (rest, IntegrationPattern::RequestResponse)
    };
    let (resource_type, action) = plain.rsplit_once(':')?;
    let named = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let service = resource_type.strip_prefix("aws-sdk:").unwrap_or(resource_type);
    if !named(service) || !named(action) {
        return None;
    }
    let resource = rest.get(resource_type.len() + 1..)?;
    Some((
        ResourceKind::Service {
            resource_type: resource_type.to_owned(),
            resource: resource.to_owned(),
        },
        pattern,
    ))
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
        ] {
            assert_eq!(Resource::parse(arn), None, "{arn}");
        }
    }
}
