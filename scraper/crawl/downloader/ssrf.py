"""Protection against server-side request forgery: only the public internet is requested, whatever a page or DNS says.

Two components refuse requests independently; the setting TRUSTED_HOSTS lists the exceptions of both:

- `SsrfMiddleware`, a downloader middleware, sees every URL, including those of redirects and robots.txt. It refuses
  schemes and literal IPs before any lookup, and holds the list, which `trust` extends during the crawl.
- `SsrfResolver`, the TWISTED_DNS_RESOLVER, resolves the host of each connection, including literal IPs. It receives
  host and port exactly as the connection uses them, so neither another parsing of the URL nor a second DNS answer can
  differ. An IP that is not global is withheld, unless a middleware trusts this host and port.
- `RefusalMiddleware`, next to the downloader, reports a withheld IP as unsafe; a failed lookup would be retried.

Cached IPs are checked each time. A host is trusted only in the spelling and with the port that are listed. Twisted has
one resolver per process: a name that one crawl trusts resolves for all crawls of the process.

Scrapy's default handlers for http and https use the reactor's resolver; those of aiohttp and httpx do not. If the
reactor has another resolver, `SsrfMiddleware` refuses every request. With a proxy, the proxy resolves names: the
middleware checks the address of the request, and the resolver that of the proxy (list it if it is not global; the
address of a proxy for https must be an IP or global). The proxy must do the rest.
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
"""The reason to report if TWISTED_DNS_RESOLVER is another resolver: nothing is requested."""


class SsrfMiddleware:
    """Downloader middleware that refuses URLs that are not on the public internet, as far as the URL shows it."""

    def __init__(self, trusted: frozenset[str] = frozenset()) -> None:
        self.trusted = trusted
        """The "host:port" entries that may be requested nevertheless."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; raise `ValueError` for a TRUSTED_HOSTS entry that is not "host:port"."""
        return cls(places(crawler.settings.getlist("TRUSTED_HOSTS")))

    def process_request(self, request: Request) -> None:
        """Raise `IgnoreRequest` for an unsafe URL; the errback of the request is called."""
        from twisted.internet import reactor  # noqa: PLC0415  # importing it installs one

        resolver = reactor.nameResolver
        if not isinstance(resolver, SsrfResolver):
            raise IgnoreRequest(UNGUARDED)
        resolver.guards.add(self)
        if not allowed(request.url, self.trusted):
            raise IgnoreRequest(UNSAFE)


def trust(crawler: Crawler, entry: str) -> None:
    """Permit a "host:port" in a running crawl; raise `ValueError` if it is malformed."""
    middleware = crawler.get_downloader_middleware(SsrfMiddleware)
    if middleware is not None:
        middleware.trusted |= places([entry])


class SsrfResolver(CachingThreadedResolver):
    """The DNS resolver of the process (TWISTED_DNS_RESOLVER): Scrapy's default resolver, limited to global IPs."""

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.guards: WeakSet[SsrfMiddleware] = WeakSet()
        """The middlewares of the running crawls; a host that one of them trusts is resolved."""

    def install_on_reactor(self) -> None:
        """Install this resolver in front of Scrapy's."""
        super().install_on_reactor()
        self._names: Any = self.reactor.nameResolver
        self.reactor.installNameResolver(self)  # type: ignore[arg-type]  # an IHostnameResolver by its methods

    def resolveHostName(self, receiver: Any, name: str, portNumber: int = 0, *more: Any) -> Any:  # noqa: N802, N803
        """Pass a Twisted receiver the permitted IPs of a host at this port; others are treated as nonexistent."""
        is_trusted = any(place(name, portNumber) in guard.trusted for guard in self.guards)
        checked = receiver if is_trusted else _OnlyGlobal(receiver)
        return self._names.resolveHostName(checked, name.lower(), portNumber, *more)


class _OnlyGlobal:
    """Receiver of a resolution that passes on global IPs only."""

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver
        self.resolutionBegan = receiver.resolutionBegan
        self.resolutionComplete = receiver.resolutionComplete

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # Twisted's interface
        """Pass the address on if it is global."""
        if is_global(str(address.host)):
            self._receiver.addressResolved(address)


class RefusalMiddleware:
    """Downloader middleware, next to the downloader, that reports a withheld IP as unsafe rather than unknown."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Raise `IgnoreRequest` for a withheld IP, before the failed lookup is retried."""
        if isinstance(exception, CannotResolveHostError):
            name = urlsplit(request.meta.get("proxy") or request.url).hostname
            address = dnscache.get(name or "")
            if address is not None and not is_global(str(address)):
                raise IgnoreRequest(UNSAFE) from exception
