"""Archives: what whole files give, and what damaged ones still do."""

import base64
import gzip
import hashlib
import io
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from fastwarc.stream_io import GzipWriter, ZstdWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.errors import ArchiveError
from scraper.io import warc
from scraper.io.warc import Page, read_pages, whole_size
from tests.archives import http, record

NUMBERS = tuple(range(8))


def body(number: int) -> bytes:
    """A page of its own, some of whose bytes cannot be packed."""
    noise = random.Random(number).randbytes(300)
    return b"<html><p>Page %d</p>" % number + base64.b64encode(noise) + b"</html>"


def plain(number: int) -> bytes:
    block = http(body(number), "Content-Type: text/html")
    digest = base64.b32encode(hashlib.sha1(block).digest()).decode()
    return record(block, f"http://portal.test/{number}.html", WARC_Block_Digest=f"sha1:{digest}")


def packed(number: int) -> bytes:
    return gzip.compress(plain(number), mtime=0)


def read(archive: bytes) -> tuple[list[Page], list[ArchiveError]]:
    faults: list[ArchiveError] = []
    return list(read_pages(io.BytesIO(archive), on_error=faults.append)), faults


def numbers(pages: list[Page]) -> list[int]:
    """Tell which pages were given; each must be as it was."""
    results = [int(str(page.url).rpartition("/")[2].removesuffix(".html")) for page in pages]
    assert [page.body for page in pages] == [body(number) for number in results]
    return results


def offsets(members: list[bytes]) -> list[int]:
    return [sum(map(len, members[:index])) for index in range(len(members))]


FORMS: dict[str, Callable[[int], bytes]] = {"packed": packed, "plain": plain}
both = pytest.mark.parametrize("form", list(FORMS.values()), ids=list(FORMS))


# ---------------------------------------------------------------- whole files


@both
def test_a_page_is_given_with_all_that_is_known(form):
    (page,), faults = read(form(3))
    moment = datetime(2026, 11, 3, 10, 31, 20, 123456, UTC)
    assert page == Page("http://portal.test/3.html", body(3), "text/html", moment, 200, offset=0)
    assert faults == []


def test_a_file_of_another_writer_is_read(tmp_path):
    path = tmp_path / "other.warc.gz"
    with path.open("wb") as file:
        for number in NUMBERS:
            fresh = WarcRecord()
            fresh.init_headers(WarcRecordType.response)
            fresh.headers.append("WARC-Target-URI", f"http://portal.test/{number}.html")
            fresh.headers.append("Content-Type", "application/http; msgtype=response")
            fresh.set_bytes_content(http(body(number), "Content-Type: text/html"))
            stream = GzipWriter(file)
            fresh.write(stream, checksum_data=True)
            stream.finish()
    assert numbers(list(read_pages(path))) == list(NUMBERS)


def test_members_may_hold_many_records():
    assert numbers(read(gzip.compress(b"".join(map(plain, NUMBERS))))[0]) == list(NUMBERS)


def test_a_wet_file_gives_texts():
    text = "Port reopens\nOSLO (AP) — The port reopened.".encode()
    conversion = record(text, kind="conversion", Content_Type="text/plain")
    (page,), faults = read(gzip.compress(conversion))
    assert (page.body, page.status, faults) == (text, None, [])


@pytest.mark.parametrize(
    "other",
    [
        record(b"software: test\r\n", kind="warcinfo", Content_Type="application/warc-fields"),
        record(http(b"x"), url="dns:portal.test"),
        record(b"GET / HTTP/1.1\r\n\r\n", kind="request", Content_Type="application/http;msgtype=request"),
        record(http(b""), kind="revisit"),
        record(b"a picture", Content_Type="image/png"),
    ],
)
def test_other_records_are_skipped(other):
    for archive, start in ((gzip.compress(other), packed(1)), (other, plain(1))):
        (page,), faults = read(archive + start)
        assert (numbers([page]), page.offset, faults) == ([1], len(archive), [])


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026-11-03T10:31:20Z", datetime(2026, 11, 3, 10, 31, 20, tzinfo=UTC)),
        ("2026-11-03T12:31:20+02:00", datetime(2026, 11, 3, 10, 31, 20, tzinfo=UTC)),
        ("2026-11-03T10:31:20.123456789Z", datetime(2026, 11, 3, 10, 31, 20, 123456, UTC)),
        ("yesterday", None),
    ],
)
def test_dates_are_in_utc(date, moment):
    assert read(record(http(b"x"), WARC_Date=date))[0][0].fetched_at == moment


