"""One page fetched from servers of all kinds: it comes whole, or an error says why, within the deadline."""

import contextlib
import pickle
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from scraper import FetchError
from scraper.io import fetch as module
from scraper.io.content_encoding import CUT_SHORT, TOO_LARGE
from scraper.io.fetch import USER_AGENT, fetch
from scraper.io.network_policy import UNSAFE
from tests.faults import FORMS, Server, serve_faults, story_page

CODINGS = ("gzip", "deflate", "br", "zstd")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve_faults() as result:
        yield result


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BACKOFF", 0.1)


def refused(server: Server, path: str, **terms: object) -> str:
    """Return the reason for which a page does not come, and hold the error to its form."""
    url = server.base + path
    with pytest.raises(FetchError) as caught:
        fetch(url, trusted={server.place}, **terms)
    assert (caught.value.url, str(caught.value)) == (url, f"{url}: {caught.value.reason}")
    return caught.value.reason


def asked(server: Server, path: str) -> list[float]:
    """Return the seconds between the requests for a path."""
    times = server.hits[path]
    return [later - earlier for earlier, later in pairwise(times)]


# ---------------------------------------------------------------- what comes


def test_a_page_comes_with_its_address_type_time_and_status(server):
    page = fetch(f"{server.base}/html/red.html", trusted={server.place})
    assert (page.url, page.status, page.body) == (f"{server.base}/html/red.html", 200, story_page("red"))
    assert page.content_type == "text/html; charset=utf-8"
    assert page.fetched_at is not None
    assert page.fetched_at.utcoffset() is not None


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_packed_is_unpacked(server, coding):
    assert fetch(f"{server.base}/whole/{coding}", trusted={server.place}).body == story_page(f"whole {coding}")


@pytest.mark.parametrize(("path", "name"), [("/plain-as-gzip", "plain"), ("/length/small", "small")])
def test_a_wrong_label_is_cheap(server, path, name):
    assert story_page(name).startswith(fetch(server.base + path, trusted={server.place}).body)


def test_a_busy_server_is_retried_after_its_delay(server):
    assert fetch(f"{server.base}/flaky", trusted={server.place}).body == story_page("flaky")
    assert len(server.hits["/flaky"]) == 3
    assert min(asked(server, "/flaky")) >= 1  # its Retry-After


def test_redirects_are_followed_and_the_last_address_reported():
    with serve_faults(robots="302") as other:
        page = fetch(f"{other.base}/robots.txt", trusted={other.place})
    assert page.url == f"{other.base}/rules.txt"


