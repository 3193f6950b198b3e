"""What people get who install the package: a wheel in an environment of its own, outside the checkout."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.portal.server import serve
from tests.crawling import ENVIRONMENT, ROOT

SETTINGS = """
SPIDER_MODULES = ["own.spiders"]
ADDONS = {"scraper.crawl.TrustedCrawl": 0}
DOWNLOAD_DELAY = 0
AUTOTHROTTLE_ENABLED = False
"""
SPIDER = """
from scraper.crawl import PortalSpider


class Own(PortalSpider):
    name = "own"
"""
ALONE = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"}
WITHOUT = {"fetched_at", "id", "url", "canonical_url"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=ALONE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of a new environment that has the wheel; its dependencies come from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    copy = folder / "source"
    run("git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", copy, cwd=folder)
    built = run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", folder, copy, cwd=folder)
    assert built.returncode == 0, built.stderr
    run(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    libraries = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    Path(libraries, "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    wheel = next(folder.glob("*.whl"))
    installed = run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    scrapy = python.with_name("scrapy")
    scrapy.write_text(f"#!{python}\nimport sys\nfrom scrapy.cmdline import execute\nsys.exit(execute())\n")
    scrapy.chmod(0o755)
    return python.parent


@pytest.fixture(scope="module")
def portal() -> Iterator[str]:
    with serve() as server:
        yield server.base


def records(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "records.jsonl").read_text("utf-8").splitlines()
    return sorted(
        ({key: value for key, value in json.loads(line).items() if key not in WITHOUT} for line in lines),
        key=json.dumps,
    )


def test_the_library_comes_from_the_wheel(scripts: Path, tmp_path: Path) -> None:
    code = "import scraper; print(scraper.__file__, scraper.__version__, scraper.extract_text)"
    shown = run(scripts / "python", "-c", code, cwd=tmp_path)
    assert shown.stdout.startswith(str(scripts.parent)), shown.stderr
    assert run(scripts / "scraper", "schema", cwd=tmp_path).returncode == 0


def test_scraper_crawl_and_a_spider_in_a_scrapy_project_write_the_same_records(
    scripts: Path, portal: str, tmp_path: Path
) -> None:
    host = portal.removeprefix("http://")
    project = tmp_path / "project"
    (project / "own" / "spiders").mkdir(parents=True)
    (project / "scrapy.cfg").write_text("[settings]\ndefault = own.settings\n")
    (project / "own" / "settings.py").write_text(SETTINGS)
    (project / "own" / "__init__.py").touch()
    (project / "own" / "spiders" / "__init__.py").write_text(SPIDER)
    arguments = ("-a", f"site={portal}/", "-s", f"TRUSTED_HOSTS={host}", "-s", "CRAWL_DIR=kept")
    own = run(scripts / "scrapy", "crawl", "own", *arguments, cwd=project)
    assert own.returncode == 0, own.stderr
    fast = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0")
    alone = run(scripts / "scraper", "crawl", f"{portal}/", "--into", "kept", "--trust", host, *fast, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert len(records(tmp_path / "kept")) > 50
    assert records(tmp_path / "kept") == records(project / "kept")


def test_the_exit_status_needs_no_further_setting(scripts: Path, tmp_path: Path) -> None:
    refused = run(scripts / "scraper", "crawl", "portal.test", "--into", "kept", cwd=tmp_path)
    assert (refused.returncode, "scraper crawl: site=portal.test" in refused.stderr) == (2, True)
