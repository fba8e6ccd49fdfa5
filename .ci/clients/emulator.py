"""Tasks that `asl serve --aws-endpoint` passes on to an emulator of AWS, judged by what boto3 finds there afterwards.

Usage: emulator.py URL-OF-ASL-SERVE URL-OF-THE-EMULATOR
"""

import json
import sys
import time
import urllib.request

import boto3

HERE, THERE = sys.argv[1:]
ROLE = "arn:aws:iam::123456789012:role/Orders"


def client(service, url=THERE):
    keys = {"aws_access_key_id": "AKIDBAR", "aws_secret_access_key": "flour"}
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)


sfn = client("stepfunctions", HERE)
count = 0


def start(states, given=None):
    """Starts a machine of these states, in their order."""
    global count
    count += 1
    names = list(states)
    for name, following in zip(names, [*names[1:], None]):
        states[name] |= {"Next": following} if following else {"End": True}
    definition = {"StartAt": names[0], "States": states}
    machine = sfn.create_state_machine(name=f"Machine{count}", definition=json.dumps(definition), roleArn=ROLE)
    started = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(given or {}))
    return started["executionArn"]


def ended(arn):
    while (execution := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.05)
    return execution


def task(resource, **parameters):
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}


def output(resource, **parameters):
    """The result of one task."""
    execution = ended(start({"Task": task(resource, **parameters)}))
    assert execution["status"] == "SUCCEEDED", execution
    return json.loads(execution["output"])


def error(resource, **parameters):
    """The error and the cause of one task, without the id of the request."""
    execution = ended(start({"Task": task(resource, **parameters)}))
    assert execution["status"] == "FAILED", execution
    return execution["error"], execution["cause"]


def is_optimised(result):
    assert result["SdkHttpMetadata"]["HttpStatusCode"] == 200, result
    assert result["SdkHttpMetadata"]["AllHttpHeaders"] and result["SdkResponseMetadata"]["RequestId"], result
    return {key: value for key, value in result.items() if not key.startswith("Sdk")}


