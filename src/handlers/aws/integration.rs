//! The optimised integrations whose services are called by their API.

use super::model::Model;

/// An optimised integration's names.
#[derive(Debug)]
pub(super) struct Integration {
    /// As in `arn:aws:states:::SERVICE:ACTION`.
    pub(super) name: &'static str,
    /// The same service as `aws-sdk:` names it.
    pub(super) sdk_name: &'static str,
    /// The beginning of its errors' names.
    pub(super) prefix: &'static str,
    /// The service in causes, by its name in the AWS SDK for Java 1.
    pub(super) service: &'static str,
}

const fn row(name: &'static str, sdk_name: &'static str, prefix: &'static str, service: &'static str) -> Integration {
    Integration {
        name,
        sdk_name,
        prefix,
        service,
    }
}

/// The names of errors are of one form: recorded for `dynamodb`, `lambda`, `sns`, `sqs` and `states`, the same for the others.
const INTEGRATIONS: [Integration; 20] = [
    row("athena", "athena", "Athena", "AmazonAthena"),
    row("batch", "batch", "Batch", "AWSBatch"),
    row("bedrock", "bedrock", "Bedrock", "AmazonBedrock"),
    row("bedrock", "bedrockruntime", "BedrockRuntime", "AmazonBedrockRuntime"),
    row("codebuild", "codebuild", "CodeBuild", "AWSCodeBuild"),
    row("databrew", "databrew", "DataBrew", "AWSGlueDataBrew"),
    row("dynamodb", "dynamodb", "DynamoDB", "AmazonDynamoDBv2"),
    row("ecs", "ecs", "ECS", "AmazonECS"),
    row("eks", "eks", "EKS", "AmazonEKS"),
    row("elasticmapreduce", "emr", "ElasticMapReduce", "AmazonElasticMapReduce"),
    row(
        "emr-containers",
        "emrcontainers",
        "EMRContainers",
        "AmazonEMRContainers",
    ),
    row(
        "emr-serverless",
        "emrserverless",
        "EMRServerless",
        "AmazonEMRServerless",
    ),
    row("glue", "glue", "Glue", "AWSGlue"),
    row("lambda", "lambda", "Lambda", "AWSLambda"),
    row("mediaconvert", "mediaconvert", "MediaConvert", "AWSMediaConvert"),
    row("s3", "s3", "S3", "AmazonS3"),
    row("sagemaker", "sagemaker", "SageMaker", "AmazonSageMaker"),
    row("sns", "sns", "SNS", "AmazonSNS"),
    row("sqs", "sqs", "SQS", "AmazonSQS"),
    row("states", "sfn", "StepFunctions", "AWSStepFunctions"),
];

impl Integration {
    /// The integration of an action by its names in `Resource`. Some have their actions in two services.
    pub(super) fn of(name: &str, action: &str) -> Option<&'static Self> {
        let mut rows = INTEGRATIONS.iter().filter(|integration| integration.name == name);
        let has_action = |row: &&Self| Model::of(row.sdk_name).is_some_and(|model| model.operation(action).is_some());
        rows.clone().find(has_action).or_else(|| rows.next())
    }
}

/// Members that are texts in the APIs and often hold JSON: Step Functions takes all JSON for them and prints it.
const JSON: [(&str, &str); 14] = [
    ("cloudwatchlogs", "Message"),
    ("eventbridge", "Detail"),
    ("eventbridge", "EventPattern"),
    ("eventbridge", "Input"),
    ("scheduler", "Input"),
    ("secretsmanager", "SecretString"),
    ("sfn", "Cause"),
    ("sfn", "Definition"),
    ("sfn", "Input"),
    ("sfn", "Output"),
    ("sns", "Message"),
    ("sqs", "MessageBody"),
    ("ssm", "Content"),
    ("ssm", "Value"),
];

/// Whether a member of a service's requests is a text that holds JSON, numbers and booleans included.
pub(super) fn is_json(service: &str, member: &str) -> bool {
    JSON.contains(&(service, member))
}
