"""Serves a Lambda handler in Python to `asl`: python3 serve.py app.handler, python3 serve.py charge/app.handler

A line of JSON in, a line of JSON out; errors in Lambda's form. What the handler prints goes to standard error.
"""

import importlib
import json
import os
import sys
import traceback
import types
import uuid

answers, sys.stdout = sys.stdout, sys.stderr
file, _, name = sys.argv[1].rpartition(".")
folder, module = os.path.split(os.path.abspath(file))
sys.path.insert(0, folder)
handler = getattr(importlib.import_module(module), name)


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


for line in sys.stdin:
    context = types.SimpleNamespace(
        aws_request_id=str(uuid.uuid4()), function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    )
    print(json.dumps(answer(json.loads(line), context)), file=answers, flush=True)
