"""Compares the requests of `asl serve --aws-endpoint` with those that botocore makes of the same parameters.

Usage: requests_of_tasks.py ASL [ARGUMENT …], which starts the server. Some operations of each service are asked, with random
parameters of a fixed seed.
"""

import datetime
import json
import random
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import botocore.serialize
import botocore.session

ASL = sys.argv[1:]
RANDOM = random.Random(7)
# How many operations of each service are asked; all of those that have more than one way to write a request.
OPERATIONS, ALL = 2, {"batch", "lambda", "s3", "scheduler", "sns", "sts"}
TIME = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
TEXTS = ["ab", "a b", "a/b", 'a&<"b>', "ü+%", "x=y"]
# botocore leaves them to whoever sends the body.
OF_THE_BODY = {"ContentLength", "ContentMD5"}
SERVICES = {file.stem: file.read_text() for file in Path("src/handlers/aws/api").glob("*.txt")}

requests = []


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value.encode("latin1").decode() for name, value in self.headers.items()}
        requests.append((self.command, self.path, headers, body))
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer

    def log_message(self, *_):
        pass


def pascal(name):
    return name[:1].upper() + name[1:]


def given(shape, depth, above=(), is_top=True):
    """A value of a shape as botocore takes it and as a task does; `None` if there is none."""
    kind = shape.type_name
    if kind == "structure":
        if shape.metadata.get("document"):
            return None
        theirs, ours = {}, {}
        for name, member in shape.members.items():
            is_required = name in shape.required_members
            is_left_out = not is_top and (depth <= 0 or RANDOM.random() < 0.3)
            if name in OF_THE_BODY or member.name in above or (is_left_out and not is_required):
                continue
            if value := given(member, depth - 1, (*above, member.name), False):
                theirs[name], ours[pascal(name)] = value
            if shape.metadata.get("union") and theirs:
                break
        return theirs, ours
    if kind == "list":
        items = [given(shape.member, depth - 1, above, False) for _ in range(2)]
        return None if None in items else tuple(map(list, zip(*items)))
    if kind == "map":
        value = given(shape.value, depth - 1, above, False)
        return value and ({"k-1": value[0]}, {"k-1": value[1]})
    if kind == "timestamp":
        return TIME, "2026-01-02T03:04:05Z"
    if kind == "blob":
        return b"by tes", "by tes"
    numbers = {"integer": 7, "long": 70, "float": 1.5, "double": 2.5, "boolean": True}
    value = numbers.get(kind, RANDOM.choice(TEXTS))
    return value, value


def element(node):
    name = re.sub(r"^\{.*\}", "", node.tag)
    return name, node.text or "", sorted(node.attrib.items()), [element(child) for child in node]


def pairs(query):
    return sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))


def differences(protocol, expected, request):
    method, path, headers, body = request
    path, _, query = path.partition("?")
    expected_path, _, expected_query = expected["url_path"].partition("?")
    in_query = expected.get("query_string") or {}
    more = pairs(urllib.parse.urlencode(in_query if isinstance(in_query, list) else list(in_query.items()), doseq=True))
    yield method, expected["method"]
    yield urllib.parse.unquote(path), urllib.parse.unquote(expected_path)
    yield pairs(query), sorted(pairs(expected_query) + more)
    for name, value in expected["headers"].items():
        yield (headers.get(name.lower()) or "").split(";")[0], str(value).split(";")[0]
    expected = expected["body"]
    if isinstance(expected, dict):
        yield pairs(body.decode()), pairs(urllib.parse.urlencode(expected))
        return
    expected = expected if isinstance(expected, bytes) else (expected or "").encode()
    if body != expected and protocol.endswith("json"):
        yield json.loads(body or b"{}"), json.loads(expected or b"{}")
    elif body != expected and body and expected:
        yield tuple(element(xml.etree.ElementTree.fromstring(text)) for text in (body, expected))
    else:
        yield body, expected


def operations(session):
    """The operations that are asked, with their protocols."""
    for name in session.get_available_services():
        model = session.get_service_model(name)
        service = re.sub(r"[^a-z0-9]", "", model.metadata["serviceId"].lower())
        if service == "sfn" or service not in SERVICES:
            continue
        protocol = model.metadata["protocol"]
        protocol = "json" if "json" in model.metadata.get("protocols", [protocol]) else protocol
        names = {name: name[:1].lower() + name[1:] for name in model.operation_names}
        known = [name for name in names if f"\n= {names[name]} " in SERVICES[service]]
        asked = known if service in ALL else RANDOM.sample(known, min(len(known), OPERATIONS))
        for name in asked:
            operation = model.operation_model(name)
            # botocore checks what becomes a part of a host.
            if "{" not in (operation.endpoint or {}).get("hostPrefix", ""):
                yield f"{service}:{names[name]}", protocol, operation


def check(session, url):
    keys = {"aws_access_key_id": "AKIDBAR", "aws_secret_access_key": "flour"}
    sfn = session.create_client("stepfunctions", endpoint_url=url, region_name="us-east-1", **keys)
    problems, count = [], 0
    for action, protocol, operation in operations(session):
        theirs, ours = (operation.input_shape and given(operation.input_shape, 4)) or ({}, {})
        serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
        expected = serializer.serialize_to_request(theirs, operation)
        task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{action}", "Parameters": ours, "End": True}
        definition = json.dumps({"StartAt": "Ask", "States": {"Ask": task}})
        role = "arn:aws:iam::123456789012:role/Asks"
        requests.clear()
        count += 1
        machine = sfn.create_state_machine(name=f"Machine{count}", definition=definition, roleArn=role)
        started = sfn.start_execution(stateMachineArn=machine["stateMachineArn"])
        while (ended := sfn.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            time.sleep(0.005)
        if not requests:
            problems.append(f"{action}: nothing was asked: {ended['cause']}")
            continue
        for found, wanted in differences(protocol, expected, requests[0]):
            if found != wanted:
                problems.append(f"{action}: {found} in place of {wanted}")
    assert not problems, "\n".join(problems)
    assert count > 400, count
    print(f"requests of tasks: {count} operations as botocore asks them")


endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
threading.Thread(target=endpoint.serve_forever, daemon=True).start()
there = f"http://127.0.0.1:{endpoint.server_port}"
with subprocess.Popen([*ASL, "--aws-endpoint", there], stdout=subprocess.PIPE, text=True) as server:
    try:
        check(botocore.session.get_session(), server.stdout.readline().strip())
    finally:
        server.terminate()
