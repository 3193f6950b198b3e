"""Bytes to text, as browsers do it, and a little more suspicious of what pages declare.

The order: a byte order mark; valid UTF-8; the charset of the Content-Type header; the charset of a meta tag; detection.
Valid UTF-8 comes before the declared charsets because text of another charset is hardly ever valid UTF-8 by chance,
while declarations are often wrong.
"""

import codecs
import re

from w3lib.encoding import http_content_type_encoding, resolve_encoding

from scraper.errors import ScraperError
from scraper.segment.limits import MAX_CHARACTERS

__all__ = ["decode"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"RIFF", "RIFF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"Rar!", "RAR"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
    (b"\x7fELF", "ELF"),
    (b"wOF", "font"),
    (b"\x00\x00\x01\x00", "icon"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.-]{2,40})")
_HEAD, _SAMPLE = 4_096, 32_768
_FEW_FAULTS = 0.02
"""A page that declares a charset and breaks it in less than this share of its characters is believed."""


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the text of a page; raise `ScraperError` for bytes that are no text or too many."""
    if len(body) > 4 * MAX_CHARACTERS:
        raise ScraperError(f"page of {len(body)} bytes is too large")
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if wide := _wide(body):
        return body.decode(wide, "replace")
    _refuse_binary(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _declared(body, content_type)
    return _stateful(body, content_type) or text if b"\x1b" in body else text


def _wide(body: bytes) -> str | None:
    """Return the encoding of UTF-16 without a mark, which shows in its first tag."""
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(body[:2])


def _refuse_binary(body: bytes) -> None:
    for magic, name in _NO_TEXT:
        if body.startswith(magic):
            raise ScraperError(f"this is {name} data, not a page")
    head = body[:_HEAD]
    odd = len(head) - len(head.translate(None, _CONTROL))
    if odd > len(head) * 0.05:
        raise ScraperError("not text")


def _labels(body: bytes, content_type: str | None) -> list[str]:
    head = body[:_HEAD]
    labels = [http_content_type_encoding(content_type) if content_type else None]
    labels += [match[1].decode("ascii") for match in (_META.search(head), _XML.search(head)) if match]
    return [name for label in labels if label and (name := resolve_encoding(label))]


def _stateful(body: bytes, content_type: str | None) -> str | None:
    """Return text declared as ISO-2022: it is ASCII with escapes, and only its declaration tells it from UTF-8."""
    for name in _labels(body, content_type):
        if name.startswith("iso2022"):
            return body.decode(name, "replace")
    return None


def _declared(body: bytes, content_type: str | None) -> str:
    for name in _labels(body, content_type):
        text = body.decode(name, "replace")
        if text.count("\ufffd") <= _FEW_FAULTS * _foreign(body):
            return text
    return _detected(body)


def _foreign(body: bytes) -> int:
    """Count the bytes above ASCII: only they tell charsets apart."""
    return len(body.translate(None, bytes(range(128))))


def _detected(body: bytes) -> str:
    """Return the text in the charset that is detected in a sample: the time of detection grows with the text."""
    import charset_normalizer  # noqa: PLC0415 - 10 ms, for the few pages that need it

    sample = _text_only(body)
    best = charset_normalizer.from_bytes(sample[:_SAMPLE]).best()
    return body.decode(best.encoding if best else "windows-1252", "replace")


def _text_only(body: bytes) -> bytes:
    """Return the page without its tags, which are ASCII in any encoding and tell the detector nothing."""
    return re.sub(rb"<[^>]{0,2000}>", b" ", body[: 8 * _SAMPLE])
