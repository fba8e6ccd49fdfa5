//! The jobs that `.sync` waits for.

use super::From::{Answer, OneOf, Parameters, Text};
use super::{Job, Outcome, Question};

const ABORTED: &str = "The task was aborted.";

pub(super) const JOBS: &[Job] = &[
    Job {
        integration: "athena",
        start: "startQueryExecution",
        describe: Question {
            action: "getQueryExecution",
            parameters: &[("QueryExecutionId", Answer("/QueryExecutionId"))],
        },
        described: "/QueryExecution",
        status: "/Status/State",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "CANCELLED"],
        outcome: Outcome::Answer,
        stop: Question {
            action: "stopQueryExecution",
            parameters: &[("QueryExecutionId", Answer("/QueryExecutionId"))],
        },
    },
    Job {
        integration: "batch",
        start: "submitJob",
        describe: Question {
            action: "describeJobs",
            parameters: &[("Jobs", OneOf("/JobId"))],
        },
        described: "/Jobs/0",
        status: "/Status",
        succeeded: "SUCCEEDED",
        failed: &["FAILED"],
        outcome: Outcome::Job,
        stop: Question {
            action: "terminateJob",
            parameters: &[("JobId", Answer("/JobId")), ("Reason", Text(ABORTED))],
        },
    },
    Job {
        integration: "bedrock",
        start: "createModelCustomizationJob",
        describe: Question {
            action: "getModelCustomizationJob",
            parameters: &[("JobIdentifier", Answer("/JobArn"))],
        },
        described: "",
        status: "/Status",
        succeeded: "Completed",
        failed: &["Failed", "Stopped"],
        outcome: Outcome::Answer,
        stop: Question {
            action: "stopModelCustomizationJob",
            parameters: &[("JobIdentifier", Answer("/JobArn"))],
        },
    },
    Job {
        integration: "codebuild",
        start: "startBuild",
        describe: Question {
            action: "batchGetBuilds",
            parameters: &[("Ids", OneOf("/Build/Id"))],
        },
        described: "/Builds/0",
        status: "/BuildStatus",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "FAULT", "TIMED_OUT", "STOPPED"],
        outcome: Outcome::Member("Build"),
        stop: Question {
            action: "stopBuild",
            parameters: &[("Id", Answer("/Build/Id"))],
        },
    },
    of_build_batches("startBuildBatch"),
    of_build_batches("retryBuildBatch"),
    Job {
        integration: "databrew",
        start: "startJobRun",
        describe: Question {
            action: "describeJobRun",
            parameters: &[("Name", Parameters("/Name")), ("RunId", Answer("/RunId"))],
        },
        described: "",
        status: "/State",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "STOPPED", "TIMEOUT"],
        outcome: Outcome::Answer,
        stop: Question {
            action: "stopJobRun",
            parameters: &[("Name", Parameters("/Name")), ("RunId", Answer("/RunId"))],
        },
    },
    Job {
        integration: "ecs",
        start: "runTask",
        describe: Question {
            action: "describeTasks",
            parameters: &[
                ("Cluster", Parameters("/Cluster")),
                ("Tasks", OneOf("/Tasks/0/TaskArn")),
            ],
        },
        described: "/Tasks/0",
        status: "/LastStatus",
        succeeded: "STOPPED",
        failed: &["DELETED"],
        outcome: Outcome::Job,
        stop: Question {
            action: "stopTask",
            parameters: &[
                ("Cluster", Parameters("/Cluster")),
                ("Task", Answer("/Tasks/0/TaskArn")),
                ("Reason", Text(ABORTED)),
            ],
        },
    },
    Job {
        integration: "eks",
        start: "createCluster",
        describe: Question {
            action: "describeCluster",
            parameters: &[("Name", Parameters("/Name"))],
        },
        described: "/Cluster",
        status: "/Status",
        succeeded: "ACTIVE",
        failed: &["FAILED", "DELETING"],
        outcome: Outcome::Answer,
        stop: Question {
            action: "deleteCluster",
            parameters: &[("Name", Parameters("/Name"))],
        },
    },
    of_eks(
        "createFargateProfile",
        "describeFargateProfile",
        "deleteFargateProfile",
        &[
            ("ClusterName", Parameters("/ClusterName")),
            ("FargateProfileName", Parameters("/FargateProfileName")),
        ],
        "/FargateProfile",
    ),
    of_eks(
        "createNodegroup",
        "describeNodegroup",
        "deleteNodegroup",
        &[
            ("ClusterName", Parameters("/ClusterName")),
            ("NodegroupName", Parameters("/NodegroupName")),
        ],
        "/Nodegroup",
    ),
    Job {
        integration: "glue",
        start: "startJobRun",
        describe: Question {
            action: "getJobRun",
            parameters: &[("JobName", Parameters("/JobName")), ("RunId", Answer("/JobRunId"))],
        },
        described: "/JobRun",
        status: "/JobRunState",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"],
        outcome: Outcome::Job,
        stop: Question {
            action: "batchStopJobRun",
            parameters: &[("JobName", Parameters("/JobName")), ("JobRunIds", OneOf("/JobRunId"))],
        },
    },
    of_sagemaker(
        "createHyperParameterTuningJob",
        "describeHyperParameterTuningJob",
        "stopHyperParameterTuningJob",
        &[(
            "HyperParameterTuningJobName",
            Parameters("/HyperParameterTuningJobName"),
        )],
        "/HyperParameterTuningJobStatus",
    ),
    of_sagemaker(
        "createLabelingJob",
        "describeLabelingJob",
        "stopLabelingJob",
        &[("LabelingJobName", Parameters("/LabelingJobName"))],
        "/LabelingJobStatus",
    ),
    of_sagemaker(
        "createProcessingJob",
        "describeProcessingJob",
        "stopProcessingJob",
        &[("ProcessingJobName", Parameters("/ProcessingJobName"))],
        "/ProcessingJobStatus",
    ),
    of_sagemaker(
        "createTrainingJob",
        "describeTrainingJob",
        "stopTrainingJob",
        &[("TrainingJobName", Parameters("/TrainingJobName"))],
        "/TrainingJobStatus",
    ),
    of_sagemaker(
        "createTransformJob",
        "describeTransformJob",
        "stopTransformJob",
        &[("TransformJobName", Parameters("/TransformJobName"))],
        "/TransformJobStatus",
    ),
    Job {
        integration: "states",
        start: "startExecution",
        describe: Question {
            action: "describeExecution",
            parameters: &[("ExecutionArn", Answer("/ExecutionArn"))],
        },
        described: "",
        status: "/Status",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "TIMED_OUT", "ABORTED"],
        outcome: Outcome::Answer,
        stop: Question {
            action: "stopExecution",
            parameters: &[("ExecutionArn", Answer("/ExecutionArn"))],
        },
    },
];

