//! Aliases: names for one or two versions.

use serde_json::{Value, json};
use std::sync::Arc;

use super::state_machines::existing;
use super::{ARN, DESCRIPTION, NAME, TOKEN, only_arn};
use crate::server::arn::{Qualifier, StateMachineArn};
use crate::server::change::Change;
use crate::server::page::{Page, ascending};
use crate::server::registry::Registry;
use crate::server::request::{LONGEST_QUOTE, Request, quoted};
use crate::server::state_machine::{Alias, MOST_ALIASES, Route, StateMachine, version_number};
use crate::server::{Service, empty, seconds, with};
use crate::services::step_functions::StepFunctionsError;

/// The pattern of an alias's name, as AWS prints it: not only digits.
const PATTERN: &str = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$";
/// The most versions of an alias.
const MOST_ROUTES: usize = 2;

impl Service {
    /// `CreateStateMachineAlias`: the same request again returns the existing alias.
    pub(in crate::server) async fn create_state_machine_alias(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["name", "description", "routingConfiguration"])?;
        let name = request.required_text("name", NAME);
        if !name.is_empty() && !is_alias_name(name) {
            let constraint = format!("Member must satisfy regular expression pattern: {PATTERN}");
            request.violation("name", &format!("'{name}'"), &constraint);
        }
        let description = request.text("description", DESCRIPTION);
        request.require("routingConfiguration");
        let routing = Routing::read(&mut request);
        request.check()?;
        let routing = routing?.unwrap_or_default();
        let machine_arn = routing.check()?;
        let now = self.interpreter.now();
        let mut draft = self.draft().await;
        let mut machine = existing(&mut self.registry(), &machine_arn)?.clone();
        let routes = routing.routes(&machine)?;
        if let Some(alias) = machine.aliases.get(name) {
            if alias.routes == routes && alias.description.as_deref() == description {
                return Ok(created(alias));
            }
            return Err(StepFunctionsError::conflict(
                "Failed to create alias because an alias with the same name and a different routing configuration already \
                 exists.",
            ));
        }
        if machine.aliases.len() >= MOST_ALIASES {
            return Err(StepFunctionsError::quota_exceeded(
                "aliases of the state machine",
                MOST_ALIASES,
            ));
        }
        machine.last_alias += 1;
        let alias = Alias {
            number: machine.last_alias,
            arn: format!("{}:{name}", machine.arn()).into(),
            description: description.map(str::to_owned),
            routes,
            created: now,
            updated: now,
        };
        let answer = created(&alias);
        machine.aliases.insert(name.to_owned(), alias);
        draft.add(Change::StateMachine(Box::new(machine)));
        draft.commit().await?;
        Ok(answer)
    }

    /// `UpdateStateMachineAlias`
    pub(in crate::server) async fn update_state_machine_alias(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let members = ["stateMachineAliasArn", "description", "routingConfiguration"];
        let mut request = Request::of(request, &members)?;
        let arn = request.required_text("stateMachineAliasArn", ARN);
        let description = request.text("description", DESCRIPTION);
        let routing = Routing::read(&mut request);
        request.check()?;
        let routing = routing?;
        let arn = AliasArn::parse(arn)?;
        if description.is_none() && routing.is_none() {
            let message = "Either the description or the RoutingConfiguration must be specified";
            return Err(StepFunctionsError::validation(message).because("MISSING_REQUIRED_PARAMETER"));
        }
        let other_machine = match &routing {
            Some(routing) => routing.check()?.unqualified != arn.machine.unqualified,
            None => false,
        };
        let now = self.interpreter.now();
        let mut draft = self.draft().await;
        let mut machine = arn.machine(&mut self.registry())?.clone();
        if other_machine {
            return Err(StepFunctionsError::validation(
                "Routing configuration must contain versions of the alias's own state machine.",
            ));
        }
        let routes = routing.map(|routing| routing.routes(&machine)).transpose()?;
        let alias = machine.aliases.get_mut(arn.name);
        let alias = alias.ok_or_else(StepFunctionsError::missing_reference)?;
        if let Some(description) = description {
            alias.description = Some(description.to_owned());
        }
        if let Some(routes) = routes {
            alias.routes = routes;
        }
        alias.updated = now;
        draft.add(Change::StateMachine(Box::new(machine)));
        draft.commit().await?;
        Ok(json!({ "updateDate": seconds(now) }))
    }

    /// `DescribeStateMachineAlias`
    pub(in crate::server) fn describe_state_machine_alias(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let arn = AliasArn::parse(only_arn(request, "stateMachineAliasArn")?)?;
        let mut registry = self.registry();
        let machine = arn.machine(&mut registry)?;
        let alias = machine
            .aliases
            .get(arn.name)
            .ok_or_else(StepFunctionsError::missing_reference)?;
        let routes = alias.routes.iter().map(|route| {
            let version_arn = format!("{}:{}", machine.arn(), route.version);
            json!({ "stateMachineVersionArn": version_arn, "weight": route.weight })
        });
        let answer = json!({
            "stateMachineAliasArn": *alias.arn,
            "name": arn.name,
            "routingConfiguration": routes.collect::<Vec<_>>(),
            "creationDate": seconds(alias.created),
            "updateDate": seconds(alias.updated),
        });
        Ok(match &alias.description {
            Some(description) => with(answer, "description", description.as_str()),
            None => answer,
        })
    }

    /// `DeleteStateMachineAlias`: succeeds if there is no such alias.
    pub(in crate::server) async fn delete_state_machine_alias(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let arn = AliasArn::parse(only_arn(request, "stateMachineAliasArn")?)?;
        let mut draft = self.draft().await;
        let machine = arn.machine(&mut self.registry()).ok().cloned();
        if let Some(mut machine) = machine
            && machine.aliases.shift_remove(arn.name).is_some()
        {
            draft.add(Change::StateMachine(Box::new(machine)));
        }
        draft.commit().await?;
        Ok(empty())
    }

    /// `ListStateMachineAliases` of a state machine, or of one of its versions; the oldest first, as recorded.
    pub(in crate::server) fn list_state_machine_aliases(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["stateMachineArn", "maxResults", "nextToken"])?;
        let arn = request.required_text("stateMachineArn", ARN);
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let arn = StateMachineArn::parse(arn)?;
        let version = match arn.qualifier {
            None => None,
            Some(Qualifier::Version(number)) => Some(version_number(number).unwrap_or(0)),
            Some(Qualifier::Alias(_)) => return Err(no_alias(arn.text)),
        };
        let mut registry = self.registry();
        let aliases = registry.state_machine(&arn)?.aliases.values();
        let aliases = aliases.filter(|alias| version.is_none_or(|version| alias.leads_to(version)));
        let items = aliases.map(|alias| (ascending(alias.number), created(alias)));
        page.of("stateMachineAliases", &format!("aliases of {}", arn.text), items)
    }
}