def dynamodb():
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    client("dynamodb").create_table(TableName="Orders", AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST", **keys)
    item = {"id": {"S": "1"}, "parts": {"M": {"dough": {"L": [{"N": "2"}, {"BOOL": True}]}}}}
    assert is_optimised(output("dynamodb:putItem", TableName="Orders", Item=item)) == {}
    key = {"TableName": "Orders", "Key": {"id": {"S": "1"}}}
    assert client("dynamodb").get_item(**key)["Item"] == item
    assert output("aws-sdk:dynamodb:getItem", **key) == {"Item": item}
    update = {"UpdateExpression": "SET pizza = :p", "ExpressionAttributeValues": {":p": {"S": "funghi"}}}
    updated = output("aws-sdk:dynamodb:updateItem", ReturnValues="UPDATED_NEW", **key, **update)
    assert updated["Attributes"] == {"pizza": {"S": "funghi"}}, updated
    assert output("aws-sdk:dynamodb:query", TableName="Orders", KeyConditionExpression="id = :i",
                  ExpressionAttributeValues={":i": {"S": "1"}})["Count"] == 1
    described = output("aws-sdk:dynamodb:describeTable", TableName="Orders")["Table"]
    assert described["CreationDateTime"].endswith("Z"), described
    is_optimised(output("dynamodb:deleteItem", **key))
    assert is_optimised(output("dynamodb:getItem", **key)) == {}
    name, cause = error("dynamodb:getItem", **(key | {"TableName": "Nothing"}))
    assert name == "DynamoDB.ResourceNotFoundException", name
    assert "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: " in cause
    name, cause = error("aws-sdk:dynamodb:getItem", **(key | {"TableName": "Nothing"}))
    assert name == "DynamoDb.ResourceNotFoundException", name
    assert "(Service: DynamoDb, Status Code: 400, Request ID: " in cause, cause
    name, _ = error("dynamodb:putItem", TableName="Orders", Item=item, ConditionExpression="attribute_exists(id)")
    assert name == "DynamoDB.ConditionalCheckFailedException", name
    name, _ = error("dynamodb:putItem", TableName="Orders", Item={"other": {"S": "1"}})
    assert name == "DynamoDB.AmazonDynamoDBException", name


def queues_and_topics():
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="Kitchen")["QueueUrl"]
    attributes = {"table": {"DataType": "Number", "StringValue": "7"}}
    sent = is_optimised(output("sqs:sendMessage", QueueUrl=url, MessageBody={"order": 1}, MessageAttributes=attributes))
    message = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert json.loads(message["Body"]) == {"order": 1} and message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == attributes, message
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    name, cause = error("aws-sdk:sqs:getQueueUrl", QueueName="nothing")
    assert name == "Sqs.QueueDoesNotExistException", name
    assert output("aws-sdk:sqs:createQueue", QueueName="Bar", Tags={"shop": "Roma"})["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url.replace("Kitchen", "Bar"))["Tags"] == {"shop": "Roma"}

    arn = start({"Ask": task("sqs:sendMessage.waitForTaskToken", QueueUrl=url,
                             **{"MessageBody": {"token.$": "$$.Task.Token"}})})
    while not (messages := sqs.receive_message(QueueUrl=url).get("Messages")):
        time.sleep(0.05)
    sfn.send_task_success(taskToken=json.loads(messages[0]["Body"])["token"], output='"baked"')
    assert json.loads(ended(arn)["output"]) == "baked"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])

    topic = sns.create_topic(Name="News")["TopicArn"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    attributes = {"kind": {"DataType": "String", "StringValue": "late & <hot>"}}
    sent = is_optimised(output("sns:publish", TopicArn=topic, Message={"late": True}, MessageAttributes=attributes))
    body = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert json.loads(body["Message"]) == {"late": True} and body["MessageId"] == sent["MessageId"], body
    assert body["MessageAttributes"]["kind"]["Value"] == "late & <hot>", body
    assert output("aws-sdk:sns:listTopics") == {"Topics": [{"TopicArn": topic}]}
    name, cause = error("sns:publish", TopicArn=topic + "x", Message="?")
    assert name == "SNS.NotFoundException", name
    assert "(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: " in cause, cause


def objects():
    s3 = client("s3")
    s3.create_bucket(Bucket="shop")
    put = output("aws-sdk:s3:putObject", Bucket="shop", Key="a b/ü+.json", Body={"a": 1}, Metadata={"by": "anna"})
    assert put["ETag"].startswith('"'), put
    there = s3.get_object(Bucket="shop", Key="a b/ü+.json")
    assert json.loads(there["Body"].read()) == {"a": 1} and there["Metadata"] == {"by": "anna"}
    got = output("aws-sdk:s3:getObject", Bucket="shop", Key="a b/ü+.json")
    assert json.loads(got["Body"]) == {"a": 1} and got["ContentLength"] == 7 and got["Metadata"] == {"by": "anna"}, got
    assert got["LastModified"].endswith("Z"), got
    listed = output("aws-sdk:s3:listObjectsV2", Bucket="shop", Prefix="a b/")
    assert [entry["Key"] for entry in listed["Contents"]] == ["a b/ü+.json"] and listed["KeyCount"] == 1, listed
    assert listed["IsTruncated"] is False and listed["Contents"][0]["Size"] == 7, listed
    tags = {"TagSet": [{"Key": "size", "Value": "30 cm"}]}
    output("aws-sdk:s3:putObjectTagging", Bucket="shop", Key="a b/ü+.json", Tagging=tags)
    assert s3.get_object_tagging(Bucket="shop", Key="a b/ü+.json")["TagSet"] == tags["TagSet"]
    deleted = output("aws-sdk:s3:deleteObjects", Bucket="shop", Delete={"Objects": [{"Key": "a b/ü+.json"}]})
    assert deleted == {"Deleted": [{"Key": "a b/ü+.json"}]}, deleted
    name, cause = error("aws-sdk:s3:getObject", Bucket="shop", Key="nothing")
    assert name == "S3.NoSuchKeyException" and "(Service: S3, Status Code: 404, Request ID: " in cause, (name, cause)
    name, _ = error("aws-sdk:s3:listObjectsV2", Bucket="no-such-shop")
    assert name == "S3.NoSuchBucketException", name
    name, cause = error("aws-sdk:s3:getObject", Bucket="shop", Keys="nothing")
    assert name == "States.Runtime" and 'The field "Keys" is not supported by Step Functions' in cause, (name, cause)

    s3.put_object(Bucket="shop", Key="orders.csv", Body="id,pizza\n1,funghi\n2,margherita\n")
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "shop", "Key": "orders.csv"},
              "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "shop", "Prefix": "results"}}
    note = {"StartAt": "Note", "States": {"Note": {"Type": "Pass", "End": True}}}
    processor = note | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    execution = ended(start({"All": {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "ResultWriter": writer}}))
    assert execution["status"] == "SUCCEEDED", execution
    details = json.loads(execution["output"])["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(Bucket="shop", Key=details["Key"])["Body"].read())
    [file] = manifest["ResultFiles"]["SUCCEEDED"]
    results = json.loads(s3.get_object(Bucket="shop", Key=file["Key"])["Body"].read())
    assert [json.loads(result["Output"])["pizza"] for result in results] == ["funghi", "margherita"], results


def others():
    created = output("aws-sdk:secretsmanager:createSecret", Name="oven", SecretString={"pin": 7})
    assert json.loads(client("secretsmanager").get_secret_value(SecretId="oven")["SecretString"]) == {"pin": 7}
    secret = output("aws-sdk:secretsmanager:getSecretValue", SecretId="oven")
    assert secret["ARN"] == created["ARN"] and secret["CreatedDate"].endswith("Z"), secret
    listed = output("aws-sdk:secretsmanager:listSecrets")["SecretList"][0]
    assert list(listed["SecretVersionsToStages"].values()) == [["AWSCURRENT"]], listed
    name, _ = error("aws-sdk:secretsmanager:getSecretValue", SecretId="nothing")
    assert name == "SecretsManager.ResourceNotFoundException", name
    output("aws-sdk:ssm:putParameter", Name="/oven/heat", Value="250", Type="String")
    parameter = output("aws-sdk:ssm:getParameter", Name="/oven/heat")["Parameter"]
    assert parameter["Value"] == "250" and parameter["LastModifiedDate"].endswith("Z"), parameter
    client("kinesis").create_stream(StreamName="orders", ShardCount=1)
    assert output("aws-sdk:kinesis:putRecord", StreamName="orders", PartitionKey="1", Data={"id": 1})["ShardId"]
    shard = client("kinesis").get_shard_iterator(StreamName="orders", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    records = client("kinesis").get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert json.loads(records[0]["Data"]) == {"id": 1}, records
    assert output("aws-sdk:sts:getCallerIdentity")["Account"] == "123456789012"
    put = output("events:putEvents", Entries=[{"Source": "shop", "DetailType": "Order", "Detail": {"id": 1}}])
    assert put["FailedEntryCount"] == 0 and len(put["Entries"]) == 1, put
    name, cause = error("events:putEvents", Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "no JSON"}])
    assert name == "EventBridge.FailedEntry" and "MalformedDetail" in cause, (name, cause)
    itself = ended(start({"Look": task("aws-sdk:sfn:describeExecution", **{"ExecutionArn.$": "$$.Execution.Id"})}))
    described = json.loads(itself["output"])
    assert described["Status"] == "RUNNING" and described["StartDate"].endswith("Z"), described
    name, _ = error("aws-sdk:sfn:describeExecution", ExecutionArn="arn:aws:states:us-east-1:123456789012:execution:No:no")
    assert name == "Sfn.ExecutionDoesNotExistException", name


