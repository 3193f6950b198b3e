"""A browser for the tests: Debian's Chromium, without a window.

Where it is missing it is installed, if the tests may do so: as root on a machine that has apt. Elsewhere the tests that
need it are skipped, and say so.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_INSTALL = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"),
)
_QUIET = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update")
_SECONDS = 300


@contextmanager
def browser() -> Iterator[Browser]:
    """Give the browser, or skip the test that asks for it."""
    path = _found() or _installed()
    if path is None:
        pytest.skip("needs Chromium, which is not here and cannot be installed (that takes root, apt and its servers)")
    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *unconfined])
        try:
            yield running
        finally:
            running.close()


def _found() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _installed() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in _INSTALL:
        try:
            subprocess.run(command, env=environment, capture_output=True, check=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return None
    return _found()
