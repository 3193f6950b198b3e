"""A site with faults on the loopback, one path one fault, and good stories beside them: `serve_faults()`."""

import asyncio
import gzip
import math
import socket
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeAlias

import brotli

from scraper.io.compression import zstd
from tests.crawling import SENTENCES, anchors, page, story

__all__ = ["FORMS", "GOOD", "Server", "bomb", "pack", "serve_faults"]

GOOD = ("red", "blue", "green")
"""The stories that stand beside all faults, at /html/<name>.html."""
FORMS = ("127.0.0.1", "169.254.169.254", "[::1]", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0")
"""Hosts that are not on the public internet; /to/<number> redirects to each, at the port `elsewhere`."""

_RUSSIAN = (
    "Паром «{0}» вышел из гавани на рассвете: сорок пассажиров, две козы и одно пианино.",
    "Капитан парома «{0}» ходит через пролив тридцать лет и говорит, что спокойнее дня в этом году не было.",
    "Рыбаки на берегу махали фонарями, пока «{0}» не скрылось за мысом.",
    "Мэр обещал купить второй «{0}» до зимы, если совет найдёт деньги.",
)
_KILO, _MEGA = 2**10, 2**20
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@dataclass(frozen=True)
class Server:
    """A site that is being served."""

    base: str
    """ "http://127.0.0.1:43211", without a slash at the end."""
    links: Sequence[str] = ()
    """What its home links to, beside the good stories."""
    robots: str = "none"
    """How /robots.txt is answered: a path of the faults, or one of `_ROBOTS`."""
    elsewhere: int = 9
    """A port to which redirects lead."""
    hits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By target, the times of its requests, in seconds of a monotonic clock."""

    @property
    def place(self) -> str:
        """Return host and port."""
        return self.base.removeprefix("http://")


class Ask(NamedTuple):
    """A request, and the way back."""

    server: Server
    path: str
    writer: asyncio.StreamWriter


Fault: TypeAlias = Callable[[Ask], Awaitable[None] | bytes]


def answer(body: bytes | str = b"", status: int = 200, **headers: str) -> bytes:
    """Return a whole answer; a header that is empty is left out."""
    body = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode("latin-1") + body


def story_page(name: str, links: str = "") -> bytes:
    """Return the page of a good story."""
    return story(name, links)[2].encode()


def told_in_russian(name: str) -> str:
    """Return the same text in letters that need a charset."""
    text = story_page(name).decode()
    for sentence, other in zip(SENTENCES, _RUSSIAN, strict=True):
        text = text.replace(sentence.format(name), other.format(name))
    return text


def pack(body: bytes, coding: str) -> bytes:
    """Pack a body as a server would."""
    return _PACKERS[coding](body)


@cache
def bomb(coding: str) -> bytes:
    """Return a body of about 1 MB or less that unpacks to 1 GiB of zeros."""
    zeros = bytes(_MEGA)
    if coding == "gzip":
        stream = zlib.compressobj(9, wbits=31)
        start, block = (stream.compress(zeros) + stream.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
        return start + block * (_KILO - 1) + stream.flush()  # its checksum is wrong: nobody should come so far
    if coding == "br":
        packer = brotli.Compressor(quality=1)
        return b"".join(packer.process(zeros) for _ in range(_KILO)) + packer.finish()
    packer = zstd.ZstdCompressor()
    return b"".join(packer.compress(zeros) for _ in range(_KILO)) + packer.flush()


# --- Faults that need a hand on the connection --------------------------------------------------------------------


async def _reset(ask: Ask) -> None:
    ask.writer.write(answer(story_page("reset"))[:900])
    await ask.writer.drain()
    await asyncio.sleep(0.05)
    taken: socket.socket = ask.writer.get_extra_info("socket")
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close without a farewell
    ask.writer.transport.abort()


async def _drip(ask: Ask, text: bytes) -> None:
    for number in range(len(text)):
        ask.writer.write(text[number : number + 1])
        await ask.writer.drain()
        await asyncio.sleep(0.1)


async def _slow_body(ask: Ask) -> None:
    head, _, body = answer(story_page("slow")).partition(b"\r\n\r\n")
    ask.writer.write(head + b"\r\n\r\n")
    await _drip(ask, body)


async def _hang(ask: Ask) -> None:
    await asyncio.sleep(60)


async def _huge(ask: Ask) -> None:
    length = "" if ask.path.endswith("without-length") else str(500 * _MEGA)
    ask.writer.write(answer(Content_Length=length))
    for _ in range(500):
        ask.writer.write(b"<p>ferry</p>" * (_MEGA // 12))
        await ask.writer.drain()


def _flaky(ask: Ask) -> bytes:
    first = len(ask.server.hits[ask.path]) <= 2
    return answer("busy", 503, Retry_After="1") if first else answer(story_page("flaky"))


def _calendar(ask: Ask) -> bytes:
    year, month = map(int, ask.path.strip("/").split("/")[1:])
    following = f"/calendar/{year + month // 12}/{month % 12 + 1:02}/"
    return answer(page(f"<h1>{year}-{month}</h1>" + anchors(following))[2])


def _to(ask: Ask) -> bytes:
    host = (*FORMS, "private.test")[int(ask.path.rpartition("/")[2])]
    return answer("", 302, Location=f"http://{host}:{ask.server.elsewhere}/")


def _endless(ask: Ask) -> bytes:
    return answer("", 302, Location=f"/endless/{int(ask.path.rpartition('/')[2]) + 1}")


def _packed(ask: Ask) -> bytes:
    """/bomb/gzip, /torn/br, /whole/zstd."""
    _, kind, coding = ask.path.split("/")
    whole = pack(story_page(f"{kind} {coding}"), coding) if kind != "bomb" else bomb(coding)
    return answer(whole[: len(whole) * 2 // 3] if kind == "torn" else whole, Content_Encoding=coding)


def _home(ask: Ask) -> bytes:
    return answer(page(anchors(*ask.server.links, *(f"/html/{name}.html" for name in GOOD)))[2])


def _robots(ask: Ask) -> Awaitable[None] | bytes:
    fault = _ROBOTS.get(ask.server.robots) or _FAULTS[ask.server.robots]
    return fault if isinstance(fault, bytes) else fault(ask)


# --- What is answered where ---------------------------------------------------------------------------------------

_STORY = story_page("any")
_REFRESH = "<meta http-equiv=refresh content='0;url={}'>"
_ROBOTS: dict[str, bytes] = {
    "none": answer("", 404),
    "deny": answer("User-agent: *\nDisallow: /"),
    "503": answer("", 503),
    "html": answer("<!DOCTYPE html><html><body>Disallow: /</body></html>"),
    "302": answer("", 302, Location="/rules.txt"),
    "delay": answer("User-agent: *\nCrawl-delay: 1"),
}
_FAULTS: dict[str, Fault | bytes] = {
    "/": _home,
    "/robots.txt": _robots,
    "/rules.txt": answer("User-agent: *\nDisallow: /html/blue.html"),
    "/reset": _reset,
    "/short": answer(story_page("short"), Content_Length="99999"),
    "/length/small": answer(story_page("small"), Content_Length=str(math.ceil(len(story_page("small")) * 0.9))),
    "/length/two": answer(_STORY).replace(b"\r\n\r\n", b"\r\nContent-Length: 7\r\n\r\n", 1),
    "/chunk": answer(Content_Length="", Transfer_Encoding="chunked") + b"5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n",
    "/garbage": b"\x16\x03\x01 this is no HTTP\r\n\r\n" + _STORY,
    "/slow/headers": lambda ask: _drip(ask, answer(story_page("slow"))),
    "/slow/body": _slow_body,
    "/hang": _hang,
    "/flaky": _flaky,
    "/500": answer("", 500),
    "/429": answer("", 429, Retry_After="1"),
    "/loop": answer("", 302, Location="/loop"),
    "/to-file": answer("", 302, Location="file:///etc/passwd"),
    "/to-data": answer("", 302, Location="data:text/html,hello"),
    "/refresh-file": answer(page(_REFRESH.format("file:///etc/passwd"))[2]),
    "/refresh-data": answer(page(_REFRESH.format("data:text/html,hello"))[2]),
    "/huge/with-length": _huge,
    "/huge/without-length": _huge,
    "/plain-as-gzip": answer(story_page("plain"), Content_Encoding="gzip"),
    "/noise-as-gzip": answer(zlib.compress(_STORY)[9:], Content_Encoding="gzip"),
    "/jpeg": answer(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)) * 40),
    "/pdf": answer(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + _STORY),
    "/cp1251-as-utf8": answer(told_in_russian("северный").encode("cp1251")),
    "/utf8-as-cp1251": answer(told_in_russian("южный").replace("<title>", "<meta charset=windows-1251><title>"), Content_Type="text/html"),
    "/no-charset": answer(told_in_russian("восточный").encode("cp1251"), Content_Type="text/html"),
    "/bogus-charset": answer(told_in_russian("западный"), Content_Type="text/html; charset=x-none"),
    "/nul": answer(story_page("nul").replace(b" ferry ", b" \0ferry ")),
    "/nested": answer(b"<html>" + b"<div>" * 200_000),
    "/attributes": answer(b"<html><p " + b" ".join(b"a%d=1" % number for number in range(200_000)) + b">x</p>"),
    "/long-header": answer(story_page("long"), X_Long="x" * 200 * _KILO),
    "/many-headers": answer(story_page("many"), **{f"X-{number}": "x" for number in range(20_000)}),
    "/empty": answer(),
    "/204": answer(status=204, Content_Length=""),
}  # fmt: skip
_UNDER: dict[str, Fault] = {
    "/calendar/": _calendar,
    "/to/": _to,
    "/endless/": _endless,
    "/bomb/": _packed,
    "/torn/": _packed,
    "/whole/": _packed,
}


def _fault(path: str) -> Fault | bytes:
    if path in _FAULTS:
        return _FAULTS[path]
    if path.startswith("/html/"):
        return answer(story_page(path.removeprefix("/html/").removesuffix(".html")))
    return next((fault for start, fault in _UNDER.items() if path.startswith(start)), answer("", 404))


async def _serve(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ")[1].decode()
        server.hits[target].append(time.monotonic())
        path = target.partition("?")[0]
        fault = _fault(path)
        said = fault if isinstance(fault, bytes) else fault(Ask(server, path, writer))
        if isinstance(said, bytes):
            writer.write(said)
            await writer.drain()
        else:
            await said
    writer.close()


@contextmanager
def serve_faults(links: Sequence[str] = (), robots: str = "none", elsewhere: int = 9) -> Iterator[Server]:
    """Serve the faults on 127.0.0.1 while the block runs."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}", links, robots, elsewhere)
        loop = asyncio.new_event_loop()
        serving = asyncio.start_server(lambda reader, writer: _serve(server, reader, writer), sock=listener)
        accepting = loop.run_until_complete(serving)
        thread = threading.Thread(target=loop.run_forever, name="faults", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            accepting.close()
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0.01))
            loop.close()