def test_a_path_and_a_file_object_give_the_same(tmp_path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(1) + packed(2))
    with path.open("rb") as file:
        assert list(read_pages(file)) == list(read_pages(path)) == list(read_pages(str(path)))
        assert not file.closed
    with pytest.raises(OSError, match="missing"):
        list(read_pages(tmp_path / "missing.warc.gz"))


def test_an_empty_file_is_an_archive_of_nothing():
    assert read(b"") == ([], [])


# ---------------------------------------------------------------- codings


def deflated(text: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(text) + packing.flush()


def zstandard(text: bytes) -> bytes:
    file = io.BytesIO()
    with ZstdWriter(file) as stream:
        stream.write(text)
    return file.getvalue()


def chunked(text: bytes) -> bytes:
    return b"5;x=y\r\n" + text[:5] + b"\r\n%x\r\n" % len(text[5:]) + text[5:] + b"\r\n0\r\n\r\n"


CODINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard,
}


@pytest.mark.parametrize(("coding", "encode"), [*CODINGS.items(), ("deflate", deflated)])
def test_codings_are_undone(coding, encode):
    header = f"Content-Encoding: {coding}"
    text = body(1)
    assert read(record(http(encode(text), header)))[0][0].body == text
    assert read(record(http(chunked(encode(text)), header, "Transfer-Encoding: chunked")))[0][0].body == text
    assert read(record(http(encode(gzip.compress(text)), f"content-encoding: gzip, {coding}")))[0][0].body == text


def test_plain_data_with_a_content_encoding_is_returned_as_it_is():
    for header in (*(f"Content-Encoding: {coding}" for coding in (*CODINGS, "none")), "Transfer-Encoding: chunked"):
        assert read(record(http(body(1), header)))[0][0].body == body(1), header
        assert read(record(http(b"", header)))[0][0].body == b"", header


@pytest.mark.parametrize("coding", CODINGS)
def test_a_page_cut_within_its_coding_is_an_error(coding):
    cut = CODINGS[coding](body(1))[:-20]
    pages, faults = read(record(http(cut, f"Content-Encoding: {coding}")) + plain(2))
    assert numbers(pages) == [2]
    assert len(faults) == 1
    assert "its page" in faults[0].why


def test_gzip_members_of_a_page_are_joined_up_to_a_limit():
    header = "Content-Encoding: gzip"
    assert read(record(http(gzip.compress(b"<a>") + gzip.compress(b"<b>"), header)))[0][0].body == b"<a><b>"
    many = gzip.compress(b"") * 100_000
    assert read(record(http(many, header)))[1][0].why == "its page is too large"


@pytest.mark.parametrize("coding", CODINGS)
def test_a_page_that_unpacks_to_more_than_the_limit_is_skipped(coding, monkeypatch):
    monkeypatch.setattr(warc, "LARGEST", 2**20)
    bomb = CODINGS[coding](bytes(20 * 2**20))
    tracemalloc.start()
    try:
        pages, faults = read(record(http(bomb, f"Content-Encoding: {coding}")) + plain(1))
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
    assert (numbers(pages), [fault.why for fault in faults]) == ([1], ["its page is too large"])


@both
def test_a_record_that_is_too_large_is_skipped(form, monkeypatch):
    monkeypatch.setattr(warc, "LARGEST", 2**16)
    large = record(http(bytes(40 * 2**20)))
    archive = (gzip.compress(large) if form is packed else large) + form(1)
    tracemalloc.start()
    try:
        pages, faults = read(archive)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
    assert numbers(pages) == [1]
    assert [fault.offset for fault in faults] == [0]
    assert "too large" in faults[0].why


