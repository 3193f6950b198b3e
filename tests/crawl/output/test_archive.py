"""The archive of a crawl: what is kept, how files begin and end, and what a crash or a full disk leaves."""

import gzip
import json
import os
import random
import signal
import subprocess
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import brotli
from fastwarc.warc import ArchiveIterator, WarcRecordType
from scrapy import Request
from scrapy.http import HtmlResponse
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from scraper.article import Article
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.output import archive
from scraper.crawl.output.archive import ArchiveFile, member, mend
from scraper.io.jsonl import read_records
from scraper.io.warc import Page, read_pages
from scraper.stories.replay import articles
from tests.crawling import (
    FAST,
    ROOT,
    Crawl,
    adds_up,
    anchors,
    command,
    crawl,
    crawl_site,
    of,
    page,
    site,
    start,
    story,
)

ARCHIVE = ("-s", "ARCHIVE=true")


def files(crawled: Crawl) -> list[Path]:
    return sorted((crawled.directory / "archive").iterdir())


def pages(paths: list[Path]) -> list[Page]:
    return [page for path in paths for page in read_pages(path)]


# ---------------------------------------------------------------- what is kept


def test_every_response_is_kept(embedded):
    assert embedded.status == 0, embedded.summary
    assert adds_up(embedded.counts)
    kept = pages(files(embedded))
    counts = embedded.counts
    assert len([page for page in kept if page.status == 200]) == counts["fetched"] + 1  # robots.txt
    assert {page.status for page in kept} == {200, 301, 302, 404, 500}
    assert any(str(page.url).endswith("/robots.txt") for page in kept)
    assert any(str(page.url).endswith("/sitemap.xml") for page in kept)


CODED = {
    "plain": ("", lambda text: text),
    "gzip": ("Content-Encoding: gzip\r\n", lambda text: gzip.compress(text, mtime=0)),
    "br": ("Content-Encoding: br\r\n", brotli.compress),
    "zlib": ("Content-Encoding: deflate\r\n", zlib.compress),
    "chunks": ("Transfer-Encoding: chunked\r\n", lambda text: b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text)),
}


