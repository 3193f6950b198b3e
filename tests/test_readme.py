"""README and guides are correct: examples run, commands are those of `.ci/run`, tables agree with the code."""

import dataclasses
import doctest
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from scrapy.settings import Settings

from fixtures.portal.server import serve
from scraper import Article, Dateline, Extraction, Image, Link, extract_text
from scraper.article import SIDEBAR_KINDS, BodyType
from scraper.crawl.addon import TrustedCrawl
from scraper.crawl.arguments import Arguments
from scraper.crawl.commands import crawl
from spiders import settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
GUIDES = ROOT / "docs"
CI = (ROOT / ".ci" / "run").read_text("utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"`([a-z_]+)`")
NUMBER = re.compile(r"(?<=127\.0\.0\.1:)\d+|\d+\.\d(?= s )")  # the port and the seconds differ from run to run


def blocks(kind: str, document: str = README) -> list[str]:
    return [text for result, text in FENCE.findall(document) if result == kind]


def guide(name: str) -> str:
    return (GUIDES / f"{name}.md").read_text("utf-8")


def section(title: str, document: str = README) -> str:
    return document.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a text's tables, without the heads."""
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    rules = [number for number, row in enumerate(cells) if row[0].startswith("---")]
    return [row for number, row in enumerate(cells) if number not in rules and number + 1 not in rules]


def command(line: str) -> list[str]:
    """Return a command of the README with this interpreter in the place of the newcomer's."""
    program, *arguments = shlex.split(line)
    module = program.removeprefix(".venv/bin/")
    assert module in ("python", "scraper", "scrapy")
    return [sys.executable, *arguments] if module == "python" else [sys.executable, "-m", module, *arguments]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Run the first command's crawl; a folder that looks like the checkout after it, and what the crawl said."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    line = blocks("sh")[0].split("&&")[-1].strip()
    run = subprocess.run(
        [*command(line), "-s", f"CRAWL_DIR={folder / 'crawls' / 'fintechworld'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return folder, run.stderr.replace(f"{folder}{os.sep}", "").splitlines()


# ---------------------------------------------------------------- what is run


def test_every_block_is_of_a_kind_that_is_checked_here() -> None:
    assert README.count("\n```") == 2 * len(FENCE.findall(README))
    assert {kind for kind, _ in FENCE.findall(README)} == {"python", "sh", "text", "json"}
    examples = [doctest.DocTestParser().get_examples(block) for block in blocks("python")]
    assert all(example[-1].want for example in examples if example)
    assert [block for block, example in zip(blocks("python"), examples, strict=True) if not example] == [
        addon(),
        spider(),
    ]


@pytest.mark.parametrize("name", ["README", "records"])
def test_the_examples_do_what_they_say(
    name: str, crawled: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(crawled[0])
    output: list[str] = []
    # Everything but Python is blanked, so that a failure names the line of the document.
    python = "\n".join(lines_of_python(README if name == "README" else guide(name)))
    test = doctest.DocTestParser().get_doctest(python, {}, name, name, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test, out=output.append).failed == 0, "".join(output)
    written = {f"/{path.name}" for path in crawled[0].iterdir() if path.is_file()}
    assert written
    assert written <= set((ROOT / ".gitignore").read_text("utf-8").splitlines())


def lines_of_python(document: str) -> Iterator[str]:
    inside = False
    for line in document.splitlines():
        if line.startswith("```"):
            inside = line == "```python"
            yield ""
        else:
            yield line if inside else ""


def test_the_page_shown_gives_the_record_shown() -> None:
    (page, *_), (shown,) = blocks("text"), blocks("json")
    record, fields = extract_text(page).to_dict(), json.loads(shown)
    assert {key: record[key] for key in fields} == fields
    left_out = {key for key, value in record.items() if value and key not in fields}
    assert left_out == {"date_published_raw", "body_types", "extraction", "schema_version"}


def test_the_crawl_says_what_is_shown(crawled: tuple[Path, list[str]]) -> None:
    shown = blocks("text")[1].splitlines()
    assert len(shown) > 3
    assert [NUMBER.sub("N", line) for line in crawled[1][-len(shown) :]] == [NUMBER.sub("N", line) for line in shown]


def test_the_output_is_inspected_as_described(crawled: tuple[Path, list[str]]) -> None:
    explain, install, query = blocks("sh")[1].splitlines()
    assert install == ".venv/bin/pip install duckdb"
    pytest.importorskip("duckdb", reason="duckdb is not installed: pip install -e '.[downstream]'")
    for line in (explain, query):
        run = subprocess.run(command(line), cwd=crawled[0], capture_output=True, text=True, timeout=60, check=True)
    assert "<h1" in (crawled[0] / "why.html").read_text("utf-8")
    assert [row.split("│")[1:3] for row in run.stdout.splitlines() if "15" in row] == [[" Markets ", "      15 "]]
    assert (crawled[0] / "crawls" / "fintechworld" / "report.html").exists()


def addon() -> str:
    return blocks("python")[0]


def test_the_switch_shown_is_the_project_s_own() -> None:
    namespace: dict[str, Any] = {}
    exec(addon(), namespace)
    assert namespace["ADDONS"] == settings.ADDONS


def spider() -> str:
    return blocks("python")[-1]


def test_the_spider_shown_crawls(tmp_path: Path) -> None:
    name = re.findall(r'name = "(\w+)"', spider())[0]
    (tmp_path / f"readme_{name}.py").write_text(spider(), "utf-8")
    with serve() as portal:
        run = subprocess.run(
            [
                *command(f".venv/bin/scrapy crawl {name} -a site={portal.base}/ -a pages=4 -s DOWNLOAD_DELAY=0"),
                *("-s", f"SPIDER_MODULES=readme_{name}", "-s", f"CRAWL_DIR={tmp_path}"),
                *("-s", "AUTOTHROTTLE_ENABLED=0", "-s", f"TRUSTED_HOSTS={portal.base.removeprefix('http://')}"),
            ],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    data: dict[str, Any] = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert (data["spider"], data["counts"]["fetched"]) == (name, 4), run.stderr


# ---------------------------------------------------------------- the commands


def test_the_first_command_is_one_line() -> None:
    first = blocks("sh")[0].splitlines()
    assert [part.strip() for part in first[0].split("&&")] == [
        "python3 -m venv .venv",
        ".venv/bin/pip install -e .",
        ".venv/bin/scrapy crawl fintechworld",
    ]
    assert len(first) == 1


def test_what_ci_runs_is_what_the_readme_says() -> None:
    commands = [line.replace(".ci-venv/", ".venv/") for line in CI.splitlines() if line.startswith(".ci-venv/")]
    assert [line.split()[0] for line in commands] == [".venv/bin/pip", ".venv/bin/python"]
    assert (
        blocks("sh")[-1].splitlines()
        == blocks("sh", section("Tests", guide("contributing")))[0].splitlines()
        == commands
    )


@pytest.mark.parametrize(("pip", "pytest_"), [(0, 0), (0, 1), (3, 0)])
def test_ci_fails_where_a_step_fails_and_shows_what_pytest_says(tmp_path: Path, pip: int, pytest_: int) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text(CI, "utf-8")
    stub = "\n".join(
        [
            "#!/bin/sh",
            "mkdir -p .ci-venv/bin",
            f"printf '#!/bin/sh\\nexit {pip}\\n' > .ci-venv/bin/pip",
            f"printf '#!/bin/sh\\necho closing line\\nexit {pytest_}\\n' > .ci-venv/bin/python",
            "chmod +x .ci-venv/bin/*",
        ]
    )
    (tmp_path / "python3").write_text(stub, "utf-8")
    (tmp_path / "python3").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", tmp_path / ".ci" / "run"], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (pip or pytest_, "" if pip else "closing line\n")


def test_settings_and_arguments_exist() -> None:
    named = set(re.findall(r"-s (\w+)=|`([A-Z]+_[A-Z_]+)`|\"([A-Z]+_[A-Z_]+)\"", README + guide("crawling")))
    names = {name for groups in named for name in groups if name}
    assert {"CRAWL_DIR", "USER_AGENT", "SPIDER_MODULES"} <= names | {"NAME"}
    known = Settings()
    known.setmodule(settings)
    TrustedCrawl().update_settings(known)
    assert [name for name in names - {"NAME"} if name not in known] == []
    assert set(re.findall(r"-a (\w+)=", guide("crawling"))) == set(Arguments._fields)


def test_limits_named_are_those_set() -> None:
    text = " ".join(section("Use 1: the crawler").split())
    shipped = Settings()
    TrustedCrawl().update_settings(shipped)
    assert f"{shipped['DOWNLOAD_MAXSIZE'] // 2**20} MiB and {shipped['DOWNLOAD_TIMEOUT']} seconds" in text
    limits = ("DOWNLOAD_DELAY", "CONCURRENT_REQUESTS_PER_DOMAIN", "ROBOTSTXT_OBEY")
    assert [shipped[name] for name in limits] == [1, 1, True]


# ---------------------------------------------------------------- the tables


def test_the_exit_statuses_are_those_of_the_command() -> None:
    table = [row for row in rows(section("Exit status", guide("crawling"))) if row[0].isdigit()]
    known = {value for name, value in vars(crawl).items() if name.isupper() and isinstance(value, int)}
    assert [int(status) for status, _ in table] == sorted({0, *known})


def test_the_table_of_the_record_is_the_record() -> None:
    table = rows(guide("records").split("\n## ")[0])
    keys = [key for first, *_ in table for key in NAME.findall(first)]
    assert sorted(keys) == sorted(field.name for field in dataclasses.fields(Article))
    meanings = {first: meaning for first, _, meaning in table}
    for key, kind in (("dateline", Dateline), ("images", Image), ("extraction", Extraction)):
        names = {field.name for field in dataclasses.fields(kind)}
        assert names <= set(NAME.findall(meanings[f"`{key}`"]))
    assert NAME.findall(meanings["`body_types`"])[1:] == list(get_args(BodyType))
    assert NAME.findall(meanings["`sidebar`"])[: 2 + len(SIDEBAR_KINDS)] == [*Link.__struct_fields__, *SIDEBAR_KINDS]


def test_the_counts_are_documented(crawled: tuple[Path, list[str]]) -> None:
    text = section("Monitoring", guide("operations")).split("It has ")[1].split("```")[0]
    names, run = NAME.findall(text), json.loads((crawled[0] / "crawls/fintechworld/run.json").read_text("utf-8"))
    assert names[: len(run)] == list(run)
    counts = set(names[len(run) :]) & run["counts"].keys()
    assert counts == run["counts"].keys() - {"updated", "copies", "unfinished", "unwritten"}


DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(GUIDES.glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []
    assert links or document.name == "records.md"


def test_every_guide_is_named_in_the_readme() -> None:
    guides = {f"docs/{path.name}" for path in GUIDES.glob("*.md")}
    assert {link for link in re.findall(r"\]\(([^)\s]+)\)", README) if link.startswith("docs/")} == guides


def test_paths_named_in_the_text_exist() -> None:
    prose = "\n".join(FENCE.sub("", document.read_text("utf-8")) for document in DOCUMENTS)
    named = set(re.findall(r"`((?:scraper|spiders|fixtures|tests|\.ci)/[\w./-]*)`", prose))
    invented = {
        "spiders/harbourpost.py",
        "scraper/templates/tidegazette.py",
        "fixtures/pages/tidegazette-story/expected.json",
    }
    assert len(named) > len(invented)
    assert {name for name in named if not (ROOT / name).exists()} <= invented
