"""Programs that tests run beside Python: found, or installed as root on a machine with apt."""

import os
import shutil
import subprocess
from collections.abc import Sequence

_SECONDS = 300


def program(names: Sequence[str], *packages: str) -> str | None:
    """Return the path of the first program found, after an attempt to install the packages; None without one."""
    return _found(names) or (_found(names) if _install(packages) else None)


def _found(names: Sequence[str]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _install(packages: Sequence[str]) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *packages)):
        try:
            subprocess.run(("apt-get", *command), env=environment, capture_output=True, check=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return False
    return True