def emulator(path, settings):
    """Changes a setting of the emulator itself."""
    data = json.dumps(settings).encode()
    urllib.request.urlopen(urllib.request.Request(f"{THERE}/moto-api/{path}", data, {"content-type": "application/json"}))


def batch_and_ecs():
    # Without containers: a job ends at once.
    emulator("config", {"batch": {"use_docker": False}})
    batch, ecs = client("batch"), client("ecs")
    role = client("iam").create_role(RoleName="Batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    batch.create_compute_environment(computeEnvironmentName="bar", type="UNMANAGED", state="ENABLED", serviceRole=role)
    batch.create_job_queue(jobQueueName="bar", priority=1, state="ENABLED", computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "bar"}])
    container = {"image": "i", "vcpus": 1, "memory": 64, "command": ["true"]}
    batch.register_job_definition(jobDefinitionName="bake", type="container", containerProperties=container)
    job = {"JobName": "bake", "JobQueue": "bar", "JobDefinition": "bake"}
    ended = output("batch:submitJob.sync", **job)
    assert ended["Status"] == "SUCCEEDED" and ended["JobName"] == "bake" and isinstance(ended["CreatedAt"], int), ended

    # A task that runs is stopped a little later.
    emulator("state-manager/set-transition", {"model_name": "ecs::task", "transition": {"progression": "manual", "times": 1}})
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    ecs.create_cluster(clusterName="bar")
    definition = [{"name": "oven", "image": "i", "cpu": 1, "memory": 64}]
    ecs.register_task_definition(family="bake", containerDefinitions=definition)
    network = {"AwsvpcConfiguration": {"Subnets": [subnet]}}
    stopped = output("ecs:runTask.sync", Cluster="bar", TaskDefinition="bake", LaunchType="FARGATE", NetworkConfiguration=network)
    assert stopped["LastStatus"] == "STOPPED", stopped
    name, _ = error("ecs:runTask.sync", Cluster="nothing", TaskDefinition="bake")
    assert name == "ECS.ClusterNotFoundException", name


