"""No request leaves for an address that is not on the public internet, whatever a page, a redirect or a DNS says.

Two halves, each of which refuses by itself, and one list of what is trusted all the same, the setting TRUSTED_HOSTS:

- `SsrfMiddleware`, a downloader middleware, sees every URL, including redirects and robots.txt: it refuses
  schemes and literal IPs before anything is asked, and keeps the list, which `trust` extends while the crawl runs.
- `SsrfResolver`, by the setting TWISTED_DNS_RESOLVER, is what the connection itself resolves its host with,
  literal IPs included. It is told host and port as the connection will use them, so no second reading of the address
  can differ, and no second answer of a DNS counts: an IP that is not global is withheld, unless a Guard trusts the
  very place.
- `RefusalMiddleware`, a middleware next to the downloader, gives a withheld IP its name; a lookup that failed would be
  retried.

A cached IP is judged anew each time, whatever cached it. A host is trusted under the spelling and port that are
listed, no other. The resolver belongs to the process, as Twisted has it: a name that one crawl trusts resolves for
all of them.

Scrapy's default handlers for http and https connect with the reactor's resolver (those of aiohttp and httpx do not:
names go past it); where that is not this one, Guard refuses every request. With a proxy, it is the proxy that
resolves: Guard judges the request's address, the resolver the proxy's (list it, if it is not global; that of a proxy
for https must be an IP or global), the rest is the proxy's duty.
"""

from typing import Any, Self
from urllib.parse import urlsplit
from weakref import WeakSet

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.resolver import CachingThreadedResolver, dnscache
from twisted.internet.base import ReactorBase

from scraper.io.network_policy import UNSAFE, allowed, is_global, place, places

__all__ = ["UNGUARDED", "RefusalMiddleware", "SsrfMiddleware", "SsrfResolver", "trust"]

UNGUARDED = "the resolver is not guarded"
"""Why nothing is asked for where TWISTED_DNS_RESOLVER names another."""


class SsrfMiddleware:
    """Downloader middleware that refuses requests for what is not on the public internet, as far as they say so."""

    def __init__(self, trusted: frozenset[str] = frozenset()) -> None:
        self.trusted = trusted
        """The places that may be reached although they are not."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; raise `ValueError` for an entry of TRUSTED_HOSTS that is no "host:port"."""
        return cls(places(crawler.settings.getlist("TRUSTED_HOSTS")))

    def process_request(self, request: Request) -> None:
        """Raise `IgnoreRequest`, so that the request's errback hears of it."""
        from twisted.internet import reactor  # noqa: PLC0415  # importing it installs one

        resolver = reactor.nameResolver
        if not isinstance(resolver, SsrfResolver):
            raise IgnoreRequest(UNGUARDED)
        resolver.guards.add(self)
        if not allowed(request.url, self.trusted):
            raise IgnoreRequest(UNSAFE)


def trust(crawler: Crawler, entry: str) -> None:
    """Permit a "host:port" in a running crawl; raise `ValueError` if it is malformed."""
    guard = crawler.get_downloader_middleware(SsrfMiddleware)
    if guard is not None:
        guard.trusted |= places([entry])


class SsrfResolver(CachingThreadedResolver):
    """The process's resolver of names, for TWISTED_DNS_RESOLVER: Scrapy's default one, less what is not global."""

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.guards: WeakSet[SsrfMiddleware] = WeakSet()
        """Those of the crawls that run: what one of them trusts may be reached."""

    def install_on_reactor(self) -> None:
        """Install this resolver in front of Scrapy's."""
        super().install_on_reactor()
        self._names: Any = self.reactor.nameResolver
        self.reactor.installNameResolver(self)  # type: ignore[arg-type]  # an IHostnameResolver by its methods

    def resolveHostName(self, receiver: Any, name: str, portNumber: int = 0, *more: Any) -> Any:  # noqa: N802, N803
        """Pass a Twisted receiver the permitted IPs of a host at this port; others are treated as nonexistent."""
        trusted = any(place(name, portNumber) in guard.trusted for guard in self.guards)
        judged = receiver if trusted else _OnlyGlobal(receiver)
        return self._names.resolveHostName(judged, name.lower(), portNumber, *more)


class _OnlyGlobal:
    """Receiver of a resolution that passes on global IPs only."""

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver
        self.resolutionBegan = receiver.resolutionBegan
        self.resolutionComplete = receiver.resolutionComplete

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # Twisted's interface
        """Pass it on, or not."""
        if is_global(str(address.host)):
            self._receiver.addressResolved(address)


class RefusalMiddleware:
    """Downloader middleware, next to the downloader: a name whose IP was withheld is unsafe, not unknown."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Raise `IgnoreRequest`, before the failed lookup is retried."""
        if isinstance(exception, CannotResolveHostError):
            asked = urlsplit(request.meta.get("proxy") or request.url).hostname
            found = dnscache.get(asked or "")
            if found is not None and not is_global(str(found)):
                raise IgnoreRequest(UNSAFE) from exception
