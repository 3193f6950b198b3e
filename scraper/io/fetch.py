"""The fetching of a single page that a user requests; a crawl uses Scrapy's downloader instead.

- One deadline covers everything: name resolution, connections, each byte, redirects, waits, retries. The time-outs of
  httpx restart with each read, so that a slow trickle never times out; the connections are therefore made here.
- Only addresses of the public internet, and trusted ones. The URL of each hop is checked, then the IPs of its host, and
  the connection goes to one of these: the name is not resolved again.
- Bodies are decompressed by `scraper.io.content_encoding`, which stops at the limit.
- No proxy: HTTP_PROXY and the like are ignored, as a proxy would resolve the names itself. No .netrc either.
- robots.txt is not fetched: a user requests a single page by its URL.
"""

import email.utils
import math
import queue
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urljoin

import httpcore
import httpx

from scraper.errors import FetchError
from scraper.io.content_encoding import ACCEPTED, CUT_SHORT, TOO_LARGE, codings, unpack_all
from scraper.io.network_policy import UNSAFE, allowed, is_global, place
from scraper.io.warc import Page

__all__ = ["USER_AGENT", "fetch"]

USER_AGENT = "scraper/0.1 (one page for a person; no crawler)"

_HEADERS = {"User-Agent": USER_AGENT, "Accept": "text/html,*/*;q=0.5", "Accept-Encoding": ACCEPTED}
_REDIRECTS, _MOVED = 5, frozenset((301, 302, 303, 307, 308))
_CONNECT = 10.0  # seconds for one IP
_IPS = 4  # tried per name
_LONGEST_DATE = 64  # characters of a Retry-After header that are parsed
_BACKOFF = 0.5  # seconds before the second try; doubled each time


class _TemporaryError(Exception):
    """A temporary error."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait
        """The delay that the server requests, in seconds."""


class _Refused(Exception):
    """A URL is not allowed by the network policy."""


class _Terms(NamedTuple):
    """The limits of a request, and the trusted hosts."""

    until: float
    """On the monotonic clock."""
    max_bytes: int
    trusted: Collection[str]

    def remaining(self) -> float:
        """Return the remaining seconds; raise `httpcore.ReadTimeout` after the deadline."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds


def fetch(
    url: str,
    *,
    deadline: float = 30.0,
    max_bytes: int = 10 * 2**20,
    tries: int = 3,
    trusted: Collection[str] = frozenset(),
) -> Page:
    """Fetch a page; its `url` is that of the last redirect.

    `deadline` is in seconds and covers everything, `max_bytes` limits the body before and after decompression.
    Temporary errors (a server error, 429, a broken connection) are retried with growing waits, or after the time that
    the server names, as far as the deadline allows. `trusted` holds places ("127.0.0.1:8000", as parsed by
    `scraper.io.network_policy.places`) that may be requested although they are not on the public internet.

    Raise `FetchError` for any failure.
    """
    terms = _Terms(time.monotonic() + deadline, max_bytes, trusted)
    for number in range(1, tries + 1):
        try:
            return _attempt(url, terms)
        except httpcore.TimeoutException as error:
            raise FetchError(url, f"no whole answer in {deadline:g} seconds") from error
        except _TemporaryError as error:
            wait = max(error.wait, _BACKOFF * 2 ** (number - 1))
            if number == tries:
                raise FetchError(url, str(error)) from error
            if time.monotonic() + wait >= terms.until:
                raise FetchError(url, f"{error}; no time for another try in {math.ceil(wait)} seconds") from error
            time.sleep(wait)
    raise ValueError(f"tries must be at least 1, not {tries}")


