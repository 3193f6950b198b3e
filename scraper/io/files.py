"""Atomic writes, and file locks."""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["atomic_write", "is_special", "lock", "remove_temporary_files"]

_TEMPORARY = re.compile(r"(.+)\.[0-9a-f]{8}\.tmp")
_LONGEST = 255 - len(".01234567.tmp")  # bytes of the longest name that leaves room for the temporary suffix


@contextmanager
def atomic_write(output: Path) -> Iterator[Path]:
    """Yield a temporary path to write a file or folder to; on success it replaces `output` atomically.

    Symbolic links are followed and permissions kept. File and folder are synced to disk: after a power failure `output`
    is either the old version or the complete new one. A device or pipe cannot be replaced, and is yielded itself.

    Raise `OSError` at the start if `output` cannot be replaced because it is read-only or a non-empty folder.
    """
    if is_special(output):
        yield output
        return
    output = Path(os.path.realpath(output))
    mode = _mode(output)
    temporary = output.with_name(f"{_stem(output)}.{secrets.token_hex(4)}.tmp")  # as _TEMPORARY has it
    try:
        yield temporary
        if mode is not None:
            temporary.chmod(mode)
        _sync(temporary)
        temporary.replace(output)
        _sync(output.parent)
    finally:
        if temporary.is_dir():
            for file in temporary.iterdir():
                file.unlink()
            temporary.rmdir()
        temporary.unlink(missing_ok=True)


def is_special(path: Path) -> bool:
    """Return whether a path is a device, a pipe or a socket."""
    # Unlike Path.exists, os.path.exists accepts a name that is too long.
    return os.path.exists(path) and not (path.is_file() or path.is_dir())


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


def remove_temporary_files(outputs: Collection[Path]) -> None:
    """Remove the temporary files of these outputs that interrupted processes left behind."""
    stems = {output.parent / _stem(output) for output in outputs}
    for folder in {output.parent for output in outputs}:
        for path in folder.glob("*.tmp"):
            name = _TEMPORARY.fullmatch(path.name)
            if name and folder / name[1] in stems:
                path.unlink()


def lock(file: IO[str] | IO[bytes] | int, *, wait: bool = False) -> bool:
    """Lock an open file against other processes; return False if another one holds the lock, or wait for it.

    The lock is released when the file is closed or the process dies. Raise `OSError`.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
