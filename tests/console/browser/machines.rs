//! State machines of every kind, with executions of them: for those who want to see each view with something in it.

use serde_json::{Value, json};

use super::super::server::{Server, approval};
use super::function;

/// A console over all of them.
pub(super) async fn server() -> Server {
    let server = Server::start().await;
    server.create("Checkout", &checkout()).await;
    server
        .begin(
            "Checkout",
            "paid",
            &json!({ "id": "A-1", "items": [{ "total": 5 }, { "total": 7 }] }),
        )
        .await;
    server
        .begin(
            "Checkout",
            "declined",
            &json!({ "id": "A-2", "items": [{ "total": 5 }, { "total": 500 }] }),
        )
        .await;
    server.create("Approval", &approval()).await;
    server
        .begin("Approval", "waiting", &json!({ "question": "may we ship?" }))
        .await;
    server.create("Files", &files()).await;
    server
        .begin("Files", "some-fail", &json!([{ "total": 5 }, { "total": 500 }]))
        .await;
    server.create("Parent", &parent()).await;
    server.begin("Parent", "first", &json!({})).await;
    let role = "arn:aws:iam::123456789012:role/Quick";
    let quick = json!({ "name": "Quick", "definition": pass().to_string(), "roleArn": role, "type": "EXPRESS" });
    server.call("CreateStateMachine", quick).await;
    let version = json!({ "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Checkout" });
    let version = server.call("PublishStateMachineVersion", version).await;
    let routes = json!([{ "stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100 }]);
    server
        .call(
            "CreateStateMachineAlias",
            json!({ "name": "PROD", "routingConfiguration": routes }),
        )
        .await;
    server
}

/// A bit of everything: a Choice, a Map, a Parallel, a Wait, Retriers and Catchers, variables.
fn checkout() -> Value {
    json!({ "Comment": "Takes an order to the parcel", "StartAt": "Check Order", "States": {
        "Check Order": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.items[0]", "IsPresent": true, "Assign": { "order.$": "$.id" }, "Next": "Charge All" }], "Default": "Nothing To Do"
        },
        "Charge All": {
            "Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.charged",
            "ItemProcessor": { "StartAt": "Charge", "States": { "Charge": {
                "Type": "Task", "Resource": function("Charge"), "End": true,
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1 }]
            } } },
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.problem", "Next": "Rejected" }],
            "Next": "Pack And Cool"
        },
        "Pack And Cool": { "Type": "Parallel", "ResultPath": null, "Next": "Ship", "Branches": [
            { "StartAt": "Pack", "States": { "Pack": { "Type": "Pass", "End": true } } },
            { "StartAt": "Cool", "States": { "Cool": { "Type": "Wait", "Seconds": 0, "End": true } } }
        ] },
        "Ship": { "Type": "Pass", "Parameters": { "parcel": "P-1", "order.$": "$order" }, "End": true },
        "Nothing To Do": { "Type": "Succeed" },
        "Rejected": { "Type": "Fail", "Error": "Order.Rejected", "CausePath": "$.problem.Cause" }
    } })
}

/// A child execution for each item, of which half may fail.
fn files() -> Value {
    json!({ "StartAt": "Each File", "States": { "Each File": {
        "Type": "Map", "Label": "EachFile", "ToleratedFailurePercentage": 50, "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Charge", "States": { "Charge": { "Type": "Task", "Resource": function("Charge"), "End": true } }
        }
    } } })
}

/// An execution that starts another and waits for it, which fails.
fn parent() -> Value {
    json!({ "StartAt": "Order", "States": { "Order": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": {
            "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Checkout",
            "Input": { "id": "A-3", "items": [{ "total": 900 }] }
        }
    } } })
}

fn pass() -> Value {
    json!({ "StartAt": "Pass", "States": { "Pass": { "Type": "Pass", "End": true } } })
}
