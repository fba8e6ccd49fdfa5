#!/usr/bin/env python3
"""Writes src/test_state/api/*.txt: what the APIs of AWS answer, from the models in botocore (Apache-2.0).

Usage: .ci/service-results.py, with botocore installed. Each file says in its first line what its lines mean.
"""

import pathlib
import botocore
import botocore.session

# The service as an `aws-sdk:` resource names it: its model in botocore, and the operations (all where there are none).
SERVICES = {
    "athena": ("athena", ["StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "GetQueryResults"]),
    "batch": ("batch", ["SubmitJob"]),
    "bedrockruntime": ("bedrock-runtime", ["InvokeModel"]),
    "cloudwatch": ("cloudwatch", ["PutMetricData", "GetMetricData"]),
    "codebuild": ("codebuild", ["StartBuild", "StopBuild", "BatchDeleteBuilds", "BatchGetReports"]),
    "comprehend": ("comprehend", ["DetectEntities", "DetectSentiment", "DetectDominantLanguage", "DetectKeyPhrases"]),
    "databrew": ("databrew", ["StartJobRun"]),
    "dynamodb": ("dynamodb", []),
    "ecs": ("ecs", ["RunTask"]),
    "eventbridge": ("events", []),
    "firehose": ("firehose", ["PutRecord", "PutRecordBatch"]),
    "glue": ("glue", ["StartJobRun", "GetJobRun", "StartCrawler"]),
    "kinesis": ("kinesis", ["PutRecord", "PutRecords"]),
    "kms": ("kms", []),
    "lambda": ("lambda", []),
    "rekognition": ("rekognition", ["DetectLabels", "DetectText", "DetectFaces"]),
    "s3": ("s3", []),
    "sagemaker": ("sagemaker", ["CreateEndpoint", "CreateEndpointConfig", "CreateHyperParameterTuningJob",
                                "CreateLabelingJob", "CreateModel", "CreateProcessingJob", "CreateTrainingJob",
                                "CreateTransformJob", "UpdateEndpoint"]),
    "scheduler": ("scheduler", []),
    "secretsmanager": ("secretsmanager", []),
    "sesv2": ("sesv2", ["SendEmail"]),
    "sfn": ("stepfunctions", []),
    "sns": ("sns", []),
    "sqs": ("sqs", []),
    "ssm": ("ssm", ["GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "SendCommand"]),
    "sts": ("sts", []),
    "textract": ("textract", ["StartDocumentTextDetection", "StartDocumentAnalysis"]),
    "translate": ("translate", ["TranslateText"]),
}
LEGEND = (
    f"# botocore {botocore.__version__}. = operation shape; {{ structure [!required-]member shape …; "
    "[ list shape least most; % map shape; s text, x bytes: least most values; n number least most; "
    "b boolean; t time; * anything\n"
)
# Step Functions checks by models of its own, some of which are older (recorded).
RECORDED = {("lambda", "MemorySize"): "n MemorySize 128 10240"}
NUMBERS = {"integer", "long", "float", "double"}


def pascal(name):
    """Member names as Step Functions spells them."""
    return name[:1].upper() + name[1:]


def bound(shape, which):
    return str(shape.metadata.get(which, "-"))


def visit(shape, lines):
    if shape.name in lines:
        return
    kind = shape.type_name
    lines[shape.name] = ""
    if kind == "structure":
        if shape.metadata.get("document"):
            lines[shape.name] = f"* {shape.name}"
            return
        members = []
        for name, member in shape.members.items():
            # Where the model's capitals are not Step Functions' own, the member may be there by another name.
            is_plain = not any(a.isupper() and b.isupper() for a, b in zip(name, name[1:]))
            required = "!" if name in shape.required_members and is_plain else ""
            members.append(f"{required}{pascal(name)} {member.name}")
        lines[shape.name] = " ".join(["{", shape.name, *members])
        for member in shape.members.values():
            visit(member, lines)
    elif kind == "list":
        lines[shape.name] = f"[ {shape.name} {shape.member.name} {bound(shape, 'min')} {bound(shape, 'max')}"
        visit(shape.member, lines)
    elif kind == "map":
        lines[shape.name] = f"% {shape.name} {shape.value.name}"
        visit(shape.value, lines)
    elif kind in ("string", "char", "blob"):
        letter = "x" if kind == "blob" else "s"
        values = getattr(shape, "enum", None) or []
        values = "|".join(values) if not any(" " in value or "|" in value for value in values) else ""
        lines[shape.name] = f"{letter} {shape.name} {bound(shape, 'min')} {bound(shape, 'max')} {values}".rstrip()
    elif kind in NUMBERS:
        lines[shape.name] = f"n {shape.name} {bound(shape, 'min')} {bound(shape, 'max')}"
    else:
        letter = {"boolean": "b", "timestamp": "t"}[kind]
        lines[shape.name] = f"{letter} {shape.name}"


def main():
    folder = pathlib.Path(__file__).parent.parent / "src/test_state/api"
    session = botocore.session.get_session()
    for service, (model_name, operations) in SERVICES.items():
        model = session.get_service_model(model_name)
        lines, heads = {name: line for (of, name), line in RECORDED.items() if of == service}, []
        for name in operations or model.operation_names:
            shape = model.operation_model(name).output_shape
            if shape is None:
                heads.append(f"= {name[0].lower()}{name[1:]} -")
            else:
                visit(shape, lines)
                heads.append(f"= {name[0].lower()}{name[1:]} {shape.name}")
        (folder / f"{service}.txt").write_text(LEGEND + "\n".join([*heads, *lines.values()]) + "\n")


main()
