"""Files that appear whole or not at all."""

import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["sweep", "whole"]

_LEFT = re.compile(r"(.+)\.[0-9a-f]{8}\.tmp")


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """Give a path to write to; what is there at the end takes the place of `output`, if nothing went wrong.

    The new name is on the disk, too, when this ends: a power cut leaves either what was there, or all that is new.
    """
    if output.exists() and not (output.is_file() or output.is_dir()):  # /dev/null, a pipe
        yield output
        return
    fresh = output.with_name(f"{output.name}.{secrets.token_hex(4)}.tmp")  # as _LEFT has it
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


def sweep(outputs: Collection[Path]) -> None:
    """Remove what deaths have left of these outputs."""
    for folder in {output.parent for output in outputs}:
        for left in folder.glob("*.tmp"):
            name = _LEFT.fullmatch(left.name)
            if name and folder / name[1] in outputs:
                left.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
