#!/usr/bin/env python3
"""Writes src/handlers/aws/api: how the APIs of AWS are called, from the models in botocore (Apache-2.0).

Usage: .ci/service-calls.py, with botocore installed. src/handlers/aws/api/mod.rs says what the lines of the other files mean.
"""

import pathlib
import re
import subprocess

import botocore
import botocore.session

# The services that do not speak AWS JSON: the model in botocore, and the operations (all where there are none).
OTHERS = {
    "batch": ("batch", []),
    "bedrock": ("bedrock", ["CreateModelCustomizationJob", "GetModelCustomizationJob", "StopModelCustomizationJob"]),
    "bedrockruntime": ("bedrock-runtime", ["InvokeModel"]),
    "databrew": ("databrew", ["StartJobRun", "DescribeJobRun", "StopJobRun"]),
    "eks": ("eks", []),
    "emrcontainers": ("emr-containers", []),
    "emrserverless": ("emr-serverless", []),
    "lambda": ("lambda", []),
    "mediaconvert": ("mediaconvert", ["CreateJob", "GetJob", "CancelJob", "ListJobs"]),
    "s3": ("s3", []),
    "scheduler": ("scheduler", []),
    "sesv2": ("sesv2", ["SendEmail"]),
    "sns": ("sns", []),
    "sts": ("sts", []),
}
HEAD = """//! How the APIs of AWS are called: botocore {version}, written by `.ci/service-calls.py`.
//!
//! A file is a service; its first line has its signing name, its class in the AWS SDK for Java 2, its protocol, and the
//! version of its API or, in AWS JSON, the prefix of `X-Amz-Target`; `query` if the service spoke AWS Query before.
//!
//! | line | content |
//! |---|---|
//! | `= operation input output [method path]` | an operation; `-` for no input or output |
//! | `! code[=class] …` | its errors, with their class where it has another name |
//! | `Structure [!]Member[=wire][@place] type …` | `!` if it is required, `+` if a new id stands for it where it is absent; its name on the wire, `=` for the same with a small letter |
//!
//! | place | of a member |
//! |---|---|
//! | `u`, `q` | a label of the path, the query |
//! | `h`, `H` | a header, all headers with a prefix |
//! | `P` | the whole body |
//! | `s` | the status |
//! | `a` | an attribute in XML |
//!
//! | type | values |
//! |---|---|
//! | `s`, `x`, `n`, `b`, `*` | a text, bytes, a number, a boolean, anything |
//! | `t`, `ti`, `th`, `te` | a time: in the protocol's form, in ISO 8601, as in HTTP, as seconds |
//! | `[type`, `[/item/type` | a list; the name of its items in XML, `[//type` if they stand in place of the list |
//! | `%type`, `%/key/value/type` | a map; the names of its keys and values in XML |
//! | otherwise | the structure of this name |

/// The services by their names in `aws-sdk:`.
pub(super) const SERVICES: [(&str, &str); {count}] = [
"""
NUMBERS = {"integer", "long", "float", "double"}
PLACES = {"uri": "u", "querystring": "q", "header": "h", "headers": "H", "statusCode": "s"}


def class_name(name):
    """The name of a class in the AWS SDK for Java 2, whose words begin with a capital."""
    name = re.sub(r"[^A-Za-z0-9]+", " ", name)
    name = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", name)
    name = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z]([a-zA-Z]|[0-9]))", " ", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    name = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", name)
    return "".join(word[:1].upper() + word[1:].lower() for word in name.split())


def sdk_name(service_id):
    return re.sub(r"[^a-z0-9]", "", service_id.lower())


def errors(model):
    listed = []
    for shape in model.error_shapes:
        code = shape.metadata.get("error", {}).get("code", shape.name)
        name = shape.name.removesuffix("Fault") if shape.name.endswith("Fault") else shape.name
        name = class_name(name.removesuffix("Exception")) + "Exception"
        plain = code if code.endswith("Exception") else code + "Exception"
        listed.append(code if plain == name else f"{code}={name}")
    return sorted(set(listed))


