//! The services behind `aws-sdk:` integrations (developer guide, "Supported AWS SDK service integrations").

/// Whether a service is among those that Step Functions calls by their API, as far as this version knows them.
///
/// AWS accepts the services of the region; this list has the services of an AWS SDK of 2026 and some that were retired
/// before. Another one is a warning.
pub(super) fn is_sdk_service(name: &str) -> bool {
    SDK_SERVICES.binary_search(&name).is_ok()
}

/// Their names, sorted: as in the AWS SDK for Java 2, in lowercase letters and digits.
#[rustfmt::skip]
pub(super) const SDK_SERVICES: &[&str] = &[
    "accessanalyzer", "account", "accountaccess", "accountaccessruntime", "acm", "acmpca", "agentregistry",
    "agentregistrycontrol", "aiops", "alexaforbusiness", "amp", "amplify", "amplifybackend", "amplifyuibuilder",
    "apigateway", "apigatewayv2", "appconfig", "appconfigdata", "appfabric", "appflow", "appintegrations",
    "applicationautoscaling", "applicationcostprofiler", "applicationdiscovery", "applicationdiscoveryservice",
    "applicationinsights", "applicationsignals", "appmesh", "apprunner", "appstream", "appsync", "arcregionswitch",
    "arczonalshift", "artifact", "athena", "auditmanager", "autoscaling", "autoscalingplans", "b2bi", "backup",
    "backupgateway", "backupsearch", "backupstorage", "batch", "bcmdashboards", "bcmdataexports",
    "bcmpricingcalculator", "bcmrecommendedactions", "bedrock", "bedrockagent", "bedrockagentcore",
    "bedrockagentcorecontrol", "bedrockagentruntime", "bedrockdataautomation", "bedrockdataautomationruntime",
    "bedrockruntime", "billing", "billingconductor", "braket", "budgets", "chatbot", "chime", "chimesdkidentity",
    "chimesdkmediapipelines", "chimesdkmeetings", "chimesdkmessaging", "chimesdkvoice", "cleanrooms", "cleanroomsml",
    "cloud9", "cloudcontrol", "clouddirectory", "cloudformation", "cloudfront", "cloudfrontkeyvaluestore", "cloudhsm",
    "cloudhsmv2", "cloudsearch", "cloudsearchdomain", "cloudtrail", "cloudtraildata", "cloudwatch",
    "cloudwatchevents", "cloudwatchlogs", "cloudwatchomni", "codeartifact", "codebuild", "codecatalyst", "codecommit",
    "codeconnections", "codedeploy", "codeguruprofiler", "codegurureviewer", "codegurusecurity", "codepipeline",
    "codestar", "codestarconnections", "codestarnotifications", "cognitoidentity", "cognitoidentityprovider",
    "cognitosync", "comprehend", "comprehendmedical", "computeoptimizer", "computeoptimizerautomation", "config",
    "configservice", "connect", "connectcampaigns", "connectcampaignsv2", "connectcases", "connectcontactlens",
    "connecthealth", "connectparticipant", "connectscheduling", "continuum", "controlcatalog", "controltower",
    "costandusagereport", "costandusagereportservice", "costexplorer", "costoptimizationhub", "customerprofiles",
    "databasemigration", "databasemigrationservice", "databrew", "dataexchange", "datapipeline", "datasync",
    "datazone", "dax", "deadline", "detective", "devicefarm", "devopsagent", "devopsguru", "directconnect",
    "directory", "directoryservice", "directoryservicedata", "dlm", "docdb", "docdbelastic", "drs", "dsql",
    "dynamodb", "dynamodbstreams", "ebs", "ec2", "ec2instanceconnect", "ecr", "ecrpublic", "ecs", "efs", "eks",
    "eksauth", "elasticache", "elasticbeanstalk", "elasticinference", "elasticloadbalancing",
    "elasticloadbalancingv2", "elasticsearch", "elasticsearchservice", "elastictranscoder", "elementalinference",
    "emr", "emrcontainers", "emrserverless", "endusermessaging", "entityresolution", "eventbridge", "eventbridgev2",
    "evidently", "evs", "finspace", "finspacedata", "firehose", "fis", "fms", "forecast", "forecastquery",
    "frauddetector", "freetier", "fsx", "gamelift", "gameliftstreams", "gamesparks", "geomaps", "geoplaces",
    "georoutes", "glacier", "globalaccelerator", "glue", "grafana", "greengrass", "greengrassv2", "groundstation",
    "guardduty", "health", "healthlake", "honeycode", "iam", "iamtoolbox", "identitystore", "imagebuilder",
    "importexport", "inspector", "inspector2", "inspectorscan", "interconnect", "internetmonitor", "invoicing", "iot",
    "iot1clickdevices", "iot1clickprojects", "iotanalytics", "iotdataplane", "iotdeviceadvisor", "iotevents",
    "ioteventsdata", "iotfleethub", "iotfleetwise", "iotjobsdataplane", "iotmanagedintegrations", "iotroborunner",
    "iotsecuretunneling", "iotsitewise", "iotthingsgraph", "iottwinmaker", "iotwireless", "ivs", "ivschat",
    "ivsrealtime", "kafka", "kafkaconnect", "kendra", "kendraranking", "keyspaces", "keyspacesstreams", "kinesis",
    "kinesisanalytics", "kinesisanalyticsv2", "kinesisvideo", "kinesisvideoarchivedmedia", "kinesisvideomedia",
    "kinesisvideosignaling", "kinesisvideowebrtcstorage", "kms", "lakeformation", "lambda", "lambdacore",
    "lambdamicrovms", "lambdaweb", "launchwizard", "lexmodelbuilding", "lexmodelbuildingservice", "lexmodelsv2",
    "lexruntime", "lexruntimeservice", "lexruntimev2", "licensemanager", "licensemanagerlinuxsubscriptions",
    "licensemanagerusersubscriptions", "lightsail", "location", "lookoutequipment", "lookoutmetrics", "lookoutvision",
    "m2", "machinelearning", "macie", "macie2", "mailmanager", "managedblockchain", "managedblockchainquery",
    "marketplaceagreement", "marketplacecatalog", "marketplacecommerceanalytics", "marketplacedeployment",
    "marketplacediscovery", "marketplaceentitlement", "marketplaceentitlementservice", "marketplacemetering",
    "marketplacereporting", "mediaconnect", "mediaconvert", "medialive", "mediapackage", "mediapackagev2",
    "mediapackagevod", "mediastore", "mediastoredata", "mediatailor", "medicalimaging", "memorydb", "mgn",
    "migrationhub", "migrationhubconfig", "migrationhuborchestrator", "migrationhubrefactorspaces",
    "migrationhubstrategy", "mobile", "mobileanalytics", "mpa", "mq", "mturk", "mwaa", "mwaaserverless", "neptune",
    "neptunedata", "neptunegraph", "networkfirewall", "networkflowmonitor", "networkmanager", "networkmonitor",
    "networksecuritymanager", "nimble", "notifications", "notificationscontacts", "novaact", "oam",
    "observabilityadmin", "odb", "omics", "opensearch", "opensearchmemory", "opensearchserverless", "opsworks",
    "opsworkscm", "organizations", "osis", "outposts", "panorama", "partnercentralaccount", "partnercentralbenefits",
    "partnercentralchannel", "partnercentralrevenuemeasurement", "partnercentralselling", "paymentcryptography",
    "paymentcryptographydata", "pcaconnectorad", "pcaconnectorscep", "pcs", "personalize", "personalizeevents",
    "personalizeruntime", "pi", "pinpoint", "pinpointemail", "pinpointsmsvoice", "pinpointsmsvoicev2", "pipes",
    "polly", "pricing", "pricingplanmanager", "privatenetworks", "proton", "qapps", "qbusiness", "qconnect", "qldb",
    "qldbsession", "quicksight", "ram", "rbin", "rds", "rdsdata", "redshift", "redshiftdata", "redshiftserverless",
    "rekognition", "repostspace", "resiliencehub", "resiliencehubv2", "resourceexplorer2", "resourcegroups",
    "resourcegroupstaggingapi", "robomaker", "rolesanywhere", "route53", "route53domains", "route53globalresolver",
    "route53profiles", "route53recoverycluster", "route53recoverycontrolconfig", "route53recoveryreadiness",
    "route53resolver", "rtbfabric", "rum", "s3", "s3control", "s3files", "s3outposts", "s3tables", "s3vectors",
    "sagemaker", "sagemakera2iruntime", "sagemakeredge", "sagemakerfeaturestoreruntime", "sagemakergeospatial",
    "sagemakerinferencerouterruntime", "sagemakerjobruntime", "sagemakermetrics", "sagemakerruntime",
    "sagemakertrainingsessionruntime", "savingsplans", "scheduler", "schemas", "secretsmanager", "securityagent",
    "securityhub", "securityir", "securitylake", "serverlessapplicationrepository", "servicecatalog",
    "servicecatalogappregistry", "servicediscovery", "servicequotas", "ses", "sesv2", "sfn", "shield", "signer",
    "signerdata", "signin", "simpledb", "simpledbv2", "simspaceweaver", "sms", "snowball", "snowdevicemanagement",
    "sns", "socialmessaging", "sqs", "ssm", "ssmcontacts", "ssmguiconnect", "ssmincidents", "ssmquicksetup", "ssmsap",
    "sso", "ssoadmin", "ssooidc", "storagegateway", "sts", "supplychain", "support", "supportapp", "supportauthz",
    "sustainability", "swf", "synthetics", "taxsettings", "textract", "timestreaminfluxdb", "timestreamquery",
    "timestreamwrite", "transcribe", "transfer", "translate", "trustedadvisor", "uxc", "verifiedpermissions",
    "voiceid", "vpclattice", "waf", "wafregional", "wafv2", "wellarchitected", "wickr", "wisdom", "workdocs",
    "worklink", "workmail", "workmailmessageflow", "workspaces", "workspacesinstances", "workspacesthinclient",
    "workspacesweb", "xray",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        assert!(SDK_SERVICES.is_sorted());
        assert!(is_sdk_service("dynamodb") && is_sdk_service("sfn") && is_sdk_service("secretsmanager"));
        assert!(!is_sdk_service("dynamo") && !is_sdk_service("apigatewaymanagementapi"));
    }
}
