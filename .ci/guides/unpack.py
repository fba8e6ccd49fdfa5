"""Takes a guide apart: `unpack.py GUIDE.md FOLDER`.

A block of code after a line that ends with "`NAME`:" is that file. The blocks in `sh` become `commands.sh`.
"""

import pathlib
import re
import sys

guide, folder = sys.argv[1:]
text = pathlib.Path(guide).read_text()
commands = "set -euo pipefail\nset -x\n"
for name, language, block in re.findall(r"(?:`([\w./-]+)`:\n\n)?^```([\w,]+)\n(.*?)^```$", text, re.M | re.S):
    if language == "sh":
        commands += block
    elif name:
        file = pathlib.Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block)
pathlib.Path(folder, "commands.sh").write_text(commands)
