"""Retries, pauses and blocked hosts."""

import asyncio
import time

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from scraper.crawl.downloader.backoff import BackoffMiddleware, retry_after
from scraper.crawl.frontier.request_codec import DUE, META
from scraper.crawl.frontier.scheduler import Scheduler


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120.0),
        (b"9" * 400, 999_999_999_999.0),
        (b" 0 ", 0.0),
        (b"Thu, 01 Jan 1970 00:17:40 GMT", 60.0),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        (b"-3", None),
        (b"soon", None),
        (b"", None),
        (None, None),
        (b"\xff", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, 1000.0) == seconds


@pytest.fixture
def backoff(monkeypatch, sqlite_store):
    settings = {"RETRY_TIMES": 2, "BACKOFF": 1, "BACKOFF_LONGEST": 60, "HOST_FAILURES": 4}
    scheduler = Scheduler.from_crawler(get_crawler(settings_dict=settings))
    scheduler.session.store = sqlite_store
    monkeypatch.setattr(Scheduler, "of", lambda crawler: scheduler)
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr("scraper.crawl.downloader.backoff.steady", lambda: now[0])
    return BackoffMiddleware.from_crawler(get_crawler(settings_dict=settings)), sqlite_store.hosts, now


def _respond(middleware, status=503, url="http://p.test/a", tries=0, **headers):
    request = Request(url, meta={META: "00"} | ({"retry_times": tries} if tries else {}))
    return asyncio.run(middleware.process_response(request, Response(url, status, headers)))


def test_each_attempt_waits_twice_as_long_and_the_host_is_paused(backoff):
    middleware, hosts, now = backoff
    dues = []
    for tries in range(2):
        again = _respond(middleware, tries=tries)
        assert isinstance(again, Request)
        assert again.meta["retry_times"] == tries + 1
        dues.append(again.meta[DUE] - now[0])
        now[0] = again.meta[DUE]
    assert dues == [1.0, 2.0]
    assert hosts.paused == {"p.test": now[0]}
    assert isinstance(_respond(middleware, tries=2), Response)


def test_one_failing_page_pauses_no_host(backoff):
    middleware, hosts, now = backoff
    assert _respond(middleware, 500).meta[DUE] == now[0] + 1
    assert not hosts.paused
    now[0] += 1
    _respond(middleware, 500, "http://p.test/b")
    assert hosts.paused == {"p.test": now[0] + 2}


def test_retry_after_is_obeyed_up_to_the_longest_wait(backoff):
    middleware, _, now = backoff
    assert _respond(middleware, 429, **{"Retry-After": "20"}).meta[DUE] == now[0] + 20
    now[0] += 20
    assert _respond(middleware, 429, **{"Retry-After": "86400"}).meta[DUE] == now[0] + 60


def test_a_host_is_blocked_after_consecutive_failures(backoff):
    middleware, hosts, now = backoff
    for number in range(4):
        assert not hosts.blocked
        _respond(middleware, url=f"http://p.test/{number}", tries=2)
        now[0] += 100
    assert hosts.blocked == {"p.test"}


def test_a_host_that_fails_fast_is_paused(backoff):
    middleware, hosts, now = backoff
    for number in range(3):
        now[0] += 0.1
        _respond(middleware, 500, url=f"http://p.test/{number}")
    assert hosts.paused["p.test"] > now[0] + 1


def test_a_success_resets_the_failures_and_a_burst_counts_as_one(backoff):
    middleware, hosts, now = backoff
    for _ in range(2):
        for number in range(16):
            _respond(middleware, url=f"http://p.test/{number}", tries=2)
        now[0] += 100
    _respond(middleware, 404)
    for _ in range(3):
        _respond(middleware, tries=2)
        now[0] += 100
    assert not hosts.blocked


def test_network_errors_are_retried_and_other_errors_are_not(backoff):
    middleware, _, _ = backoff
    request = Request("http://p.test/a", meta={META: "00"})
    again = asyncio.run(middleware.process_exception(request, DownloadTimeoutError()))
    assert again is not None
    assert again.meta["retry_times"] == 1
    assert asyncio.run(middleware.process_exception(request, ValueError())) is None
