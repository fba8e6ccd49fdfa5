//! CloudFormation's intrinsic functions, as far as a definition needs them.

use crate::data::json::{Kind, Node, Object};
use crate::data::json::{Place, Substitutions};
use crate::definition::Code;
use crate::loading::report::Report;

/// The values of a template's names as in a deployment.
pub(super) struct Deployment<'n> {
    pub(super) resources: &'n Object,
    pub(super) parameters: Option<&'n Object>,
}

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";

/// How deep functions inside functions are evaluated.
const MAX_FUNCTIONS: usize = 16;

impl Deployment<'_> {
    /// Replaces the functions below `node` by their results.
    pub(super) fn resolve_below(&self, node: &mut Node, report: &mut Report) {
        if function(node).is_some_and(|(name, _)| name == "Fn::Transform") {
            report
                .warning(
                    Code::NotSupported,
                    Place::value(node),
                    "what a macro gives is known only after a deployment, and is not looked at",
                )
                .help("write the value itself to have it validated");
            node.unresolved = true;
            node.kind = Kind::Null;
            return;
        }
        if function(node).is_some() {
            let span = node.span;
            let text = self.text(node, report);
            node.unresolved |= text.is_none();
            node.kind = Kind::String(text.unwrap_or_default());
            let text = node.as_str().unwrap_or_default().to_owned();
            node.text_map = Some(Box::new(crate::data::json::TextMap::of_all(
                &text, span.start, span.end,
            )));
            return;
        }
        match &mut node.kind {
            Kind::String(text) if text.starts_with("{{resolve:") && text.ends_with("}}") => *text = imported(),
            Kind::Array(elements) => elements
                .iter_mut()
                .for_each(|element| self.resolve_below(element, report)),
            Kind::Object(object) => object
                .members
                .iter_mut()
                .for_each(|member| self.resolve_below(&mut member.value, report)),
            _ => {}
        }
    }

    /// The text of a value or function; `None` if it has none, which is reported.
    pub(super) fn text(&self, node: &Node, report: &mut Report) -> Option<String> {
        self.text_within(node, MAX_FUNCTIONS, report)
    }

    /// The values of the placeholders in an `Fn::Sub`, which may define its own.
    pub(super) fn names_in(&self, text: &str, own: Option<&Node>, report: &mut Report) -> Substitutions {
        self.names_within(text, own, MAX_FUNCTIONS, report)
    }

    fn names_within(&self, text: &str, own: Option<&Node>, depth: usize, report: &mut Report) -> Substitutions {
        let mut values = Substitutions::new();
        for name in placeholders(text) {
            if values.value(name).is_some() {
                continue;
            }
            let value = match own.and_then(|own| own.field(name)) {
                Some(node) => self.text_within(node, depth, report),
                None => match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(resource, attribute),
                    None => self.reference(name),
                },
            };
            if let Some(value) = value {
                values = values.with(name, value);
            }
        }
        values
    }

    fn text_within(&self, node: &Node, depth: usize, report: &mut Report) -> Option<String> {
        let Some(depth) = depth.checked_sub(1) else {
            report.schema(Place::value(node), "the functions nest too deep");
            return None;
        };
        match &node.kind {
            // A dynamic reference, such as `{{resolve:ssm:name}}`.
            Kind::String(text) if text.starts_with("{{resolve:") && text.ends_with("}}") => return Some(imported()),
            Kind::String(text) => return Some(text.clone()),
            Kind::Number(number) => return Some(number.to_string()),
            Kind::Boolean(value) => return Some(value.to_string()),
            _ => {}
        }
        let Some((name, argument)) = function(node) else {
            report
                .schema(Place::opening(node), format!("{} is no text", node.describe()))
                .help("give a text, a number, or a function such as `!GetAtt`");
            return None;
        };
        let errors = report.errors();
        let text = self.called(name, argument, depth, report);
        if text.is_none() && report.errors() == errors {
            report
                .schema(Place::opening(argument), format!("this is no argument of `{name}`"))
                .help("see the function in the CloudFormation template reference");
        }
        text
    }

    /// A function's result; `None` if it has none, which may or may not be reported.
    fn called(&self, name: &str, argument: &Node, depth: usize, report: &mut Report) -> Option<String> {
        match name {
            "Ref" => {
                let name = argument.as_str()?;
                self.found(self.reference(name), name, argument, report)
            }
            "Fn::GetAtt" => {
                let text = match argument.as_array() {
                    Some(parts) => parts.iter().filter_map(Node::as_str).collect::<Vec<_>>().join("."),
                    None => argument.as_str()?.to_owned(),
                };
                let (resource, attribute) = text.split_once('.')?;
                self.found(self.attribute(resource, attribute), resource, argument, report)
            }
            "Fn::Sub" => {
                let (text, own) = match argument.as_array() {
                    Some(parts) => (parts.first()?, parts.get(1)),
                    None => (argument, None),
                };
                let source = text.as_str()?;
                let values = self.names_within(source, own, depth, report);
                for name in placeholders(source) {
                    let resource = name.split('.').next().unwrap_or(name);
                    self.found(values.value(name).map(str::to_owned), resource, text, report)?;
                }
                Some(substituted(source, &values))
            }
            "Fn::Join" => {
                let parts = argument.as_array()?;
                let delimiter = parts.first()?.as_str()?;
                let texts = parts.get(1)?.as_array()?.iter();
                let texts: Option<Vec<_>> = texts.map(|part| self.text_within(part, depth, report)).collect();
                Some(texts?.join(delimiter))
            }
            "Fn::If" => self.text_within(argument.as_array()?.get(1)?, depth, report),
            _ => Some(imported()),
        }
    }

    fn found(&self, value: Option<String>, name: &str, node: &Node, report: &mut Report) -> Option<String> {
        if value.is_none() {
            let names = self.resources.members.iter().map(|member| &*member.key);
            let similar = report.similar(name, names).map(str::to_owned);
            let message = format!("`{name}` is neither a resource nor a parameter of the template");
            report
                .error(Code::UnresolvedReference, Place::value(node), message)
                .maybe_help(similar.map(|name| format!("did you mean `{name}`?")));
        }
        value
    }

    /// The result of `Ref`: the name of most resources, the ARN of a few.
    fn reference(&self, name: &str) -> Option<String> {
        let pseudo = match name {
            "AWS::Region" => Some(REGION),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            "AWS::StackName" => Some("stack"),
            "AWS::StackId" => Some("arn:aws:cloudformation:us-east-1:123456789012:stack/stack/0"),
            "AWS::NoValue" => Some(""),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Some(value.to_owned());
        }
        if let Some(parameter) = self.parameters.and_then(|parameters| parameters.field(name)) {
            return Some(match parameter.field("Default").map(|default| &default.kind) {
                Some(Kind::String(text)) => text.clone(),
                Some(Kind::Number(number)) => number.to_string(),
                Some(Kind::Boolean(value)) => value.to_string(),
                _ => name.to_owned(),
            });
        }
        let kind = self.kind(name)?;
        Some(match kind {
            "AWS::StepFunctions::Activity"
            | "AWS::StepFunctions::StateMachine"
            | "AWS::Serverless::StateMachine"
            | "AWS::SNS::Topic" => arn(kind, name),
            "AWS::SQS::Queue" => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"),
            _ => name.to_owned(),
        })
    }

    /// The result of `Fn::GetAtt`.
    fn attribute(&self, resource: &str, attribute: &str) -> Option<String> {
        // SAM adds resources such as `Function.Version`.
        let kind = self.kind(resource)?;
        Some(if is_made_elsewhere(kind) {
            imported()
        } else if attribute.ends_with("Arn") {
            arn(kind, resource)
        } else {
            resource.to_owned()
        })
    }

    fn kind(&self, name: &str) -> Option<&str> {
        let Some(resource) = self.resources.field(name) else {
            return self.made_by_sam(name);
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
            let made = name.strip_prefix(&*member.key)?;
            match (kind, made) {
                ("AWS::Serverless::Function" | "AWS::Serverless::StateMachine", "Role") => Some("AWS::IAM::Role"),
                ("AWS::Serverless::Function", "Url") => Some("AWS::Lambda::Url"),
                ("AWS::Serverless::Function", made) if made.starts_with("Version") => Some("AWS::Lambda::Version"),
                ("AWS::Serverless::Function", made) if made.starts_with("Alias") => Some("AWS::Lambda::Alias"),
                ("AWS::Serverless::Api" | "AWS::Serverless::HttpApi", made) if made.ends_with("Stage") => {
                    Some("AWS::ApiGateway::Stage")
                }
                _ => None,
            }
        })
    }
}

