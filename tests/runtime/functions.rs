//! `lambda:invoke` over local functions.

use asl_engine::{ErrorKind, Interpreter};
use serde_json::{Value, json};

use crate::machine;

const IRELAND: &str = "arn:aws:lambda:eu-west-1:1:function:Charge";
const VIRGINIA: &str = "arn:aws:lambda:us-east-1:2:function:Charge";

/// Runs one `lambda:invoke` with parameters that are only known at run time.
async fn invoke(interpreter: &Interpreter, parameters: Value) -> Result<Value, (String, String)> {
    let machine = machine(json!({ "I": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "ResultSelector": { "payload.$": "$.Payload" }, "OutputPath": "$.payload"
    }}));
    let output = interpreter.run::<Value>(&machine, parameters).await;
    output.map_err(|error| {
        let output = error.output().unwrap().clone();
        (output.error.unwrap(), output.cause.unwrap())
    })
}

async fn called(interpreter: &Interpreter, function: &str) -> Option<String> {
    match invoke(interpreter, json!({ "FunctionName": function })).await {
        Ok(output) => Some(output.as_str().unwrap().to_owned()),
        Err((error, _)) => {
            assert_eq!(error, "Lambda.ResourceNotFoundException");
            None
        }
    }
}

/// An interpreter whose functions answer with what they are registered as.
fn answering(names: &[&'static str]) -> Interpreter {
    names.iter().fold(Interpreter::new(), |interpreter, &name| {
        interpreter.task(name, move |_: Value| async move { Ok(name) })
    })
}

#[tokio::test(start_paused = true)]
async fn a_function_is_called_and_its_answer_wrapped() {
    let invoke = machine(json!({ "I": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": { "FunctionName": "Charge", "Payload.$": "$" }
    }}));
    let interpreter = Interpreter::new().function("Charge", |order: crate::Order| async move { Ok(order.id + 1) });
    let output: Value = interpreter.run(&invoke, json!({ "id": 7 })).await.unwrap();
    assert_eq!((&output["Payload"], &output["StatusCode"]), (&json!(8), &json!(200)));
}

