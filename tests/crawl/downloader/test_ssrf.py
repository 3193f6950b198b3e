"""No request leaves the public internet: the rules, the resolver, and crawls against a place that must not be reached."""

import ipaddress
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import dnscache
from twisted.internet.address import IPv4Address
from twisted.internet.base import PluggableResolverMixin
from twisted.internet.defer import fail, succeed
from twisted.internet.error import DNSLookupError

from scraper.crawl.downloader.ssrf import UNGUARDED, SsrfMiddleware, SsrfResolver
from scraper.io.network_policy import UNSAFE, allowed, is_global, place, places
from tests.crawling import FAST, crawl, page, site, story
from tests.faults import FORMS
from tests.probe import Probed, probe

# --- The rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "192.0.0.9"],
)
def test_global(ip):
    assert is_global(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
        ),
        *("192.0.0.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"),
        *("2002:7f00:1::1", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808"),
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo, of a client at 127.0.0.1
        *("", "portal.test", "127.1", "2130706433"),
    ],
)
def test_not_global(ip):
    assert not is_global(ip)


def test_an_ipv4_address_inside_an_ipv6_one_is_judged_as_itself():
    for inner in map(ipaddress.IPv4Address, ("8.8.8.8", "127.0.0.1", "10.1.2.3", "169.254.169.254", "224.0.0.1")):
        number = int(inner)
        mapped, six_to_four, nat64 = 0xFFFF << 32 | number, 0x2002 << 112 | number << 80, 0x64FF9B << 96 | number
        outer = [str(ipaddress.IPv6Address(item)) for item in (mapped, six_to_four, nat64)]
        assert [is_global(item) for item in outer] == [is_global(str(inner))] * 3, outer


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.test/",
        "https://portal.test:8443/a?b",
        "http://8.8.8.8/",
        "http://[2606:4700::1111]/",
        "http://1.e100.net/",
    ],
)
def test_allowed(url):
    assert allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        *(f"http://{form}/" for form in FORMS),
        *("http://0177.0.0.1/", "http://017700000001/", "http://0/", "http://127.0.0.1./", "http://127%2e0%2e0%2e1/"),
        *("http://１２７.0.0.1/", "http://127。0。0。1/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1%25eth0]/"),
        *("http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://me:secret@127.0.0.1/"),
        *("file:///etc/passwd", "data:text/html,x", "ftp://portal.test/", "gopher://portal.test/", "javascript:1"),
        *("http://127.0.0.1%00.portal.test/", "http://a\0b/", "http://%00/"),
        *("", "//portal.test/", "/a", "http:///", "http://[portal/", "http://portal.test:port/", "http://./"),
    ],
)
def test_not_allowed(url):
    assert not allowed(url)
    assert not allowed(url, places(["127.0.0.1:8750"]))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8750/", True),
        ("https://127.0.0.1:8750/a", True),
        ("http://127.0.0.1:8751/", False),
        ("http://127.0.0.1/", False),
        ("http://127.1:8750/", False),
        ("http://2130706433:8750/", False),
        ("http://localhost:8750/", False),
        ("http://[::ffff:127.0.0.1]:8750/", False),
        ("ftp://127.0.0.1:8750/", False),
        ("http://[::1]:80/", True),
        ("http://[::1]/", True),
        ("https://[::1]/", False),
        ("http://LocalHost:9/", True),
        ("http://127.0.0.1:8750@10.0.0.1/", False),
    ],
)
def test_a_trusted_place_is_one_spelling_and_one_port(url, expected):
    assert allowed(url, places(["127.0.0.1:8750", " [::1]:80", "localhost:9", ""])) is expected


@pytest.mark.parametrize(
    "entry", ["127.0.0.1", "portal.test:", "portal.test:0", ":80", "http://a:80", "a:80/", "u@a:80", "a:b"]
)
def test_an_invalid_host_and_port_is_an_error(entry):
    with pytest.raises(ValueError, match=r"is not host:port|[Pp]ort"):
        places([entry])


def test_a_place():
    assert (place("Portal.test", 80), place("::1", 8080)) == ("portal.test:80", "[::1]:8080")


