"""What a page may take of its reader grows with its size, whatever is on it; `hostile.py` has the pages."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import PAGES, Cost, fault

ROOT = Path(__file__).parents[1]

NAMES = [name for name, page in PAGES.items() if not page.by_hand]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Read all pages in a process that keeps each of them in bounds; return its lines by the page's name."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.hostile"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        timeout=900,
        check=True,
    )
    return {line["name"]: line for line in map(json.loads, run.stdout.splitlines())}


def test_the_table_is_long():
    assert len(NAMES) > 500


@pytest.mark.parametrize("name", NAMES)
def test_a_page_takes_no_more_than_its_size_allows(name, found):
    assert not found[name]["fault"]


@pytest.mark.parametrize(
    ("small", "large", "share", "why"),
    [
        (Cost(0.5, 0), Cost(1.0, 10**6), 1, ""),
        (Cost(0.5, 0), Cost(1.6, 0), 1, "0.50 seconds at half the size, 1.60 at the whole"),
        (Cost(0.5, 0), Cost(1.3, 0), 1, ""),
        (Cost(0.01, 0), Cost(0.19, 0), 1, ""),
        (None, Cost(6.1, 0), 1, "6.10 seconds"),
        (None, Cost(3.1, 0), 0.25, "3.10 seconds"),
        (None, Cost(0.1, 2**29), 1, "512 MB"),
        (None, Cost(0, 0, ended="SIGPROF"), 1, "the reader was ended: SIGPROF"),
    ],
)
def test_what_is_too_much(small, large, share, why):
    assert fault(small, large, share) == why
