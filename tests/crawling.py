"""Whole crawls, run as people run them, and small sites to run them on."""

import json
import os
import resource
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.crawl_process import CrawlProcess, scrapy

ROOT = Path(__file__).parents[1]
FAST = (
    *("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"),
    *("-s", "CONCURRENT_REQUESTS=16", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=16"),
    *("-s", "CRAWL_REPORT=false"),
)
REPORT = ("-s", "CRAWL_REPORT=true")

# Whatever leaves the loopback goes to a proxy that is not there, and would be counted as refused.
ENVIRONMENT = os.environ | {
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "no_proxy": "127.0.0.1",
}


class Crawl(NamedTuple):
    """The exit status, stderr and directory of a crawl."""

    status: int
    summary: str
    directory: Path

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.directory / "records.jsonl").read_bytes().splitlines()]

    @property
    def run(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.directory / "run.json").read_text("utf-8"))
        return loaded

    @property
    def counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = self.run["counts"]
        return counts


def command(directory: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scrapy", "crawl", *arguments, "-s", f"CRAWL_DIR={directory}"]


def heeding() -> None:
    """Restore the default handler of SIGINT, for `preexec_fn`: a process started in the background would ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def of(base: str) -> list[str]:
    """Return the arguments that crawl a site on the loopback."""
    return ["portal", "-a", f"site={base}/", "-s", f"TRUSTED_HOSTS={urlsplit(base).netloc}"]


def start(directory: Path, *arguments: str, file_size: int = resource.RLIM_INFINITY) -> CrawlProcess:
    """Start a crawl; `file_size` limits its files in bytes, which acts like a full disk."""
    return CrawlProcess(scrapy, ["scrapy", "crawl", *arguments, "-s", f"CRAWL_DIR={directory}"], ENVIRONMENT, file_size)


def finish(process: CrawlProcess, directory: Path) -> Crawl:
    return Crawl(*process.finish(), directory)


def crawl(directory: Path, *arguments: str, file_size: int = resource.RLIM_INFINITY) -> Crawl:
    return finish(start(directory, *arguments, file_size=file_size), directory)


_RECORDS = ("written", "duplicates", "already_there", "dropped", "item_errors")


def adds_up(counts: dict[str, Any]) -> bool:
    """Return whether the counts add up, computed apart from the code that keeps them."""
    failed, skipped = sum(counts["failed"].values()) + counts["spared"], sum(counts["skipped"].values())
    return (
        counts["found"] == counts["fetched"] + counts["unchanged"] + failed + counts["repeated"] + counts["left"]
        and counts["fetched"] == counts["articles"] + skipped
        and counts["records"] == sum(counts[name] for name in _RECORDS)
        and (counts["unfinished"], counts["unwritten"]) == (0, 0)
        and counts["left"] >= 0
    )


def bodies(crawled: Crawl) -> Counter[str]:
    return Counter(json.dumps(record["body"]) for record in crawled.records)


Answers = dict[str, tuple[int, dict[str, str], str]]
SENTENCES = (
    "The {0} ferry left the harbour at dawn with forty passengers, two goats and a piano on board.",
    "Its captain, who has sailed the strait for thirty years, said the {0} crossing was the calmest of the season.",
    "Fishermen along the shore waved lanterns until the {0} boat had rounded the cape and was out of sight.",
    "The mayor promised that a second {0} ferry would be bought before winter, if the council finds the money.",
)


def story(name: str, links: str = "", part: str = "") -> tuple[int, dict[str, str], str]:
    """Return the page of a story, or of a part of it, with both names in its text."""
    body = "".join(f"<p>{sentence.format(name + part)}</p>" for sentence in SENTENCES)
    title = f"The {name} ferry makes its first crossing"
    return page(
        f'<article><div class="lbox"><div class="content_box whitebg"><h2 class="htitle"><span class="con_nav">Current:'
        f'<a href="/">Home</a> > <a href="/sea/">Sea</a></span>{title} -Portal</h2><h1 class="con_tilte">{title}</h1>'
        f'<p class="bloginfo"><span>View</span><br><span>Date:2025-04-12 10:31:20</span></p>'
        f'<div class="con_text">{body}<p><span class="diggit">veryGood! (5)</span></p></div>'
        f"{links}</div></div></article>"
    )


def page(html: str, status: int = 200, **headers: str) -> tuple[int, dict[str, str], str]:
    return status, headers, f"<!DOCTYPE html><html><head><title>x</title></head><body>{html}</body></html>"


def anchors(*hrefs: str) -> str:
    return " ".join(f'<a href="{href}">{number}</a>' for number, href in enumerate(hrefs, 1))


@contextmanager
def site(answers: Answers) -> Iterator[tuple[str, Counter[str]]]:
    """Serve these answers on the loopback; everything else is 404."""
    hits: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            hits[self.path] += 1
            status, headers, text = answers.get(self.path, (404, {}, "not here"))
            body = text.encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "text/html", "Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", hits
        finally:
            server.shutdown()
            thread.join()


def crawl_site(directory: Path, answers: Answers, *more: str) -> tuple[Crawl, Counter[str]]:
    with site(answers) as (base, hits):
        return crawl(directory, *of(base), *FAST, *more), hits