def test_the_user_agent_is_sent(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # which is passed over
    request: list[bytes] = []
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", request) as place:
        assert fetch(f"http://{place}/", trusted={place}).body == b"hi"
    assert f"User-Agent: {USER_AGENT}".encode() in request[0]
    assert f"Host: {place}".encode() in request[0]


class listening:  # noqa: N801 - a context, as those of contextlib
    """A server that sends the same bytes to every client."""

    def __init__(self, said: bytes, heard: list[bytes], context: ssl.SSLContext | None = None) -> None:
        self.said, self.heard, self.context = said, heard, context
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
                client = self.context.wrap_socket(client, server_side=True) if self.context else client
                with client:
                    self.heard.append(client.recv(65536))
                    client.sendall(self.said)
            except ssl.SSLError:
                continue
            except OSError:
                return

    def __enter__(self) -> str:
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.socket.close()


# ---------------------------------------------------------------- what does not come


@pytest.mark.parametrize("path", ["/slow/headers", "/slow/body", "/hang"])
def test_no_phase_exceeds_the_deadline(server, path):
    start = time.monotonic()
    assert refused(server, path, deadline=0.5) == "no whole answer in 0.5 seconds"
    assert 0.4 < time.monotonic() - start < 2


def test_a_slow_resolver_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    start = time.monotonic()
    with pytest.raises(FetchError, match="no whole answer"):
        fetch("http://slow.test/", deadline=0.3)
    assert time.monotonic() - start < 0.9


@pytest.mark.parametrize(
    "path", ["/huge/with-length", "/huge/without-length", *(f"/bomb/{c}" for c in ("gzip", "br", "zstd"))]
)
def test_what_is_too_large_is_left_off(server, path):
    assert refused(server, path, max_bytes=2**21) == TOO_LARGE
    assert len(server.hits[path]) == 1


def test_the_limit_is_for_the_packed_and_the_unpacked(server):
    size = len(story_page("red"))
    assert fetch(f"{server.base}/html/red.html", trusted={server.place}, max_bytes=size).body == story_page("red")
    assert refused(server, "/html/red.html", max_bytes=size - 1) == TOO_LARGE
    assert refused(server, "/whole/gzip", max_bytes=len(story_page("whole gzip")) - 1) == TOO_LARGE


@pytest.mark.parametrize("path", ["/short", *(f"/torn/{coding}" for coding in CODINGS)])
def test_what_is_cut_short_is_requested_again(server, path):
    assert refused(server, path, tries=2) == CUT_SHORT
    assert len(server.hits[path]) == 2


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/reset", "connection failed"),
        ("/garbage", "no HTTP"),
        ("/chunk", "no HTTP"),
        ("/noise-as-gzip", "bad compression"),
        ("/length/two", "no HTTP"),
        ("/many-headers", "no HTTP"),
        ("/missing", "404 Not Found"),
        ("/loop", "too many redirects"),
        ("/endless/1", "too many redirects"),
    ],
)
def test_each_fault_has_its_reason(server, path, reason):
    assert refused(server, path, tries=1).startswith(reason)


def test_a_persistent_failure_ends_the_fetch(server):
    assert refused(server, "/500", tries=2) == "500 Internal Server Error"
    assert asked(server, "/500")[0] >= 0.1
    assert refused(server, "/429", tries=2) == "429 Too Many Requests"
    assert asked(server, "/429")[0] >= 1


