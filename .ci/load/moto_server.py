"""moto server whose executions end; by default it starts them only, and no request changes that. Usage: moto_server.py PORT"""

import sys

from moto.core.config import default_user_config
from moto.server import main

default_user_config["stepfunctions"]["execute_state_machine"] = True
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
