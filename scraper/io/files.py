"""Files that appear whole or not at all."""

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

_LEFT = re.compile(r"(.+)\.[0-9a-f]{8}\.tmp")
_LONGEST = 255 - len(".01234567.tmp")  # bytes of a name that has room for the ending of a temporary file


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """Yield a path to write to; what is there at the end replaces `output`, if nothing went wrong.

    A symbolic link stays one: the file that it names is replaced. A file keeps its permissions. When this ends the new
    name is on the disk, too: a power cut leaves either what was there, or all that is new.

    Raises `OSError` at once where the output cannot be replaced: it is read-only, or a folder that holds something.
    """
    if os.path.exists(output) and not (output.is_file() or output.is_dir()):  # /dev/null, a pipe
        yield output
        return
    output = Path(os.path.realpath(output))
    mode = _mode(output)
    fresh = output.with_name(f"{_stem(output)}.{secrets.token_hex(4)}.tmp")  # as _LEFT has it
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
    """Return the permissions of what is to be replaced, None for nothing; raise `OSError` where it must stay."""
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
    """Return what the name of a temporary file begins with."""
    name = os.fsencode(output.name)
    return output.name if len(name) <= _LONGEST else hashlib.sha256(name).hexdigest()


def sweep(outputs: Collection[Path]) -> None:
    """Remove what deaths have left of these outputs."""
    stems = {output.parent / _stem(output) for output in outputs}
    for folder in {output.parent for output in outputs}:
        for left in folder.glob("*.tmp"):
            name = _LEFT.fullmatch(left.name)
            if name and folder / name[1] in stems:
                left.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
