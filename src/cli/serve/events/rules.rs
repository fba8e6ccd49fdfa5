//! `--rules`: rules and their targets as EventBridge's API and CloudFormation write them.
//!
//! Source: EventBridge API reference, `PutRule` and `PutTargets`; CloudFormation, `AWS::Events::Rule`.

use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;

use super::destination::Destinations;
use crate::cli::arguments::read_file;
use crate::cli::failure::Failure;
use crate::cli::output::diagnostic;
use crate::cli::stores::tell;
use crate::definition::{Code, Diagnostic};
use crate::handlers::event_bus::{RetryPolicy, RuleTarget};
use crate::loading::template::Format;
use crate::loading::{At, Places, Read};
use crate::services::event_bridge::{EventPattern, Rule, TargetInput};

const FILE_FIELDS: [&str; 1] = ["Rules"];
/// `Arn`, `Description` and `RoleArn` have no effect here.
const RULE_FIELDS: [&str; 8] = [
    "Name",
    "EventPattern",
    "EventBusName",
    "State",
    "Targets",
    "Arn",
    "Description",
    "RoleArn",
];
const TARGET_FIELDS: [&str; 7] = [
    "Id",
    "Arn",
    "Input",
    "InputPath",
    "InputTransformer",
    "RetryPolicy",
    "RoleArn",
];

type RuleWithTargets = (Rule, Vec<RuleTarget>);

/// The rules of a file. Errors with the place of the first problem.
pub(super) fn read(file: &str, destinations: &Destinations) -> Result<Vec<RuleWithTargets>, Failure> {
    let text = read_file(file)?;
    let unusable = |found: &[Diagnostic]| {
        let found: Vec<_> = found.iter().map(|found| diagnostic(file, found)).collect();
        Failure::new(format!(
            "the rules in `{file}` cannot be used\n\n{}",
            found.join("\n\n")
        ))
        .finding()
    };
    let places = Places::of(&text, Format::of(file, &text)).map_err(|found| unusable(&found))?;
    rules(At::root(&places.to_value()), destinations).map_err(|problem| {
        let mut found = places.diagnostic(problem);
        found.code = Code::SchemaValidationFailed;
        unusable(&[found])
    })
}

fn rules(file: At<'_>, destinations: &Destinations) -> Read<Vec<RuleWithTargets>> {
    file.object(&FILE_FIELDS)?;
    let mut names = HashSet::new();
    file.required("Rules", |rules| {
        rules.each(|at| {
            let rule = rule(at, destinations)?;
            if !names.insert((rule.0.event_bus_name().to_owned(), rule.0.name().to_owned())) {
                let message = format!(
                    "another rule of this event bus has the name `{}` already",
                    rule.0.name()
                );
                return Err(at.wrong(message));
            }
            Ok(rule)
        })
    })
}

fn rule(at: At<'_>, destinations: &Destinations) -> Read<RuleWithTargets> {
    at.object(&RULE_FIELDS)?;
    let name = at.required("Name", |at| {
        let name = at.text()?;
        let is_name = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let wrong = || at.wrong("a name has 1 to 64 letters, digits, `.`, `-` and `_`");
        is_name.then_some(name).ok_or_else(wrong)
    })?;
    let mut rule = Rule::new(&name, at.required("EventPattern", pattern)?);
    if let Some(bus) = at.optional("EventBusName", |at| at.text())? {
        let bus_name = bus.rsplit_once(":event-bus/").map_or(&*bus, |(_, name)| name);
        rule = rule.event_bus(bus_name);
    }
    let is_enabled = at.optional("State", |at| match &*at.text()? {
        "ENABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" => Ok(true),
        "DISABLED" => Ok(false),
        _ => Err(at.wrong("the state is `ENABLED` or `DISABLED`")),
    })?;
    if is_enabled == Some(false) {
        rule = rule.disabled();
    }
    let mut ids = HashSet::new();
    let targets = at.required("Targets", |targets| {
        targets.each(|at| {
            let target = target(at, rule.event_bus_name(), &name, destinations)?;
            if !ids.insert(target.id().to_owned()) {
                return Err(at.wrong(format!(
                    "another target of this rule has the id `{}` already",
                    target.id()
                )));
            }
            Ok(target)
        })
    })?;
    Ok((rule, targets))
}

