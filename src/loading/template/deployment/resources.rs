//! The resources and parameters that a definition may name.

use super::{ACCOUNT, DEPLOYED, Deployment, PSEUDO_PARAMETERS, REGION, deployed, placeholder};
use crate::data::json::{Kind, Node};
use crate::loading::template::SERVERLESS;

impl Deployment<'_> {
    /// The result of `Ref`: the name of most resources, the ARN of a few.
    pub(super) fn reference(&self, name: &str) -> Option<String> {
        if let Some((_, value)) = PSEUDO_PARAMETERS.iter().find(|(known, _)| *known == name) {
            return Some((*value).to_owned());
        }
        if name == DEPLOYED {
            return Some(deployed());
        }
        if let Some(parameter) = self.parameters.and_then(|parameters| parameters.field(name)) {
            if let Some(given) = self.given.value(name) {
                return Some(given.to_owned());
            }
            let kind = parameter.field("Type").and_then(Node::as_str).unwrap_or_default();
            return Some(match parameter.field("Default").map(|default| &default.kind) {
                // The default is the name of a parameter in Systems Manager.
                _ if kind.starts_with("AWS::SSM::Parameter::Value") => deployed(),
                Some(Kind::String(text)) => text.clone(),
                Some(Kind::Number(number)) => number.to_string(),
                Some(Kind::Boolean(value)) => value.to_string(),
                _ => placeholder(name),
            });
        }
        let kind = self.kind(name)?;
        Some(match kind {
            "AWS::StepFunctions::Activity"
            | "AWS::StepFunctions::StateMachine"
            | "AWS::Serverless::StateMachine"
            | "AWS::Lambda::Version"
            | "AWS::Lambda::Alias"
            | "AWS::SNS::Topic" => arn(kind, name.split('.').next().unwrap_or(name)),
            "AWS::SQS::Queue" => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"),
            _ if is_made_elsewhere(kind) => deployed(),
            _ => name.to_owned(),
        })
    }

    /// The result of `Fn::GetAtt`.
    pub(super) fn attribute(&self, resource: &str, attribute: &str) -> Option<String> {
        // SAM adds resources such as `Function.Version`.
        let kind = self.kind(resource)?;
        Some(
            if is_made_elsewhere(kind) || (kind == "AWS::SSM::Parameter" && attribute == "Value") {
                deployed()
            } else if attribute.ends_with("Arn") {
                arn(kind, resource)
            } else {
                resource.to_owned()
            },
        )
    }

    fn kind(&self, name: &str) -> Option<&str> {
        let Some(resource) = self.resources.field(name) else {
            let functions = self.functions.filter(|functions| functions.contains(name));
            return functions.map_or_else(|| self.made_by_sam(name), |_| Some("AWS::Lambda::Function"));
        };
        Some(resource.field("Type").and_then(Node::as_str).unwrap_or_default())
    }

    /// The type of a resource that SAM makes itself, from one of the template or for the whole of it.
    fn made_by_sam(&self, name: &str) -> Option<&'static str> {
        match name {
            "ServerlessRestApi" => return Some("AWS::ApiGateway::RestApi"),
            "ServerlessHttpApi" => return Some("AWS::ApiGatewayV2::Api"),
            "ServerlessRestApiProdStage" => return Some("AWS::ApiGateway::Stage"),
            _ => {}
        }
        self.resources.members.iter().find_map(|member| {
            let kind = member.value.field("Type").and_then(Node::as_str)?;
            // SAM reads `Function.Alias` as the alias that it makes.
            let made = name.strip_prefix(&*member.key)?.trim_start_matches('.');
            match (kind, made) {
                (FUNCTION | SERVERLESS, "Role") => Some("AWS::IAM::Role"),
                (FUNCTION, "Url") => Some("AWS::Lambda::Url"),
                (FUNCTION, "EventInvokeConfig") => Some("AWS::Lambda::EventInvokeConfig"),
                (FUNCTION, "DeploymentGroup") => Some("AWS::CodeDeploy::DeploymentGroup"),
                (FUNCTION, made) if made.starts_with("Version") => Some("AWS::Lambda::Version"),
                (FUNCTION, made) if made.starts_with("Alias") => Some("AWS::Lambda::Alias"),
                (FUNCTION | SERVERLESS, made) => {
                    made_for_event(member.value.field("Properties")?.field("Events")?, made)
                }
                ("AWS::Serverless::Api" | "AWS::Serverless::HttpApi", made) if made.ends_with("Stage") => {
                    Some("AWS::ApiGateway::Stage")
                }
                _ => None,
            }
        })
    }
}

const FUNCTION: &str = "AWS::Serverless::Function";

/// The type of a resource that SAM makes for an event of a function or state machine: `made` is its name without that of the
/// function.
fn made_for_event(events: &Node, made: &str) -> Option<&'static str> {
    events.as_object()?.members.iter().find_map(|event| {
        let part = made.strip_prefix(&*event.key)?;
        let kind = event.value.field("Type").and_then(Node::as_str).unwrap_or_default();
        match (part, kind) {
            ("", "Schedule" | "CloudWatchEvent" | "EventBridgeRule") => Some("AWS::Events::Rule"),
            ("", "ScheduleV2") => Some("AWS::Scheduler::Schedule"),
            ("", "SNS") => Some("AWS::SNS::Subscription"),
            ("", "IoTRule") => Some("AWS::IoT::TopicRule"),
            ("", "CloudWatchLogs") => Some("AWS::Logs::SubscriptionFilter"),
            ("", _) => Some("AWS::Lambda::EventSourceMapping"),
            ("Permission", _) => Some("AWS::Lambda::Permission"),
            ("Role", _) => Some("AWS::IAM::Role"),
            ("Queue", _) => Some("AWS::SQS::Queue"),
            _ => None,
        }
    })
}

/// Whether a resource's attributes are what another stack or a program makes them.
fn is_made_elsewhere(kind: &str) -> bool {
    kind.starts_with("Custom::")
        || kind.ends_with("::MODULE")
        || matches!(
            kind,
            "AWS::CloudFormation::Stack" | "AWS::CloudFormation::CustomResource" | "AWS::Serverless::Application"
        )
}

/// A resource's ARN in the region and account of the documentation.
fn arn(kind: &str, name: &str) -> String {
    let (service, resource) = match kind {
        "AWS::Serverless::Function" | "AWS::Lambda::Function" | "AWS::Lambda::Version" | "AWS::Lambda::Alias" => {
            ("lambda", format!("function:{name}"))
        }
        "AWS::StepFunctions::Activity" => ("states", format!("activity:{name}")),
        "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => {
            ("states", format!("stateMachine:{name}"))
        }
        "AWS::Events::Rule" => ("events", format!("rule/{name}")),
        "AWS::Events::EventBus" => ("events", format!("event-bus/{name}")),
        "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => ("dynamodb", format!("table/{name}")),
        "AWS::IAM::Role" => return format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AWS::S3::Bucket" => return format!("arn:aws:s3:::{name}"),
        _ => {
            let service = kind.split("::").nth(1).unwrap_or("custom").to_ascii_lowercase();
            return format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}");
        }
    };
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}
