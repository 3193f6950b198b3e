"""The guides under `docs/` do what they say."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scraper import extract_text
from tests.crawling import ENVIRONMENT, ROOT
from tests.test_readme import blocks, command, guide, section

NAME = "tidegazette-story"


def test_the_query_gives_each_story_once_in_its_last_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: pip install -e '.[downstream]'")
    record = extract_text(
        "Night ferry returns\nBERGEN, Norway (AP) — The night ferry left Bergen on Monday.\n"
    ).to_dict()
    lines = [
        record | {"id": "a", "headline": "first", "fetched_at": "2025-04-12T10:00:00Z"},
        record | {"id": "b", "headline": "copy", "fetched_at": "2025-04-12T10:00:00Z", "duplicate_of": "a"},
        record | {"id": "c", "headline": "original", "fetched_at": "2025-04-12T10:00:00Z"},
        record | {"id": "d", "headline": "own", "fetched_at": "2025-04-12T10:00:00Z"},
        record | {"id": "a", "headline": "mended", "fetched_at": "2025-04-12T12:00:00Z", "replaces": "a"},
        record | {"id": "d", "headline": "copy", "fetched_at": "2025-04-12T12:00:00Z", "duplicate_of": "c"},
        record | {"url": "http://portal.test/1.html", "headline": "extracted"},
        record | {"url": "http://portal.test/2.html", "headline": "extracted"},
        record | {"headline": "from a text"},
    ]
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    (query,) = blocks("sql", guide("records"))
    results = [row[0] for row in duckdb.sql(f"select headline from ({query})").fetchall()]
    assert sorted(results) == ["extracted", "extracted", "from a text", "mended", "original"]


@pytest.mark.parametrize(("requested", "expected"), [("10", "OK"), ("100", "FAIL")])
def test_the_guide_configures_spidermon(tmp_path: Path, requested: str, expected: str) -> None:
    pytest.importorskip("spidermon", reason="spidermon is not installed: pip install spidermon")
    text = section("Monitoring", guide("operations"))
    (module,) = blocks("python", text)
    (line,) = (line for line in blocks("sh", text) if "spidermon" in line)
    (tmp_path / "mymonitors.py").write_text(module, "utf-8")
    line = line.replace("MIN_ITEMS=10", f"MIN_ITEMS={requested}")
    ran = subprocess.run(
        [*command(line), "-s", f"CRAWL_DIR={tmp_path}"],
        cwd=ROOT,
        env=ENVIRONMENT | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0
    assert f"[Spidermon] Extracted Items Monitor/test_stat_monitor... {expected}\n" in ran.stderr
    assert "[Spidermon] Field Coverage Monitor/test_check_if_field_coverage_rules_are_met... OK\n" in ran.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a copy of what the guide for a new portal touches, with the templates that came with the project."""
    for part in ("scraper", "tests", "fixtures/pages"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "tidegazette*"))
    (tmp_path / "fixtures" / "pages" / NAME).mkdir()
    for part in (".ci", "docs", "spiders", "fixtures/portal"):
        (tmp_path / part).symlink_to(ROOT / part)
    for file in ("README.md", "CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    know(tmp_path, "krnews", "yangqq")
    return tmp_path


def know(checkout: Path, *templates: str) -> None:
    """Have a checkout know these templates."""
    path = checkout / "scraper" / "templates" / "__init__.py"
    text = re.sub(r"(?<=from scraper\.templates import ).*", ", ".join(templates), path.read_text("utf-8"), count=1)
    listed = ", ".join(f"{name}.PROFILE" for name in templates)
    path.write_text(re.sub(r"(?<=^PROFILES = \().*?(?=\))", listed, text, flags=re.MULTILINE | re.DOTALL), "utf-8")


def run(line: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a guide in a checkout, whose code goes before the installed one."""
    environment = ENVIRONMENT | {"PYTHONPATH": str(checkout)}
    return subprocess.run(
        command(line), cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_guide_adds_a_portal(checkout: Path) -> None:
    text = guide("add-a-portal")
    (page,), (draft, expected), (profile,) = blocks("html", text), blocks("json", text), blocks("python", text)
    save, explain, update, green, crawl = blocks("sh", text)
    folder = checkout / "fixtures" / "pages" / NAME
    assert f"mkdir fixtures/pages/{NAME}\n" in save
    (folder / "page.html").write_text(page, "utf-8")
    assert run(explain, checkout).returncode == 0
    assert (checkout / "why.html").exists()

    (folder / "expected.json").write_text(draft, "utf-8")
    assert run(update, checkout).returncode == 0
    filled = json.loads((folder / "expected.json").read_text("utf-8"))
    right = json.loads(expected)
    wrong = {key for key, value in right.items() if filled[key] != value}
    assert wrong == {"site_name", "authors", "sidebar", "view_count"}

    (folder / "expected.json").write_text(expected, "utf-8")
    check, rest = green.splitlines()
    assert run(check, checkout).returncode == 1
    (checkout / "scraper" / "templates" / "tidegazette.py").write_text(profile, "utf-8")
    know(checkout, "krnews", "tidegazette", "yangqq")
    assert run(check, checkout).returncode == 0
    # Of all tests, those that a new template could turn red.
    touched = "page_gives or fixtures or rooms_above or paths_named or code_is_clean and not types"
    tests = f"{rest} tests/test_pages.py tests/test_house.py tests/test_readme.py -k '{touched}'"
    assert (ran := run(tests, checkout)).returncode == 0, ran.stdout
    assert command(crawl)[:5] == [sys.executable, "-m", "scrapy", "crawl", "portal"]
