"""Packed bodies: whole, torn, mislabelled, and made to burst."""

import time
import zlib

import pytest
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from scraper.crawl.downloader.compression import CompressionMiddleware
from scraper.io.content_encoding import BAD_COMPRESSION, CUT_SHORT, FLAWS, TOO_LARGE, unpack
from tests.faults import Server, bomb, pack, serve_faults, story_page
from tests.probe import Probed, probe

CODINGS = ("gzip", "deflate", "br", "zstd")
PAGE = story_page("packed") + b"<!-- " + bytes(range(33, 127)) * 50 + b" -->"
NOISE = zlib.compress(bytes(number * number % 251 for number in range(5000)), 9)[20:]
ROOM = 10 * 2**20


def answered(body: bytes, *labels: str, method: str = "GET", limit: int = ROOM, **meta: object) -> Response:
    """Return what becomes of an answer with these labels."""
    request = Request("http://portal.test/", method=method, meta=meta)
    headers = {"Content-Type": "text/html", "Content-Encoding": list(labels)} if labels else {}
    return CompressionMiddleware(limit).process_response(request, Response(request.url, headers=headers, body=body))


@pytest.mark.parametrize("coding", CODINGS)
def test_a_whole_body_is_unpacked(coding):
    assert unpack(pack(PAGE, coding), coding, ROOM) == (PAGE, None)
    response = answered(pack(PAGE, coding), coding)
    assert (type(response), response.body, response.flags) == (HtmlResponse, PAGE, [])
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("coding", CODINGS)
def test_wherever_it_is_torn_it_is_flagged(coding):
    packed = pack(PAGE, coding)
    for end in range(1, len(packed)):
        body, flag = unpack(packed[:end], coding, ROOM)
        assert flag == CUT_SHORT, end
        assert PAGE.startswith(body)
    response = answered(packed[: len(packed) // 2], coding)
    assert response.flags == [CUT_SHORT]
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("lacking", [1, 4, 8])
@pytest.mark.parametrize(
    "text", [story_page("packed"), b"<html><p>words</p></html>\n<!-- cached -->\n", b"<urlset></urlset>"]
)
def test_a_body_that_lacks_only_its_checksum_is_whole(text, lacking):
    response = answered(pack(text, "gzip")[:-lacking], "gzip")
    assert (response.body, response.flags) == (text, [])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])  # which have a checksum
def test_a_damaged_body_is_flagged_and_stays(coding):
    packed = bytearray(pack(PAGE, coding))
    packed[len(packed) // 2] ^= 0xFF
    response = answered(bytes(packed), coding)
    assert (response.flags, response.body) == ([BAD_COMPRESSION], bytes(packed))
    assert response.headers["Content-Encoding"] == coding.encode()


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("body", [PAGE, b"<p>", b"\n  <p>", b"<", b"<!DOCTYPE html>", b"<?xml version='1.0'?>"])
def test_markup_that_is_not_packed_is_taken_as_it_is(coding, body):
    for length in range(len(body), 0, -97):
        if b"<" in body[:length]:
            assert unpack(body[:length], coding, ROOM) == (body[:length], None)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])  # brotli has no mark at its beginning
@pytest.mark.parametrize(
    "body",
    [
        PAGE,
        b"\n  <p>",
        b"just words",
        b'{"a": 1}',
        "слова".encode(),
        "слова".encode("cp1251"),
        PAGE.decode().encode("utf-16"),
    ],
)
def test_text_that_is_not_packed_is_taken_as_it_is(coding, body):
    response = answered(body, coding)
    assert (response.body, response.flags) == (body, [])
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("coding", CODINGS)
def test_data_that_is_not_packed_is_flagged(coding):
    response = answered(NOISE, coding)
    assert (response.body, response.flags) == (NOISE, [BAD_COMPRESSION])


@pytest.mark.parametrize("coding", CODINGS)
def test_the_limit_is_exact(coding):
    packed = pack(PAGE, coding)
    assert unpack(packed, coding, len(PAGE)) == (PAGE, None)
    assert unpack(packed, coding, len(PAGE) - 1) == (b"", TOO_LARGE)
    assert answered(packed, coding, limit=10).flags == [TOO_LARGE]
    assert answered(packed, coding, limit=0).body == PAGE  # no limit, as Scrapy has it
    assert answered(packed, coding, limit=10, download_maxsize=ROOM).body == PAGE
    assert answered(packed, coding, download_maxsize=10).body == b""


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_bomb_is_not_unpacked(coding):
    assert len(bomb(coding)) < 1.1 * 2**20
    assert unpack(bomb(coding), coding, ROOM) == (b"", TOO_LARGE)