@pytest.mark.parametrize("again", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT", "Fri, 31 Dec 2100 23:59:59 -0000"])
def test_a_retry_after_beyond_the_deadline_ends_the_fetch(again):
    said = f"HTTP/1.1 503 Busy\r\nRetry-After: {again}\r\nContent-Length: 0\r\n\r\n"
    start = time.monotonic()
    with listening(said.encode(), []) as place, pytest.raises(FetchError, match=r"503 .*no time for another try in"):
        fetch(f"http://{place}/", trusted={place}, deadline=5)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("again", ["soon", "-1", "", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_an_invalid_retry_after_is_ignored(again):
    heard: list[bytes] = []
    said = f"HTTP/1.1 599\r\nRetry-After: {again}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with listening(said.encode(), heard) as place, pytest.raises(FetchError, match="599"):
        fetch(f"http://{place}/", trusted={place}, tries=2)
    assert len(heard) == 2


def test_a_refused_connection_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(FetchError, match=r"connection failed: .*refused"):
        fetch(f"http://{place}/", trusted={place}, tries=1)


def test_a_certificate_is_checked_and_requested_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    line = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=portal.test -keyout {tmp_path}/key -out {tmp_path}/cert"
    )
    made = subprocess.run(line.split(), capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    monkeypatch.setattr(module, "_BACKOFF", 1)
    with listening(b"HTTP/1.1 200 OK\r\n\r\n", [], context) as place:
        start = time.monotonic()
        with pytest.raises(FetchError, match="certificate is not valid: self-signed"):
            fetch(f"https://{place}/", trusted={place})
        assert time.monotonic() - start < 1


# ---------------------------------------------------------------- what is not asked for


@pytest.mark.parametrize(
    "url",
    [
        "ftp://portal.test/",
        "file:///etc/passwd",
        "http://",
        "portal.test",
        "http://[::",
        "http://a b/",
        "http://x:99999/",
        "",
        "http://é\udcff/",
    ],
)
def test_an_invalid_url_is_refused(url):
    with pytest.raises(FetchError):
        fetch(url, tries=1)


@pytest.mark.parametrize("host", FORMS)
def test_what_is_not_on_the_public_internet_is_not_requested(server, host):
    hits = sum(map(len, server.hits.values()))
    with pytest.raises(FetchError, match=UNSAFE):
        fetch(f"http://{host}:{server.place.partition(':')[2]}/html/red.html")
    assert sum(map(len, server.hits.values())) == hits


@pytest.mark.parametrize("number", range(len(FORMS)))
def test_a_redirect_to_there_is_not_followed(number):
    with serve_faults() as behind, serve_faults(elsewhere=int(behind.place.partition(":")[2])) as front:
        assert UNSAFE in refused(front, f"/to/{number}")
        assert not behind.hits


@pytest.mark.parametrize("path", ["/to-file", "/to-data"])
def test_a_redirect_off_the_web_is_not_followed(server, path):
    assert UNSAFE in refused(server, path)


def test_a_name_is_judged_by_the_ip_that_is_connected_to(server, monkeypatch):
    """A second look-up would get another answer; none is made."""
    asked_for: list[str] = []
    port = server.place.partition(":")[2]
    real = socket.getaddrinfo

    def rebound(host: str, *more: object, **terms: object) -> object:
        if host != "portal.test":
            return real(host, *more, **terms)
        asked_for.append(host)
        return real("127.0.0.1" if len(asked_for) == 1 else "93.184.216.34", *more, **terms)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with pytest.raises(FetchError, match=f"{UNSAFE}: portal.test is 127.0.0.1"):
        fetch(f"http://portal.test:{port}/html/red.html")
    asked_for.clear()
    page = fetch(f"http://portal.test:{port}/html/red.html", trusted={f"portal.test:{port}"})
    assert (page.body, len(asked_for)) == (story_page("red"), 1)


def test_an_error_goes_from_process_to_process():
    error = FetchError("http://portal.test/", "too large")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.url, again.reason) == (FetchError, error.url, error.reason)


def test_zero_attempts_is_an_error():
    with pytest.raises(ValueError, match="tries"):
        fetch("http://portal.test/", tries=0)


# ---------------------------------------------------------------- what a server may say


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("9" * 5000, 1e9, 1e64),
        ("Mon, 01 Jan 2091 00:00:00 GMT", 1e9, 1e10),
        ("Mon, 01 Jan 2001 00:00:00 GMT", -1e10, 0),
        *(
            (f"{day}, 01 Jan {year} {clock} {zone}", -1e12, 1e12)
            for day in ("Mon", "")
            for year in ("9" * 30, "-1", "0", "99999")
            for clock in ("00:00:00", "9" * 20, "1:2:3:4")
            for zone in ("GMT", "+9999999999", "-" + "9" * 30)
        ),
        *(
            (header, 0, 0)
            for header in ("", "soon", "-5", "1e400", "²", "١", "inf", "nan", ",", ":", "\x00", "Mon", "(" * 99)
        ),
    ],
)
def test_a_retry_after_of_any_kind_is_a_number_of_seconds(header, least, most):
    assert least <= module._retry_after(header) <= most


@pytest.mark.parametrize("again", ["9" * 400, "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2031 00:00:00 +99999999999999"])  # fmt: skip
def test_a_long_retry_after_ends_the_fetch(again):
    said = f"HTTP/1.1 503 Busy\r\nRetry-After: {again}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"

        def answer() -> None:
            with contextlib.suppress(OSError):  # the listener is closed when the client is done
                for _ in range(2):
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(9999)
                        connection.sendall(said.encode())

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(FetchError, match="503 Service Unavailable"):
            fetch(f"http://{place}/", trusted={place}, tries=2)
