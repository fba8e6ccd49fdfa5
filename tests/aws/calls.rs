//! Calls as they go: where they are sent, who signs them, how they end.

use asl_engine::handlers::aws::AwsServices;
use asl_engine::{Interpreter, Outcome};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::MOTO;
use super::case::{in_runtime, machine};
use super::server::{Reply, Request, Server};

const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::123456789012:role/Audit";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_timeout_closes_the_connection", || {
            in_runtime(a_timeout_closes_the_connection())
        }),
        Trial::test("a_stopped_execution_ends_its_call", || {
            in_runtime(a_stopped_execution_ends_its_call())
        }),
        Trial::test("a_stopped_execution_stops_its_job", || {
            in_runtime(a_stopped_execution_stops_its_job())
        }),
        Trial::test("a_job_that_nothing_is_told_of_is_stopped", || {
            in_runtime(a_job_that_nothing_is_told_of_is_stopped())
        }),
        Trial::test("a_start_is_made_once", || in_runtime(a_start_is_made_once())),
        Trial::test("a_region_is_that_of_the_arn", || {
            in_runtime(a_region_is_that_of_the_arn())
        }),
        Trial::test("a_role_signs_the_request", || in_runtime(a_role_signs_the_request())),
        Trial::test("what_cannot_be_called_is_refused_at_the_start", || {
            in_runtime(async { what_cannot_be_called_is_refused_at_the_start() })
        }),
    ]
}

/// The services of an emulator at a URL.
fn services(url: &str) -> AwsServices {
    AwsServices::emulator(url, REGION).unwrap()
}

fn invoke(function: &str) -> Value {
    json!({ "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": function } })
}

async fn a_timeout_closes_the_connection() -> Result<(), Failed> {
    let mut server = Server::start(|_| None);
    let mut task = invoke("Slow");
    task["TimeoutSeconds"] = 1.into();
    let interpreter = Interpreter::new().aws(services(&server.url));
    let outcome = interpreter.start(&machine(&task), json!({}))?.outcome().await;
    let Outcome::Failed(failed) = outcome else {
        return Err(format!("{outcome:?}").into());
    };
    assert_eq!(failed.error.as_deref(), Some("States.Timeout"));
    server.request().await;
    server.closed().await;
    Ok(())
}

async fn a_stopped_execution_ends_its_call() -> Result<(), Failed> {
    let mut server = Server::start(|_| None);
    let interpreter = Interpreter::new().aws(services(&server.url));
    let execution = interpreter.start(&machine(&invoke("Slow")), json!({}))?;
    server.request().await;
    execution.stop(None, None);
    assert_eq!(execution.outcome().await.status(), "ABORTED");
    server.closed().await;
    Ok(())
}

async fn a_stopped_execution_stops_its_job() -> Result<(), Failed> {
    let mut server = Server::start(|request| {
        let job = json!({ "jobId": "7", "jobName": "bake", "status": "RUNNING" });
        Some(Reply::json(&match request.path.as_str() {
            "/v1/describejobs" => json!({ "jobs": [job] }),
            _ => job,
        }))
    });
    let interpreter = Interpreter::new().aws(services(&server.url));
    let parameters = json!({ "JobName": "bake", "JobQueue": "bar", "JobDefinition": "bake" });
    let task = json!({ "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": parameters });
    let execution = interpreter.start(&machine(&task), json!({}))?;
    while server.request().await.path != "/v1/describejobs" {}
    execution.stop(None, None);
    assert_eq!(execution.outcome().await.status(), "ABORTED");
    loop {
        let request = server.request().await;
        if request.path == "/v1/terminatejob" {
            assert_eq!(
                request.json(),
                json!({ "jobId": "7", "reason": "The task was aborted." })
            );
            return Ok(());
        }
    }
}

/// Step Functions has its SDK make one attempt; more of them are the state's business.
/// A service may not know a new job yet; one that it never tells of is not left to itself.
async fn a_job_that_nothing_is_told_of_is_stopped() -> Result<(), Failed> {
    let mut server = Server::start(|request| {
        Some(Reply::json(&match request.path.as_str() {
            "/v1/describejobs" => json!({ "jobs": [] }),
            _ => json!({ "jobId": "7", "jobName": "bake" }),
        }))
    });
    let interpreter = Interpreter::new().aws(services(&server.url));
    let parameters = json!({ "JobName": "bake", "JobQueue": "bar", "JobDefinition": "bake" });
    let task = json!({ "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": parameters });
    let outcome = interpreter.start(&machine(&task), json!({}))?.outcome().await;
    let cause = outcome
        .error()
        .and_then(|error| error.cause.clone())
        .unwrap_or_default();
    assert!(cause.starts_with("`describeJobs` does not know the job"), "{cause}");
    let mut asked = 0;
    loop {
        match server.request().await.path.as_str() {
            "/v1/describejobs" => asked += 1,
            "/v1/terminatejob" => break,
            _ => {}
        }
    }
    assert_eq!(asked, 5);
    Ok(())
}