def test_old_servers_leave_out_the_head_of_deflate():
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(PAGE) + packer.flush()
    assert unpack(packed, "deflate", ROOM) == (PAGE, None)
    assert unpack(packed[:-1], "deflate", ROOM).flag == CUT_SHORT


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_may_follow_each_other(coding):
    one, two = pack(PAGE, coding), pack(b"and more", coding)
    assert unpack(one + two, coding, ROOM) == (PAGE + b"and more", None)
    assert unpack(one + two[:-1], coding, ROOM).flag == CUT_SHORT
    assert unpack(one + b"\0\0\0", coding, ROOM) == (PAGE, None)


def test_members_without_end_take_no_time():
    started = time.process_time()
    assert unpack(pack(b"", "gzip") * 500_000, "gzip", ROOM).flag == TOO_LARGE
    assert time.process_time() - started < 3  # without an end to it, an hour


def test_layers_are_unpacked_from_the_outside():
    assert answered(pack(pack(PAGE, "br"), "gzip"), "br, gzip").body == PAGE
    assert answered(pack(pack(PAGE, "br"), "gzip"), "BR", "X-GZip ").body == PAGE
    assert answered(pack(pack(PAGE, "br")[:-100], "gzip"), "br", "gzip").flags == [CUT_SHORT]
    assert answered(PAGE, ", ".join(["gzip"] * 4)).flags == [BAD_COMPRESSION]


@pytest.mark.parametrize("label", ["", "identity", "x-none", "gzip, x-none"])
def test_other_labels_change_nothing(label):
    response = answered(PAGE, label)
    assert (response.body, response.flags) == (PAGE, [])


def test_responses_without_a_body_are_left_alone():
    assert answered(b"", "gzip").flags == []
    assert answered(b"x", "gzip", method="HEAD").body == b"x"


def test_the_charset_is_that_of_the_unpacked_page():
    request, headers = Request("http://portal.test/"), {"Content-Encoding": "gzip", "Content-Type": "text/html"}
    page = HtmlResponse(request.url, headers=headers, body=pack("<p>слова о море".encode(), "gzip"))
    assert page.encoding != "utf-8"
    assert CompressionMiddleware(ROOM).process_response(request, page).text == "<p>слова о море"


def test_flags_are_added_to_others():
    request, headers = Request("http://portal.test/"), {"Content-Encoding": "gzip"}
    response = Response(request.url, headers=headers, body=pack(PAGE, "gzip")[:-1], flags=["partial"])
    assert CompressionMiddleware(ROOM).process_response(request, response).flags == ["partial", CUT_SHORT]
    assert {CUT_SHORT, BAD_COMPRESSION, TOO_LARGE} == set(FLAWS)


def test_it_says_what_it_takes_and_can_be_switched_off():
    request = Request("http://portal.test/")
    CompressionMiddleware.from_crawler(get_crawler()).process_request(request)
    assert request.headers["Accept-Encoding"] == b"gzip, deflate, br, zstd"
    with pytest.raises(NotConfigured):
        CompressionMiddleware.from_crawler(get_crawler(settings_dict={"COMPRESSION_ENABLED": False}))


# --- In a crawl ---------------------------------------------------------------------------------------------------


# What would try again, or keep a flawed page from the spider.
_SILENT = {
    "scraper.crawl.downloader.outcome.OutcomeMiddleware": None,
    "scraper.crawl.downloader.backoff.BackoffMiddleware": None,
}


@pytest.fixture(scope="module")
def asked() -> tuple[Server, Probed]:
    paths = ["/plain-as-gzip", "/noise-as-gzip"]
    paths += [f"/{kind}/{coding}" for kind in ("whole", "torn") for coding in CODINGS]
    with serve_faults() as server:
        return server, probe(
            [server.base + path for path in paths], TRUSTED_HOSTS=server.place, DOWNLOADER_MIDDLEWARES=_SILENT
        )


def test_answers_are_flagged_as_they_come(asked):
    server, probed = asked
    flags = {url.removeprefix(server.base): outcome["flags"] for url, outcome in probed.outcomes.items()}
    assert flags == (
        {"/plain-as-gzip": [], "/noise-as-gzip": [BAD_COMPRESSION]}
        | {f"/whole/{coding}": [] for coding in CODINGS}
        | {f"/torn/{coding}": [CUT_SHORT] for coding in CODINGS}
    )
    whole = [outcome for url, outcome in probed.outcomes.items() if "/whole/" in url or "plain" in url]
    assert {(outcome["kind"], outcome["encoding"]) for outcome in whole} == {("HtmlResponse", "")}
    assert all(outcome["start"].startswith("<!DOCTYPE html>") for outcome in whole)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_bomb_takes_little_memory(coding):
    with serve_faults() as server:
        probed = probe([f"{server.base}/bomb/{coding}"], TRUSTED_HOSTS=server.place, DOWNLOADER_MIDDLEWARES=_SILENT)
    (outcome,) = probed.outcomes.values()
    assert (outcome["status"], outcome["flags"], outcome["length"]) == (200, [TOO_LARGE], 0)
    assert probed.grown < 64 * 2**20
