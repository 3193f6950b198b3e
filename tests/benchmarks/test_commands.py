"""Every benchmark that the guides name runs, on a small input."""

import re
import subprocess
import sys

import pytest

from tests.test_readme import GUIDES, ROOT

SMALL = {
    "accuracy": ("fixtures",),
    "bulk_speed": ("--pages", "20", "--rounds", "1"),
    "copies": (),
    "crawl_memory": ("--pages", "600"),
    "crawl_speed": ("--pages", "40", "--rounds", "1"),
    "fuzz": ("fixtures/pages", "--inputs", "10"),
    "kill": ("--kills", "1"),
    "redis_memory": ("--addresses", "20"),
}


def test_all_of_them_are_here() -> None:
    named = {
        name for guide in GUIDES.glob("*.md") for name in re.findall(r"tests\.benchmarks\.(\w+)", guide.read_text())
    }
    assert named | {"kill"} == set(SMALL)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_it_runs(name: str) -> None:
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *SMALL[name]]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if name == "redis_memory" and "redis" in run.stderr.lower() and run.returncode:
        pytest.skip("needs Redis")
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()