# ---------------------------------------------------------------- damage


@both
@pytest.mark.parametrize("victim", [0, 3, 7])
@pytest.mark.parametrize("left", [1, 9, 30, 0.5, -20, -5])
def test_a_torn_record_affects_no_other(form, victim, left):
    members = [form(number) for number in NUMBERS]
    places = offsets(members)
    size = len(members[victim])
    members[victim] = members[victim][: int(left * size) if isinstance(left, float) else left]
    pages, faults = read(b"".join(members))
    assert numbers(pages) == [number for number in NUMBERS if number != victim]
    assert [fault.offset for fault in faults] == [places[victim]]


@both
def test_each_of_many_torn_records_is_reported(form):
    members = [form(number)[:-25] if number in (1, 2, 3, 6) else form(number) for number in NUMBERS]
    pages, faults = read(b"".join(members))
    assert numbers(pages) == [0, 4, 5, 7]
    assert [fault.offset for fault in faults] == [offsets(members)[number] for number in (1, 2, 3, 6)]


@both
@pytest.mark.parametrize("size", [1, 40, 70_000])
@pytest.mark.parametrize("place", [0, 3, 8])
def test_garbage_costs_no_record(form, size, place):
    members = [form(number) for number in NUMBERS]
    at = sum(map(len, members[:place]))
    garbage = b"\x1f\x8b\x08garbage WARC/1.1 "[:size] + random.Random(1).randbytes(max(0, size - 20))
    pages, faults = read(b"".join([*members[:place], garbage, *members[place:]]))
    assert numbers(pages) == list(NUMBERS)
    assert [fault.offset for fault in faults] == [at]


@both
@pytest.mark.parametrize("length", ["0", "60", "100000", "99999999999", "-5", "many", ""])
def test_a_wrong_length_costs_one_record(form, length):
    wrong = record(http(body(1)), Content_Length=length)
    members = [form(0), gzip.compress(wrong) if form is packed else wrong, form(2), form(3)]
    pages, faults = read(b"".join(members))
    assert numbers(pages) == [0, 2, 3]
    assert [fault.offset for fault in faults] == [len(members[0])]


@both
def test_a_flipped_bit_costs_one_record_at_most(form):
    """Each bit of a record in turn, or every 13th; those that say nothing (a time in the member's head) may be borne."""
    whole = b"".join(map(form, NUMBERS[:4]))
    start, end = len(form(0) + form(1)), len(form(0) + form(1) + form(2))
    reported = 0
    for bit in range(start * 8, end * 8, 13):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        pages, faults = read(bytes(damaged))
        others = [page for page in pages if page.url in {f"http://portal.test/{n}.html" for n in (0, 1, 3)}]
        assert numbers(others)[:2] == [0, 1], bit
        assert 3 in numbers(others), bit
        assert len(faults) <= 1, bit
        reported += bool(faults)
        if form is packed and not faults:
            assert numbers(pages) == [0, 1, 2, 3], bit
    assert reported > (end - start) * 8 / 13 * 0.6


def test_a_body_that_is_an_archive_itself_is_no_record():
    """Stored as it stands, its records can be seen through the member that holds it."""
    inner = gzip.compress(record(http(b"<p>false</p>"), "http://other.test/"))
    outer = record(http(inner, "Content-Type: application/gzip"), "http://portal.test/a.warc.gz")
    member = gzip.compress(outer, compresslevel=0)
    assert inner in member
    pages, faults = read(member + packed(1))
    assert [page.url for page in pages] == ["http://portal.test/a.warc.gz", "http://portal.test/1.html"]
    wrong = gzip.compress(outer.replace(b"Content-Length: ", b"Content-Length: 1"), compresslevel=0)
    pages, faults = read(wrong + packed(1))
    assert (numbers(pages), len(faults)) == ([1], 1)


