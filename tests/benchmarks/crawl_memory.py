"""The memory of a long crawl: `python -m tests.benchmarks.crawl_memory --pages 50000`.

A synthetic site of stories and lists, made while it is asked for, is crawled with all that the project has; the size of
the crawl's process is read while it grows. Needs /proc.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.crawling import FAST, REPORT, ROOT, command, of

_ON_A_LIST = 50
_WORDS = (
    "harbour ferry lantern council market copper winter captain bridge orchard railway printer teacher engine "
    "library festival weather compass village garden kettle museum signal theatre blanket furnace meadow pilot"
).split()


def story(number: int) -> str:
    """Return a page with a story of its own."""
    chance = random.Random(number)
    sentences = (
        " ".join(chance.choices(_WORDS, k=14)).capitalize() + f" {chance.randrange(10**6)}." for _ in range(24)
    )
    paragraphs = "".join(f"<p>{sentence} {next(sentences)}</p>" for sentence in sentences)
    title = " ".join(chance.choices(_WORDS, k=7)).capitalize()
    return (
        f'<article><div class="lbox"><div class="content_box whitebg"><h2 class="htitle"><span class="con_nav">Current:'
        f'<a href="/">Home</a> > <a href="/list/0.html">Sea</a></span>{title} -Portal</h2><h1 class="con_tilte">{title}'
        f'</h1><p class="bloginfo"><span>View</span><br><span>Date:2025-04-12 10:31:20</span></p><div class="con_text">'
        f"{paragraphs}</div></div></div></article>"
    )


def listing(number: int, pages: int) -> str:
    """Return a list of stories, with a link to the next list."""
    first = number * _ON_A_LIST
    links = (f'<li><a href="/html/{n}.html">Story {n}</a></li>' for n in range(first, min(first + _ON_A_LIST, pages)))
    more = f'<a href="/list/{number + 1}.html">Next</a>' if first + _ON_A_LIST < pages else ""
    return f"<h1>Stories</h1><ul>{''.join(links)}</ul>{more}"


@contextmanager
def served(pages: int) -> Iterator[str]:
    """Serve the site in a thread."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            number = int(name.removesuffix(".html") or 0) if name else 0
            known = kind in ("", "list", "html")
            text = story(number) if kind == "html" else listing(number, pages)
            body = f"<!DOCTYPE html><html><head><title>x</title></head><body>{text}</body></html>".encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def resident(process: int) -> float:
    """Return the memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """Crawl, print the memory at each step, and say by how much it grew after the first tenth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=50_000)
    pages = parser.parse_args().pages
    sizes: list[float] = []
    with served(pages) as base, tempfile.TemporaryDirectory() as scratch:
        records = Path(scratch, "records.jsonl")
        records.touch()
        quiet = ("-s", "LOG_LEVEL=ERROR", "-s", "DEPTH_LIMIT=0", "-s", "DEPTH_PRIORITY=0")
        crawl = command(Path(scratch), *of(base), *FAST, *REPORT, *quiet)
        with subprocess.Popen(crawl, cwd=ROOT, stderr=sys.stderr) as process, records.open("rb") as written:
            done = 0
            while process.poll() is None:
                done += written.read().count(b"\n")
                if done >= (len(sizes) + 1) * pages // 10:
                    sizes.append(resident(process.pid))
                    print(f"{done} records: {sizes[-1]:.0f} MB", flush=True)
                time.sleep(0.2)
    if sizes:
        print(f"grew by {sizes[-1] - sizes[0]:.1f} MB after the first {pages // 10} records")


if __name__ == "__main__":
    main()
