"""Serves a Lambda handler in Python to `asl`: python3 serve.py app.handler, python3 serve.py charge/app.handler

A line of JSON in, a line of JSON out; errors in Lambda's form. What the handler and its child processes print goes to
standard error.
"""

import importlib
import json
import os
import sys
import time
import traceback
import uuid

# Nobody but this file writes to standard output or reads standard input.
answers, events = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.fdopen(os.dup(0), encoding="utf-8")
os.dup2(2, 1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
sys.stdout = sys.stderr
file, _, name = sys.argv[1].rpartition(".")
folder, module = os.path.split(os.path.abspath(file))
sys.path.insert(0, folder)
handler = getattr(importlib.import_module(module), name)


class Context:
    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version = "$LATEST"
    invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function_name}"
    memory_limit_in_mb = "128"
    log_group_name = f"/aws/lambda/{function_name}"
    log_stream_name = "local"
    identity = client_context = None

    def __init__(self):
        self.aws_request_id = str(uuid.uuid4())
        self._ends = time.monotonic() + float(os.environ.get("ASL_FUNCTION_TIMEOUT", "60"))

    def get_remaining_time_in_millis(self):
        return max(0, int((self._ends - time.monotonic()) * 1000))


def answer(event, context):
    try:
        result = handler(event, context)
    except Exception as error:
        trace = traceback.extract_tb(error.__traceback__)[1:]
        return {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "requestId": context.aws_request_id,
            "stackTrace": traceback.format_list(trace),
        }
    try:
        return json.loads(json.dumps(result))
    except (TypeError, ValueError) as error:
        return {"errorMessage": f"Unable to marshal response: {error}", "errorType": "Runtime.MarshalError"}


for line in events:
    print(json.dumps(answer(json.loads(line), Context())), file=answers, flush=True)
sys.stderr.flush()
os._exit(0)  # Threads that the handler has left running do not keep it alive.