def test_the_first_error_is_raised_where_nobody_listens(tmp_path):
    path = tmp_path / "torn.warc.gz"
    path.write_bytes(packed(1) + packed(2)[:-30])
    with pytest.raises(ArchiveError, match=rf"torn\.warc\.gz:{len(packed(1))}: the file ends inside it"):
        list(read_pages(path))


@given(st.data())
@settings(max_examples=150)
def test_no_bytes_break_the_reader(data):
    form = data.draw(st.sampled_from([packed, plain]))
    archive = bytearray(b"".join(map(form, NUMBERS[:3])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(archive) - 1))
        size = data.draw(st.sampled_from([0, 1, 20, 300]))
        archive[at : at + size] = data.draw(st.binary(max_size=40))
        archive = archive or bytearray(b"\0")
    for page in read(bytes(archive))[0]:
        assert isinstance(page.body, bytes)


def _head(length: int) -> bytes:
    return b"WARC/1.0\r\nWARC-Type: x\r\nContent-Length: %d\r\n\r\n" % length


def _stored(block: bytes) -> bytes:
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03\0\xff\xff\0\0" + block


LONG_HEAD = b"WARC/1.0\r\n" + b"a:a\r\n" * 9000
HOSTILE: dict[str, bytes] = {
    "gzip marks": b"\x1f\x8b\x08",
    "gzip headers": b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    "gzip headers with a name": b"\x1f\x8b\x08\x08\0\0\0\0\0\x03",
    "empty members": gzip.compress(b"", mtime=0),
    "members of other data": gzip.compress(b"x", mtime=0),
    "members with a head that never ends": gzip.compress(LONG_HEAD, mtime=0),
    "torn members with a head that never ends": gzip.compress(LONG_HEAD + b"x" * 500, mtime=0)[:60],
    "members inside each other": _stored(_head(50_000)),
    "versions": b"WARC/1.",
    "first lines": b"WARC/1.0\r\n",
    "first lines in values": b"WARC/1.0\r\n" + b"a:/WARC/1.0\r\n" * 600 + b"\r\n\r\n",
    "heads without a type": b"WARC/1.0\r\na:b\r\n\r\n",
    "records inside each other, too long": _head(60_000_000),
    "records inside each other, torn": _head(90_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_looks_like_the_beginning_of_records_takes_time_in_proportion(name):
    unit, spent = HOSTILE[name], []
    for size in (2**19, 2**20):
        start = time.process_time()
        assert read(unit * (size // len(unit)) + plain(1) + packed(1))[1]
        spent.append(time.process_time() - start)
    assert spent[1] < max(2.6 * spent[0], 0.5)
    assert spent[1] < 8  # seconds; on an idle machine two


def test_headers_of_a_page_are_bounded():
    """Each coding would unpack the page once more, and headers of the same name add up."""
    assert (
        read(record(http(gzip.compress(body(1)), *["Content-Encoding: gzip"] * 4)))[1][0].why
        == "its page has too many codings"
    )
    start = time.process_time()
    assert read(record(http(body(1), *["Content-Encoding: a"] * 50_000)))[1]
    assert time.process_time() - start < 2


def test_a_record_is_found_behind_any_garbage_wherever_blocks_end():
    for size in (65_520, 65_536 - 8192 - 5, 65_536 - 8192 + 5, 2 * 65_536 - 3):
        assert numbers(read(packed(0) + b"x" * size + packed(1))[0]) == [0, 1]
        assert numbers(read(plain(0) + b"x" * size + plain(1))[0]) == [0, 1]


# ---------------------------------------------------------------- how much of a file is whole


@pytest.mark.parametrize("left", [0, 1, 10, 100, -1])
def test_a_file_is_whole_up_to_its_last_whole_record(tmp_path: Path, left):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(1) + packed(2) + packed(3)[:left])
    assert whole_size(path) == len(packed(1) + packed(2))


def test_a_record_that_is_shorter_than_it_says_is_not_whole(tmp_path: Path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(1) + gzip.compress(plain(2)[:-100]))
    assert whole_size(path) == len(packed(1))
    path.write_bytes(b"nothing")
    assert whole_size(path) == 0
