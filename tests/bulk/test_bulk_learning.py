"""Sites learned from archives in a first pass."""

import gzip
import json
import random
import subprocess
import time
from contextlib import closing
from itertools import takewhile
from pathlib import Path

import pytest

from scraper import Site, bulk, learn
from scraper.bulk import Done, Learning, plan, run
from scraper.bulk.site_learning import HostSites, StoredSites, merge_files, summarise_page
from scraper.cli import main
from scraper.errors import ScraperError
from scraper.io.jsonl import read_records
from scraper.io.warc import Page
from scraper.segment.page import read
from scraper.site import summarise_document
from tests.archives import response
from tests.bulk.test_bulk import files, needs_ray, program, work
from tests.cli.test_cli import on_terminal
from tests.crawling import ROOT, story
from tests.gazette import NOTICE, page

ARCHIVES, PAGES = 3, 6  # and so many pages in each
RARE = "https://rare.example/"  # a host with two pages


def member(number: int, url: str | None = None) -> bytes:
    html, address = page(number)
    return response(url or address, html)


def write(folder: Path, *, seed: int | None = None) -> Path:
    """Write the archives of the gazette; a seed shuffles the pages of each."""
    folder.mkdir()
    for archive in range(ARCHIVES):
        pages = [member(number) for number in range(archive * PAGES, (archive + 1) * PAGES)]
        pages += [member(100 + archive, f"{RARE}{archive}")] if archive < 2 else []
        if seed is not None:
            random.Random(seed).shuffle(pages)
        (folder / f"{archive}.warc.gz").write_bytes(b"".join(pages))
    return folder


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("learning") / "archives")