async fn a_start_is_made_once() -> Result<(), Failed> {
    let mut server = Server::start(|_| {
        Some(Reply::error(
            400,
            &json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }),
        ))
    });
    let interpreter = Interpreter::new().aws(services(&server.url));
    let task = json!({ "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": { "JobName": "sum" } });
    let outcome = interpreter.start(&machine(&task), json!({}))?.outcome().await;
    let Outcome::Failed(failed) = outcome else {
        return Err(format!("{outcome:?}").into());
    };
    assert_eq!(failed.error.as_deref(), Some("Glue.ThrottlingException"));
    assert_eq!(server.requests().len(), 1);
    Ok(())
}

async fn a_region_is_that_of_the_arn() -> Result<(), Failed> {
    let mut server = Server::start(|_| Some(Reply::json(&json!({}))));
    let interpreter = Interpreter::new().aws(services(&server.url));
    let function = |region: &str| format!("arn:aws:lambda:{region}:123456789012:function:Charge");
    let start = |region: &str| {
        let machine = format!("arn:aws:states:{region}:123456789012:stateMachine:Bake");
        json!({ "Resource": "arn:aws:states:::states:startExecution", "Parameters": { "StateMachineArn": machine } })
    };
    for (task, scope) in [
        (invoke("Charge"), "us-east-1/lambda"),
        (invoke(&function("eu-west-1")), "eu-west-1/lambda"),
        (
            json!({ "Resource": function("eu-central-1"), "Parameters": {} }),
            "eu-central-1/lambda",
        ),
        (start("ap-south-1"), "ap-south-1/states"),
    ] {
        let outcome = interpreter.start(&machine(&task), json!({}))?.outcome().await;
        assert_eq!(outcome.status(), "SUCCEEDED", "{task}: {outcome:?}");
        let signed_for = scope_of(&server.request().await);
        assert!(signed_for.contains(&format!("/{scope}/aws4_request")), "{signed_for}");
    }
    Ok(())
}

/// `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`
fn scope_of(request: &Request) -> String {
    let header = request.header("authorization").expect("a signed request");
    let (_, credential) = header.split_once("Credential=").expect("its key");
    credential.split(',').next().unwrap_or_default().to_owned()
}

async fn a_role_signs_the_request() -> Result<(), Failed> {
    let Some(moto) = MOTO.get() else { return Ok(()) };
    let mut server = Server::start(|_| Some(Reply::json(&json!({}))));
    let services = services(moto).service_endpoint_url("lambda", &server.url)?;
    let interpreter = Interpreter::new().aws(services);
    let mut task = invoke("Charge");
    for has_role in [false, true, true] {
        if has_role {
            task["Credentials"] = json!({ "RoleArn": ROLE });
        }
        let outcome = interpreter.start(&machine(&task), json!({}))?.outcome().await;
        assert_eq!(outcome.status(), "SUCCEEDED", "{outcome:?}");
    }
    let requests = server.requests();
    let [own, first, second] = requests.as_slice() else {
        return Err(format!("{requests:?}").into());
    };
    assert!(scope_of(own).starts_with("test/"), "{own:?}");
    assert_eq!(own.header("x-amz-security-token"), None);
    assert!(scope_of(first).starts_with("ASIA"), "{first:?}");
    assert!(first.header("x-amz-security-token").is_some());
    assert_eq!(scope_of(first), scope_of(second));
    Ok(())
}

fn what_cannot_be_called_is_refused_at_the_start() -> Result<(), Failed> {
    let only = services("http://127.0.0.1:9").only(["sqs", "lambda"])?;
    let refused = |services: &AwsServices, resource: &str| {
        let task = json!({ "Resource": format!("arn:aws:states:::{resource}"), "Parameters": {} });
        let started = Interpreter::new()
            .aws(services.clone())
            .start(&machine(&task), json!({}));
        started.err().map(|error| error.to_string())
    };
    assert_eq!(refused(&only, "sqs:sendMessage"), None);
    assert_eq!(
        refused(&only, "sns:publish").as_deref(),
        Some(
            "the resource `arn:aws:states:::sns:publish` of the state `Call` has no handler: the service `sns` is not called, \
             but these are: lambda, sqs"
        )
    );
    assert_eq!(
        refused(&only, "eks:runJob.sync").as_deref(),
        Some(
            "the resource `arn:aws:states:::eks:runJob.sync` of the state `Call` has no handler: `eks:runJob` cannot be called \
             here: it speaks to the cluster itself, in the protocol of Kubernetes"
        )
    );
    let all = services("http://127.0.0.1:9");
    assert_eq!(
        refused(&all, "emr-serverless:startJobRun.sync").as_deref(),
        Some(
            "the resource `arn:aws:states:::emr-serverless:startJobRun.sync` of the state `Call` has no handler: \
             `emr-serverless:startJobRun.sync` cannot be called here: the form of its result on AWS is not known"
        )
    );
    assert!(only.clone().only(["nothing"]).is_err());
    Ok(())
}