def jobs():
    client("glue").create_job(Name="sum", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://shop/sum.py"})
    run = output("glue:startJobRun.sync", JobName="sum")
    assert run["JobRunState"] == "SUCCEEDED" and run["JobName"] == "sum", run
    assert isinstance(run["StartedOn"], int), run
    submitted = output("glue:startJobRun", JobName="sum")
    assert is_optimised(submitted)["JobRunId"], submitted
    name, _ = error("glue:startJobRun.sync", JobName="nothing")
    assert name == "Glue.EntityNotFoundException", name
    query = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://shop/"}}
    execution = output("athena:startQueryExecution.sync", **query)["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED", execution
    image = {"TrainingImage": "image", "TrainingInputMode": "File"}
    resources = {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
    training = output("sagemaker:createTrainingJob.sync", TrainingJobName="taste", AlgorithmSpecification=image, RoleArn=ROLE,
                      OutputDataConfig={"S3OutputPath": "s3://shop/"}, ResourceConfig=resources,
                      StoppingCondition={"MaxRuntimeInSeconds": 60})
    assert training["TrainingJobStatus"] == "Completed" and training["TrainingJobName"] == "taste", training
    project = {"name": "bar", "source": {"type": "S3", "location": "shop/bar.zip"}, "artifacts": {"type": "NO_ARTIFACTS"},
               "environment": {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}}
    client("codebuild").create_project(serviceRole=ROLE.replace("Orders", "service-role/bar"), **project)
    build = output("codebuild:startBuild.sync", ProjectName="bar")["Build"]
    assert build["BuildStatus"] == "SUCCEEDED" and build["ProjectName"] == "bar", build
    batch_and_ecs()
    name, cause = error("mediaconvert:createJob.sync", Role=ROLE)
    assert name == "States.TaskFailed" and "mediaconvert" in cause, (name, cause)


for check in (dynamodb, queues_and_topics, objects, others, jobs):
    check()
    print(f"an emulator of AWS: {check.__name__.replace('_', ' ')}")