const fn of_build_batches(start: &'static str) -> Job {
    Job {
        integration: "codebuild",
        start,
        describe: Question {
            action: "batchGetBuildBatches",
            parameters: &[("Ids", OneOf("/BuildBatch/Id"))],
        },
        described: "/BuildBatches/0",
        status: "/BuildBatchStatus",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "FAULT", "TIMED_OUT", "STOPPED"],
        outcome: Outcome::Member("BuildBatch"),
        stop: Question {
            action: "stopBuildBatch",
            parameters: &[("Id", Answer("/BuildBatch/Id"))],
        },
    }
}

/// A part of a cluster of `eks`: its creation is waited for, and undone if the task is aborted.
const fn of_eks(
    start: &'static str,
    describe: &'static str,
    stop: &'static str,
    parameters: &'static [(&'static str, super::From)],
    described: &'static str,
) -> Job {
    Job {
        integration: "eks",
        start,
        describe: Question {
            action: describe,
            parameters,
        },
        described,
        status: "/Status",
        succeeded: "ACTIVE",
        failed: &["CREATE_FAILED", "DELETING", "DELETE_FAILED"],
        outcome: Outcome::Answer,
        stop: Question {
            action: stop,
            parameters,
        },
    }
}

/// A job of `sagemaker`, which is described and stopped by its name.
const fn of_sagemaker(
    start: &'static str,
    describe: &'static str,
    stop: &'static str,
    parameters: &'static [(&'static str, super::From)],
    status: &'static str,
) -> Job {
    Job {
        integration: "sagemaker",
        start,
        describe: Question {
            action: describe,
            parameters,
        },
        described: "",
        status,
        succeeded: "Completed",
        failed: &["Failed", "Stopped"],
        outcome: Outcome::Answer,
        stop: Question {
            action: stop,
            parameters,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::aws::integration::Integration;
    use crate::handlers::aws::model::Model;

    #[test]
    fn every_action_is_one_of_its_service_and_takes_its_parameters() {
        for job in JOBS {
            let integration = Integration::of(job.integration, job.start).unwrap();
            let model = Model::of(integration.sdk_name).unwrap();
            assert!(model.operation(job.start).is_some(), "{}", job.start);
            for Question { action, parameters } in [&job.describe, &job.stop] {
                let operation = model.operation(action).unwrap_or_else(|| panic!("{action}"));
                let members: Vec<_> = operation.input.unwrap().members().collect();
                for (name, _) in *parameters {
                    assert!(members.iter().any(|member| member.name == *name), "{action}: {name}");
                }
                let mut required = members.iter().filter(|member| member.is_required);
                let is_given = |name: &str| parameters.iter().any(|(given, _)| *given == name);
                assert!(required.all(|member| is_given(member.name)), "{action}");
            }
        }
    }
}