@contextmanager
def coded_site() -> Iterator[str]:
    """Serve a story in each coding."""
    links = anchors(*(f"/html/{name}.html" for name in CODED))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2].removesuffix(".html")
            header, encode = CODED.get(name, CODED["plain"])
            body = encode((story(name) if name in CODED else page(links))[2].encode())
            self.wfile.write(f"HTTP/1.1 200 OK\r\n{header}Content-Type: text/html\r\n\r\n".encode() + body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_page_is_kept_as_it_came(tmp_path):
    """Its coding included, but for the chunks, which the connection took off."""
    with coded_site() as base:
        crawled = crawl(tmp_path, *of(base), *FAST, *ARCHIVE)
    assert crawled.counts["written"] == len(CODED), crawled.summary
    bodies = {}
    for path in files(crawled):
        for record in ArchiveIterator(str(path), WarcRecordType.response, parse_http=True):
            body, headers = record.reader.read(), record.http_headers
            name = str(record.headers["WARC-Target-URI"]).rpartition("/")[2].removesuffix(".html")
            bodies[name] = body
            assert int(headers["Content-Length"]) == len(body)
            assert headers.get("Transfer-Encoding") is None
    for name, (_, encode) in CODED.items():
        text = story(name)[2].encode()
        assert bodies[name] == (text if name == "chunks" else encode(text))
    again = list(map(Article.to_dict, articles(pages(files(crawled)))))
    assert again == [record for record in crawled.records]


def test_the_same_records_come_out_of_it(embedded):
    crawled = list(map(Article.to_dict, read_records(embedded.directory / "records.jsonl")))
    again = list(map(Article.to_dict, articles(pages(files(embedded)))))
    assert len(again) == len(crawled) > 60
    assert sorted(again, key=lambda record: record["id"]) == sorted(crawled, key=lambda record: record["id"])


def test_stories_with_faults_come_out_as_the_crawl_read_them(tmp_path):
    parts = anchors("split.html", "split_2.html", "split_3.html")
    answers = {
        "/": page(anchors(
            "/html/split_2.html", "/html/red.html", "/news/red.html", "/moved.html", "/html/split.html", "/broken.html",
            "/html/torn.html", "/html/grey_2.html", "/html/grey.html", "/html/bent.html", "/html/lone_2.html",
            "/html/loose_2.html", "/html/loose.html", "/loop.html",
        )),
        "/html/red.html": story("red"),
        "/news/red.html": story("red"),
        "/moved.html": page("", 302, Location="/html/red.html"),
        "/broken.html": page("", 500),
        "/loop.html": page("", 302, Location="/loop.html"),
        "/html/split.html": story("split", parts),
        "/html/split_2.html": story("split", parts, " 2"),
        "/html/split_3.html": story("split", parts, " 3"),
        "/html/torn.html": story("torn", anchors("torn_2.html")),
        "/html/grey.html": story("grey", anchors("grey_2.html")),
        "/html/grey_2.html": story("other"),
        "/html/bent.html": story("bent", anchors("bent_2.html")),
        "/html/bent_2.html": page("", 302, Location="/html/blue.html"),
        "/html/blue.html": story("blue"),
        "/html/lone_2.html": story("lone", anchors("lone.html", "lone_3.html")),
        "/html/loose.html": story("loose", anchors("loose_2.html")),
        "/html/loose_2.html": story("loose", part=" 2"),
    }  # fmt: skip
    # One at a time: of near copies the first to be read is the original, and pages are archived in the order of arrival.
    crawled, _ = crawl_site(tmp_path, answers, *ARCHIVE, "-s", "CONCURRENT_REQUESTS=1")
    assert adds_up(crawled.counts), crawled.summary
    kept = pages(files(crawled))
    again = {record["id"]: record for record in map(Article.to_dict, articles(kept))}
    read = {record["id"]: record for record in crawled.records}
    # Of a page that came twice, as a story and as a part of one, an archive does not tell which was which.
    twice = {url for url, count in Counter(page.url for page in kept).items() if count > 1}
    for record in (*again.values(), *read.values()):
        record["fetched_at"] = None if record["url"] in twice else record["fetched_at"]
    assert again == read
    assert len(again) >= 7


def test_moments_are_those_of_the_responses(embedded):
    started, ended = (datetime.fromisoformat(embedded.run[when]) for when in ("started", "ended"))
    moments = [page.fetched_at for page in pages(files(embedded))]
    assert all(moment is not None and started <= moment <= ended for moment in moments)
    assert len(set(moments)) == len(moments)


def test_other_readers_read_every_file(embedded):
    for path in files(embedded):
        with path.open("rb") as file:
            results = [(record.rec_type, record.content_stream().read()) for record in WarcioIterator(file)]
        kinds = [kind for kind, _ in results]
        assert kinds[0] == "warcinfo"
        assert kinds[1:] == ["response", "request"] * (len(kinds) // 2)
        own = list(ArchiveIterator(str(path), parse_http=False))
        assert len(own) == len(kinds)
        whole = list(ArchiveIterator(str(path), parse_http=True, verify_digests=True))
        assert len(whole) == len(kinds)
        assert all(record.verify_payload_digest() for record in whole if record.headers["WARC-Type"] == "response")


def test_files_are_closed_before_they_grow_too_large(embedded):
    sizes = [path.stat().st_size for path in files(embedded)]
    assert len(sizes) > 2
    assert max(sizes) <= 100_000
    assert all(path.name.startswith("fintechworld-") and path.name.endswith(".warc.gz") for path in files(embedded))


def test_no_secrets_are_kept():
    request = Request("http://user:word@portal.test/a?b=1", headers={"Authorization": "Basic x", "Cookie": "a=b"})
    response = HtmlResponse("http://portal.test/a?b=1", headers={"Transfer-Encoding": "chunked"}, body=b"<p>")
    answered, requested = map(gzip.decompress, archive._exchange(request, response, datetime(2026, 1, 2, tzinfo=UTC)))
    assert b"GET /a?b=1 HTTP/1.1\r\nHost: portal.test\r\n" in requested
    assert not any(word in requested.lower() for word in (b"authorization", b"cookie", b"word"))
    assert b"\r\nX-Crawl-Transfer-Encoding: chunked\r\n" in answered
    assert b"\r\nContent-Length: 3\r\n\r\n<p>\r\n\r\n" in answered
    assert b"\r\nWARC-Date: 2026-01-02T00:00:00Z\r\n" in answered


# ---------------------------------------------------------------- what a crash leaves


MEND = (
    *(command(Path())[0], "-c"),
    "import sys; from pathlib import Path; from scraper.crawl.output.archive import mend; print(len(mend(Path(sys.argv[1]))))",
)


def begun(directory: Path, records: int) -> ArchiveFile:
    file = ArchiveFile(directory, "portal", "test")
    for number in range(records):
        file.write(member("metadata", (("WARC-Target-URI", f"http://portal.test/{number}"),), b"x" * 500))
    return file


def abandoned(directory: Path, records: int) -> Path:
    """Return a file whose writer died."""
    file = begun(directory, records)
    os.close(file._file)
    (path,) = directory.glob("*.open")
    return path


def test_a_file_has_its_suffix_until_it_is_closed(tmp_path):
    file = begun(tmp_path, 2)
    assert [path.suffix for path in tmp_path.iterdir()] == [".open"]
    file.close()
    (path,) = tmp_path.iterdir()
    assert path.suffixes[-2:] == [".warc", ".gz"]
    assert len(list(ArchiveIterator(str(path), parse_http=False))) == 3


def test_a_torn_record_is_cut_off(tmp_path):
    path = abandoned(tmp_path, 5)
    whole = path.read_bytes()
    path.write_bytes(whole + member("metadata", (), b"y" * 500)[:-9])
    (mended,) = mend(tmp_path).items()
    assert mended == (tmp_path / path.name.removesuffix(".open"), len(member("metadata", (), b"y" * 500)) - 9)
    assert mended[0].read_bytes() == whole
    assert mend(tmp_path) == {}


def test_a_file_without_a_whole_record_is_removed(tmp_path):
    path = abandoned(tmp_path, 0)
    path.write_bytes(path.read_bytes()[:-1])
    mend(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_being_written_is_left_alone(tmp_path):
    file = begun(tmp_path, 3)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with subprocess.Popen(
        [*MEND, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as other:  # a lock holds between processes
        assert other.communicate(timeout=30)[0] == "0\n"
    assert mend(tmp_path) == {}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    file.close()


def test_a_file_that_was_taken_for_a_left_over_is_begun_again(tmp_path, monkeypatch):
    """Another crawl may mend it between its making and its lock."""
    lock, removed = archive.lock, []

    def late(file: int, *, wait: bool) -> bool:
        if not removed:
            (path,) = tmp_path.iterdir()
            path.unlink()
            removed.append(path)
        return lock(file, wait=wait)

    monkeypatch.setattr(archive, "lock", late)
    begun(tmp_path, 1).close()
    (path,) = tmp_path.iterdir()
    assert removed
    assert len(list(ArchiveIterator(str(path), parse_http=False))) == 2


def test_a_day_is_the_longest_for_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(Scheduler, "of", lambda crawler: SimpleNamespace(session=SimpleNamespace(is_stopping=False)))
    kept = _archive(tmp_path)
    request, response = Request("http://portal.test/"), HtmlResponse("http://portal.test/", body=b"x")
    now = datetime.now(UTC)
    for moment in (now, now + timedelta(hours=23), now + timedelta(hours=25)):
        request.meta["fetched_at"] = moment.isoformat()
        assert kept.process_response(request, response) is response
    kept.spider_closed()
    assert len(list((tmp_path / "archive").iterdir())) == 2


def _archive(directory: Path) -> archive.Archive:
    from scrapy.utils.test import get_crawler  # noqa: PLC0415 - only one test needs a crawler

    from scraper.crawl.portal_spider import PortalSpider  # noqa: PLC0415

    crawler = get_crawler(PortalSpider, {"ARCHIVE": True, "ARCHIVE_SIZE": 2**30, "CRAWL_DIR": str(directory)})
    return archive.Archive.from_crawler(crawler)


def test_a_killed_crawl_leaves_an_archive_that_the_next_one_mends(tmp_path):
    process = start(tmp_path, "fintechworld", *ARCHIVE, "-s", "CONCURRENT_REQUESTS=4")
    folder = tmp_path / "archive"
    while process.is_running and sum(path.stat().st_size for path in folder.glob("*")) < 60_000:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.finish()
    (left,) = folder.iterdir()
    assert left.suffix == ".open"
    left.write_bytes(left.read_bytes()[:-7])  # as if it had died within a write
    again = crawl(tmp_path, "fintechworld", *ARCHIVE)
    assert again.status == 0, again.summary
    assert "was left open" in again.summary
    first, second = files(again)
    assert first.name == left.name.removesuffix(".open")
    assert 0 < len(pages([first])) < len(pages([second]))
    assert {record["headline"] for record in again.records} == {
        article.headline for article in articles(pages([first, second]))
    }


def test_an_archive_that_cannot_be_begun_ends_the_crawl(tmp_path):
    (tmp_path / "archive").write_text("")
    refused = crawl(tmp_path, "fintechworld", *ARCHIVE)
    assert (refused.status, refused.run["reason"], refused.records) == (3, "disk_full", [])
    assert "Traceback" not in refused.summary


def test_a_full_disk_ends_the_crawl_with_whole_records(tmp_path):
    """Of large pages, so that the archive and not the ledger is what meets the end of the room."""
    noise = random.Random(1)
    names = [f"/html/ship{number}.html" for number in range(12)]
    answers = {"/": page(anchors(*names))}
    for name in names:
        status, headers, text = story(name.strip("/").partition(".")[0])
        answers[name] = (status, headers, text + f"<!--{noise.randbytes(250_000).hex()}-->")
    with site(answers) as (base, _):
        full = crawl(tmp_path, *of(base), *FAST, *ARCHIVE, file_size=2_000_000)
        assert full.status == 3, full.summary
        assert full.run["reason"] == "disk_full"
        assert "Traceback" not in full.summary
        (path,) = files(full)
        assert path.suffix == ".gz"
        kept, before = list(read_pages(path)), full.records
        assert len(kept) > 5
        replayed = {json.dumps(article.to_dict()) for article in articles(kept)}
        assert {json.dumps(record) for record in before} <= replayed
        again = crawl(tmp_path, *of(base), *FAST, *ARCHIVE)
        assert again.status == 0, again.summary
        assert len(again.records) == len(names) > len(before)