def lower_first(name):
    return name[:1].lower() + name[1:]


def wire_name(name, member):
    if "name" in member.serialization:
        return member.serialization["name"]
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name", name)
    return name


def type_of(shape, lines):
    """The word of a type; structures that it names are added to the lines."""
    kind = shape.type_name
    if kind == "structure" and shape.metadata.get("document"):
        return "*"
    if kind == "structure":
        if shape.name not in lines:
            lines[shape.name] = ""
            lines[shape.name] = structure(shape, lines)
        return shape.name
    if kind == "list":
        item = "" if shape.serialization.get("flattened") else shape.member.serialization.get("name", "member")
        return f"[{'' if item == 'member' else f'/{item}/'}{type_of(shape.member, lines)}"
    if kind == "map":
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        names = "" if (key, value) == ("key", "value") else f"/{key}/{value}/"
        return f"%{names}{type_of(shape.value, lines)}"
    if kind == "timestamp":
        return {"iso8601": "ti", "rfc822": "th", "unixTimestamp": "te"}.get(shape.serialization.get("timestampFormat"), "t")
    return {"blob": "x", "boolean": "b"}.get(kind, "n" if kind in NUMBERS else "s")


def structure(shape, lines):
    assert len(shape.name) > 2, shape.name
    payload = shape.serialization.get("payload")
    words = [shape.name]
    for name, member in shape.members.items():
        required = "!" if name in shape.required_members else ""
        # Athena marks the ids of queries, too.
        if required and member.metadata.get("idempotencyToken") and name.lower().endswith(("token", "requestid")):
            required = "+"
        pascal, wire = name[:1].upper() + name[1:], wire_name(name, member)
        wire = "" if wire == pascal else "=" if wire == lower_first(pascal) else f"={wire}"
        place = "P" if name == payload else PLACES.get(member.serialization.get("location"), "")
        place = "a" if member.serialization.get("xmlAttribute") else place
        words += [f"{required}{pascal}{wire}{'@' + place if place else ''}", type_of(member, lines)]
    return " ".join(words)


def service(model, operations):
    lines, heads = {}, []
    protocol = model.metadata["protocol"]
    speaks_json = "json" in (model.metadata.get("protocols") or [protocol])
    for name in operations or model.operation_names:
        operation = model.operation_model(name)
        if operation.has_event_stream_output or operation.has_event_stream_input:
            continue
        types = [type_of(shape, lines) if shape else "-" for shape in (operation.input_shape, operation.output_shape)]
        place = [operation.http.get("method", "POST"), operation.http.get("requestUri", "/")]
        heads.append(" ".join(["=", lower_first(name), *types, *(place if protocol.startswith("rest") else [])]))
    data = model.metadata
    how = f"json-{data['jsonVersion']} {data['targetPrefix']}" if speaks_json else f"{protocol} {data['apiVersion']}"
    if "awsQueryCompatible" in data:
        how += " query"
    first = f"{model.signing_name} {class_name(data['serviceId'])} {how}"
    return "\n".join([first, *heads, "! " + " ".join(errors(model)), *lines.values()]) + "\n"


def main():
    session = botocore.session.get_session()
    models = {name: session.get_service_model(name) for name in session.get_available_services()}
    written = {name: service(models[model], operations) for name, (model, operations) in OTHERS.items()}
    for model in models.values():
        if "json" in (model.metadata.get("protocols") or [model.metadata["protocol"]]):
            written[sdk_name(model.metadata["serviceId"])] = service(model, [])
    folder = pathlib.Path(__file__).parent.parent / "src/handlers/aws/api"
    for file in folder.glob("*.txt"):
        file.unlink()
    for name, text in written.items():
        (folder / f"{name}.txt").write_text(text)
    rows = "\n".join(f'    ("{name}", include_str!("{name}.txt")),' for name in sorted(written))
    head = HEAD.format(version=botocore.__version__, count=len(written))
    (folder / "mod.rs").write_text(f"{head}{rows}\n];\n")
    subprocess.run(["rustfmt", folder / "mod.rs"], check=True)


main()