/// Whether a resource's attributes are what another stack or a program makes them.
fn is_made_elsewhere(kind: &str) -> bool {
    kind.starts_with("Custom::")
        || matches!(
            kind,
            "AWS::CloudFormation::Stack" | "AWS::CloudFormation::CustomResource" | "AWS::Serverless::Application"
        )
}

/// A stand-in for a value of which nothing is known before a deployment: most that a definition takes are functions.
fn imported() -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:Imported")
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

/// The name and argument of an intrinsic function: an object with that one member.
fn function(node: &Node) -> Option<(&str, &Node)> {
    match node.as_object()?.members.as_slice() {
        [member] if member.key == "Ref" || member.key.starts_with("Fn::") => Some((&member.key, &member.value)),
        _ => None,
    }
}

/// The names of `${Name}`; `${!Name}` is a text.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("${").map(|(at, _)| at + 2);
    starts.filter_map(move |at| {
        let rest = text.get(at..)?;
        let name = rest.get(..rest.find('}')?)?;
        (!name.is_empty() && name.bytes().all(Substitutions::is_name_byte)).then_some(name)
    })
}

fn substituted(text: &str, values: &Substitutions) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        result.push_str(before);
        let Some((name, after)) = behind.split_once('}') else {
            result.push_str("${");
            rest = behind;
            continue;
        };
        if let Some(value) = values.value(name) {
            result.push_str(value);
        } else {
            result.push_str("${");
            result.push_str(name.strip_prefix('!').unwrap_or(name));
            result.push('}');
        }
        rest = after;
    }
    result.push_str(rest);
    result
}