/// The ARN of an alias.
struct AliasArn<'a> {
    machine: StateMachineArn<'a>,
    name: &'a str,
}

impl<'a> AliasArn<'a> {
    fn parse(text: &'a str) -> Result<Self, StepFunctionsError> {
        let machine = StateMachineArn::parse(text)?;
        match machine.qualifier {
            Some(Qualifier::Alias(name)) => Ok(Self { machine, name }),
            _ => Err(no_alias(text)),
        }
    }

    fn machine<'s>(&self, registry: &'s mut Registry) -> Result<&'s StateMachine, StepFunctionsError> {
        let found = registry.state_machine(&self.machine);
        found.map_err(|_| StepFunctionsError::missing_reference())
    }
}

fn no_alias(text: &str) -> StepFunctionsError {
    StepFunctionsError::invalid_arn(&format!("Not the ARN of a state machine alias: {text}"))
}

/// `routingConfiguration`: the ARNs of versions with their weights.
#[derive(Default)]
struct Routing<'r>(Vec<(&'r str, i64)>);

impl<'r> Routing<'r> {
    fn read(request: &mut Request<'r>) -> Result<Option<Self>, StepFunctionsError> {
        let Some(items) = request.list("routingConfiguration", 1..=usize::MAX) else {
            return Ok(None);
        };
        if items.len() > MOST_ROUTES {
            let constraint = format!("Member must have length less than or equal to {MOST_ROUTES}");
            request.violation("routingConfiguration", &printed(items), &constraint);
        }
        let mut routes = Vec::new();
        for (item, number) in items.iter().zip(1..=2) {
            let place = format!("routingConfiguration.{number}.member.");
            let mut item = Request::inside(&place, item, &["stateMachineVersionArn", "weight"])?;
            let arn = item.required_text("stateMachineVersionArn", ARN);
            item.require("weight");
            let weight = item.number("weight", 0..=100).unwrap_or(0);
            item.check()?;
            routes.push((arn, weight));
        }
        Ok(Some(Self(routes)))
    }