# --- The resolver -------------------------------------------------------------------------------------------------


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Replace the DNS by these answers in turn, which the resolver caches as usual."""
    results: list[str] = []
    monkeypatch.setattr(
        "scrapy.resolver.ThreadedResolver.getHostByName",
        lambda *_: succeed(results.pop(0)) if results else fail(DNSLookupError()),
    )
    yield results
    dnscache.clear()


def resolver(cache: int = 100) -> SsrfResolver:
    reactor = PluggableResolverMixin()
    guarded = SsrfResolver(reactor, cache, 1.0)
    guarded.install_on_reactor()
    assert reactor.nameResolver is guarded
    return guarded


def resolved(guarded: SsrfResolver, name: str, port: int = 80) -> list[str]:
    results: list[IPv4Address] = []
    ended: list[bool] = []
    receiver = SimpleNamespace(
        resolutionBegan=lambda _: None, addressResolved=results.append, resolutionComplete=lambda: ended.append(True)
    )
    guarded.resolveHostName(receiver, name, portNumber=port)
    assert ended == [True]
    return [f"{address.host}:{address.port}" for address in results]


def test_a_global_answer_is_passed_on(answers):
    answers += ["8.8.8.8"]
    assert resolved(resolver(), "portal.test") == ["8.8.8.8:80"]


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
def test_another_answer_is_withheld(answers, ip):
    answers += [ip]
    assert resolved(resolver(), "portal.test") == []


def test_an_unknown_name_stays_unknown(answers):
    assert resolved(resolver(), "portal.test") == []


def test_a_second_answer_of_another_kind_is_withheld(answers):
    """The DNS is rebound between two connections, and nothing is cached."""
    guarded = resolver(cache=0)
    answers += ["8.8.8.8", "127.0.0.1", "8.8.4.4"]
    assert [resolved(guarded, "portal.test") for _ in range(3)] == [["8.8.8.8:80"], [], ["8.8.4.4:80"]]


def test_what_is_cached_is_judged_anew(answers):
    guarded = resolver()
    dnscache["portal.test"] = "127.0.0.1"
    dnscache["other.test"] = [IPv4Address("TCP", "127.0.0.1", 0)]  # as Scrapy's other resolver leaves it
    assert [resolved(guarded, name) for name in ("portal.test", "PORTAL.test", "other.test")] == [[], [], []]


def test_a_trusted_name_resolves_at_its_port_only(answers):
    guarded = resolver()
    guard = SsrfMiddleware(places(["portal.test:8080"]))
    guarded.guards.add(guard)
    answers += ["10.0.0.1"]
    assert resolved(guarded, "Portal.test", 8080) == ["10.0.0.1:8080"]
    assert resolved(guarded, "portal.test", 80) == resolved(guarded, "portal.test", 0) == []
    assert resolved(guarded, "other.test", 8080) == []
    del guard
    assert resolved(guarded, "portal.test", 8080) == []


def test_without_the_resolver_nothing_is_requested(monkeypatch):
    monkeypatch.setattr("twisted.internet.reactor", PluggableResolverMixin(), raising=False)
    with pytest.raises(IgnoreRequest, match=UNGUARDED):
        SsrfMiddleware().process_request(Request("http://portal.test/"))


# --- Requests -----------------------------------------------------------------------------------------------------

NAMES = {"private.test": "10.0.0.7", "loop.test": "127.0.0.1", "cloud.test": "169.254.169.254"}


@pytest.fixture(scope="module")
def reached() -> tuple[Probed, list[str], list[str], str]:
    """Request every form of an address, directly and by a redirect, with another host trusted."""
    with site({"/": page("secret")}) as (forbidden, hits), socket.create_server(("127.0.0.1", 0)) as listener:
        port = forbidden.rpartition(":")[2]
        hosts = (*FORMS, *NAMES, "localhost", "127.0.0.1.", "0177.1")
        direct = [f"http://{host}:{port}/" for host in hosts]
        direct += [f"https://{host}:{port}/tls" for host in NAMES]  # by another path, as the scheme tells none apart
        direct += [f"http://{host}:{listener.getsockname()[1]}/" for host in FORMS]
        answers = {
            f"/{n}": page("", 302, Location=url) for n, url in enumerate((*direct, "file:///etc/passwd", "data:,x"))
        }
        with site(answers) as (base, _):
            other = [f"http://{host}:{base.rpartition(':')[2]}/" for host in ("127.1", "localhost", "loop.test")]
            redirected = [base + path for path in answers]
            trusted = base.removeprefix("http://")
            probed = probe([*direct, *other, *redirected, f"{base}/none"], NAMES, TRUSTED_HOSTS=trusted)
        assert not hits
        return probed, [*direct, *other], redirected, trusted


def test_no_form_of_an_address_is_reached(reached):
    probed, direct, redirected, _ = reached
    assert len(direct) > 2 * len(FORMS)
    assert {probed.outcomes[url]["error"] for url in direct} == {f"IgnoreRequest: {UNSAFE}"}
    *unsafe, file, data = redirected
    assert {probed.outcomes[url].get("error") for url in unsafe} == {f"IgnoreRequest: {UNSAFE}"}
    assert [probed.outcomes[url]["error"].split(":")[0] for url in (file, data)] == ["HttpError"] * 2


def test_no_connection_is_tried_but_to_what_is_trusted(reached):
    probed, _, _, trusted = reached
    assert probed.connected == {trusted}
    assert probed.outcomes[f"http://{trusted}/none"]["error"].startswith("HttpError")  # 404: it was asked


def test_a_refused_request_is_not_tried_again(reached):
    probed, direct, _, _ = reached
    assert {probed.outcomes[url]["tries"] for url in direct} == {1}


def test_the_resolver_refuses_by_itself():
    urls = [f"http://{host}:9/" for host in (*FORMS, *NAMES)]
    probed = probe(
        urls,
        NAMES,
        ADDONS={},
        TWISTED_DNS_RESOLVER="scraper.crawl.downloader.ssrf.SsrfResolver",
        RETRY_ENABLED=False,
    )
    assert {probed.outcomes[url]["error"].split(":")[0] for url in urls} == {"CannotResolveHostError"}
    assert probed.connected == set()


def test_a_name_that_is_rebound_reaches_nothing():
    """The first answer is a global IP without a server, the second one the local host."""
    with site({"/": page("secret")}) as (base, hits):
        port = base.rpartition(":")[2]
        url, names = f"http://rebound.test:{port}/", {"rebound.test": "8.8.8.8 127.0.0.1"}
        probed = probe([url], names, DNSCACHE_ENABLED=False)
    assert probed.connected == {f"8.8.8.8:{port}"}
    assert probed.outcomes[url]["tries"] == 3
    assert not hits


def test_the_middleware_refuses_addresses_behind_a_proxy():
    """The resolver refuses a proxy that is not trusted."""
    with site({"http://portal.test/": page("by the proxy")}) as (proxy, hits):
        urls = ["http://portal.test/", *(f"http://{form}/" for form in FORMS)]
        listed = probe(urls, proxy=proxy, TRUSTED_HOSTS=[proxy.removeprefix("http://")])
        unlisted = probe(urls[:1], proxy=proxy)
    assert hits == {"http://portal.test/": 1}
    assert listed.outcomes[urls[0]]["status"] == 200
    assert {listed.outcomes[url]["error"] for url in urls[1:]} == {f"IgnoreRequest: {UNSAFE}"}
    assert unlisted.outcomes[urls[0]]["error"] == f"IgnoreRequest: {UNSAFE}"


def test_a_crawl_of_a_place_that_is_not_trusted_reaches_nothing(tmp_path):
    with site({"/": story("red")}) as (base, hits):
        refused = crawl(tmp_path, "portal", "-a", f"site={base}/", *FAST)
    assert refused.status == 1
    assert refused.counts["failed"] == {UNSAFE: 2}  # the home page, and the sitemap
    assert refused.summary.endswith("public internet; -s TRUSTED_HOSTS=host:port allows requests to it.\n")
    assert not hits


def test_a_place_that_is_invalid_ends_the_crawl(tmp_path):
    refused = crawl(tmp_path, "fintechworld", "-s", "TRUSTED_HOSTS=127.0.0.1")
    assert refused.status == 4
    assert "'127.0.0.1' is not host:port" in refused.summary
