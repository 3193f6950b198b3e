"""The embedded portal, many times over, as one large site: `python -m tests.benchmarks.scaled --pages 3000`.

Each copy stands under a folder of its own, and the longer texts of each are spelled in a way of its own, so that no story
is the copy of another. The first line printed is the address.
"""

import argparse
import itertools
import re
import socket
import threading

from fixtures.portal.server import Server, serve_on
from fixtures.portal.site import Page, build

_TEXT = re.compile(r">([^<]{60,})<")
_LINK = re.compile(r'((?:href|src|action)=")/')
_VOWELS = tuple(itertools.permutations("aeiou"))


def scaled(base: str, pages: int) -> dict[str, Page]:
    """Return a site of at least so many pages."""
    portal = build(base)
    copies = -(-pages // len(portal))
    links = "".join(f'<p><a href="/{number}/">Edition {number}</a></p>' for number in range(copies))
    site = {"/": Page(f"<!DOCTYPE html><html><body><h1>Editions</h1>{links}</body></html>".encode())}
    for number in range(copies):
        site |= {f"/{number}{path}": _moved(page, base, number) for path, page in portal.items()}
    return site


def _moved(page: Page, base: str, number: int) -> Page:
    location = page.location.replace(base, f"{base}/{number}") if page.location else ""
    location = f"/{number}{location}" if location.startswith("/") else location
    if not page.content_type.startswith(("text/html", "application/xml")):
        return page._replace(location=location)
    spelling = str.maketrans("aeiou", "".join(_VOWELS[number % len(_VOWELS)]))
    text = page.body.decode("latin-1").replace(base, f"{base}/{number}")
    text = _LINK.sub(rf"\g<1>/{number}/", text)
    text = _TEXT.sub(lambda match: f">{match[1].translate(spelling)}<", text)
    return page._replace(body=text.encode("latin-1"), location=location)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3000)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with serve_on(listener, Server(base, scaled(base, parser.parse_args().pages))):
            print(base, flush=True)
            threading.Event().wait()


if __name__ == "__main__":
    main()
