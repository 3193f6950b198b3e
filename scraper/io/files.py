"""Atomic writes."""

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["sweep", "whole"]

_TEMPORARY = re.compile(r"(.+)\.[0-9a-f]{8}\.tmp")
_LONGEST = 255 - len(".01234567.tmp")  # bytes of the longest name that leaves room for the temporary suffix


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; on success it replaces `output` atomically.

    Symbolic links are followed and permissions kept. File and folder are synced to disk: after a power failure `output`
    is either the old version or the complete new one.

    Raises `OSError` at the start if `output` cannot be replaced because it is read-only or a non-empty folder.
    """
    if os.path.exists(output) and not (output.is_file() or output.is_dir()):  # /dev/null, a pipe
        yield output
        return
    output = Path(os.path.realpath(output))
    mode = _mode(output)
    fresh = output.with_name(f"{_stem(output)}.{secrets.token_hex(4)}.tmp")  # as _TEMPORARY has it
    try:
        yield fresh
        if mode is not None:
            fresh.chmod(mode)
        _sync(fresh)
        fresh.replace(output)
        _sync(output.parent)
    finally:
        if fresh.is_dir():
            for file in fresh.iterdir():
                file.unlink()
            fresh.rmdir()
        fresh.unlink(missing_ok=True)


def _mode(output: Path) -> int | None:
    """Return the permissions of the output, None if it is missing; raise `OSError` if it cannot be replaced."""
    try:
        mode = output.stat().st_mode
    except FileNotFoundError:
        return None
    if not os.access(output, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(output))
    if stat.S_ISDIR(mode) and any(output.iterdir()):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(output))
    return stat.S_IMODE(mode)


def _stem(output: Path) -> str:
    """Return the prefix of the name of the temporary file."""
    name = os.fsencode(output.name)
    return output.name if len(name) <= _LONGEST else hashlib.sha256(name).hexdigest()


def sweep(outputs: Collection[Path]) -> None:
    """Remove the temporary files of these outputs that interrupted processes left behind."""
    stems = {output.parent / _stem(output) for output in outputs}
    for folder in {output.parent for output in outputs}:
        for path in folder.glob("*.tmp"):
            name = _TEMPORARY.fullmatch(path.name)
            if name and folder / name[1] in stems:
                path.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
