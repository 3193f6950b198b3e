"""What a page may take of its reader grows with its size, whatever is on it; `hostile.py` has the pages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile import PAGES, Cost, fault

ROOT = Path(__file__).parents[1]

NAMES = [name for name, page in PAGES.items() if not page.by_hand]


def test_no_page_takes_more_than_its_size_allows():
    """All are read in another process, which keeps each of them in bounds."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.hostile"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        timeout=900,
        check=True,
    )
    faults = {line["name"]: line["fault"] for line in map(json.loads, run.stdout.splitlines())}
    assert len(NAMES) > 500
    assert list(faults) == NAMES
    assert {name: fault for name, fault in faults.items() if fault} == {}


@pytest.mark.parametrize(
    ("small", "large", "share", "why"),
    [
        (Cost(0.5, 0), Cost(1.0, 10**6), 1, ""),
        (Cost(0.5, 0), Cost(1.6, 0), 1, "0.50 seconds at half the size, 1.60 at the whole"),
        (Cost(0.5, 0), Cost(1.3, 0), 1, ""),
        (Cost(0.01, 0), Cost(0.12, 0), 1, ""),
        (Cost(0.01, 0), Cost(0.19, 0), 1, "0.01 seconds at half the size, 0.19 at the whole"),
        (None, Cost(6.1, 0), 1, "6.10 seconds"),
        (None, Cost(1.6, 0), 0.125, "1.60 seconds"),
        (None, Cost(0.1, 2**29), 1, "512 MB"),
        (None, Cost(0, 0, ended="SIGPROF"), 1, "the reader was ended: SIGPROF"),
    ],
)
def test_a_cost_beyond_the_limits_is_a_fault(small, large, share, why):
    assert fault(small, large, share) == why
