"""The command line: each command with good and bad inputs, on and off a terminal, interrupted, and with closed streams."""

import csv
import gzip
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from scraper import Article, Dateline, Image, Link, Sidebar, json_schema
from scraper.article import SCHEMA_VERSION
from scraper.cli import main
from scraper.cli.extract import _jobs
from scraper.cli.inputs import InputOptions, Inputs
from scraper.cli.screen import Screen
from scraper.io.export import FORMS
from scraper.io.jsonl import read_records
from scraper.io.workers import cores
from tests.archives import http, news, record, response
from tests.crawling import heeding, story
from tests.faults import serve_faults

ROOT = Path(__file__).parents[2]
MANY = 150  # pages: their records are more than a pipe holds
COMMANDS = ("extract", "crawl", "bulk", "explain", "learn", "check", "export", "schema", "report")
TEXT = ROOT / "fixtures/pages/text-plain/page.txt"


def html(name: str) -> str:
    return story(name)[2]


def program(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "scraper", *map(str, arguments)]


def run(*arguments: str | Path, **terms: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(program(*arguments), cwd=ROOT, capture_output=True, check=False, timeout=60, **terms)


def headlines(out: bytes | str) -> list[str]:
    return [json.loads(line)["headline"].split(" ferry ")[0].removeprefix("The ") for line in out.splitlines()]


def passed_over(pages: Path) -> str:
    return f"{pages}: 1 file skipped, not pages: .png 1\n"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a folder with pages of several kinds and other files."""
    folder = tmp_path / "pages"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.html").write_text(html("red"), "utf-8")
    (folder / "inner" / "b.HTM").write_text(html("blue"), "utf-8")
    (folder / "z.txt").write_bytes(TEXT.read_bytes())
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Return a file with `MANY` pages, and a bad line among them."""
    path = tmp_path / "many.jsonl"
    lines = [
        json.dumps({"html": html(f"n{number}"), "url": f"http://portal.test/{number}.html"}) for number in range(MANY)
    ]
    path.write_text("\n".join([*lines[:7], '{"html": ', *lines[7:]]), "utf-8")
    return path


# ---------------------------------------------------------------- extract


def test_a_folder_gives_the_records_of_its_pages_in_order(pages, capsys):
    assert main(["extract", str(pages)]) == 0
    output = capsys.readouterr()
    assert headlines(output.out)[:2] == ["red", "blue"]
    assert (len(output.out.splitlines()), output.err) == (3, passed_over(pages))


def test_a_pattern_is_read_where_the_shell_did_not(pages, capsys):
    assert main(["extract", f"{pages}/**/*.[hH]*"]) == 0
    assert headlines(capsys.readouterr().out) == ["red", "blue"]
    assert main(["extract", f"{pages}/in*"]) == 0
    assert headlines(capsys.readouterr().out) == ["blue"]
    assert main(["extract", f"{pages}/*.xml"]) == 1
    assert capsys.readouterr().err == f"{pages}/*.xml: no matching file\n"


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Return a function that has the next command read these bytes."""
    return lambda data: monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))


ARCHIVED = record(http(html("red").encode(), "Content-Type: text/html"))


@pytest.mark.parametrize(
    "data",
    [html("red").encode(), json.dumps({"html": html("red"), "other": 1}).encode() + b"\n\n", ARCHIVED, gzip.compress(ARCHIVED)],
    ids=["page", "lines", "archive", "packed archive"],
)  # fmt: skip
def test_stdin_is_read_for_what_is_in_it(data, stdin, capsys):
    stdin(data)
    assert main(["extract", "-"]) == 0
    out, err = capsys.readouterr()
    assert (headlines(out), err) == (["red"], "")


def test_stdin_may_be_text(stdin, capsys):
    stdin(TEXT.read_bytes())
    assert main(["extract", "-", "--text"]) == 0
    assert json.loads(capsys.readouterr().out)["dateline"]["agency"] == "AP"


def test_json_lines_with_pages_are_read_packed_or_not(tmp_path, capsys):
    lines = "\n".join(
        json.dumps({"html": html(name), "url": f"http://portal.test/{name}.html"}) for name in ("red", "blue")
    )
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text(lines, "utf-8")
    packed.write_bytes(gzip.compress(lines.encode()))
    assert main(["extract", str(plain)]) == 0
    out = capsys.readouterr().out
    assert headlines(out) == ["red", "blue"]
    assert json.loads(out.splitlines()[0])["url"] == "http://portal.test/red.html"
    assert main(["extract", str(packed)]) == 0
    assert capsys.readouterr().out == out


def test_addresses_are_fetched(capsys):
    with serve_faults() as server:
        names = (
            f"{server.base}/html/red.html",
            f"{server.base}/404",
            f"{server.base}/pdf",
            f"{server.base}/html/blue.html",
        )
        assert main(["extract", *names, "--trust", server.place]) == 1
    output = capsys.readouterr()
    assert headlines(output.out) == ["red", "blue"]
    assert json.loads(output.out.splitlines()[0])["fetched_at"] is not None
    assert [line.removeprefix(server.base) for line in output.err.splitlines()] == [
        "/404: 404 Not Found",
        "/pdf: this is PDF data, not a page",
    ]


def test_requests_to_one_host_are_a_second_apart(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    names = [f"http://127.0.0.1:9/{number}" for number in range(3)]  # which are refused
    assert list(Inputs(names, InputOptions(), Screen())) == []
    assert [0.5 < wait <= 1 for wait in waits] == [False, True, True]


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing.html": (lambda path: None, "{}: No such file or directory"),
    "missing.warc.gz": (lambda path: None, "{}: No such file or directory"),
    "empty.html": (lambda path: path.write_bytes(b""), "{}: empty"),
    "empty.warc.gz": (lambda path: path.write_bytes(b""), "{}: empty"),
    "empty.jsonl": (lambda path: path.write_bytes(b""), "{}: empty"),
    "binary.html": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99)), "{}: this is PNG data, not a page"),
    "listing.html": (lambda path: path.write_text("<title>404 Not Found</title><h1>404 Not Found</h1>"), "{}: error page"),
    "noise.warc.gz": (lambda path: path.write_bytes(b"noise"), "{}: at byte 0: 5 bytes that are no record"),
    "torn.jsonl.gz": (lambda path: path.write_bytes(gzip.compress(b'{"html"')[:-9]), "{}: Compressed file ended before"),
    "plain.jsonl.gz": (lambda path: path.write_bytes(b"{}"), "{}: Not a gzipped file"),
    "records.jsonl": (lambda path: path.write_text(f"{A.to_json()}\n" * 9), "{}: records, not pages; scraper check"),
    "other.jsonl": (lambda path: path.write_text('{"title": 1}\n'), '{}:1: not an object with a string "html"'),
    "page.docx": (lambda path: path.write_bytes(b"PK"), "{}: not a known kind of file (.html"),
    "folder": (lambda path: path.mkdir(), "{}: no pages in this folder (.html"),
    "closed.html": (lambda path: path.symlink_to(path), "{}: Too many levels of symbolic links"),
    "line\nbreak.html": (lambda path: None, "{}: No such file or directory"),
}  # fmt: skip


def test_each_bad_input_is_a_line_and_no_stop(pages, tmp_path, capsys):
    for name, (make, _) in BAD.items():
        make(tmp_path / name)
    assert main(["extract", *(str(tmp_path / name) for name in BAD), str(pages / "a.html")]) == 1
    output = capsys.readouterr()
    assert headlines(output.out) == ["red"]
    expected = [line.format(str(tmp_path / name).replace("\n", "\ufffd")) for name, (_, line) in BAD.items()]
    for line, beginning in zip(sorted(output.err.splitlines()), sorted(expected), strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://127.0.0.1:9/", "allow it with --trust HOST:PORT"),
        ("http://localhost/", "allow it with --trust HOST:PORT"),
        ("ftp://portal.test/x", "only http and https are supported"),
        ("file:///etc/passwd", "only http and https are supported"),
    ],
)
def test_an_address_that_is_not_public_is_not_requested(url, hint, capsys):
    assert main(["extract", url]) == 1
    assert capsys.readouterr().err == f"{url}: unsafe address; {hint}\n"


def test_a_host_without_a_port_is_a_usage_error(capsys):
    assert main(["extract", "http://127.0.0.1/", "--trust", "127.0.0.1"]) == 2
    assert "is not host:port, such as 127.0.0.1:8000" in capsys.readouterr().err


def test_a_bad_line_is_reported_with_its_number_and_many_jobs_give_the_same(many, tmp_path, capsys):
    outs = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for jobs, out in zip("12", outs, strict=True):
        assert main(["extract", str(many), "--jobs", jobs, "-o", str(out)]) == 1
        assert capsys.readouterr().err.startswith(f"{many}:8: invalid JSON: ")
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert headlines(outs[0].read_bytes()) == [f"n{number}" for number in range(MANY)]


def test_an_existing_output_is_kept_if_there_is_no_record(tmp_path, pages):
    out = tmp_path / "out.jsonl"
    out.write_text("as it was")
    assert main(["extract", str(tmp_path / "missing.html"), "-o", str(out)]) == 1
    assert (out.read_text(), sorted(os.listdir(tmp_path))) == ("as it was", ["out.jsonl", "pages"])
    assert main(["extract", str(tmp_path / "missing.html"), str(pages), "-o", str(out)]) == 1
    assert len(list(read_records(out))) == 3


@pytest.mark.parametrize("out", ["missing/out.jsonl", "pages", "pages/a.html/out.jsonl"])
def test_an_output_that_cannot_be_written_is_reported(out, pages, tmp_path, capsys):
    assert main(["extract", str(pages), "-o", str(tmp_path / out)]) == 1
    assert capsys.readouterr().err.removeprefix(passed_over(pages)).startswith(f"{tmp_path / out}: ")
    assert sorted(os.listdir(tmp_path)) == ["pages"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_to_write_is_reported(pages, tmp_path, capsys):
    tmp_path.chmod(0o555)
    assert main(["extract", str(pages), "-o", str(tmp_path / "out.jsonl")]) == 1
    tmp_path.chmod(0o755)
    assert "Permission denied" in capsys.readouterr().err


def test_a_device_is_written_to_and_stays_one(pages):
    assert main(["extract", str(pages), "-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
@pytest.mark.parametrize(
    "command", [("extract", "fixtures/pages/theme-plain/page.html"), ("schema",), ("explain", TEXT)]
)
def test_a_full_disk_is_reported(command):
    with Path("/dev/full").open("wb") as full:
        got = subprocess.run(program(*command), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (got.returncode, got.stderr) == (1, b"the output: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
@pytest.mark.parametrize("options", [(), ("--to", "csv"), ("--to", "parquet")])
def test_a_full_device_is_told(options, records, capsys):
    assert main(["export", str(records), "-o", "/dev/full", *options]) == 1
    assert capsys.readouterr().err == "/dev/full: No space left on device\n"


def test_a_device_is_no_folder(records, capsys):
    assert main(["export", str(records), "-o", "/dev/null", "--to", "markdown"]) == 2
    assert "Markdown needs a folder, not /dev/null" in " ".join(capsys.readouterr().err.replace("│", " ").split())


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_closed_pipe_is_no_error(many, jobs):
    good = many.with_name("good.jsonl")
    good.write_bytes(b"\n".join(line for line in many.read_bytes().split(b"\n") if len(line) > 99))
    process = subprocess.Popen(
        program("extract", good, "--jobs", jobs), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stderr:
        assert headlines(process.stdout.readline()) == ["n0"]
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (0, b"")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_it_and_leaves_nothing(jobs, pages, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("as it was")
    with serve_faults() as server:
        names = (str(pages), f"{server.base}/hang", "--trust", server.place)
        process = subprocess.Popen(
            program("extract", *names, "--jobs", jobs, "-o", out),
            cwd=ROOT,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=heeding,  # noqa: PLW1509 - sets one handler
        )
        while not server.hits["/hang"]:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, log = process.communicate(timeout=30)
    assert (process.returncode, log.decode()) == (130, passed_over(pages))
    assert (out.read_text(), sorted(os.listdir(tmp_path))) == ("as it was", ["out.jsonl", "pages"])


def on_terminal(*arguments: str | Path) -> tuple[int, str]:
    """Return the exit status, and the output to a terminal as stderr."""
    master, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(program(*arguments), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 60)[0]:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    return process.wait(60), shown.decode()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_progress_is_shown_on_a_terminal(many, jobs):
    status, shown = on_terminal("extract", many, "--jobs", jobs)
    assert status == 1
    assert f"{MANY} pages" in shown
    assert "100%" in shown
    assert "1 error" in shown
    assert "1 errors" not in shown
    assert "0:00:00" in shown
    assert f"{many}:8: invalid JSON" in shown


def test_control_characters_of_a_name_are_replaced(tmp_path):
    status, shown = on_terminal("extract", tmp_path / "\x1b[2Jx.html")
    assert status == 1
    assert "\ufffd[2Jx.html: no matching file" in shown


# ---------------------------------------------------------------- explain


def test_explain_shows_every_block(capsys):
    page = ROOT / "fixtures/pages/theme-plain/page.html"
    assert main(["explain", str(page)]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["label", "score", "reason", "text"]
    assert any(line.startswith("headline") and "Qualifier Marta Ilves" in line for line in table)
    assert main(["explain", str(page), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["label"] for line in lines] == [line.split()[0] for line in table[1:]]
    assert set(lines[0]) == {"label", "score", "reason", "tag", "text"}


def test_explain_reads_text_and_stdin(stdin, capsys):
    assert main(["explain", str(TEXT), "--json"]) == 0
    out = capsys.readouterr().out
    assert {json.loads(line)["tag"] for line in out.splitlines()} <= {"line", "li"}
    stdin(TEXT.read_bytes())
    assert main(["explain", "-", "--text", "--json"]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.html", "missing.html: No such file or directory"),
        ("pages/*", "pages/*: it contains several pages; expected one"),
        ("empty.html", "empty.html: empty"),
        ("page.docx", "page.docx: not a known kind of file"),
        ("records.jsonl", "records.jsonl: records, not pages; scraper check and scraper export read them\n"),
        ("binary.html", "binary.html: this is PNG data, not a page"),
    ],
)
def test_explain_tells_what_it_cannot_read(name, why, pages, tmp_path, capsys):
    (tmp_path / "empty.html").touch()
    (tmp_path / "page.docx").write_bytes(b"PK")
    written(tmp_path / "records.jsonl", *[A] * 9)
    (tmp_path / "binary.html").write_bytes((pages / "picture.png").read_bytes() + bytes(99))
    assert main(["explain", str(tmp_path / name)]) == 1
    err = capsys.readouterr().err
    assert err.removeprefix(f"{tmp_path}/").startswith(why)
    assert err.count("\n") == 1


def test_explain_writes_a_page_to_look_at(pages, tmp_path, capsys):
    out = tmp_path / "out.html"
    for source, words in ((pages / "a.html", "The red ferry makes its first crossing"), (TEXT, "BERGEN, Norway")):
        assert main(["explain", str(source), "-o", str(out)]) == 0
        assert out.read_text("utf-8").startswith("<!DOCTYPE html>")
        assert words in out.read_text("utf-8")
    assert capsys.readouterr().err == ""
    assert main(["explain", str(TEXT), "--json", "-o", str(out)]) == 0
    assert all(json.loads(line)["label"] for line in out.read_text("utf-8").splitlines())


# ---------------------------------------------------------------- check

A, B = Article(headline="a", id="1"), Article(headline="b", id="2", section="Sea")


def written(path: Path, *lines: Article | str) -> Path:
    path.write_text("".join(line if isinstance(line, str) else line.to_json() + "\n" for line in lines), "utf-8")
    return path


def test_a_clean_file_is_clean(tmp_path, capsys):
    newer = Article(headline="a, again", id="1", replaces="1")
    path = written(tmp_path / "a.jsonl", A, B, "\n", newer, Article(headline="x"), Article(headline="x"))
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr() == ("5 records, 0 errors\n", "")
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert main(["check", str(packed)]) == 0


def test_each_bad_line_is_named_and_a_copy_holds_all_that_can_be_read(tmp_path, capsys):
    other = Article(headline="a, later", id="1")
    version2 = json.dumps(A.to_dict() | {"schema_version": 2})
    glued = B.to_json()[:40] + Article(headline="c", id="3").to_json() + "\n"
    extra = Article(headline="d", id="4").to_json().replace('{"headline"', '{"more": 1, "headline"')
    path = written(
        tmp_path / "a.jsonl", A, glued, '{"title": "foreign"}\n', "[1]\n", version2 + "\n", A, other, '{"headline": 7, "schema_version": 1}\n', extra + "\n", B.to_json()[:-9]
    )  # fmt: skip
    clean = tmp_path / "clean.jsonl"
    assert main(["check", str(path), "--repair", str(clean)]) == 1
    output = capsys.readouterr()
    assert [line.removeprefix(f"{path}:").partition(": ")[::2] for line in output.err.splitlines()] == [
        ("2", output.err.splitlines()[0].partition(": ")[2]),
        ("3", "foreign: no headline and schema_version"),
        ("4", "foreign: no headline and schema_version"),
        ("5", f"schema_version 2, this library reads 1 to {SCHEMA_VERSION}"),
        ("6", "duplicate: the id 1 is that of line 1"),
        ("7", "duplicate: the id 1 is that of line 6"),
        ("8", "no record: Expected `str`, got `int` - at `$.headline`"),
        ("10", output.err.splitlines()[7].partition(": ")[2]),
    ]
    assert "torn: " in output.err.splitlines()[0]
    assert "1 record in it" in output.err.splitlines()[0]
    assert output.out == "4 records, 8 errors (6 unreadable lines)\n"
    assert [(record.headline, record.replaces) for record in read_records(clean)] == [
        ("a", None),
        ("c", None),
        ("a, later", "1"),
        ("d", None),
    ]
    assert extra in clean.read_text()  # as it stood
    assert main(["check", str(clean)]) == 0


@pytest.mark.parametrize(("data", "why"), [(None, "No such file"), (b"", "no records"), (bytes(99), "torn: ")])
def test_a_file_without_records_is_an_error(data, why, tmp_path, capsys):
    path = tmp_path / "a.jsonl"
    if data is not None:
        path.write_bytes(data)
    assert main(["check", str(path)]) == 1
    assert why in capsys.readouterr().err


def test_a_torn_archive_of_records_is_reported(tmp_path, capsys):
    path = tmp_path / "a.jsonl.gz"
    lines = "".join(Article(headline=str(n), id=str(n)).to_json() + "\n" for n in range(99)).encode()
    path.write_bytes(gzip.compress(lines, 0)[:-20])
    clean, out = tmp_path / "clean.jsonl", tmp_path / "out.txt"
    assert main(["check", str(path), "--repair", str(clean)]) == 1
    output = capsys.readouterr()
    assert output.err.endswith(f"{path}: Compressed file ended before the end-of-stream marker was reached\n")
    assert output.out == "98 records, 1 error\n"
    assert len(list(read_records(clean))) == 98
    assert main(["export", str(path), "-o", str(out)]) == 1
    assert f"{path}: Compressed file ended" in capsys.readouterr().err
    assert out.read_text().count("\n\n") == 98


@pytest.mark.parametrize("command", [("check",), ("export", "-o", "out.csv")])
def test_of_many_bad_lines_in_a_row_ten_are_named_and_all_are_read(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "README.md", "No record.\n" * 400)
    assert main([command[0], str(path), *command[1:]]) == 1
    lines, summary = _lines_and_summary(command[0], capsys.readouterr())
    assert (len(lines), lines[-1]) == (11, f"{path}: 390 more unreadable lines after these")
    assert summary in ("0 records, 400 errors (400 unreadable lines)", f"{path}: 400 unreadable lines skipped")
    assert not (tmp_path / "out.csv").exists()
    mixed = written(tmp_path / "mixed.jsonl", "No record.\n" * 12, A, "No record.\n" * 11, B)
    assert main([command[0], str(mixed), *command[1:]]) == 1
    lines, summary = _lines_and_summary(command[0], capsys.readouterr())
    assert summary in ("2 records, 23 errors (23 unreadable lines)", f"{mixed}: 23 unreadable lines skipped")
    assert [line.removeprefix(f"{mixed}").split(": ")[0] for line in lines] == [
        *(f":{number}" for number in range(1, 11)), "", *(f":{number}" for number in range(14, 24)), ""
    ]  # fmt: skip


def _lines_and_summary(command: str, output: Any) -> tuple[list[str], str]:
    """Return the messages about lines, and the summary: `check` prints it to stdout, `export` to stderr."""
    lines = output.err.splitlines()
    return (lines, output.out.strip()) if command == "check" else (lines[:-1], lines[-1])


def test_a_file_is_not_repaired_onto_itself(tmp_path, capsys):
    path = written(tmp_path / "a.jsonl", A, "torn")
    before = path.read_bytes()
    for more in (str(path), "--against"), (str(tmp_path / "b.jsonl"), "--against"):
        written(tmp_path / "b.jsonl", A)
        assert main(["check", str(tmp_path / "b.jsonl"), "--repair", more[0], more[1], str(path)]) == 2
        assert "choose another file" in " ".join(capsys.readouterr().err.split())
    assert main(["check", str(path), "--repair", str(path)]) == 2
    assert path.read_bytes() == before


def test_a_file_without_records_has_no_repaired_copy(tmp_path):
    clean = written(tmp_path / "clean.jsonl", A)
    assert main(["check", str(written(tmp_path / "a.jsonl", "torn")), "--repair", str(clean)]) == 1
    assert list(read_records(clean)) == [A]


@pytest.mark.parametrize("command", ["check -", "export - -o out.csv", "check {} --repair -"])
def test_records_are_in_files(command, records, capsys):
    assert main(command.format(records).split()) == 2
    assert "expected a file, not std" in capsys.readouterr().err


def test_a_field_that_fell_is_reported(tmp_path, capsys):
    old = written(tmp_path / "old.jsonl", *(Article(headline=str(n), section="Sea") for n in range(10)))
    new = written(
        tmp_path / "new.jsonl", *(Article(headline=str(n), section="Sea" if n < 8 else None) for n in range(10))
    )
    assert main(["check", str(new), "--against", str(old)]) == 1
    assert capsys.readouterr().out == "10 records, 0 errors\nfallen: section from 100% to 80%\n"
    assert main(["check", str(old), "--against", str(new)]) == 0
    assert main(["check", str(old), "--against", str(tmp_path / "missing.jsonl")]) == 1
    assert "missing.jsonl: No such file" in capsys.readouterr().err
    empty = written(tmp_path / "empty.jsonl")
    assert main(["check", str(new), "--against", str(empty)]) == 1
    assert capsys.readouterr().err == f"{empty}: no records\n"


@pytest.mark.parametrize(
    ("name", "run", "line"),
    [
        ("records.jsonl", '{"site_familiarity": 0.12}', "fallen: site_familiarity to 12%\n"),
        ("records.jsonl", '{"site_familiarity": 0.0}', "fallen: site_familiarity to 0%\n"),
        ("records.jsonl", '{"site_familiarity": 0.5}', ""),
        ("records.jsonl", '{"site_familiarity": null}', ""),
        ("records.jsonl", "{}", ""),
        ("records.jsonl", "torn", ""),
        ("other.jsonl", '{"site_familiarity": 0.12}', ""),
    ],
)
def test_pages_that_no_longer_fit_their_site_are_reported(name, run, line, tmp_path, capsys):
    new, old = written(tmp_path / name, A), written(tmp_path / "old.jsonl", A)
    (tmp_path / "run.json").write_text(run)
    assert main(["check", str(new), "--against", str(old)]) == bool(line)
    assert capsys.readouterr().out == f"1 record, 0 errors\n{line}"
    assert main(["check", str(new)]) == 0


# ---------------------------------------------------------------- export

WHOLE = Article(
    headline="The *red* ferry",
    url="http://portal.test/1.html",
    dateline=Dateline("BERGEN (AP) — ", "BERGEN", "AP"),
    authors=("Ada Lund", "Jon Vik"),
    body=("It left.", "1. It came back."),
    body_types=("paragraph", "list_item"),
    images=(Image("http://portal.test/1.jpg", "A ferry.", "Lou Pratt"),),
    sidebar=Sidebar({"related": [Link("More", "http://portal.test/2.html")], "games": [Link("Chess")]}),
    like_count=3,
    keywords=("sea",),
)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return written(tmp_path / "records.jsonl", WHOLE, Article(headline=""), Article(headline="Ünïcode / ../ 漢字"))


def test_parquet_keeps_lists(records, tmp_path):
    out = tmp_path / "out.parquet"
    assert main(["export", str(records), "-o", str(out)]) == 0
    rows = pq.read_table(out).to_pylist()
    assert rows[0]["body"] == list(WHOLE.body)
    assert dict(rows[0]["sidebar"])["games"] == [{"text": "Chess", "url": None}]
    again = [row | {"sidebar": dict(row["sidebar"])} for row in rows]
    assert [Article.from_dict(row) for row in again] == list(read_records(records))


def test_csv_has_a_line_a_story(records, tmp_path):
    out = tmp_path / "out.csv"
    assert main(["export", str(records), "-o", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert (rows[0]["dateline_place"], rows[1]["dateline_place"], len(rows)) == ("BERGEN", "", 3)
    assert (rows[0]["body"], rows[0]["authors"]) == (WHOLE.text, "Ada Lund; Jon Vik")
    assert json.loads(rows[0]["sidebar"])["related"][0]["text"] == "More"
    assert rows[0]["body_types"] == "paragraph; list_item"
    assert json.loads(rows[0]["images"]) == WHOLE.to_dict()["images"]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_markdown_is_a_folder_of_stories(records, tmp_path):
    out = tmp_path / "out"
    assert main(["export", str(records), "-o", str(out), "--to", "markdown"]) == 0
    assert sorted(os.listdir(out)) == ["00001-the-red-ferry.md", "00002-story.md", "00003-ünïcode-漢字.md"]
    page = (out / "00001-the-red-ferry.md").read_text("utf-8")
    assert 'title: "The *red* ferry"\n' in page
    assert page.endswith("# The \\*red\\* ferry\n\nBERGEN (AP) — It left.\n\n- 1\\. It came back.\n")
    assert page.endswith(WHOLE.to_markdown())


def test_text_and_json_ld(records, tmp_path):
    assert main(["export", str(records), "-o", str(tmp_path / "out.txt")]) == 0
    assert (tmp_path / "out.txt").read_text("utf-8").startswith(f"{WHOLE.headline}\n{WHOLE.text}\n\n")
    assert main(["export", str(records), "-o", str(tmp_path / "out.json"), "--to", "jsonld"]) == 0
    graph = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert {"@context": graph["@context"]} | graph["@graph"][0] == WHOLE.to_schema_org()
    assert len(graph["@graph"]) == 3


@pytest.mark.parametrize("to", ["parquet", "csv", "markdown", "txt", "jsonld"])
def test_export_tells_what_is_bad_and_writes_the_rest(to, records, tmp_path, capsys):
    with records.open("a") as lines:
        lines.write('{"headline": "torn')
    out = tmp_path / "out"
    assert main(["export", str(records), "-o", str(out), "--to", to]) == 1
    assert f"{records}:4: torn: " in capsys.readouterr().err
    assert out.exists()
    for bad, why in (
        (tmp_path / "missing.jsonl", "No such file"),
        (written(tmp_path / "empty.jsonl"), "no records"),
    ):
        assert main(["export", str(bad), "-o", str(tmp_path / "none"), "--to", to]) == 1
        assert f"{bad}: {why}" in capsys.readouterr().err
    assert main(["export", str(records), "-o", str(tmp_path / "no" / "where"), "--to", to]) == 1
    assert f"{tmp_path}/no/where: No such file" in capsys.readouterr().err.splitlines()[-1]
    assert sorted(os.listdir(tmp_path)) == ["empty.jsonl", "out", "records.jsonl"]


def test_a_folder_that_holds_something_is_left_alone(records, pages, capsys):
    before = sorted(os.listdir(pages))
    assert main(["export", str(records), "-o", str(pages), "--to", "markdown"]) == 1
    assert capsys.readouterr().err == f"{pages}: Directory not empty\n"
    assert sorted(os.listdir(pages)) == before


@pytest.mark.parametrize("out", ["stories", "stories/", "stories.2025/"])
def test_a_folder_is_for_markdown(out, records, tmp_path):
    assert main(["export", str(records), "-o", f"{tmp_path}/{out}"]) == 0
    assert len(os.listdir(tmp_path / out)) == 3


@pytest.mark.parametrize("out", ["out.xlsx", "out.md"])
def test_an_unknown_format_is_a_usage_error(out, records, tmp_path, capsys):
    assert main(["export", str(records), "-o", str(tmp_path / out)]) == 2
    err = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "Invalid value for -o" in err
    assert (
        f"unknown extension {Path(out).suffix}; known are .jsonl, .jsonl.gz, .jsonl.zst, .parquet, .csv, .txt," in err
    )
    assert main(["export", str(records), "-o", str(tmp_path / out), "--to", "xlsx"]) == 2
    assert "--to" in capsys.readouterr().err


def test_a_dash_is_stdout(records, pages, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in (
        ("export", str(records), "--to", "txt"),
        ("extract", str(pages)),
        ("explain", str(pages / "a.html")),
    ):
        assert main([*command, "-o", str(tmp_path / "out")]) == 0
        assert main([*command, "-o", "-"]) == 0
        assert capsys.readouterr().out.encode() == (tmp_path / "out").read_bytes()
    assert main(["export", str(records), "-o", "-"]) == 2
    assert not (tmp_path / "-").exists()


# ---------------------------------------------------------------- inputs are not overwritten


@pytest.mark.parametrize(
    "command",
    [
        "explain page.html -o page.html",
        "explain page.html -o link.html",
        "explain page.html --json -o page.html",
        "extract page.html -o page.html",
        "extract *.html -o page.html",
        "extract . -o records.jsonl",
        "export records.jsonl -o records.jsonl --to csv",
        "report . -o records.jsonl",
        "report . -o archive/1.warc.gz",
    ],
)
def test_no_output_overwrites_an_input(command, records, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.html").write_text(html("red"), "utf-8")
    (tmp_path / "link.html").symlink_to("page.html")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "1.warc.gz").write_bytes(b"an archive")
    (tmp_path / "report.html").write_text("that of the last crawl")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert main(command.split()) == 2
    assert "Invalid value for -o" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert main(["report", ".", "-o", "report.html"]) == 0


def test_the_number_of_jobs_is_bounded():
    few = Inputs([str(TEXT)], InputOptions(), Screen())
    assert [_jobs(jobs, few) for jobs in (None, 0, 1, 9999)] == [1, cores(), 1, 4 * cores()]


def test_a_missing_pyarrow_is_reported(records, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", str(records), "-o", str(tmp_path / "out.parquet")]) == 1
    assert capsys.readouterr().err == 'Parquet needs pyarrow: pip install "newsportal-scraper[export]"\n'


# ---------------------------------------------------------------- other commands and inputs


@pytest.mark.parametrize("name", ["page.html.gz", "page.gz"])
def test_a_page_may_be_packed(tmp_path, name, capsys):
    page = (ROOT / "fixtures" / "pages" / "theme-plain" / "page.html").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(page))
    assert main(["extract", str(tmp_path / name)]) == 0
    assert json.loads(capsys.readouterr().out)["like_count"] == 527
    (tmp_path / name).write_bytes(gzip.compress(page)[:-99])
    assert main(["extract", str(tmp_path / name)]) == 1
    assert "Compressed file ended before" in capsys.readouterr().err


def test_stdin_is_read_once(capsys):
    assert main(["extract", "-", "-"]) == 2
    assert "stdin can be read only once" in capsys.readouterr().err


def test_settings_that_have_an_option_are_refused(tmp_path, capsys):
    assert main(["crawl", "https://portal.test/", "--into", str(tmp_path), "-s", "CRAWL_DIR=elsewhere"]) == 2
    assert "use --into instead of CRAWL_DIR" in capsys.readouterr().err


def test_a_report_is_written_of_a_crawl_s_folder(tmp_path, capsys):
    out = tmp_path / "report.html"
    written(tmp_path / "records.jsonl", Article(headline="The red ferry", section="Sea"))
    (tmp_path / "run.json").write_text("{}")
    assert main(["report", str(tmp_path), "-o", str(out)]) == 0
    assert "The red ferry" in out.read_text("utf-8")
    assert main(["report", str(tmp_path / "missing"), "-o", str(out)]) == 1
    assert "not a folder" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["report", str(tmp_path / "empty"), "-o", str(out)]) == 1
    assert capsys.readouterr().err == f"no crawl in {tmp_path / 'empty'}\n"


def test_the_schema_and_the_version_are_printed(capsys):
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == json_schema()
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("scraper")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_help_has_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"Example: scraper {command}" in capsys.readouterr().out


def test_the_help_names_the_commands(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.split("Commands:")[1].split("\n\n")[0].splitlines() if line] == list(
        COMMANDS
    )
    assert "Example: " in out


@pytest.mark.parametrize(
    "arguments", [["extract"], ["explain"], ["check"], ["export", "x"], ["nonsense"], ["schema", "x"]]
)
def test_wrong_arguments_are_reported(arguments, capsys):
    assert main(arguments) == 2
    assert "Usage: scraper" in capsys.readouterr().err


def test_a_shell_completes_the_commands():
    words = {"_SCRAPER_COMPLETE": "complete_bash", "COMP_WORDS": "scraper ex", "COMP_CWORD": "1"}
    got = run(env=os.environ | words)
    assert got.stdout.decode().split() == ["extract", "explain", "export"]
    words |= {"COMP_WORDS": "scraper export x --to ", "COMP_CWORD": "4"}
    assert run(env=os.environ | words).stdout.decode().split() == [*FORMS, "markdown"]


def test_an_archive_without_a_story_leaves_what_was_there(tmp_path, capsys):
    archive, output = tmp_path / "a.warc.gz", tmp_path / "records.jsonl"
    archive.write_bytes(record(b"software: made by a test\r\n", "http://p.test/", "warcinfo"))
    output.write_text("earlier\n")
    assert main(["extract", str(archive), "-o", str(output)]) == 1
    assert capsys.readouterr().err == "no page contains an article\n"
    assert output.read_text() == "earlier\n"


def test_an_unreadable_page_of_an_archive_is_named(tmp_path, capsys):
    archive, output = tmp_path / "a.warc.gz", tmp_path / "records.jsonl"
    pages = (("1.html", news(1)), ("binary", bytes(range(256)) * 4), ("list/", "<p>no story</p>"), ("2.html", news(2)))
    archive.write_bytes(b"".join(response(f"http://kelford.test/news/{name}", page) for name, page in pages))
    assert main(["extract", str(archive), "-o", str(output)]) == 0
    assert capsys.readouterr().err == f"{archive}: http://kelford.test/news/binary: not text\n"
    assert output.read_bytes().count(b"\n") == 2


# ---------------------------------------------------------------- formats of the output


@pytest.mark.parametrize(
    ("name", "begins"),
    [("x.jsonl", b'{"headline"'), ("x.JSONL.gz", b"\x1f\x8b"), ("x.jsonl.zst", b"\x28\xb5\x2f\xfd"), ("x.csv", b"headline,"), ("x.parquet", b"PAR1"), ("x.txt", b"The red ferry"), ("x.jsonld", b'{"@context"'), ("x", b'{"headline"')],
)  # fmt: skip
def test_the_suffix_of_an_output_decides_its_format(name, begins, pages, tmp_path, capsys):
    page, out = str(pages / "a.html"), tmp_path / name
    assert main(["extract", page, "-o", str(out)]) == 0
    assert out.read_bytes().startswith(begins)
    if not name.endswith("x"):
        again = tmp_path / f"again{name[1:]}"
        assert main(["extract", page, "-o", str(tmp_path / "r.jsonl")]) == 0
        assert main(["export", str(tmp_path / "r.jsonl"), "-o", str(again)]) == 0
        assert again.read_bytes().startswith(begins)


@pytest.mark.parametrize("form", [*FORMS, "markdown"])
def test_the_format_is_an_option(form, pages, tmp_path):
    assert main(["extract", str(pages), "-o", str(tmp_path / "out.any"), "--to", form]) == 0
    assert (tmp_path / "out.any").is_dir() == (form == "markdown")


def test_parquet_goes_through_a_pipe(records, tmp_path):
    got = run("export", records, "--to", "parquet", "-o", "-")
    assert (got.returncode, got.stderr) == (0, b"")
    (tmp_path / "a.parquet").write_bytes(got.stdout)
    assert len(pq.read_table(tmp_path / "a.parquet")) == 3


@pytest.mark.parametrize(
    "command",
    [
        "extract pages -o x.json",
        "extract pages -o x.xlsx",
        "extract pages -o x.jsonl.bz2",
        "extract pages -o s3://bucket/x.jsonl",
        "extract pages -o https://portal.test/x.jsonl",
        "extract pages --to nonsense",
        "extract pages --to markdown",
        "export records.jsonl -o gs://bucket/x.csv",
        "explain pages/a.html -o x.csv",
        "explain pages/a.html -o x.json",
        "report . -o x.jsonl",
        "check records.jsonl --repair s3://bucket/x.jsonl",
        "bulk pages --into s3://bucket/x",
        "extract pages/a.html --url portal.test/1.html",
        "extract pages/a.html --url ftp://portal.test/1.html",
    ],
)
@pytest.mark.usefixtures("records", "pages")
def test_an_unsupported_output_is_a_usage_error(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(command.split()) == 2
    assert "Invalid value for" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_repaired_copy_is_packed_as_its_name_says(tmp_path):
    path = written(tmp_path / "a.jsonl", "bad\n" * 12, A, "bad\n", B)
    for name in ("b.jsonl.gz", "b.jsonl.zst", "b.jsonl"):
        assert main(["check", str(path), "--repair", str(tmp_path / name)]) == 1
        assert list(read_records(tmp_path / name)) == [A, B]
        assert ((tmp_path / name).read_bytes()[:1] == b"{") == (name == "b.jsonl")


# ---------------------------------------------------------------- kinds of input


def test_a_folder_is_read_whatever_its_pages_are_called(tmp_path, capsys):
    folder = tmp_path / "pages"
    (folder / "inner").mkdir(parents=True)
    for number, name in enumerate(("story-1", "x.php", "index.html?p=1", "inner/2.aspx", "inner/utf16")):
        data = f"<!-- saved --> {html(f'n{number}')}"
        (folder / name).write_bytes(data.encode("utf-16" if name.endswith("16") else "utf-8-sig"))
    others = {"a.css": b"p { }", "b.js": b"document.write('<html>')", "c.svg": b"<?xml version='1.0'?><svg/>", "d.rss": b"<rss/>", "e": b"\0", "f.md": b"# <html>"}  # fmt: skip
    for name, data in others.items():
        (folder / name).write_bytes(data)
    (folder / ".DS_Store").write_bytes(b"x")
    os.mkfifo(folder / "pipe.html")
    assert main(["extract", str(folder)]) == 0
    output = capsys.readouterr()
    assert sorted(headlines(output.out)) == ["n0", "n1", "n2", "n3", "n4"]
    assert output.err.startswith(f"{folder}: 7 files skipped, not pages: ")


def test_files_are_read_for_what_is_in_them(tmp_path, capsys):
    names = ("story-1", "x.php", "page", "archive", "archive.gz", "lines", "lines.gz", "lines.ndjson")
    for number, name in enumerate(names):
        page = html(f"n{number}").encode()
        if name.startswith("archive"):
            page = record(http(page, "Content-Type: text/html"))
        elif name.startswith("lines"):
            page = json.dumps({"html": page.decode()}).encode()
        (tmp_path / name).write_bytes(gzip.compress(page) if name.endswith(".gz") else page)
    assert main(["extract", *(str(tmp_path / name) for name in names)]) == 0
    assert headlines(capsys.readouterr().out) == [f"n{number}" for number in range(len(names))]


def test_a_pipe_is_read_by_its_name(tmp_path):
    got = subprocess.run(
        ["bash", "-c", '"$@" <(cat)', "_", *program("extract")],
        input=html("red").encode(), cwd=ROOT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (headlines(got.stdout), got.returncode) == (["red"], 0)


@pytest.mark.parametrize("command", ["extract", "explain"])
def test_a_saved_page_gets_its_url_from_an_option(command, pages, capsys):
    (pages / "a.html").write_text(html("red").replace("</article>", '</article><a href="2.html">More of it</a>'))
    url = ("--url", "https://portal.test/sea/1.html")
    assert main([command, str(pages / "a.html"), *url]) == 0
    if command == "extract":
        assert json.loads(capsys.readouterr().out)["url"] == "https://portal.test/sea/1.html"
    for inputs in ([str(pages)], [str(pages / "a.html"), str(pages / "z.txt")], ["http://127.0.0.1:9/"]):
        assert main(["extract", *inputs, *url]) == 1
        assert "--url is for a single saved page" in capsys.readouterr().err


@pytest.mark.parametrize(
    "lines", ["https://a.test/1.html\n", "http://a.test/1\r\nHTTPS://b.test/2\r\n\r\n", "http://a.test/" + "x" * 9999]
)
def test_a_list_of_addresses_is_no_story(lines, tmp_path, capsys):
    (tmp_path / "urls.txt").write_bytes(lines.encode())
    assert main(["extract", str(tmp_path / "urls.txt")]) == 1
    assert "a list of URLs, not a story; xargs -a FILE scraper extract" in capsys.readouterr().err
    (tmp_path / "text.txt").write_text(TEXT.read_text("utf-8") + "\n" + lines, "utf-8")
    assert main(["extract", str(tmp_path / "text.txt")]) == 0


@pytest.mark.parametrize("name", ["/dev/zero", "a" * 256, "a" * 256 + ".html", "x/" * 3000])
@pytest.mark.parametrize("command", [("extract",), ("explain",), ("check",), ("export", "-o", "out.csv"), ("bulk", "--into", "out"), ("report", "-o", "out.html")])  # fmt: skip
def test_a_strange_name_is_reported_in_a_line(command, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if command[0] in ("check", "export") and name == "/dev/zero":
        pytest.skip("it never ends, as it was asked for")
    assert main([command[0], name, *command[1:]]) in (1, 2)
    assert "Traceback" not in (err := capsys.readouterr().err)
    assert err


@pytest.mark.parametrize("command", ["extract {} -o {}", "export records.jsonl -o {1}", "explain {} -o {}.html", "check records.jsonl --repair {1}"])  # fmt: skip
@pytest.mark.usefixtures("records", "pages")
def test_a_name_that_is_too_long_is_reported(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command.format("pages/a.html", "a" * 252 + ".txt").split()) == 1
    assert "File name too long" in capsys.readouterr().err


# ---------------------------------------------------------------- closed streams


def shell(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", command, "_", *program(*arguments)], cwd=ROOT, capture_output=True, check=False, timeout=60
    )


def test_a_closed_stderr_stops_nothing(many, tmp_path):
    out = tmp_path / "out.jsonl"
    for command in ('"$@" 2>&-', '"$@" 2> >(:)', '"$@" 2>/dev/full', '"$@" <&- 2>&-'):
        got = shell(command, "extract", tmp_path / "none.html", many, "-o", out)
        assert (got.returncode, got.stdout, got.stderr) == (1, b"", b"")
        assert len(out.read_bytes().splitlines()) == MANY, command
        out.unlink()
    got = shell('"$@" 2>&-', "extract", tmp_path / "none.html", many)
    assert (got.returncode, len(got.stdout.splitlines())) == (1, MANY)


def test_a_closed_stdout_is_reported(pages, records):
    for arguments in (
        ("extract", pages / "a.html"),
        ("check", records),
        ("schema",),
        ("export", records, "--to", "csv", "-o", "-"),
    ):
        got = shell('"$@" >&-', *arguments)
        assert (got.returncode, got.stderr) == (1, b"the output: Bad file descriptor\n")


def test_a_closed_stdin_is_empty():
    got = shell('"$@" <&-', "extract", "-")
    assert (got.returncode, got.stderr) == (1, b"-: empty\n")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_termination_signal_leaves_no_partial_output(sign, tmp_path):
    with serve_faults() as server:
        lines = tmp_path / "a.html"
        lines.write_text(html("red"))
        names = (lines, f"{server.base}/hang", "--trust", server.place, "-o", tmp_path / "out.jsonl")
        inherited = signal.signal(sign, signal.SIG_DFL)  # under nohup the tests ignore SIGHUP, and so would the command
        process = subprocess.Popen(program("extract", *names), cwd=ROOT, stderr=subprocess.PIPE)
        signal.signal(sign, inherited)
        with process:
            while not server.hits["/hang"]:
                time.sleep(0.05)
            process.send_signal(sign)
            _, log = process.communicate(timeout=30)
    assert (process.returncode, log) == (128 + sign, b"")
    assert os.listdir(tmp_path) == ["a.html"]


# ---------------------------------------------------------------- impossible arguments


@pytest.mark.parametrize("command", ["extract {} --limit inf", "extract {} --limit 1e300", "extract {} --limit nan", "explain {} --limit inf", "bulk {} --into out --limit inf", "extract {} -o ."])  # fmt: skip
def test_an_impossible_number_or_name_is_a_usage_error(command, pages, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command.format(pages / "a.html").split()) == 2
    assert "Invalid value" in capsys.readouterr().err
    assert main(["extract", str(pages / "a.html"), "-o", ""]) == 2


@pytest.mark.parametrize("url", ["http://[", "http://]/", "http://[::1", "http://", "https:///x", "http://\x00/"])
def test_an_invalid_url_is_reported_in_a_line(url, capsys):
    assert main(["extract", url]) == 1
    assert capsys.readouterr().err.startswith(url.replace("\0", "\ufffd"))


def test_pages_with_an_invalid_url_are_read_without(tmp_path, capsys):
    urls = ("\ud800", "http://[bad/", 5, None, "", [], "a b")
    lines = [json.dumps({"html": html(f"n{number}"), "url": url}) for number, url in enumerate(urls)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert main(["extract", str(tmp_path / "a.jsonl")]) == 0
    output = capsys.readouterr()
    assert (headlines(output.out), output.err) == ([f"n{number}" for number in range(len(urls))], "")


def test_a_terminal_shows_that_a_pipe_is_waited_for(tmp_path, monkeypatch, capsys):
    pipe = tmp_path / "page.html"
    os.mkfifo(pipe)
    for is_terminal, message in ((True, f"waiting for {pipe}\n"), (False, "")):
        monkeypatch.setattr(Screen, "is_terminal", is_terminal)
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(pipe.write_text, html("red"), "utf-8")
            assert main(["explain", str(pipe)]) == 0
            writing.result()
        assert capsys.readouterr().err == message


def test_a_terminal_shows_that_standard_input_is_waited_for(monkeypatch, capsys):
    monkeypatch.setattr(Screen, "is_terminal", True)
    for text, message in ((b"", "waiting for standard input\n-: empty\n"), (html("red").encode(), "")):
        read, write = os.pipe()
        os.write(write, text)
        with open(read) as stdin, ThreadPoolExecutor() as pool:
            monkeypatch.setattr(sys, "stdin", stdin)
            pool.submit(lambda end=write: (time.sleep(0.5), os.close(end)))
            main(["explain", "-"])
        assert capsys.readouterr().err == message


def test_a_pattern_skips_named_pipes(pages, capsys):
    os.mkfifo(pages / "pipe.html")
    assert main(["extract", f"{pages}/*"]) == 1  # the picture
    assert headlines(capsys.readouterr().out)[0] == "red"


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("command", ["extract", "explain"])
def test_a_page_that_takes_too_long_affects_only_itself(command, jobs, pages, tmp_path, capsys):
    hostile = tmp_path / "hostile.html"
    hostile.write_text(html("slow") + "".join(f"<a href='/html/{n}.html'>{n}</a> " for n in range(300_000)), "utf-8")
    more = [str(pages / "a.html"), "--jobs", jobs] if command == "extract" else []
    assert main([command, str(hostile), *more, "--limit", "0.1"]) == 1
    assert f"{hostile}: it takes more than 0.1 seconds" in capsys.readouterr().err