def _attempt(url: str, terms: _Terms) -> Page:
    try:
        with httpcore.ConnectionPool(network_backend=_Network(terms)) as pool:
            return _follow(pool, url, terms)
    except _Refused as error:
        raise FetchError(url, str(error)) from error
    except httpcore.RemoteProtocolError as error:
        raise _TemporaryError(CUT_SHORT if str(error).startswith("peer closed") else f"no HTTP: {error}") from error
    except httpcore.NetworkError as error:
        (cause,) = error.args or (None,)
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise FetchError(url, f"its certificate is not valid: {cause.verify_message}") from error
        raise _TemporaryError(f"connection failed: {error}") from error
    except (httpx.InvalidURL, httpcore.ProtocolError, ValueError) as error:
        raise FetchError(url, f"no address to ask for: {error}") from error


def _follow(pool: httpcore.ConnectionPool, url: str, terms: _Terms) -> Page:
    location = url
    for _ in range(_REDIRECTS + 1):
        if not allowed(location, terms.trusted):
            raise _Refused(UNSAFE if location == url else f"redirected to an {UNSAFE}: {location}")
        request = httpx.Request("GET", location, headers=_HEADERS)  # it normalises the host
        with pool.stream("GET", _target(request.url), headers=request.headers.raw) as response:
            headers = httpx.Headers(response.headers)
            if response.status not in _MOVED or "Location" not in headers:
                body = _body(url, response, headers, terms.max_bytes)
                return Page(str(request.url), body, headers.get("Content-Type"), datetime.now(UTC), response.status)
            location = urljoin(str(request.url), headers["Location"])
    raise FetchError(url, "too many redirects")


def _target(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _body(url: str, response: httpcore.Response, headers: httpx.Headers, limit: int) -> bytes:
    """Return the decoded body; raise on error statuses."""
    if response.status >= 500 or response.status in (408, 429):
        raise _TemporaryError(_status_text(response.status), _retry_after(headers.get("Retry-After", "")))
    if not 200 <= response.status < 300:
        raise FetchError(url, _status_text(response.status))
    encoded = bytearray()
    for part in response.iter_stream():
        encoded += part
        if len(encoded) > limit:
            raise FetchError(url, TOO_LARGE)
    body, flag = unpack_all(bytes(encoded), codings(headers.get("Content-Encoding", "")), limit)
    if flag == CUT_SHORT:
        raise _TemporaryError(flag)
    if flag:
        raise FetchError(url, flag)
    return body


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _retry_after(header: str) -> float:
    """Return the delay of a Retry-After header, a number or a date, in seconds; 0 if it is invalid."""
    header = header.strip()[:_LONGEST_DATE]
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        date = email.utils.parsedate_to_datetime(header)
        return (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):  # all of which this parser raises
        return 0.0


# ---------------------------------------------------------------- the network beneath


class _Network(httpcore.NetworkBackend):
    """A backend that connects only to allowed IPs, and reads until the deadline."""

    def __init__(self, terms: _Terms) -> None:
        self._terms = terms
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no IP")
        for ip in self._reachable(host, port)[:_IPS]:
            try:
                seconds = min(self._terms.remaining(), _CONNECT)
                return _DeadlineStream(
                    self._inner.connect_tcp(ip, port, seconds, local_address, socket_options), self._terms
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        self._terms.remaining()
        raise httpcore.ConnectError(str(failure)) from failure

    def _reachable(self, host: str, port: int) -> list[str]:
        ips = _resolve(host, port, self._terms.remaining())
        if place(host, port) in self._terms.trusted:
            return ips
        reachable = [ip for ip in ips if is_global(ip)]
        if ips and not reachable:
            raise _Refused(f"{UNSAFE}: {host} is {ips[0]}")
        return reachable


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Resolve a name in a thread, as the system's resolver has no time limit."""
    results: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put(list(dict.fromkeys(str(address[0]) for *_, address in addresses)))
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=resolve, name="lookup", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(result, Exception):
        raise httpcore.ConnectError(f"{host} is not known ({result})") from result
    return result


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose operations all end at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, terms: _Terms) -> None:
        self._inner = inner
        self._terms = terms

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._terms.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._terms.remaining())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(
            self._inner.start_tls(ssl_context, server_hostname, self._terms.remaining()), self._terms
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
