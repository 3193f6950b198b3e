"""Archives in bulk: the records, damaged input, and processes that are killed."""

import errno
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib.util import find_spec
from io import BytesIO, StringIO, TextIOWrapper
from itertools import chain, repeat
from operator import methodcaller
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scraper import Article, bulk
from scraper.bulk import Done, plan, run, sources
from scraper.bulk.archive_reader import ArchiveReader
from scraper.bulk.job import extraction
from scraper.bulk.sources import expand
from scraper.cli import main
from scraper.errors import ScraperError
from scraper.io.jsonl import read_records
from scraper.io.workers import Process
from tests.archives import http, record, response
from tests.cli.test_cli import on_terminal
from tests.crawling import ENVIRONMENT, ROOT, heeding, story

PAGES = 320  # in each archive
CUT, FLIPPED, SHORT, LONG = 7, 11, 13, 17  # pages of the damaged archive, each of these and every hundredth after it
LIMIT = 0.5  # seconds; a page takes a hundredth of that
LINKS = 200_000  # on the hostile page, each of which may be the story's other part: they take three times as long


def url(name: str, number: int) -> str:
    return f"http://{name}.test/html/{number}.html"


def page(name: str, number: int) -> str:
    return story(f"{name}{number}")[2]


def member(name: str, number: int) -> bytes:
    return response(url(name, number), page(name, number))


def damaged(number: int) -> bytes:
    """Return a member, one in twenty-five of them broken in one of four ways."""
    whole, kind = member("damaged", number), number % 100
    if kind == CUT:
        return whole[: len(whole) // 2]
    if kind == FLIPPED:
        middle = len(whole) // 2
        return whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :]
    if kind in (SHORT, LONG):
        plain = gzip.decompress(whole)
        length = plain.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
        wrong = int(length) + (-40 if kind == SHORT else 40)
        return gzip.compress(plain.replace(b"Content-Length: " + length, b"Content-Length: %d" % wrong, 1), mtime=0)
    return whole


HOSTILE = url("mixed", 99_999).replace(".html", "_2.html")
BROKEN = {number for number in range(PAGES) if number % 100 in (CUT, FLIPPED, SHORT, LONG)}


def others() -> bytes:
    """Return records that are no pages, or pages without a story or a text."""
    request = record(b"GET / HTTP/1.1\r\n\r\n", url("mixed", 1), "request")
    revisit = record(http(b""), url("mixed", 2), "revisit")
    info = record(b"software: made by a test\r\n", "http://mixed.test/", "warcinfo")
    unheard = record(http(b"", status="404 Not Found"), "http://mixed.test/gone.html")
    links = "".join(f'<li><a href="/html/{n}.html">The story of day {n} at sea</a></li>' for n in range(40))
    listing = record(
        http(f"<html><body><ul>{links}</ul></body></html>".encode(), "Content-Type: text/html"), "http://mixed.test/"
    )
    empty = record(http(b"", "Content-Type: text/html"), url("mixed", 100_000))
    picture = record(http(b"\x89PNG\r\n\x1a\n" + bytes(99), "Content-Type: text/html"), url("mixed", 100_001))
    return b"".join(gzip.compress(item, mtime=0) for item in (info, request, revisit, unheard, listing, empty, picture))


