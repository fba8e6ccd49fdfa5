//! The state machine: its definition, and the version of it that new orders are started with.

use asl_engine::server::StepFunctions;
use asl_engine::services::step_functions::StepFunctionsError;
use asl_engine::{InvalidDefinition, StateMachine};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The definition that is built in.
pub(crate) const DEFINITION: &str = include_str!("../order.asl.json");

/// The name of the state machine.
const NAME: &str = "Order";
const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Order";
/// The API checks the form of a role, and uses none.
const ROLE: &str = "arn:aws:iam::123456789012:role/order-service";

/// Where the state machine's tasks send what they send: the values of the definition's placeholders.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Destinations {
    /// The table of DynamoDB with the orders
    #[arg(long, value_name = "NAME", env = "ORDERS_TABLE", default_value = "Orders")]
    pub(crate) orders_table: String,
    /// The queue that the warehouse reads
    #[arg(
        long,
        value_name = "URL",
        env = "SHIPMENT_QUEUE",
        default_value = "https://sqs.us-east-1.amazonaws.com/123456789012/shipments"
    )]
    pub(crate) shipment_queue: String,
    /// The topic of what customers are told
    #[arg(
        long,
        value_name = "ARN",
        env = "CUSTOMER_TOPIC",
        default_value = "arn:aws:sns:us-east-1:123456789012:customers"
    )]
    pub(crate) customer_topic: String,
    /// The event bus that hears of shipments
    #[arg(long, value_name = "NAME", env = "EVENT_BUS", default_value = "shop")]
    pub(crate) event_bus: String,
}

impl Destinations {
    /// A definition with values for its placeholders.
    pub(crate) fn fill(&self, definition: &str) -> String {
        let Self {
            orders_table,
            shipment_queue,
            customer_topic,
            event_bus,
        } = self;
        let values = [
            ("${OrdersTable}", orders_table),
            ("${ShipmentQueue}", shipment_queue),
            ("${CustomerTopic}", customer_topic),
            ("${EventBus}", event_bus),
        ];
        values.into_iter().fold(definition.to_owned(), |text, (name, value)| {
            // As it stands within a JSON text.
            let quoted = Value::from(value.as_str()).to_string();
            let inner = quoted.trim_start_matches('"').trim_end_matches('"');
            text.replace(name, inner)
        })
    }
}

/// What `UpdateStateMachine` and `CreateStateMachine` answer, and an item of `ListStateMachineVersions`.
#[derive(Deserialize)]
struct Deployed {
    #[serde(rename = "stateMachineVersionArn")]
    arn: String,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(rename = "stateMachineVersions")]
    versions: Vec<Deployed>,
    #[serde(rename = "nextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Described {
    definition: String,
}

/// Why a definition is not deployed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeployError {
    #[error(transparent)]
    Definition(#[from] InvalidDefinition),
    #[error("the state machine cannot be deployed: {0}")]
    Refused(#[from] StepFunctionsError),
    #[error("the API answers otherwise than it should: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Makes a definition the one that new orders are started with; returns the ARN of its version.
///
/// A version is known by what it says: the same definition is the same version, also after others, as when a release is taken
/// back. Executions that run are not touched: each ends with the version that it was started with.
pub(crate) async fn deploy(api: &StepFunctions, definition: &str) -> Result<String, DeployError> {
    // With lines and carets, where the API has one line for all.
    definition.parse::<StateMachine>()?;
    let deployed: Deployed = match version_of(api, definition).await {
        Ok(Some(version)) => return Ok(version),
        Ok(None) => {
            let update = json!({ "stateMachineArn": ARN, "definition": definition, "publish": true });
            call(api, "UpdateStateMachine", update).await?
        }
        Err(DeployError::Refused(error)) if error.code() == "StateMachineDoesNotExist" => {
            let create = json!({ "name": NAME, "definition": definition, "roleArn": ROLE, "publish": true });
            call(api, "CreateStateMachine", create).await?
        }
        Err(error) => return Err(error),
    };
    Ok(deployed.arn)
}

/// The version that a definition is, if it was deployed before.
async fn version_of(api: &StepFunctions, definition: &str) -> Result<Option<String>, DeployError> {
    let mut next_token = None;
    loop {
        let list = json!({ "stateMachineArn": ARN, "maxResults": 1000, "nextToken": next_token });
        let page: Versions = call(api, "ListStateMachineVersions", list).await?;
        for Deployed { arn: version } in page.versions {
            let describe = json!({ "stateMachineArn": version });
            let described: Described = call(api, "DescribeStateMachine", describe).await?;
            if described.definition == definition {
                return Ok(Some(version));
            }
        }
        if page.next_token.is_none() {
            return Ok(None);
        }
        next_token = page.next_token;
    }
}

async fn call<T: DeserializeOwned>(api: &StepFunctions, action: &str, request: Value) -> Result<T, DeployError> {
    Ok(serde_json::from_value(api.call(action, request).await?)?)
}
