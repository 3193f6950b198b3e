"""A Redis for the tests, of their own, on a free port of the loopback.

Where it is missing it is installed, if the tests may do so: as root on a machine that has apt. Elsewhere the tests that
need it are skipped, and say so.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

_INSTALL = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server"),
)
_SECONDS = 300


class RedisServer:
    """A server that can be killed and started again, with what it had written to its folder."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self._folder = folder
        self._command = [program, "--dir", str(folder), "--save", "", "--loglevel", "warning", *options]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> "redis.Redis":
        return redis.Redis(port=self.port)

    def start(self) -> None:
        line = [*self._command, "--bind", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                with self.client as client:
                    client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("Redis does not start")

    def kill_with(self, folder: Path) -> None:
        """Kill it, and have it find what it had written to its folder when that was copied: it loses all since."""
        self.kill()
        shutil.rmtree(self._folder)
        folder.rename(self._folder)

    def copied(self) -> Path:
        """Copy what it has written so far, while it does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        copy = self._folder.with_name(f"{self._folder.name}-copy")
        shutil.copytree(self._folder, copy)
        self._process.send_signal(signal.SIGCONT)
        return copy

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[RedisServer]:
    """Serve with these options, or skip the test that asks for it."""
    program = shutil.which("redis-server") or _installed()
    if program is None:
        pytest.skip("needs redis-server, which is not here and cannot be installed (that takes root, apt, its servers)")
    server = RedisServer(program, folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _installed() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in _INSTALL:
        try:
            subprocess.run(command, env=environment, capture_output=True, check=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return None
    return shutil.which("redis-server")
