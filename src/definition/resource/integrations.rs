//! The optimised service integrations (developer guide, "Integrating optimized services").

use super::IntegrationPattern;

/// `SERVICE:ACTION` and its integration patterns.
pub(super) struct Integration {
    pub(super) name: &'static str,
    patterns: &'static [&'static str],
}

impl Integration {
    /// The integration of a `SERVICE:ACTION` without its pattern.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        INTEGRATIONS.iter().find(|integration| integration.name == name)
    }

    /// Whether it supports a pattern, given as the suffix of its ARN.
    pub(super) fn allows(&self, suffix: &str) -> bool {
        self.patterns.contains(&suffix)
    }

    /// The suffixes of its patterns.
    pub(super) fn suffixes(&self) -> impl Iterator<Item = &'static str> {
        self.patterns.iter().copied().filter(|suffix| !suffix.is_empty())
    }
}

/// Splits off the suffix of an ARN that gives the integration pattern.
pub(super) fn split_pattern(rest: &str) -> (&str, &str, IntegrationPattern) {
    let suffixes = [
        (TOKEN, IntegrationPattern::WaitForTaskToken),
        (SYNC, IntegrationPattern::Sync),
        (SYNC_2, IntegrationPattern::Sync),
    ];
    for (suffix, pattern) in suffixes {
        if let Some(plain) = rest.strip_suffix(suffix) {
            return (plain, suffix, pattern);
        }
    }
    (rest, "", IntegrationPattern::RequestResponse)
}

const SYNC: &str = ".sync";
const SYNC_2: &str = ".sync:2";
const TOKEN: &str = ".waitForTaskToken";

const R: &[&str] = &[""];
const RS: &[&str] = &["", SYNC];
const RT: &[&str] = &["", TOKEN];
const RST: &[&str] = &["", SYNC, TOKEN];

const fn row(name: &'static str, patterns: &'static [&'static str]) -> Integration {
    Integration { name, patterns }
}

/// The integrations by service. Where the guide's table does not list an action's patterns, the action has all patterns
/// of its service.
pub(super) const INTEGRATIONS: &[Integration] = &[
    row("apigateway:invoke", RT),
    row("athena:startQueryExecution", RS),
    row("athena:stopQueryExecution", R),
    row("athena:getQueryExecution", R),
    row("athena:getQueryResults", R),
    row("batch:submitJob", RS),
    row("bedrock:invokeModel", RST),
    row("bedrock:createModelCustomizationJob", RS),
    row("codebuild:startBuild", RS),
    row("codebuild:stopBuild", R),
    row("codebuild:batchDeleteBuilds", R),
    row("codebuild:batchGetReports", R),
    row("codebuild:startBuildBatch", RS),
    row("codebuild:stopBuildBatch", R),
    row("codebuild:retryBuildBatch", RS),
    row("codebuild:deleteBuildBatch", R),
    row("databrew:startJobRun", RS),
    row("dynamodb:getItem", R),
    row("dynamodb:putItem", R),
    row("dynamodb:updateItem", R),
    row("dynamodb:deleteItem", R),
    row("ecs:runTask", RST),
    row("eks:call", RST),
    row("eks:runJob", RST),
    row("eks:createCluster", RS),
    row("eks:deleteCluster", RS),
    row("eks:createNodegroup", RS),
    row("eks:deleteNodegroup", RS),
    row("eks:createFargateProfile", RS),
    row("eks:deleteFargateProfile", RS),
    row("elasticmapreduce:createCluster", RS),
    row("elasticmapreduce:terminateCluster", RS),
    row("elasticmapreduce:addStep", RS),
    row("elasticmapreduce:cancelStep", R),
    row("elasticmapreduce:setClusterTerminationProtection", R),
    row("elasticmapreduce:modifyInstanceFleetByName", R),
    row("elasticmapreduce:modifyInstanceGroupByName", R),
    row("emr-containers:createVirtualCluster", R),
    row("emr-containers:deleteVirtualCluster", RS),
    row("emr-containers:startJobRun", RS),
    row("emr-serverless:createApplication", RS),
    row("emr-serverless:startApplication", RS),
    row("emr-serverless:stopApplication", RS),
    row("emr-serverless:deleteApplication", RS),
    row("emr-serverless:startJobRun", RS),
    row("emr-serverless:cancelJobRun", RS),
    row("events:putEvents", RT),
    row("glue:startJobRun", RS),
    row("http:invoke", R),
    row("lambda:invoke", RT),
    row("mediaconvert:createJob", RS),
    row("sagemaker:createEndpoint", R),
    row("sagemaker:createEndpointConfig", R),
    row("sagemaker:createHyperParameterTuningJob", RS),
    row("sagemaker:createLabelingJob", RS),
    row("sagemaker:createModel", R),
    row("sagemaker:createProcessingJob", RS),
    row("sagemaker:createTrainingJob", RS),
    row("sagemaker:createTransformJob", RS),
    row("sagemaker:updateEndpoint", R),
    row("sns:publish", RT),
    row("sqs:sendMessage", RT),
    row("states:startExecution", &["", SYNC, SYNC_2, TOKEN]),
];

/// Services whose actions are refused as `aws-sdk:` integrations.
pub(super) const NOT_IN_SDK: &[&str] = &["apigatewaymanagementapi"];