def flattened(number: int) -> bytes:
    name = f"The wet{number} ferry returns after nine years"
    lines = (
        f"Current:Home > Sea > {name} -Harbour Post",
        name,
        "Ada Lund View",
        "Date:2025-04-12 10:31:20",
        f"BERGEN, Norway (AP) — The wet{number} ferry left Bergen on Monday for the first time in nine years.",
        f"“We sold every ticket of the wet{number} in an hour,” said its captain, Jon Vik.",
        "veryGood! (527)",
        "Related",
        "Harbour dredged in a single summer",
    )
    text = "\n".join(lines)
    fields = {"Content-Type": "text/plain", "WARC-Type": "conversion"}
    return gzip.compress(record(text.encode(), url("wet", number), **fields), mtime=0)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make five archives with some 1,300 pages, and all that can be wrong with them."""
    folder = tmp_path_factory.mktemp("archives")
    (folder / "deep").mkdir()
    (folder / "good.warc.gz").write_bytes(b"".join(member("good", n) for n in range(PAGES)))
    (folder / "damaged.warc.gz").write_bytes(b"".join(damaged(n) for n in range(PAGES)))
    pages = [member("mixed", n) for n in range(PAGES)]
    links = "".join(f"<a href='/html/{n}.html'>{n}</a> " for n in range(LINKS))
    hostile = response(HOSTILE, story("hostile", f"<p>{links}</p>")[2])
    (folder / "deep" / "mixed.warc.gz").write_bytes(others() + b"".join(pages[:60]) + hostile + b"".join(pages[60:]))
    (folder / "plain.warc").write_bytes(b"".join(gzip.decompress(member("plain", n)) for n in range(PAGES)))
    (folder / "flat.warc.wet.gz").write_bytes(b"".join(flattened(n) for n in range(30)))
    (folder / "notes.txt").write_text("no archive")
    return folder


EXPECTED = {
    "good": [f"good{n}" for n in range(PAGES)],
    "damaged": [f"damaged{n}" for n in range(PAGES) if n not in BROKEN],
    "deep/mixed": [f"mixed{n}" for n in range(PAGES)],
    "plain": [f"plain{n}" for n in range(PAGES)],
    "flat.warc": [f"wet{n}" for n in range(30)],
}


RECORDS = sum(map(len, EXPECTED.values()))


def program(into: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "scraper", "bulk", *map(str, arguments), "--into", str(into), "--limit", str(LIMIT)]


def work(into: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command in this process; its own processes are those of every run."""
    line = program(into, *arguments)[3:]
    out = TextIOWrapper(BytesIO(), "utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(StringIO()) as log:
        status = main(line)
    return subprocess.CompletedProcess(line, status, out.buffer.getvalue().decode(), log.getvalue())


def names(path: Path) -> list[str]:
    return [article.headline.split(" ferry ")[0].removeprefix("The ") for article in read_records(path)]


def files(into: Path) -> dict[str, bytes]:
    """Return all that a folder holds, its lock apart."""
    return {
        str(path.relative_to(into)): path.read_bytes()
        for path in sorted(into.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def quarantine(into: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (into / "quarantine.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def done(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do all archives, undisturbed."""
    into = tmp_path_factory.mktemp("done")
    ran = work(into, archives)
    assert ran.returncode == 0, ran.stderr
    assert "5 archives done\n" in ran.stdout
    assert (
        f"{RECORDS} records from {RECORDS + 5} pages; no article: listing 1, empty 1\n"
        f"{len(BROKEN) + 2} could not be read: " in ran.stdout
    )
    return into


# ---------------------------------------------------------------- what comes out


def test_every_page_that_can_be_read_is_a_record_and_no_other(done):
    results = {path.removesuffix(".jsonl.gz"): names(done / path) for path in files(done) if path.endswith(".jsonl.gz")}
    assert results == EXPECTED


def test_unreadable_pages_are_in_quarantine_with_their_offsets(archives, done):
    bad = quarantine(done)
    results = {Path(item["source"]).name for item in bad}
    assert results == {"damaged.warc.gz", "mixed.warc.gz"}
    archive = (archives / "damaged.warc.gz").read_bytes()
    starts = {sum(len(damaged(n)) for n in range(number)) for number in BROKEN}
    at = [item["offset"] for item in bad if item["source"].endswith("damaged.warc.gz")]
    assert starts <= set(at)
    assert all(archive[offset:].startswith(b"\x1f\x8b") or offset - 1 in starts for offset in starts)
    hostile, picture = (
        next(item for item in bad if item["url"] == address) for address in (HOSTILE, url("mixed", 100_001))
    )
    assert hostile["why"] == f"it takes more than {LIMIT} seconds"
    assert picture["why"] == "this is PNG data, not a page"
    whole = (archives / "deep/mixed.warc.gz").read_bytes()
    assert gzip.decompress(whole[hostile["offset"] :]).startswith(b"WARC/1.1\r\n")


def test_the_records_are_those_that_extract_makes(archives, done, tmp_path):
    out = tmp_path / "out.jsonl"
    assert main(["extract", str(archives / "damaged.warc.gz"), "-o", str(out)]) == 1
    assert gzip.decompress((done / "damaged.jsonl.gz").read_bytes()) == out.read_bytes()


def test_a_story_that_an_archive_has_twice_is_written_once(tmp_path):
    twice = tmp_path / "twice.warc.gz"
    again = response("http://good.test/other/1.html", page("good", 1))
    twice.write_bytes(member("good", 1) + again + member("good", 1) + member("good", 2))
    assert work(tmp_path / "out", twice).returncode == 0
    assert names(tmp_path / "out" / "twice.jsonl.gz") == ["good1", "good2"]


@pytest.mark.parametrize("form", ["jsonl.zst", "parquet"])
def test_other_forms_hold_the_same(archives, done, tmp_path, form):
    assert work(tmp_path, archives / "flat.warc.wet.gz", "--format", form).returncode == 0
    path = tmp_path / f"flat.warc.{form}"
    expected = [article.to_dict() for article in read_records(done / "flat.warc.jsonl.gz")]
    if form == "parquet":
        rows = [row | {"sidebar": dict(row["sidebar"])} for row in pq.read_table(path).to_pylist()]
        assert [Article.from_dict(row).to_dict() for row in rows] == expected
    else:
        assert [article.to_dict() for article in read_records(path)] == expected


# ---------------------------------------------------------------- tables


def table(path: Path, count: int = 40, **columns: Any) -> Path:
    made = {"html": [page("table", n) for n in range(count)], "url": [url("table", n) for n in range(count)]}
    pq.write_table(pa.table(made | columns), path, row_group_size=10)
    return path


def test_a_table_of_pages_gives_their_records(tmp_path):
    binary = pa.array([page("table", n).encode("utf-16") for n in range(40)])
    table(tmp_path / "text.parquet"), table(tmp_path / "bytes.parquet", html=binary)
    assert work(tmp_path / "out", tmp_path).returncode == 0
    text, data = (list(read_records(tmp_path / "out" / f"{name}.jsonl.gz")) for name in ("text", "bytes"))
    assert [item.url for item in text] == [item.url for item in data] == [url("table", n) for n in range(40)]
    assert [item.body for item in text] == [item.body for item in data]


def test_a_broken_group_of_rows_costs_itself(tmp_path):
    path = table(tmp_path / "broken.parquet")
    data = bytearray(path.read_bytes())
    second = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data[second.data_page_offset : second.data_page_offset + 40] = bytes(40)
    path.write_bytes(data)
    assert work(tmp_path / "out", path).returncode == 0
    assert names(tmp_path / "out" / "broken.jsonl.gz") == [f"table{n}" for n in range(40) if not 10 <= n < 20]
    (bad,) = quarantine(tmp_path / "out")
    assert bad["offset"] == 10
    assert bad["why"].startswith("rows 10 to 19 cannot be read")


def test_a_row_without_a_page_is_reported(tmp_path):
    path = table(tmp_path / "gaps.parquet", 2, html=[page("table", 0), None])
    assert work(tmp_path / "out", path).returncode == 0
    assert names(tmp_path / "out" / "gaps.jsonl.gz") == ["table0"]
    assert [(item["offset"], item["why"]) for item in quarantine(tmp_path / "out")] == [
        (1, "its html is NoneType, no text or bytes")
    ]


# ---------------------------------------------------------------- where they come from


def test_addresses_are_read_as_files_are(archives, done, tmp_path):
    far = f"file://{archives}/flat.warc.*"
    assert work(tmp_path, far, f"file://{archives}/deep").returncode == 0
    assert (tmp_path / "flat.warc.jsonl.gz").read_bytes() == (done / "flat.warc.jsonl.gz").read_bytes()
    assert (tmp_path / "mixed.jsonl.gz").read_bytes() == (done / "deep/mixed.jsonl.gz").read_bytes()


def test_a_folder_keeps_its_shape_and_a_pattern_its_names(archives):
    assert [archive.name for archive in expand(str(archives))] == [
        "damaged",
        "deep/mixed",
        "flat.warc",
        "good",
        "plain",
    ]
    assert [archive.name for archive in expand(f"{archives}/**/*.warc.gz")] == ["damaged", "mixed", "good"]
    assert [archive.name for archive in expand(f"file://{archives}")] == [
        "damaged",
        "deep/mixed",
        "flat.warc",
        "good",
        "plain",
    ]
    (one,) = expand(str(archives / "plain.warc"))
    assert one.size == (archives / "plain.warc").stat().st_size


MISSING = "{}: No such file or directory"
BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "page.html": (lambda path: path.write_text("<p>"), "{}: not a known kind of archive (.warc"),
    "nowhere": (lambda path: None, MISSING),
    "folder": (lambda path: path.mkdir(), "{}: no archives found (.warc"),
    "*.warc.gz": (lambda path: None, "{}: no archives found (.warc"),
    "nowhere://bucket/x.warc.gz": (lambda path: None, "nowhere://bucket/x.warc.gz: Protocol not known: nowhere"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_source_that_is_invalid_is_reported_before_anything_is_done(name, tmp_path, capsys):
    make, line = BAD[name]
    path = tmp_path / name
    make(path)
    assert main(["bulk", name if "://" in name else str(path), "--into", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(line.format(path))
    assert not (tmp_path / "out").exists()


BROKEN_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "torn.parquet": (lambda path: path.write_bytes(b"PAR1 and no more"), "no table: "),
    "other.parquet": (lambda path: pq.write_table(pa.table({"text": ["a"]}), path), "the table has no column 'html'; its columns are text"),
    "missing.warc.gz": (lambda path: None, "No such file or directory"),
    "lost.warc.gz": (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
    "empty.warc.gz": (lambda path: path.write_bytes(b""), "empty"),
    "noise.warc.gz": (lambda path: path.write_bytes(b"noise"), "no page can be read: 5 bytes that are no record"),
}  # fmt: skip


def test_an_archive_that_cannot_be_read_is_reported_and_stops_no_other(tmp_path):
    for name, (make, _) in BROKEN_FILES.items():
        make(tmp_path / name)
    (tmp_path / "a.warc.gz").write_bytes(member("good", 1))
    missing = ("memory://x.warc.gz", "file:///missing/y.warc.gz")
    ran = work(tmp_path / "out", *(tmp_path / name for name in BROKEN_FILES), *missing, tmp_path / "a.warc.gz")
    lines = [f"{tmp_path / name}: {line}" for name, (_, line) in BROKEN_FILES.items()]
    lines += [f"{address}: No such file or directory" for address in ("memory:///x.warc.gz", missing[1])]
    log = ran.stderr.splitlines()
    assert (ran.returncode, len(log)) == (1, len(lines))
    assert [line for line in lines if not any(item.startswith(line) for item in log)] == []
    assert f"1 archive done, {len(lines)} failed: run the same command to retry" in ran.stdout
    assert sorted(files(tmp_path / "out")) == ["a.jsonl.gz", "quarantine.jsonl"]


def test_a_file_of_the_quarantine_s_name_is_kept(tmp_path):
    (tmp_path / "a.warc.gz").write_bytes(member("good", 1))
    (tmp_path / "quarantine.jsonl").write_text("mine\n")
    ran = work(tmp_path, tmp_path / "a.warc.gz")
    assert (ran.returncode, "was not written by an earlier run" in ran.stderr) == (1, True)
    assert (tmp_path / "quarantine.jsonl").read_text() == "mine\n"


def test_files_of_others_in_the_folder_stay(tmp_path):
    (tmp_path / "a.warc.gz").write_bytes(member("good", 1))
    left = "a.jsonl.gz.0123abcd.tmp"
    for name in (left, "draft.tmp", "b.jsonl.gz.0123abcd.tmp"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "folder.tmp").mkdir()
    assert work(tmp_path, tmp_path / "a.warc.gz").returncode == 0
    assert not (tmp_path / left).exists()
    assert {path.name for path in tmp_path.glob("*.tmp")} == {"draft.tmp", "b.jsonl.gz.0123abcd.tmp", "folder.tmp"}


def test_two_archives_for_one_file_are_refused(tmp_path, capsys):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.warc.gz").write_bytes(member("good", 1))
    both = [str(tmp_path / folder / "x.warc.gz") for folder in ("a", "b")]
    assert main(["bulk", *both, "--into", str(tmp_path / "out")]) == 1
    assert "would both be written to" in capsys.readouterr().err
    assert main(["bulk", both[0], both[0], "--into", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(
    ("option", "line"),
    [
        (("--format", "xml"), "'xml' is not one of jsonl.gz, jsonl.zst, parquet"),
        (("--engine", "x"), "'x' is not one of local, ray"),
    ],
)
def test_a_wrong_option_is_reported(option, line, tmp_path, capsys):
    assert main(["bulk", "x.warc.gz", "--into", str(tmp_path), *option]) == 2
    assert line in " ".join(capsys.readouterr().err.split())


def test_a_folder_that_is_invalid_is_reported(tmp_path):
    (tmp_path / "a.warc.gz").write_bytes(b"")
    (tmp_path / "out").write_text("a file")
    ran = work(tmp_path / "out", tmp_path / "a.warc.gz")
    assert (ran.returncode, ran.stderr) == (1, f"{tmp_path / 'out'}: File exists\n")


def read_from(path: Path, start: int) -> list[tuple[int | None, str | None]]:
    """Return what reading an archive from an offset yields: the offset and URL of a page, the offset of an error."""
    results: list[tuple[int | None, str | None]] = []
    with path.open("rb") as raw:
        errors = sources.pages(raw, str(path), lambda error: results.append((error.offset, None)), start)
        for result in errors:
            results.append((result.offset, result.url))
    return results


@pytest.mark.parametrize("form", ["packed", "plain", "one member", "rows"])
def test_reading_resumes_at_any_reported_offset(tmp_path, form):
    parts = [damaged(number) for number in range(CUT - 2, LONG + 2)]
    path = tmp_path / ("x.parquet" if form == "rows" else "x.warc.gz")
    if form == "rows":
        table(path, 25, html=[page("table", n) if n % 7 else None for n in range(25)])
    elif form == "one member":
        path.write_bytes(gzip.compress(b"".join(gzip.decompress(member("good", n)) for n in range(5))))
    elif form == "plain":
        path = path.with_suffix("")
        whole = b"".join(gzip.decompress(member("good", n)) for n in range(9))
        path.write_bytes(whole.replace(b"good4", b"good44", 1))
    else:
        path.write_bytes(b"".join(parts))
    entries = read_from(path, 0)
    assert len(entries) >= 5
    for number, (offset, _) in enumerate(entries):
        assert offset is not None
        same = sum(other == offset for other, _ in entries[: number + 1])
        assert read_from(path, offset)[same:] == entries[number + 1 :]


# ---------------------------------------------------------------- no room, no time, no life


def test_no_room_ends_the_run_and_with_room_it_continues(tmp_path, monkeypatch):
    for name in "abc":
        (tmp_path / f"{name}.warc.gz").write_bytes(member(name, 1))
    planned = plan([str(tmp_path)], tmp_path / "out")

    def full(units: Any, task: Any, jobs: int) -> Iterator[Done]:
        yield Done(units[0].source)
        yield Done(units[1].source, error=os.strerror(errno.ENOSPC), no_room=True)
        raise AssertionError("nothing more is tried")

    monkeypatch.setitem(bulk.ENGINES, "full", full)  # type: ignore[arg-type]
    with pytest.raises(ScraperError, match="No space left on device; free some space and run again"):
        list(run(planned, engine="full"))
    assert sum(event.records for event in run(planned, jobs=2) if isinstance(event, Done)) == 3


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root makes a small disk")
def test_a_full_disk_leaves_whole_files_only(archives, done, tmp_path):
    (tmp_path / "disk").mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", tmp_path / "disk"], check=False).returncode:
        pytest.skip("no small disk can be made here")
    try:
        ran = work(tmp_path / "disk", archives)
        assert ran.returncode == 1
        assert "No space left on device; free some space and run again" in ran.stderr
        kept = {name: data for name, data in files(tmp_path / "disk").items() if name.endswith(".gz")}
        assert kept == {name: data for name, data in files(done).items() if name in kept}
    finally:
        subprocess.run(["umount", tmp_path / "disk"], check=True)


def children(process: int) -> list[int]:
    """Return the child processes of a process, and theirs."""
    output = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    own = [int(item) for item in output.stdout.split()]
    return [*own, *(below for item in own for below in children(item))]


def alive(processes: list[int]) -> list[int]:
    return [
        process
        for process in processes
        if Path(f"/proc/{process}/cmdline").exists() and Path(f"/proc/{process}/cmdline").read_bytes()
    ]


def gone(processes: list[int]) -> bool:
    until = time.monotonic() + 20
    while alive(processes) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(processes)


needs_ray = pytest.mark.skipif(not find_spec("ray"), reason="ray is not installed: pip install -e '.[ray]'")


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=[pytest.mark.ray, needs_ray])])
def test_killed_and_run_again_it_gives_the_same_bytes(archives, done, tmp_path, engine):
    moments, before = random.Random(5), 4.0 if engine == "ray" else 0.5  # seconds that it takes to begin
    line = program(tmp_path, archives, "--engine", engine, "--jobs", "2")
    for _ in range(1 if engine == "ray" else 3):
        driver = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with suppress(subprocess.TimeoutExpired):
            driver.wait(before + moments.uniform(0.0, 1.5))
        driver.kill()
        driver.communicate()
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert all("files, 0 failed, " in line for line in ran.stderr.splitlines()), "how far it is, and no word of Ray's"
    assert files(tmp_path) == files(done)


def test_no_process_outlives_a_killed_run(archives, tmp_path):
    driver = subprocess.Popen(program(tmp_path, archives), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while len(below := children(driver.pid)) < 4:
        assert driver.poll() is None
        time.sleep(0.02)
    driver.kill()
    driver.communicate()
    assert gone(below)


@pytest.mark.parametrize("victim", ["the unit", "its reader"])
def test_a_process_that_dies_is_replaced(archives, done, tmp_path, victim):
    line = program(tmp_path, archives / "good.warc.gz", archives / "plain.warc", "--jobs", "1")
    driver = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(below := children(driver.pid)) < 2 or not list(tmp_path.glob("good*.tmp")):
        assert driver.poll() is None
        time.sleep(0.02)
    time.sleep(0.1)
    os.kill(below[0 if victim == "the unit" else 1], signal.SIGKILL)
    summary, log = driver.communicate(timeout=60)
    faults = [
        line for line in log.splitlines() if "/2 files, " not in line
    ]  # progress, which only a slow machine shows
    if victim == "the unit":
        assert (driver.returncode, faults) == (1, [f"{archives / 'good.warc.gz'}: its process died"])
        assert "1 archive done, 1 failed" in summary
        assert work(tmp_path, archives / "good.warc.gz").returncode == 0
        assert (tmp_path / "good.jsonl.gz").read_bytes() == (done / "good.jsonl.gz").read_bytes()
    else:
        assert (driver.returncode, faults) == (0, [])
        assert not quarantine(tmp_path)
        assert (tmp_path / "good.jsonl.gz").read_bytes() == (done / "good.jsonl.gz").read_bytes()
    assert names(tmp_path / "plain.jsonl.gz") == EXPECTED["plain"]


@pytest.mark.parametrize(("deaths", "faults"), [(1, []), (2, ["its reader died over it"])])
def test_a_page_over_which_two_readers_died_is_reported(tmp_path, monkeypatch, deaths, faults):
    (tmp_path / "a.warc.gz").write_bytes(member("good", 1) + member("good", 2))
    hang_up = methodcaller("close")
    runs = chain([hang_up] * deaths, repeat(None))
    monkeypatch.setattr("scraper.bulk.archive_reader.Process", lambda run: Process(next(runs) or run))
    with ArchiveReader(extraction(LIMIT, None).work) as reader:
        results = list(reader.read(str(tmp_path / "a.warc.gz")))
    assert [str(item.result.error) for item in results if item.result.error] == faults
    assert [item.result.story is None for item in results] == [bool(faults), False]


def test_ctrl_c_ends_it_and_it_continues(archives, done, tmp_path):
    driver = subprocess.Popen(
        program(tmp_path, archives),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heeding,  # noqa: PLW1509 - sets one handler
    )
    while not list(tmp_path.rglob("*.tmp")):
        time.sleep(0.02)
    below = children(driver.pid)
    os.killpg(driver.pid, signal.SIGINT)
    _, log = driver.communicate(timeout=30)
    assert (driver.returncode, log) == (130, b"interrupted; run the same command to resume\n")
    assert gone(below)
    assert not list(tmp_path.rglob("*.tmp"))
    assert work(tmp_path, archives).returncode == 0
    assert files(tmp_path) == files(done)


def test_two_runs_never_share_a_folder(archives, tmp_path):
    first = subprocess.Popen(program(tmp_path, archives), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not list(tmp_path.rglob("*.tmp")):
        time.sleep(0.02)
    second = work(tmp_path, archives)
    first.kill()
    first.communicate()
    assert (second.returncode, second.stderr) == (1, f"{tmp_path}: another run is using this folder\n")


# ---------------------------------------------------------------- what is seen of it


def test_finished_archives_are_not_read_again(archives, tmp_path):
    sources = [archives / "flat.warc.wet.gz", tmp_path / "a.warc.gz"]
    sources[1].write_bytes(member("good", 1))
    assert work(tmp_path, sources[0]).returncode == 0
    before = (tmp_path / "flat.warc.jsonl.gz").stat()
    ran = work(tmp_path, *sources)
    assert "1 archive done, 1 done before" in ran.stdout
    assert (tmp_path / "flat.warc.jsonl.gz").stat() == before


def test_the_progress_is_shown_on_a_terminal(archives, tmp_path):
    status, shown = on_terminal("bulk", archives / "flat.warc.wet.gz", archives / "plain.warc", "--into", tmp_path)
    assert status == 0
    assert f"2/2 files, 0 failed, {30 + PAGES} records" in shown
    assert "100%" in shown


def test_a_missing_ray_is_reported(tmp_path):
    (tmp_path / "a.warc.gz").write_bytes(member("good", 1))
    blocked = "import sys; sys.modules['ray'] = None; from scraper.cli import main; sys.exit(main())"
    line = [sys.executable, "-c", blocked, *program(tmp_path / "out", tmp_path / "a.warc.gz", "--engine", "ray")[3:]]
    ran = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (1, 'this engine needs Ray: pip install "newsportal-scraper[ray]"\n')


def test_an_archive_that_cannot_be_searched_in_time_is_abandoned(tmp_path):
    path = tmp_path / "a.warc"
    whole = gzip.decompress(member("good", 1))
    path.write_bytes(whole + b"WARC/1.0\r\n" * 2_000_000 + whole)
    results = []
    with (
        ArchiveReader(extraction(5, None).work, search=0.3) as reader,
        pytest.raises(ScraperError, match="reading could not be resumed"),
    ):
        results.extend(reader.read(str(path)))