/// The pattern, as an object or as its text.
fn pattern(at: At<'_>) -> Read<EventPattern> {
    let text = match at.value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    text.parse().map_err(|error| at.wrong(format!("{error}")))
}

fn target(at: At<'_>, bus: &str, rule: &str, destinations: &Destinations) -> Read<RuleTarget> {
    at.object(&TARGET_FIELDS)?;
    let id = at.required("Id", |at| at.text())?;
    let destination = at.required("Arn", |at| {
        let found = destinations.find(&at.text()?, (bus, rule, &id));
        found.map_err(|reason| at.wrong(reason))
    })?;
    let inputs = [
        at.optional("Input", constant)?,
        at.optional("InputPath", |at| {
            TargetInput::path(&at.text()?).map_err(|error| at.wrong(error.to_string()))
        })?,
        at.optional("InputTransformer", transformer)?,
    ];
    let mut inputs = inputs.into_iter().flatten();
    let input = inputs.next();
    if inputs.next().is_some() {
        let message = format!("Only one of Input, InputPath, or InputTransformer must be provided for target {id}.");
        return Err(at.wrong(message));
    }
    let policy = at.optional("RetryPolicy", retry_policy)?.unwrap_or_default();
    let rule = rule.to_owned();
    let is_log = destination.is_log();
    let target = RuleTarget::with_event(id, input, destination).retry_policy(policy);
    let target = if is_log {
        // A log is read from top to bottom.
        target.ordered_by(|_| String::new())
    } else {
        target
    };
    let target = target.dead_letter(move |letter| {
        tell(&format!(
            "the event {} does not reach the target `{}` of the rule `{rule}`: {}",
            letter.event.id, letter.target_id, letter.error
        ));
    });
    Ok(target)
}

/// `Input`: JSON, as its text or as it is.
fn constant(at: At<'_>) -> Read<TargetInput> {
    let input = match at.value {
        Value::String(text) => {
            serde_json::from_str(text).map_err(|error| at.wrong(format!("it is no JSON: {error}")))?
        }
        value => value.clone(),
    };
    Ok(TargetInput::constant(input))
}

fn transformer(at: At<'_>) -> Read<TargetInput> {
    at.object(&["InputPathsMap", "InputTemplate"])?;
    let paths = at.optional("InputPathsMap", |at| {
        at.members(|name, at| Ok((name.to_owned(), at.text()?)))
    })?;
    let paths = paths.unwrap_or_default();
    let paths = paths.iter().map(|(name, path)| (&**name, &**path));
    let template = at.required("InputTemplate", |at| at.text())?;
    TargetInput::transformer(paths, &template).map_err(|error| at.wrong(error.to_string()))
}

fn retry_policy(at: At<'_>) -> Read<RetryPolicy> {
    at.object(&["MaximumRetryAttempts", "MaximumEventAgeInSeconds"])?;
    let attempts = at.optional("MaximumRetryAttempts", |at| {
        let attempts = u32::try_from(at.count()?).ok().filter(|attempts| *attempts <= 185);
        attempts.ok_or_else(|| at.wrong("there are 0 to 185 retries"))
    })?;
    let age = at.optional("MaximumEventAgeInSeconds", |at| {
        let age = Some(at.count()?).filter(|age| (60..=86_400).contains(age));
        age.ok_or_else(|| at.wrong("the age is 60 to 86400 seconds"))
    })?;
    let mut policy = RetryPolicy::default();
    if let Some(attempts) = attempts {
        policy = policy.maximum_retry_attempts(attempts);
    }
    if let Some(age) = age {
        policy = policy.maximum_event_age(Duration::from_secs(age));
    }
    Ok(policy)
}