    /// Checks the routes and returns their state machine.
    fn check(&self) -> Result<StateMachineArn<'r>, StepFunctionsError> {
        let Self(routes) = self;
        let refused = |constraint: &str, received: &[String]| {
            StepFunctionsError::validation(format!("{constraint}. Received: [{}]", received.join(", ")))
        };
        let arns: Vec<String> = routes.iter().map(|(arn, _)| (*arn).to_owned()).collect();
        let parsed: Vec<StateMachineArn<'_>> = routes
            .iter()
            .map(|(arn, _)| StateMachineArn::parse(arn))
            .collect::<Result<_, _>>()?;
        let is_version = |arn: &StateMachineArn<'_>| matches!(arn.qualifier, Some(Qualifier::Version(_)));
        let [first, others @ ..] = parsed.as_slice() else {
            return Err(refused(
                "Routing configuration must contain state machine version ARNs",
                &arns,
            ));
        };
        if !parsed.iter().all(is_version) {
            return Err(refused(
                "Routing configuration must contain state machine version ARNs",
                &arns,
            ));
        }
        if others.iter().any(|other| other.text == first.text) {
            return Err(refused(
                "Routing configuration must contain distinct state machine version ARNs",
                &arns,
            ));
        }
        if others.iter().any(|other| other.unqualified != first.unqualified) {
            return Err(refused(
                "Routing configuration must contain versions of one state machine",
                &arns,
            ));
        }
        let weights: Vec<String> = routes.iter().map(|(_, weight)| weight.to_string()).collect();
        if routes.iter().map(|(_, weight)| weight).sum::<i64>() != 100 {
            return Err(refused("Sum of routing configuration weights must equal 100", &weights));
        }
        Ok(*first)
    }

    /// Errors if a version does not exist.
    fn routes(&self, machine: &StateMachine) -> Result<Vec<Route>, StepFunctionsError> {
        let routes = self.0.iter().map(|(arn, weight)| {
            let number = arn.rsplit(':').next().and_then(version_number);
            let version = number.filter(|number| machine.versions.contains_key(number));
            Some(Route {
                version: version?,
                weight: u64::try_from(*weight).ok()?,
            })
        });
        routes
            .collect::<Option<_>>()
            .ok_or_else(StepFunctionsError::missing_reference)
    }
}

/// A list that is too long, as AWS prints it.
fn printed(items: &[Value]) -> String {
    let member = |item: &Value, name: &str| match item.get(name) {
        Some(Value::String(text)) => text.clone(),
        other => other.unwrap_or(&Value::Null).to_string(),
    };
    // AWS prints no more of them either.
    let shown = items.iter().take(LONGEST_QUOTE).map(|item| {
        let (arn, weight) = (member(item, "stateMachineVersionArn"), member(item, "weight"));
        format!("RoutingConfigurationListItem(stateMachineVersionArn={arn}, weight={weight})")
    });
    let list = format!("[{}]", shown.collect::<Vec<_>>().join(", "));
    format!("'{}'", quoted(&list))
}

fn created(alias: &Alias) -> Value {
    json!({ "creationDate": seconds(alias.created), "stateMachineAliasArn": *alias.arn })
}

fn is_alias_name(name: &str) -> bool {
    let is_sign = |byte: u8| matches!(byte, b'_' | b'-' | b'.');
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte))
        && name.bytes().any(|byte| byte.is_ascii_alphabetic() || is_sign(byte))
}
