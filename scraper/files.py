"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["LEFT", "whole"]

LEFT = "*.tmp"
"""The names of what a death leaves."""


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """Give a path to write to; what is there at the end takes the place of `output`, if nothing went wrong.

    The new name is on the disk, too, when this ends: a power cut leaves either what was there, or all that is new.
    """
    if output.exists() and not (output.is_file() or output.is_dir()):  # /dev/null, a pipe
        yield output
        return
    fresh = output.with_name(f"{output.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield fresh
        _sync(fresh)
        fresh.replace(output)
        _sync(output.parent)
    finally:
        if fresh.is_dir():
            for file in fresh.iterdir():
                file.unlink()
            fresh.rmdir()
        fresh.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
