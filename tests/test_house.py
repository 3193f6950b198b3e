"""The shape of the house: who may import whom, what is exported, and what an import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import scraper

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "scraper"
TEMPLATES = {f"profiles.{path.stem}" for path in (PACKAGE / "profiles").glob("*.py")} - {
    "profiles.__init__",
    "profiles.template",
}

# A module imports only what stands in a row above its own.
ROWS = (
    ("errors", "markdown", "printable"),
    ("article",),
    (
        "block",
        "vocabulary",
        "limits",
        "addresses",
        "safety",
        "charts",
        "coverage",
        "files",
        "terminal",
        "workers",
        "credits",
        "lenient",
    ),
    ("dates",),
    ("dateline", "people", "injection", "copies", "profiles.template"),
    ("stories",),
    ("headline",),
    ("authors", "missing", "pubdate", "images", "structure"),
    tuple(TEMPLATES),
    ("profiles",),
    ("tagger.headings",),
    ("tagger.features",),
    ("tagger.network",),
    ("tagger.decode", "tagger.lists"),
    ("tagger.second_opinion",),
    ("tagger",),
    ("decode", "segment", "plaintext", "head", "label", "corrections"),  # the stages
    ("embedded",),
    ("verdict", "assemble"),
    ("tagger.training.alignment",),
    ("tagger.training.corpus", "tagger.training.net"),
    ("tagger.training.augment", "tagger.training.synthetic"),
    ("tagger.training.fit", "tagger.training.evaluate"),
    ("tagger.training", "tagger.training.__main__"),
    ("parts",),
    ("pipeline", "jsonl", "warc"),
    ("replay", "fetch", "page", "crawlreport", "parquet"),
    ("export",),
    ("bulk.sources",),
    ("bulk.reader",),
    ("bulk.unit",),
    ("bulk.engines",),
    ("bulk",),
    ("",),  # the package's face
    ("cli.screen",),
    ("cli.options", "cli.output"),
    ("cli.inputs",),
    ("cli.extract", "cli.bulk", "cli.explain", "cli.check", "cli.export", "cli.small"),
    ("cli",),
    ("__main__",),
)
ROW = {name: number for number, row in enumerate(ROWS) for name in row}
OWNERS = {
    "selectolax": {"segment"},
    "dateparser": {"dates"},
    "charset_normalizer": {"decode"},
    "w3lib": {"addresses", "decode"},
    "rensa": {"copies"},
    "fastwarc": {"warc"},
    "jinja2": {"crawlreport"},
    "leather": {"charts"},
    "torch": {
        "tagger.training.net",
        "tagger.training.fit",
        "tagger.training.evaluate",
        "tagger.training.__main__",
    },
    "resiliparse": {"tagger.training.corpus"},
    "scrapy": set(),
    "httpx": {"fetch"},
    "httpcore": {"fetch"},
    "brotli": {"unpack"},
    "pyarrow": {"parquet"},
    "fsspec": {"bulk.sources"},
    "ray": {"bulk.engines"},
    "rich": {"cli.screen", "cli.explain"},
    "typer": {
        "cli",
        "cli.bulk",
        "cli.check",
        "cli.explain",
        "cli.export",
        "cli.extract",
        "cli.options",
        "cli.output",
        "cli.small",
    },
}


def _modules() -> dict[str, Path]:
    paths = list(PACKAGE.rglob("*.py"))
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
        for path in paths
    }


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("name", sorted(_modules()))
def test_a_module_imports_only_from_rows_above(name: str) -> None:
    used = {used.removeprefix("scraper.") for used in _imports(_modules()[name]) if used.startswith("scraper.")}
    wrong = {other for other in used - {name} if other in ROW and ROW[other] >= ROW[name]}
    assert not wrong


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_library_has_one_owner(library: str) -> None:
    users = {name for name, path in _modules().items() if any(i.split(".")[0] == library for i in _imports(path))}
    assert users == OWNERS[library]


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


def test_the_schema_is_printed() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "scraper", "schema"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout == scraper.json_schema()


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["lint", "format", "types"],
)
def test_the_code_is_clean(command: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
