//! The Step Functions API of `asl serve`, by AWS's SDK for Rust: `sdk-client ENDPOINT`.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType, RoutingConfigurationListItem, StateMachineType, Tag};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;

const ROLE: &str = "arn:aws:iam::123456789012:role/Orders";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::args().nth(1).ok_or("the endpoint is missing")?;
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIDBAR", "flour", None, None, "test"));
    let http = aws_smithy_http_client::Builder::new().build_http();
    let direct = config.clone().endpoint_url(&endpoint).http_client(http);
    let client = Client::from_conf(direct.build());

    // Create, start, wait, and the history by pages.
    let double = r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload",
        "Parameters": { "FunctionName": "Double", "Payload.$": "$.number" }, "End": true }"#;
    let machine = create(&client, "RustDouble", double).await?;
    let started = client
        .start_execution()
        .state_machine_arn(&machine)
        .input(r#"{ "number": 21 }"#)
        .send()
        .await?;
    assert_eq!(ended(&client, started.execution_arn()).await?.output(), Some("42"));
    let pages = client
        .get_execution_history()
        .execution_arn(started.execution_arn())
        .max_results(3);
    let mut pages = pages.into_paginator().items().send();
    let mut last = None;
    let mut events = 0;
    while let Some(event) = pages.next().await {
        last = Some(event?.r#type().clone());
        events += 1;
    }
    assert_eq!((events, last), (7, Some(HistoryEventType::ExecutionSucceeded)));

    // Typed errors.
    let error = client
        .describe_execution()
        .execution_arn(format!("{}x", started.execution_arn()))
        .send()
        .await;
    assert!(error.unwrap_err().into_service_error().is_execution_does_not_exist());

    // Versions, aliases and tags.
    let version = client
        .publish_state_machine_version()
        .state_machine_arn(&machine)
        .send()
        .await?;
    let route = RoutingConfigurationListItem::builder()
        .state_machine_version_arn(version.state_machine_version_arn())
        .weight(100)
        .build()?;
    let alias = client
        .create_state_machine_alias()
        .name("prod")
        .routing_configuration(route)
        .send()
        .await?;
    assert!(alias.state_machine_alias_arn().ends_with(":prod"));
    let tag = Tag::builder().key("team").value("bar").build();
    client.tag_resource().resource_arn(&machine).tags(tag).send().await?;
    let tags = client.list_tags_for_resource().resource_arn(&machine).send().await?;
    assert_eq!(tags.tags()[0].value(), Some("bar"));

    // Stop and redrive.
    let wait = create(
        &client,
        "RustWait",
        r#"{ "Type": "Wait", "Seconds": 3600, "End": true }"#,
    )
    .await?;
    let waiting = client.start_execution().state_machine_arn(wait).send().await?;
    client
        .stop_execution()
        .execution_arn(waiting.execution_arn())
        .error("Closed")
        .send()
        .await?;
    let stopped = ended(&client, waiting.execution_arn()).await?;
    assert_eq!(
        (stopped.status(), stopped.error()),
        (&ExecutionStatus::Aborted, Some("Closed"))
    );
    client
        .redrive_execution()
        .execution_arn(waiting.execution_arn())
        .send()
        .await?;
    client
        .stop_execution()
        .execution_arn(waiting.execution_arn())
        .send()
        .await?;

    // A worker of an activity.
    let activity = client.create_activity().name("RustOvens").send().await?;
    let activity = activity.activity_arn();
    let bake = format!(r#"{{ "Type": "Task", "Resource": "{activity}", "End": true }}"#);
    let bakery = create(&client, "RustBakery", &bake).await?;
    let baking = client
        .start_execution()
        .state_machine_arn(bakery)
        .input("\"funghi\"")
        .send()
        .await?;
    let task = client.get_activity_task().activity_arn(activity).send().await?;
    assert_eq!(task.input(), Some("\"funghi\""));
    let token = task.task_token().ok_or("there is no token")?;
    client.send_task_heartbeat().task_token(token).send().await?;
    client
        .send_task_success()
        .task_token(token)
        .output("\"hot\"")
        .send()
        .await?;
    assert_eq!(ended(&client, baking.execution_arn()).await?.output(), Some("\"hot\""));

    tasks(&client).await?;

    // The two operations for which it puts `sync-` before the host: the server is its own proxy.
    let proxy = ProxyConfig::http(endpoint)?;
    let http = aws_smithy_http_client::Builder::new().build_with_connector_fn(move |_, _| {
        let connector = Connector::builder().proxy_config(proxy.clone());
        connector.build_http()
    });
    let by_proxy = config.endpoint_url("http://states.localdomain").http_client(http);
    synchronous(&Client::from_conf(by_proxy.build())).await?;
    println!("the SDK for Rust speaks to it");
    Ok(())
}

/// A task that waits for its token, a Map Run that is changed, a task that is mocked.
async fn tasks(client: &Client) -> Result<(), Box<dyn Error>> {
    let ask = r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": { "FunctionName": "Double", "Payload": { "token.$": "$$.Task.Token" } } }"#;
    let asked = start(client, &create(client, "RustCallback", ask).await?, "{}").await?;
    let parameters = loop {
        let history = client.get_execution_history().execution_arn(&asked).send().await?;
        let events = history.events();
        let submitted = events
            .iter()
            .any(|event| *event.r#type() == HistoryEventType::TaskSubmitted);
        let scheduled = events.iter().find_map(|event| event.task_scheduled_event_details());
        match scheduled {
            Some(details) if submitted => break details.parameters().to_owned(),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let token = parameters.split('"').rev().nth(1).ok_or("there is no token")?;
    client
        .send_task_failure()
        .task_token(token)
        .error("Closed")
        .send()
        .await?;
    assert_eq!(ended(client, &asked).await?.error(), Some("Closed"));

    let each = r#"{ "Type": "Map", "MaxConcurrency": 1, "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 3600, "End": true } } } }"#;
    let mapping = start(client, &create(client, "RustEach", each).await?, "[1, 2, 3]").await?;
    let run = loop {
        let runs = client.list_map_runs().execution_arn(&mapping).send().await?;
        match runs.map_runs() {
            [run, ..] => break run.map_run_arn().to_owned(),
            [] => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    client
        .update_map_run()
        .map_run_arn(&run)
        .max_concurrency(2)
        .send()
        .await?;
    let described = client.describe_map_run().map_run_arn(&run).send().await?;
    assert_eq!(described.max_concurrency(), 2);
    client.stop_execution().execution_arn(&mapping).send().await?;

    let charge = r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": { "FunctionName": "Charge" }, "OutputPath": "$.Payload" }"#;
    let mocked = create_as(client, "RustMocked", "Charge", charge).await?;
    let sold = start(client, &format!("{mocked}#Sold"), "{}").await?;
    assert_eq!(ended(client, &sold).await?.output(), Some("\"sold\""));
    Ok(())
}

async fn synchronous(client: &Client) -> Result<(), Box<dyn Error>> {
    let greet = r#"{ "Type": "Pass", "Result": "hello", "End": true }"#;
    let express = client
        .create_state_machine()
        .name("RustGreet")
        .r#type(StateMachineType::Express)
        .definition(format!(r#"{{ "StartAt": "Only", "States": {{ "Only": {greet} }} }}"#))
        .role_arn(ROLE)
        .send()
        .await?;
    let greeted = client
        .start_sync_execution()
        .state_machine_arn(express.state_machine_arn())
        .send()
        .await?;
    assert_eq!(greeted.output(), Some("\"hello\""));
    let tested = client.test_state().definition(greet).role_arn(ROLE).send().await?;
    assert_eq!(tested.output(), Some("\"hello\""));
    Ok(())
}

async fn start(client: &Client, machine: &str, input: &str) -> Result<String, Box<dyn Error>> {
    let started = client.start_execution().state_machine_arn(machine).input(input);
    Ok(started.send().await?.execution_arn().to_owned())
}

/// Creates a machine of one state; returns its ARN.
async fn create(client: &Client, name: &str, state: &str) -> Result<String, Box<dyn Error>> {
    create_as(client, name, "Only", state).await
}

async fn create_as(client: &Client, name: &str, called: &str, state: &str) -> Result<String, Box<dyn Error>> {
    let definition = format!(r#"{{ "StartAt": "{called}", "States": {{ "{called}": {state} }} }}"#);
    let created = client
        .create_state_machine()
        .name(name)
        .definition(definition)
        .role_arn(ROLE)
        .send()
        .await?;
    Ok(created.state_machine_arn().to_owned())
}

async fn ended(client: &Client, arn: &str) -> Result<DescribeExecutionOutput, Box<dyn Error>> {
    loop {
        let described = client.describe_execution().execution_arn(arn).send().await?;
        if *described.status() != ExecutionStatus::Running {
            return Ok(described);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
