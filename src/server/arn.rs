//! The ARNs of requests.

use crate::services::step_functions::StepFunctionsError;

/// The ARN of a state machine: `…:stateMachine:NAME`, optionally with `:VERSION` or `:ALIAS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StateMachineArn<'a> {
    /// The ARN as given.
    pub(super) text: &'a str,
    /// The ARN without version or alias.
    pub(super) unqualified: &'a str,
    pub(super) name: &'a str,
    pub(super) qualifier: Option<Qualifier<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualifier<'a> {
    /// Digits; the version may not exist.
    Version(&'a str),
    Alias(&'a str),
}

impl<'a> StateMachineArn<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, StepFunctionsError> {
        let (kind, names) = resource(text)?;
        if kind != "stateMachine" {
            return Err(other_type(kind));
        }
        let (name, qualifier) = match names.split_once(':') {
            None => (names, None),
            Some((name, qualifier)) => (name, Some(qualifier)),
        };
        if name.is_empty() || qualifier.is_some_and(|qualifier| qualifier.is_empty() || qualifier.contains(':')) {
            return Err(invalid(text));
        }
        if name.contains('/') {
            let message = format!("State machine ARNs with the label of a Map Run are not supported: '{text}'");
            return Err(StepFunctionsError::validation(message).because("API_DOES_NOT_SUPPORT_LABELED_ARNS"));
        }
        let unqualified = qualifier.map_or(Some(text), |qualifier| text.get(..text.len() - qualifier.len() - 1));
        let is_version = |qualifier: &str| qualifier.bytes().all(|byte| byte.is_ascii_digit());
        Ok(Self {
            text,
            unqualified: unqualified.unwrap_or(text),
            name,
            qualifier: qualifier.map(|qualifier| {
                if is_version(qualifier) {
                    Qualifier::Version(qualifier)
                } else {
                    Qualifier::Alias(qualifier)
                }
            }),
        })
    }

    /// The same for an action that accepts neither version nor alias.
    pub(super) fn parse_unqualified(text: &'a str) -> Result<Self, StepFunctionsError> {
        let arn = Self::parse(text)?;
        if arn.qualifier.is_some() {
            return Err(invalid(text));
        }
        Ok(arn)
    }
}

/// Checks the ARN of an execution of a Standard workflow.
pub(super) fn check_execution(text: &str) -> Result<(), StepFunctionsError> {
    let (kind, names) = resource(text)?;
    if kind != "execution" {
        return Err(other_type(kind));
    }
    match names.split_once(':') {
        Some((machine, name)) if !machine.is_empty() && !name.is_empty() && !name.contains(':') => Ok(()),
        _ => Err(invalid(text)),
    }
}

/// Checks the ARN of a Map Run, `…:mapRun:NAME/LABEL:UUID`, and returns the ARN of its state machine.
pub(super) fn check_map_run(text: &str) -> Result<String, StepFunctionsError> {
    let (kind, names) = resource(text)?;
    if kind != "mapRun" {
        return Err(other_type(kind));
    }
    let parts = names
        .split_once('/')
        .and_then(|(name, rest)| Some((name, rest.split_once(':')?)));
    match parts {
        Some((name, (label, run))) if [name, label, run].iter().all(|part| !part.is_empty()) => {
            let prefix = text
                .strip_suffix(names)
                .and_then(|prefix| prefix.strip_suffix("mapRun:"));
            Ok(format!("{}stateMachine:{name}", prefix.unwrap_or_default()))
        }
        _ => Err(invalid(text)),
    }
}

/// Checks the ARN of an activity.
pub(super) fn check_activity(text: &str) -> Result<(), StepFunctionsError> {
    let (kind, name) = resource(text)?;
    if kind != "activity" {
        return Err(other_type(kind));
    }
    if name.is_empty() || name.contains(':') {
        return Err(invalid(text));
    }
    Ok(())
}

/// Checks the ARN of a resource that can have tags: a state machine or an activity, not a version or alias.
pub(super) fn check_tagged(text: &str) -> Result<(), StepFunctionsError> {
    let (kind, name) = resource(text)?;
    match kind {
        "stateMachine" | "activity" if !name.is_empty() => Ok(()),
        "stateMachine" | "activity" => Err(invalid(text)),
        _ => Err(other_type(kind)),
    }
}

/// Checks the ARN of a role.
pub(super) fn check_role(text: &str) -> Result<(), StepFunctionsError> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let is_role = next() == "arn" && !next().is_empty() && next() == "iam" && {
        let (_region, account, role) = (next(), next(), next());
        account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty())
    };
    if is_role {
        return Ok(());
    }
    Err(StepFunctionsError::new(
        "InvalidArn",
        format!("Invalid Role Arn: '{text}'"),
    ))
}

/// The type and the names of a resource of Step Functions.
fn resource(text: &str) -> Result<(&str, &str), StepFunctionsError> {
    let mut parts = text.splitn(7, ':');
    let mut next = || parts.next().unwrap_or_default();
    let is_ours = next() == "arn" && !next().is_empty() && next() == "states";
    let (_region, _account) = (next(), next());
    let kind = next();
    let names = parts.next();
    match names {
        Some(names) if is_ours => Ok((kind, names)),
        _ => Err(invalid(text)),
    }
}

fn invalid(text: &str) -> StepFunctionsError {
    StepFunctionsError::invalid_arn(&format!("Invalid ARN prefix: {text}"))
}

fn other_type(kind: &str) -> StepFunctionsError {
    StepFunctionsError::invalid_arn(&format!("Resource type not valid in this context: {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Bake";

    #[test]
    fn a_qualifier_is_a_version_or_an_alias() {
        for (behind, qualifier) in [
            ("", None),
            (":7", Some(Qualifier::Version("7"))),
            (":live", Some(Qualifier::Alias("live"))),
            (":7up", Some(Qualifier::Alias("7up"))),
        ] {
            let text = format!("{ARN}{behind}");
            let arn = StateMachineArn::parse(&text).unwrap();
            assert_eq!((arn.unqualified, arn.name, arn.qualifier), (ARN, "Bake", qualifier));
        }
    }

    #[test]
    fn what_is_no_arn_of_the_type_is_refused() {
        let code = |text: &str| StateMachineArn::parse(text).unwrap_err().code();
        for text in [
            "",
            "oven",
            "arn:aws:states:us-east-1:123456789012:stateMachine",
            "arn:aws:states:us-east-1:123456789012:stateMachine:",
            "arn:aws:lambda:us-east-1:123456789012:function:F",
            "arn:aws:states:us-east-1:123456789012:activity:Bake",
            "arn:aws:states:us-east-1:123456789012:stateMachine:Bake:",
            "arn:aws:states:us-east-1:123456789012:stateMachine:Bake:1:2",
        ] {
            assert_eq!(code(text), "InvalidArn", "{text}");
        }
        assert_eq!(
            StateMachineArn::parse(&format!("{ARN}/label")).unwrap_err().reason(),
            Some("API_DOES_NOT_SUPPORT_LABELED_ARNS")
        );
        assert_eq!(
            check_execution("arn:aws:states:us-east-1:123456789012:express:Bake:a:b")
                .unwrap_err()
                .message(),
            "Invalid Arn: 'Resource type not valid in this context: express'"
        );
        assert!(check_role("arn:aws:iam::123456789012:role/service-role/Bake").is_ok());
        assert!(check_role("arn:aws:iam::123456789012:user/Bake").is_err());
    }
}