#[tokio::test(start_paused = true)]
async fn a_function_that_the_definition_names_is_looked_for_at_the_start() {
    let task = |fields: Value| {
        json!({ "StartAt": "I", "States": { "I": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": fields, "End": true
        }}})
    };
    let nested = |fields: Value| {
        machine(json!({
            "M": { "Type": "Map", "ItemsPath": "$", "ItemProcessor": task(fields), "End": true }
        }))
    };
    let interpreter = answering(&[IRELAND]);
    let error = interpreter
        .start(&nested(json!({ "FunctionName": "Nobody" })), json!([]))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler);
    assert!(
        error.to_string().contains("`Nobody`, which the state `I` invokes"),
        "{error}"
    );
    for known in [
        json!({ "FunctionName": "Charge" }),
        json!({ "FunctionName": "Charge", "Qualifier.$": "$.alias" }),
        json!({ "FunctionName.$": "$.function" }),
    ] {
        assert!(interpreter.start(&nested(known), json!([])).is_ok());
    }
    // Whoever serves `lambda:invoke` knows what there is.
    let own = answering(&[IRELAND, "arn:aws:states:::lambda:invoke"]);
    assert!(
        own.start(&nested(json!({ "FunctionName": "Nobody" })), json!([]))
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn an_arn_is_one_function_and_no_other() {
    let interpreter = answering(&[VIRGINIA]);
    assert_eq!(called(&interpreter, VIRGINIA).await.as_deref(), Some(VIRGINIA));
    assert_eq!(called(&interpreter, IRELAND).await, None);
    assert_eq!(
        called(&interpreter, "2:function:Charge").await.as_deref(),
        Some(VIRGINIA)
    );
    assert_eq!(called(&interpreter, "1:function:Charge").await, None);
    assert_eq!(called(&interpreter, "Charge").await.as_deref(), Some(VIRGINIA));
    assert_eq!(called(&interpreter, "Nobody").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_name_alone_is_a_function_of_the_executions_own_account() {
    let both = || answering(&[VIRGINIA, IRELAND]);
    let own = both().region("us-east-1", "2");
    assert_eq!(called(&own, "Charge").await.as_deref(), Some(VIRGINIA));
    // There is none in the execution's account: the first by ARN.
    assert_eq!(called(&both(), "Charge").await.as_deref(), Some(IRELAND));
}

#[tokio::test(start_paused = true)]
async fn patterns_serve_names() {
    const ANY: &str = "arn:aws:lambda:*:function:*";
    const IN_IRELAND: &str = "arn:aws:lambda:eu-west-1:*:function:C*";
    for pattern in [ANY, IN_IRELAND, "arn:aws:lambda:*"] {
        let interpreter = answering(&[pattern]);
        assert_eq!(called(&interpreter, "Charge").await.as_deref(), Some(pattern));
        assert_eq!(called(&interpreter, IRELAND).await.as_deref(), Some(pattern));
    }
    assert_eq!(called(&answering(&[IN_IRELAND]), VIRGINIA).await, None);
    assert_eq!(called(&answering(&[IN_IRELAND]), "Bake").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_function_of_the_qualifier_goes_first() {
    const PROD: &str = "arn:aws:lambda:eu-west-1:1:function:Charge:prod";
    const LATEST: &str = "arn:aws:lambda:*:*:function:Charge:$LATEST";
    let interpreter = answering(&["arn:aws:lambda:*:function:*", PROD, IRELAND]).region("eu-west-1", "1");
    for (parameters, expected) in [
        (json!({ "FunctionName": "Charge", "Qualifier": "prod" }), PROD),
        (json!({ "FunctionName": "Charge:prod" }), PROD),
        (json!({ "FunctionName": "Charge:prod", "Qualifier": "prod" }), PROD),
        (json!({ "FunctionName": "Charge", "Qualifier": "test" }), IRELAND),
        (json!({ "FunctionName": "Charge", "Qualifier": "$LATEST" }), IRELAND),
        (json!({ "FunctionName": IRELAND, "Qualifier": "prod" }), PROD),
    ] {
        assert_eq!(invoke(&interpreter, parameters).await.unwrap(), expected);
    }
    let interpreter = answering(&[LATEST, PROD, IRELAND]).region("eu-west-1", "1");
    for (parameters, expected) in [
        (json!({ "FunctionName": "Charge" }), LATEST),
        (json!({ "FunctionName": "Charge", "Qualifier": "$LATEST" }), LATEST),
        (json!({ "FunctionName": "Charge:prod" }), PROD),
        (json!({ "FunctionName": "Charge:test" }), IRELAND),
    ] {
        assert_eq!(invoke(&interpreter, parameters).await.unwrap(), expected);
    }
    let two = json!({ "FunctionName": "Charge:prod", "Qualifier": "test" });
    let (error, _) = invoke(&interpreter, two).await.unwrap_err();
    assert_eq!(error, "Lambda.InvalidParameterValueException");
}

#[tokio::test(start_paused = true)]
async fn a_function_without_a_qualifier_serves_all_of_them_as_a_resource_too() {
    let run = async |registered: &str, resource: &str| {
        let machine = machine(json!({ "I": { "Type": "Task", "Resource": resource, "End": true } }));
        let interpreter = Interpreter::new().function(registered, async |_: Value| Ok(7));
        interpreter.run::<u64>(&machine, json!({})).await.ok()
    };
    for (registered, resource, expected) in [
        ("Charge", "arn:aws:lambda:eu-west-1:1:function:Charge", Some(7)),
        ("Charge", "arn:aws:lambda:eu-west-1:1:function:Charge:live", Some(7)),
        (
            "Charge:live",
            "arn:aws:lambda:eu-west-1:1:function:Charge:live",
            Some(7),
        ),
        ("Charge:live", "arn:aws:lambda:eu-west-1:1:function:Charge", None),
        ("Charge:$LATEST", "arn:aws:lambda:eu-west-1:1:function:Charge", Some(7)),
        (
            "Charge:$LATEST",
            "arn:aws:lambda:eu-west-1:1:function:Charge:live",
            None,
        ),
    ] {
        assert_eq!(run(registered, resource).await, expected, "{registered} {resource}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_would_be_done_otherwise_than_asked_for_is_refused() {
    let interpreter = answering(&[VIRGINIA]);
    for (field, value, expected, cause) in [
        (
            "Paylod",
            json!({}),
            "States.Runtime",
            r#"[The field "Paylod" is not supported by Step Functions]"#,
        ),
        (
            "InvocationType",
            json!("DryRun"),
            "NotSupported",
            "must be `RequestResponse`",
        ),
        (
            "InvocationType",
            json!("Event"),
            "NotSupported",
            "must be `RequestResponse`",
        ),
        (
            "InvocationType",
            json!("Evnt"),
            "Lambda.ValidationException",
            "enum value set: [Event, RequestResponse, DryRun]",
        ),
        (
            "InvocationType",
            json!(1),
            "States.Runtime",
            "[The value for the field 'InvocationType' must be a STRING]",
        ),
        (
            "Qualifier",
            json!(7),
            "States.Runtime",
            "[The value for the field 'Qualifier' must be a STRING]",
        ),
        (
            "ClientContext",
            json!("e30="),
            "NotSupported",
            "leave `ClientContext` away",
        ),
    ] {
        let mut parameters = json!({ "FunctionName": "Charge" });
        parameters[field] = value;
        let (error, text) = invoke(&interpreter, parameters).await.unwrap_err();
        assert_eq!(error, expected);
        assert!(text.ends_with(cause), "{text}");
    }
    let (_, cause) = invoke(&interpreter, json!({})).await.unwrap_err();
    assert!(
        cause.ends_with("[The field 'FunctionName' is required but was missing]"),
        "{cause}"
    );
    let plain = json!({ "FunctionName": "Charge", "InvocationType": "RequestResponse" });
    assert_eq!(invoke(&interpreter, plain).await.unwrap(), VIRGINIA);
}

/// Only the functions of this program have the limits of local ones.
#[tokio::test(start_paused = true)]
async fn others_functions_are_called_as_asked() {
    let interpreter =
        answering(&[VIRGINIA]).fallback(|parameters: Value| async move { Ok(json!({ "Payload": parameters })) });
    let refund = json!({ "FunctionName": "Refund", "InvocationType": "Event" });
    assert_eq!(invoke(&interpreter, refund.clone()).await.unwrap(), refund);
    let charge = json!({ "FunctionName": "Charge", "InvocationType": "Event" });
    assert_eq!(invoke(&interpreter, charge).await.unwrap_err().0, "NotSupported");
}
