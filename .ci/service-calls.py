#!/usr/bin/env python3
"""Writes src/aws/api/*.txt: how the APIs of AWS are called, from the models in botocore (Apache-2.0).

Usage: .ci/service-calls.py, with botocore installed. Each file says in its first line what its lines mean.
"""

import pathlib
import re

import botocore
import botocore.session

# The services whose operations have places of their own in a request, or answer in XML: the model in botocore, and the
# operations (all where there are none).
MODELLED = {
    "batch": ("batch", []),
    "bedrockruntime": ("bedrock-runtime", ["InvokeModel"]),
    "databrew": ("databrew", ["StartJobRun", "DescribeJobRun"]),
    "lambda": ("lambda", []),
    "s3": ("s3", []),
    "scheduler": ("scheduler", []),
    "sesv2": ("sesv2", ["SendEmail"]),
    "sns": ("sns", []),
    "sts": ("sts", []),
}
JSON_LEGEND = (
    "# The services that speak AWS JSON. Service, signing name, version of JSON, target prefix, class; P if members begin with "
    "a capital, c if not | members that do otherwise, with their operation if other members do not | times, where they are plausible | blobs | maps | errors, those with another class as code=class\n"
)
LEGEND = (
    "# First line: protocol, signing name, class, version of the API. = operation method path input output; "
    "{ structure [!required-]member[=name on the wire][@place] shape …, where a place is u path, q query, h header, "
    "H headers with a prefix, P whole body, s status; [ list shape name-of-an-item, ~ if flattened; "
    "% map shape names-of-key-and-value; s text; x bytes; n number; b boolean; t time form; * anything; ! errors, those "
    "with another class as code=class\n"
)
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


def walk(shape, seen, visit):
    if shape is None or shape.name in seen:
        return
    seen.add(shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            visit(name, member)
            walk(member, seen, visit)
    elif shape.type_name == "list":
        walk(shape.member, seen, visit)
    elif shape.type_name == "map":
        walk(shape.value, seen, visit)


def json_service(model):
    names, kinds = set(), {"timestamp": set(), "blob": set(), "map": set()}
    others = {"timestamp": {}, "blob": set()}

    def visit(name, member):
        names.add(name)
        while member.type_name == "list":
            member = member.member
        # Where members of one name differ, it is a time if most of them are, and no bytes if one of them is a text.
        kind = "number" if member.type_name in NUMBERS else member.type_name
        kinds.setdefault(kind, set()).add(name)
        if kind in ("number", "timestamp"):
            votes = others["timestamp"]
            votes[name] = votes.get(name, 0) + (1 if kind == "timestamp" else -1)
        if kind == "string":
            others["blob"].add(name)

    seen = set()
    for operation in map(model.operation_model, model.operation_names):
        walk(operation.input_shape, seen, visit)
        walk(operation.output_shape, seen, visit)
    lower = {name for name in names if name[0].islower()}
    is_camel = len(lower) * 2 > len(names)
    other = names - lower if is_camel else lower
    twins = {name for name in other if name[0].swapcase() + name[1:] in names}
    exceptions = other - twins
    for operation in map(model.operation_model, model.operation_names):
        members = operation.input_shape.members if operation.input_shape else {}
        exceptions |= {f"{operation.name[0].lower()}{operation.name[1:]}.{name}" for name in twins & set(members)}
    columns = [
        exceptions,
        {name for name in kinds["timestamp"] if others["timestamp"][name] > 0},
        kinds["blob"] - others["blob"],
        kinds["map"],
    ]
    data = model.metadata
    head = " ".join(
        [
            sdk_name(data["serviceId"]),
            model.signing_name,
            data["jsonVersion"],
            data["targetPrefix"],
            class_name(data["serviceId"]),
            "c" if is_camel else "P",
        ]
    )
    return " | ".join([head, *(" ".join(sorted(column)) for column in columns), " ".join(errors(model))])


def wire_name(name, member):
    if "name" in member.serialization:
        return member.serialization["name"]
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name", name)
    return name


def structure(shape, lines):
    payload = shape.serialization.get("payload")
    members = []
    for name, member in shape.members.items():
        required = "!" if name in shape.required_members else ""
        wire = wire_name(name, member)
        pascal = name[:1].upper() + name[1:]
        place = "P" if name == payload else PLACES.get(member.serialization.get("location"), "")
        wire = "" if wire == pascal else f"={wire}"
        members.append(f"{required}{pascal}{wire}{'@' + place if place else ''} {member.name}")
    lines[shape.name] = " ".join(["{", shape.name, *members])
    for member in shape.members.values():
        visit(member, lines)


def visit(shape, lines):
    if shape.name in lines:
        return
    lines[shape.name] = ""
    kind = shape.type_name
    if kind == "structure" and shape.metadata.get("document"):
        lines[shape.name] = f"* {shape.name}"
    elif kind == "structure":
        structure(shape, lines)
    elif kind == "list":
        item = "~" if shape.serialization.get("flattened") else shape.member.serialization.get("name", "member")
        lines[shape.name] = f"[ {shape.name} {shape.member.name} {item}"
        visit(shape.member, lines)
    elif kind == "map":
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        lines[shape.name] = f"% {shape.name} {shape.value.name} {key} {value}"
        visit(shape.value, lines)
    elif kind == "timestamp":
        form = {"iso8601": "iso", "rfc822": "http", "unixTimestamp": "epoch"}
        lines[shape.name] = f"t {shape.name} {form.get(shape.serialization.get('timestampFormat'), '-')}"
    else:
        letter = {"blob": "x", "boolean": "b"}.get(kind, "n" if kind in NUMBERS else "s")
        lines[shape.name] = f"{letter} {shape.name}"


def modelled(model, operations):
    lines, heads = {}, []
    for name in operations or model.operation_names:
        operation = model.operation_model(name)
        shapes = [operation.input_shape, operation.output_shape]
        if operation.has_event_stream_output or operation.has_event_stream_input:
            continue
        for shape in filter(None, shapes):
            visit(shape, lines)
        names = [shape.name if shape else "-" for shape in shapes]
        uri = operation.http.get("requestUri", "/")
        heads.append(f"= {name[0].lower()}{name[1:]} {operation.http.get('method', 'POST')} {uri} {' '.join(names)}")
    data = model.metadata
    first = f"{data['protocol']} {model.signing_name} {class_name(data['serviceId'])} {data['apiVersion']}"
    return LEGEND + "\n".join([first, *heads, *lines.values(), "! " + " ".join(errors(model))]) + "\n"


def main():
    folder = pathlib.Path(__file__).parent.parent / "src/aws/api"
    session = botocore.session.get_session()
    for service, (name, operations) in MODELLED.items():
        (folder / f"{service}.txt").write_text(modelled(session.get_service_model(name), operations))
    rows = []
    for name in session.get_available_services():
        model = session.get_service_model(name)
        if "json" in (model.metadata.get("protocols") or [model.metadata["protocol"]]):
            rows.append(json_service(model))
    (folder / "json_services.txt").write_text(f"# botocore {botocore.__version__}.\n" + JSON_LEGEND + "\n".join(sorted(rows)) + "\n")


main()
