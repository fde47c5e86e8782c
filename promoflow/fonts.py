"""Whether this machine can draw Chinese: without a font for it, a PDF made here has a box for each letter."""

import shutil
import subprocess
import sys
from functools import cache


@cache
def has_chinese() -> bool:
    """As fontconfig knows, which Chromium asks on Linux. A Mac has one; else what nobody knows of is none."""
    program = shutil.which("fc-list")
    if program is None:
        return sys.platform == "darwin"
    listed = subprocess.run([program, ":lang=zh", "file"], capture_output=True, timeout=60)  # noqa: S603
    return bool(listed.stdout.strip())
