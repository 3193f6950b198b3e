"""The shape of the house: who may import whom, what is exported, and what an import costs."""

import ast
import functools
import graphlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import scraper

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "scraper"
ROOMS = (
    ("errors", "markdown", "article", "label", "block", "vocabulary", "coverage", "printable", "version"),
    ("io",),
    ("segment",),
    ("templates",),
    ("tagger",),
    ("tagger.training",),
    ("site",),
    ("fields",),
    ("page_type", "corrections"),
    ("pipeline",),
    ("explanation",),
    ("",),  # the package itself
    ("stories",),
    ("bulk",),
    ("crawl.arguments", "crawl.crawl_dir", "crawl.failures", "crawl.fetch_time", "crawl.items", "crawl.stats"),
    ("crawl.discovery",),
    ("crawl.parsing",),
    ("crawl.frontier",),
    ("crawl.downloader",),
    ("crawl.output",),
    ("crawl.reporting",),
    ("crawl.portal_spider", "crawl.site_learning", "crawl.split_story", "crawl.url_policy"),
    ("crawl.addon",),
    ("crawl",),
    ("crawl.commands",),
    ("cli",),
    ("__main__",),
)
"""A module imports from rooms above its own, and within its room without a cycle."""
RANK = {room: rank for rank, row in enumerate(ROOMS) for room in row}
LARGEST_ROOM = 14
"""Modules in one folder."""
OWNERS = {
    "selectolax": {
        f"segment.html.{module}" for module in ("contexts", "head", "links", "pictures", "segmenter", "walk")
    },
    "dateparser": {"fields.dates"},
    "charset_normalizer": {"segment.decode"},
    "w3lib": {"crawl.discovery.xml_stream", "segment.decode", "stories.urls"},
    "rensa": {"stories.near_duplicates"},
    "jinja2": {"crawl.reporting.page"},
    "leather": {"crawl.reporting.charts"},
    "torch": {
        "tagger.training.net",
        "tagger.training.fit",
        "tagger.training.evaluate",
        "tagger.training.site_net",
    },
    "resiliparse": {"tagger.training.corpus"},
    "httpx": {"io.fetch"},
    "httpcore": {"io.fetch"},
    "backports": {"io.compression"},
    "brotli": {"io.compression"},
    "compression": {"io.compression"},
    "fcntl": {"io.files"},
    "gzip": {"io.compression"},
    "zlib": {"io.compression"},
    "pyarrow": {"io.parquet"},
    "fsspec": {"bulk.sources"},
    "ray": {"bulk.engines"},
    "rich": {"cli.explain", "cli.screen", "crawl.reporting.progress"},
    "typer": {
        "cli",
        "cli.bulk",
        "cli.check",
        "cli.crawl",
        "cli.explain",
        "cli.export",
        "cli.inputs",
        "cli.extract",
        "cli.learn",
        "cli.options",
        "cli.output",
        "cli.small",
    },
}


@functools.cache
def _modules() -> dict[str, Path]:
    paths = list(PACKAGE.rglob("*.py"))
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
        for path in paths
    }


@functools.cache
def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _room(name: str) -> str:
    """Return the innermost room of a module that has a rank."""
    while name not in RANK and "." in name:
        name = name.rpartition(".")[0]
    return name


def _used(name: str) -> set[str]:
    """Return the modules of the library that a module imports; a package counts where its own names are imported."""
    modules = _modules()
    used = {path.removeprefix("scraper.") for path in _imports(modules[name]) if path.startswith("scraper.")}
    used &= modules.keys()
    packages = {other.rpartition(".")[0] for other in used}
    return used - packages - {name}


def test_modules_import_only_from_rooms_above() -> None:
    wrong = {(name, used) for name in _modules() for used in _used(name) if RANK[_room(used)] > RANK[_room(name)]}
    assert not wrong


def test_no_modules_import_each_other() -> None:
    graph = {name: _used(name) for name in _modules() if name != "crawl"}  # whose two names are imported on demand
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


def test_only_the_crawl_imports_scrapy() -> None:
    users = {name for name, path in _modules().items() if any(i.split(".")[0] == "scrapy" for i in _imports(path))}
    assert {name.split(".")[0] for name in users} == {"crawl"}


def test_the_library_imports_neither_the_fixtures_nor_the_spiders() -> None:
    used = {used.split(".")[0] for path in _modules().values() for used in _imports(path)}
    assert not used & {"spiders", "tests"}


def test_no_room_is_crowded() -> None:
    rooms = Counter(path.parent for path in _modules().values() if path.name != "__init__.py")
    assert max(rooms.values()) <= LARGEST_ROOM


def test_each_library_is_imported_by_its_owners_alone() -> None:
    roots = {name: {used.split(".")[0] for used in _imports(path)} for name, path in _modules().items()}
    users = {library: {name for name, used in roots.items() if library in used} for library in OWNERS}
    assert users == OWNERS


def test_exports_are_listed_in_order_and_exist() -> None:
    assert scraper.__all__ == sorted(scraper.__all__)
    assert all(hasattr(scraper, name) for name in scraper.__all__)


def test_import_is_quick_and_leaves_the_heavy_libraries_alone() -> None:
    code = """
import sys, time
start = time.process_time()
import scraper
spent = time.process_time() - start
print(spent, [name for name in ("scrapy", "httpx", "dateparser", "torch", "numpy", "rensa", "typer", "rich", "pyarrow") if name in sys.modules])
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        for _ in range(3)
    ]
    assert min(float(run.stdout.split()[0]) for run in runs) < 0.3  # on an idle machine well under 0.15
    assert runs[0].stdout.split(maxsplit=1)[1].strip() == "[]"


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["lint", "format", "types"],
)
def test_the_code_is_clean(command: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
