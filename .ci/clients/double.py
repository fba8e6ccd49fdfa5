"""Doubles a number; answers with nothing to what is none."""

import json
import sys

value = json.load(sys.stdin)
print(json.dumps(value * 2 if isinstance(value, (int, float)) else None))
