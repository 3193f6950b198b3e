"""The process that reads pages beside the crawl."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper.crawl.parsing.client import ParserClient
from scraper.crawl.parsing.worker import UNREADABLE, PageRequest, ParsedPage, frame, parse_page
from scraper.io.workers import MEMORY
from tests.crawling import ROOT, anchors, page, story

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def _page(html: str, path: str = "/html/red.html") -> PageRequest:
    return PageRequest(f"http://p.test{path}", "text/html; charset=utf-8", html.encode(), NOON, "p.test", "http")


RED = _page(story("red", anchors("/html/blue.html", "/html/blue.html#x", "http://q.test/", "/e/public/digg/"))[2])


def test_a_page_gives_its_story_and_its_links():
    parsed = parse_page(RED)
    record = json.loads(parsed.record)
    assert (record["headline"], record["url"]) == ("The red ferry makes its first crossing", RED.url)
    assert (len(record["id"]), record["fetched_at"]) == (16, "2026-11-03T12:00:00Z")
    assert parsed.links == ("http://p.test/", "http://p.test/sea/", "http://p.test/html/blue.html")


def test_a_page_without_a_story_says_why():
    assert parse_page(_page(page("", 200)[2])).reason == "empty"
    assert parse_page(_page("\x89PNG\r\n\x1a\n" + "\0\x01" * 500)).reason == UNREADABLE
    assert parse_page(_page("<div>" * 200_000)) == ParsedPage()


def test_a_page_that_stops_short_is_marked():
    whole = RED.body.decode().removesuffix("</body></html>")
    assert "truncated" in json.loads(parse_page(_page(whole)).record)["extraction"]["warnings"]


def _run(*pages: PageRequest, limit: float = 10.0, then=None) -> list[ParsedPage]:
    async def scene() -> list[ParsedPage]:
        reader = ParserClient(limit)
        try:
            readings = [asyncio.create_task(reader.read(page)) for page in pages]
            if then is not None:
                await then(reader)
            return await asyncio.gather(*readings)
        finally:
            await reader.close()

    return asyncio.run(scene())


def test_pages_are_read_in_order():
    names = [f"ship{number}" for number in range(20)]
    result = _run(*(_page(story(name)[2], f"/html/{name}.html") for name in names))
    assert [json.loads(item.record)["url"].rpartition("/")[2] for item in result] == [f"{name}.html" for name in names]


def test_the_zone_of_a_date_survives_the_pipe():
    date = "2025-04-12T10:31:20+09:00"
    html = RED.body.decode().replace("Date:2025-04-12 10:31:20", f'<time datetime="{date}">12 April</time>')
    (parsed,) = _run(_page(html))
    assert parsed.article().date_published.isoformat() == date


def test_a_page_that_takes_too_long_affects_only_itself():
    slow, *others = _run(RED, RED, RED, limit=0.01)
    assert slow == ParsedPage()
    assert len(others) == 2


def test_a_page_that_kills_the_process_affects_only_itself():
    async def kill(reader: ParserClient) -> None:
        while reader._process is None:
            await asyncio.sleep(0.01)
        os.kill(reader._process.pid, signal.SIGKILL)

    first, second = _run(RED, RED, then=kill)
    assert first == ParsedPage()
    assert second == parse_page(RED)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for the process in /proc")
def test_the_process_ends_with_its_crawl():
    code = """
import asyncio, time
from scraper.crawl.parsing.client import ParserClient
from tests.crawl.parsing.test_client import RED
async def main():
    reader = ParserClient()
    await reader.read(RED)
    print(reader._process.pid, flush=True)
    time.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/cmdline").exists() and Path(f"/proc/{child}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_process_has_a_memory_limit():
    code = (
        "import resource, scraper.crawl.parsing.worker as r; r.main(); print(resource.getrlimit(resource.RLIMIT_AS)[0])"
    )
    own_end, worker_end = socket.socketpair()
    with own_end, worker_end:
        own_end.shutdown(socket.SHUT_WR)
        run = subprocess.run(
            [sys.executable, "-c", code], stdin=worker_end.fileno(), capture_output=True, check=True, cwd=ROOT
        )
    assert int(run.stdout) == MEMORY


@pytest.mark.parametrize("sent", [frame(RED), frame(RED)[:-10], frame(RED)[:2]], ids=["all", "part", "length"])
def test_the_process_ends_without_a_message_when_the_crawl_is_gone(sent: bytes):
    own_end, worker_end = socket.socketpair()
    with worker_end:
        process = subprocess.Popen(
            [sys.executable, "-m", "scraper.crawl.parsing.worker"],
            stdin=worker_end.fileno(),
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
    own_end.sendall(sent)
    own_end.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