@pytest.fixture(scope="module")
def learned(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Extract all archives with learned sites, undisturbed."""
    into = tmp_path_factory.mktemp("learned")
    assert work(into, archives, "--learn").returncode == 0
    return into


def bodies(into: Path) -> dict[str, tuple[str, ...]]:
    """Return the bodies of all records by URL."""
    return {str(article.url): article.body for path in into.glob("*.jsonl.gz") for article in read_records(path)}


def test_a_notice_is_left_out_of_the_stories_of_a_learned_host_only(archives, learned, tmp_path):
    assert work(tmp_path, archives).returncode == 0
    before, after = bodies(tmp_path), bodies(learned)
    assert before.keys() == after.keys()
    assert all(NOTICE in body for body in before.values())
    for url, body in after.items():
        is_rare = url.startswith(RARE)
        assert body == (before[url] if is_rare else tuple(entry for entry in before[url] if entry != NOTICE))


def test_a_site_is_for_the_hosts_that_were_not_learned(archives, learned, tmp_path):
    known = tmp_path / "site.json"
    known.write_text(learn([page(number) for number in range(200, 210)]).to_json())
    assert work(tmp_path / "site", archives, "--site", known).returncode == 0
    assert work(tmp_path / "both", archives, "--site", known, "--learn").returncode == 0
    assert not any(
        NOTICE in body for body in (*bodies(tmp_path / "site").values(), *bodies(tmp_path / "both").values())
    )
    known.write_text("{}")
    assert work(tmp_path / "bad", archives, "--site", known).returncode == 2


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_order_of_the_archives_and_the_number_of_jobs_do_not_matter(archives, learned, tmp_path, jobs):
    names = [archives / f"{number}.warc.gz" for number in reversed(range(ARCHIVES))]
    assert work(tmp_path, *names, "--learn", "--jobs", str(jobs)).returncode == 0
    assert files(tmp_path) == files(learned)


def test_the_order_of_the_pages_does_not_matter(learned, tmp_path):
    shuffled = write(tmp_path / "shuffled", seed=1)
    assert work(tmp_path / "out", shuffled, "--learn").returncode == 0
    assert bodies(tmp_path / "out") == bodies(learned)


@pytest.mark.parametrize("moment", ["first pass", "second pass"])
def test_interrupted_and_run_again_it_gives_the_same_bytes(archives, learned, tmp_path, moment):
    planned = plan([str(archives)], tmp_path, learn=True)
    with closing(run(planned, jobs=1)) as events:
        for event in events:
            if isinstance(event, Done) or (moment == "first pass" and list(tmp_path.glob(".sites/archives/*.jsonl"))):
                break
    resumed = plan([str(archives)], tmp_path, learn=True)
    assert len(resumed.learning) == (ARCHIVES - 1 if moment == "first pass" else 0)
    results = list(run(resumed, jobs=2))
    assert {event.source for event in results if isinstance(event, Learning)} == {
        job.source for job in resumed.learning
    }
    assert files(tmp_path) == files(learned)


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=[pytest.mark.ray, needs_ray])])
def test_killed_and_run_again_it_gives_the_same_bytes(archives, learned, tmp_path, engine):
    line = program(tmp_path, archives, "--learn", "--engine", engine, "--jobs", "1")
    driver = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not list(tmp_path.glob(".sites/archives/*.jsonl")):
        assert driver.poll() is None
        time.sleep(0.02)
    driver.kill()
    driver.communicate()
    assert (tmp_path / ".sites").exists()
    completed = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert completed.returncode == 0, completed.stderr
    assert files(tmp_path) == files(learned)


def test_the_first_pass_counts_the_pages(archives, tmp_path):
    source = str(archives / "0.warc.gz")
    with closing(run(plan([source], tmp_path, learn=True), jobs=1)) as events:
        learned = [event for event in takewhile(lambda event: isinstance(event, Learning), events)]
    assert learned[-1] == Learning(source, (archives / "0.warc.gz").stat().st_size, PAGES + 1)
    lines = (tmp_path / ".sites/archives/0.jsonl").read_bytes().splitlines()
    assert {site.hosts: site.pages for site in map(Site.from_json, lines)} == {
        ("gazette.example",): PAGES,
        ("rare.example",): 1,
    }


def test_what_was_learned_is_kept_until_all_archives_are_done(archives, tmp_path):
    missing = tmp_path / "x.warc.gz"
    failed = work(tmp_path / "out", archives, missing, "--learn")
    assert (failed.returncode, failed.stderr) == (1, f"{missing}: No such file or directory\n")
    assert len(list((tmp_path / "out/.sites/archives").iterdir())) == ARCHIVES
    missing.write_bytes(member(50))
    assert work(tmp_path / "out", archives, missing, "--learn").returncode == 0
    assert not (tmp_path / "out/.sites").exists()
    assert not any(NOTICE in body for url, body in bodies(tmp_path / "out").items() if not url.startswith(RARE))
    assert plan([str(archives), str(missing)], tmp_path / "out", learn=True).learning == ()


def test_a_folder_is_read_with_or_without_learning(archives, tmp_path):
    first, second = archives / "0.warc.gz", archives / "1.warc.gz"
    for into, options, others in (("plain", [], ["--learn"]), ("learned", ["--learn"], [])):
        assert work(tmp_path / into, first, *options).returncode == 0
        before = files(tmp_path / into)
        refused = work(tmp_path / into, archives, *others)
        way = "with" if options else "without"
        message = f"{tmp_path / into}: 1 archive done before {way} --learn; choose another folder\n"
        assert (refused.returncode, refused.stderr) == (1, message)
        assert files(tmp_path / into) == before
        assert work(tmp_path / into, archives, *options).returncode == 0
        assert work(tmp_path / into, second, *options).stdout.startswith("0 archives done, 1 done before")


def test_an_archive_without_records_may_be_read_in_another_way(archives, tmp_path):
    missing = tmp_path / "x.warc.gz"
    for options in (["--learn"], [], ["--learn"]):
        assert work(tmp_path / "out", missing, *options).returncode == 1
    missing.write_bytes(member(50))
    assert work(tmp_path / "out", missing).returncode == 0
    assert work(tmp_path / "out", missing, "--learn").returncode == 1


def test_sites_of_another_version_are_reported(archives, tmp_path):
    file = tmp_path / ".sites/archives/0.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"version": 0, "hosts": [], "pages": 0, "sample": []}\n')
    failed = work(tmp_path, archives, "--learn")
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"{file}: a site of version 0; ")
    assert "remove it and run again" in failed.stderr


def test_the_progress_of_both_passes_is_shown(archives, tmp_path):
    status, output = on_terminal("bulk", archives, "--learn", "--into", tmp_path)
    assert status == 0
    assert " pages learned from" in output
    assert f"{ARCHIVES}/{ARCHIVES} files, 0 failed, {ARCHIVES * PAGES + 2} records" in output


def site_of(number: int) -> Site:
    html, url = page(number)
    summary = summarise_document(read(html, url=url, content_type=None))
    assert summary is not None
    return Site(("gazette.example",), 1, (summary,))


def test_a_thousand_hosts_are_kept():
    site, sites = learn([page(number) for number in range(3)]), HostSites()
    for number in range(1001):
        sites.add(f"{number}.example", site)
    assert len(sites.learned()) == 1000


def test_what_a_page_says_about_its_site():
    html, url = page(0)
    whole = Page(url, html.encode(), "text/html", None, 200)
    assert summarise_page(whole) == ("gazette.example", site_of(0).sample[0])
    assert summarise_page(whole._replace(status=404)) is None
    assert summarise_page(whole._replace(body=story("red")[2].encode())) is None, "it is of a known template"
    assert isinstance(summarise_page(whole._replace(body=b"<div>" * 200_000)), ScraperError)


def test_copies_of_a_page_are_one_page_of_its_host(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text(f"{site_of(0).to_json()}\n" * 3)
    assert not merge_files([file], tmp_path / "hosts")


def test_the_folder_of_sites_is_emptied_first(tmp_path):
    (tmp_path / "hosts").mkdir()
    (tmp_path / "hosts" / "0123456789abcdef.json").write_text("of an earlier run")
    merge_files([], tmp_path / "hosts")
    assert not list((tmp_path / "hosts").iterdir())


def test_the_hosts_that_are_kept_are_the_same_in_any_order(monkeypatch):
    monkeypatch.setattr("scraper.bulk.site_learning.MAX_HOSTS", 5)
    hosts = [f"{number}.example" for number in range(20)] * 4
    kept = set()
    for seed in range(4):
        sites, numbers = HostSites(), list(enumerate(hosts))
        random.Random(seed).shuffle(numbers)
        for number, host in numbers:
            sites.add(host, site_of(number))
        kept.add(json.dumps(sorted((host, site.to_json()) for host, site in sites.learned().items())))
    assert len(kept) == 1
    assert len(json.loads(kept.pop())) == 5


def test_stored_sites_are_a_mapping_of_hosts(tmp_path):
    file = tmp_path / "a.jsonl"
    site = learn([page(number) for number in range(3)])
    file.write_text(f"{site.to_json()}\n")
    stored = merge_files([file, tmp_path / "missing.jsonl"], tmp_path / "hosts")
    assert dict(stored) == {"gazette.example": site}
    assert stored.get("other.example") is None
    assert len(StoredSites(tmp_path, ())) == 0


def test_a_full_disk_ends_the_first_pass(archives, tmp_path, monkeypatch):
    def full(jobs, task, parallel):
        yield Done(jobs[0].source, error="No space left on device", no_room=True)

    monkeypatch.setitem(bulk.ENGINES, "full", full)  # type: ignore[arg-type]
    with pytest.raises(ScraperError, match="free some space and run again"):
        list(run(plan([str(archives)], tmp_path, learn=True), engine="full"))


def test_records_are_those_of_extract(archives, learned, tmp_path):
    out = tmp_path / "out.jsonl"
    assert main(["extract", str(archives), "--learn", "-o", str(out)]) == 0
    lines = b"".join(gzip.decompress(path.read_bytes()) for path in sorted(learned.glob("*.jsonl.gz")))
    assert sorted(lines.splitlines()) == sorted(out.read_bytes().splitlines())
