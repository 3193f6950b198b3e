"""A Redis server of the tests, on a free port of the loopback; tests are skipped where it is missing."""

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

from tests.programs import program


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
        """Kill it and restore its folder from a copy, so that it loses all writes since."""
        self.kill()
        shutil.rmtree(self._folder)
        folder.rename(self._folder)

    def copied(self) -> Path:
        """Copy its folder while it is stopped, and return the copy."""
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
    """Yield a running server with these options, or skip the test."""
    path = program(("redis-server",), "redis-server")
    if path is None:
        pytest.skip("redis-server is not installed")
    server = RedisServer(path, folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()
