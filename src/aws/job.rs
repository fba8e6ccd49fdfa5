//! `.sync`: a job is started, and its description asked for until it has ended (developer guide, "Run a Job").

use serde_json::{Map, Value, json};
use std::time::Duration;

use super::call::Call;
use crate::TaskError;

/// How a job is asked after.
pub(super) struct Job {
    integration: &'static str,
    start: &'static str,
    describe: &'static str,
    /// The parameters of `describe`: a member of them, and where its value stands.
    ask: &'static [(&'static str, From)],
    /// The job in the answer.
    described: &'static str,
    /// The job's status.
    status: &'static str,
    succeeded: &'static str,
    failed: &'static [&'static str],
    /// The result in the answer.
    result: &'static str,
}

/// Where a value stands, as a JSON pointer.
#[derive(Clone, Copy)]
enum From {
    /// In the task's parameters.
    Parameters(&'static str),
    /// In the answer to the start.
    Answer(&'static str),
    /// In the answer to the start, as the only item of an array.
    OneOf(&'static str),
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A job of `sagemaker`, which is described by its name.
const fn of_sagemaker(
    start: &'static str,
    describe: &'static str,
    ask: &'static [(&'static str, From)],
    status: &'static str,
) -> Job {
    Job {
        integration: "sagemaker",
        start,
        describe,
        ask,
        described: "",
        status,
        succeeded: "Completed",
        failed: &["Failed", "Stopped"],
        result: "",
    }
}

const JOBS: &[Job] = &[
    Job {
        integration: "athena",
        start: "startQueryExecution",
        describe: "getQueryExecution",
        ask: &[("QueryExecutionId", From::Answer("/QueryExecutionId"))],
        described: "/QueryExecution",
        status: "/Status/State",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "CANCELLED"],
        result: "",
    },
    Job {
        integration: "batch",
        start: "submitJob",
        describe: "describeJobs",
        ask: &[("Jobs", From::OneOf("/JobId"))],
        described: "/Jobs/0",
        status: "/Status",
        succeeded: "SUCCEEDED",
        failed: &["FAILED"],
        result: "/Jobs/0",
    },
    Job {
        integration: "codebuild",
        start: "startBuild",
        describe: "batchGetBuilds",
        ask: &[("Ids", From::OneOf("/Build/Id"))],
        described: "/Builds/0",
        status: "/BuildStatus",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "FAULT", "TIMED_OUT", "STOPPED"],
        result: "/Builds/0",
    },
    Job {
        integration: "databrew",
        start: "startJobRun",
        describe: "describeJobRun",
        ask: &[("Name", From::Parameters("/Name")), ("RunId", From::Answer("/RunId"))],
        described: "",
        status: "/State",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "STOPPED", "TIMEOUT"],
        result: "",
    },
    Job {
        integration: "ecs",
        start: "runTask",
        describe: "describeTasks",
        ask: &[
            ("Cluster", From::Parameters("/Cluster")),
            ("Tasks", From::OneOf("/Tasks/0/TaskArn")),
        ],
        described: "/Tasks/0",
        status: "/LastStatus",
        succeeded: "STOPPED",
        failed: &["DELETED"],
        result: "/Tasks/0",
    },
    Job {
        integration: "glue",
        start: "startJobRun",
        describe: "getJobRun",
        ask: &[
            ("JobName", From::Parameters("/JobName")),
            ("RunId", From::Answer("/JobRunId")),
        ],
        described: "/JobRun",
        status: "/JobRunState",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"],
        result: "/JobRun",
    },
    of_sagemaker(
        "createHyperParameterTuningJob",
        "describeHyperParameterTuningJob",
        &[(
            "HyperParameterTuningJobName",
            From::Parameters("/HyperParameterTuningJobName"),
        )],
        "/HyperParameterTuningJobStatus",
    ),
    of_sagemaker(
        "createLabelingJob",
        "describeLabelingJob",
        &[("LabelingJobName", From::Parameters("/LabelingJobName"))],
        "/LabelingJobStatus",
    ),
    of_sagemaker(
        "createProcessingJob",
        "describeProcessingJob",
        &[("ProcessingJobName", From::Parameters("/ProcessingJobName"))],
        "/ProcessingJobStatus",
    ),
    of_sagemaker(
        "createTrainingJob",
        "describeTrainingJob",
        &[("TrainingJobName", From::Parameters("/TrainingJobName"))],
        "/TrainingJobStatus",
    ),
    of_sagemaker(
        "createTransformJob",
        "describeTransformJob",
        &[("TransformJobName", From::Parameters("/TransformJobName"))],
        "/TransformJobStatus",
    ),
];

impl Job {
    /// The job that an action starts. Errors if this version does not know how to ask after it.
    pub(super) fn of(integration: &str, action: &str) -> Result<&'static Self, TaskError> {
        let found = JOBS
            .iter()
            .find(|job| job.integration == integration && job.start == action);
        found.ok_or_else(|| {
            let cause = format!("`asl serve` cannot wait for the jobs of `{integration}:{action}`: mock the state");
            TaskError::new("States.TaskFailed", cause)
        })
    }

    /// Waits for the end of a job that was started.
    pub(super) async fn wait(&self, call: Call<'_>, parameters: &Value, started: &Value) -> Result<Value, TaskError> {
        let ask = self.question(parameters, started)?;
        let mut pause = FIRST_PAUSE;
        loop {
            let (answer, _) = call.ask(self.describe, &ask).await?;
            let job = answer.pointer(self.described);
            let status = job.and_then(|job| job.pointer(self.status)?.as_str());
            let (Some(job), Some(status)) = (job, status) else {
                let cause = format!("`{}` does not know the job: {answer}", self.describe);
                return Err(TaskError::new("States.TaskFailed", cause));
            };
            if self.failed.contains(&status) || (status == self.succeeded && containers_failed(job)) {
                return Err(TaskError::new("States.TaskFailed", job.to_string()));
            }
            if status == self.succeeded {
                let result = answer.pointer(self.result).cloned().unwrap_or_default();
                return Ok(if self.integration == "codebuild" {
                    json!({ "Build": result })
                } else {
                    result
                });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The parameters of `describe`.
    fn question(&self, parameters: &Value, started: &Value) -> Result<Value, TaskError> {
        let mut ask = Map::new();
        for (name, from) in self.ask {
            let value = match from {
                From::Parameters(pointer) => parameters.pointer(pointer).cloned(),
                From::Answer(pointer) => Some(started.pointer(pointer).cloned().ok_or_else(|| no_job(started))?),
                From::OneOf(pointer) => Some(json!([started.pointer(pointer).ok_or_else(|| no_job(started))?])),
            };
            if let Some(value) = value {
                ask.insert((*name).to_owned(), value);
            }
        }
        Ok(ask.into())
    }
}

/// The answer to the start names no job.
fn no_job(started: &Value) -> TaskError {
    TaskError::new("States.TaskFailed", started.to_string())
}

/// Whether a task of ECS has stopped with a container that failed.
fn containers_failed(job: &Value) -> bool {
    let containers = job.get("Containers").and_then(Value::as_array);
    let failed = |container: &Value| container.get("ExitCode").is_some_and(|code| code.as_i64() != Some(0));
    containers.into_iter().flatten().any(failed)
        || job.get("StopCode").and_then(Value::as_str) == Some("TaskFailedToStart")
}
