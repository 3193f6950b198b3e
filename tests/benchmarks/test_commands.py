"""Every benchmark that the guides name runs, on a small input."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scraper import extract
from tests.test_readme import GUIDES, ROOT

SMALL = {
    "bulk_speed": ("--pages", "20", "--rounds", "1"),
    "copies": (),
    "crawl_memory": ("--pages", "200"),
    "crawl_speed": ("--pages", "20", "--rounds", "1"),
    "fuzz": ("fixtures/pages", "--inputs", "10"),
    "redis_memory": ("--addresses", "20"),
}


def test_every_documented_benchmark_is_tested() -> None:
    named = {
        name for guide in GUIDES.glob("*.md") for name in re.findall(r"tests\.benchmarks\.(\w+)", guide.read_text())
    }
    assert named == {*SMALL, "accuracy", "kill"}  # whose loop is a test of its own


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_benchmark_runs(name: str) -> None:
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *SMALL[name]]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if name == "redis_memory" and "redis" in run.stderr.lower() and run.returncode:
        pytest.skip("needs Redis")
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


def test_accuracy_measures_the_pages_of_a_folder(tmp_path: Path) -> None:
    page = (ROOT / "fixtures" / "pages" / "theme-plain" / "page.html").read_bytes()
    (tmp_path / "small" / "pages").mkdir(parents=True)
    (tmp_path / "small" / "pages" / "one.html.gz").write_bytes(gzip.compress(page))
    gold = {"page": "one", "url": None, "body": "no word of it", "headline": extract(page).headline}
    (tmp_path / "small" / "gold.jsonl").write_text(json.dumps(gold))
    command = [sys.executable, "-m", "tests.benchmarks.accuracy", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    names, values = (line.split() for line in run.stdout.splitlines()[:2])
    assert values[0] == "small"
    assert float(values[names.index("words")]) < 0.1
    assert "1.000" in values
