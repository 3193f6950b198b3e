"""Links: where they lead, and their URLs made absolute."""

from urllib.parse import urljoin, urlsplit

import msgspec
from selectolax.lexbor import LexborNode

from scraper.block import Anchor

__all__ = ["ABSOLUTE", "Links", "Target"]

ABSOLUTE = ("https://", "http://")
_NO_PAGE = ("#", "javascript:", "mailto:", "tel:", "data:", "sms:", "whatsapp:", "about:", "[!--", "{{")
_MAX_BASE = 4_096


class Target(msgspec.Struct, frozen=True, gc=False):
    """Where the text of a link leads."""

    url: str | None
    number: int
    """The number of the link's element, which tells it from another link to the same URL."""


class Links:
    """The links of a page; the common forms of URLs are made absolute by hand, the rest by the standard library."""

    def __init__(self, url: str | None) -> None:
        self.anchors: list[Anchor] = []
        self._targets: dict[int, Target] = {}
        self._base = url
        self._origin = self._scheme = ""
        self._known: dict[str, str | None] = {}
        self._rebase(url)

    def read_anchor(self, node: LexborNode) -> None:
        """Read an `a` element."""
        attributes = node.attributes
        url, number = self.absolute(attributes.get("href")), node.mem_id
        self._targets[number] = Target(url, number)
        if url is not None:
            rel = attributes.get("rel")
            self.anchors.append(Anchor(url, rel.lower()) if rel else Anchor(url))

    def read_option(self, node: LexborNode) -> None:
        """Read an option of a form: it is no text, but a pager may be a drop-down list whose values are URLs."""
        value = node.attributes.get("value")
        if value and ("/" in value or ".htm" in value) and (url := self.absolute(value)):
            self.anchors.append(Anchor(url))

    def read_base(self, node: LexborNode) -> None:
        """Read the URL against which the page's links are resolved from here on."""
        self._rebase(node.attributes.get("href"))

    def target(self, number: int) -> Target:
        """Return the target of an `a` element by its number; without a URL where the walk has not met it."""
        return self._targets.get(number) or Target(None, number)

    def absolute(self, href: str | None) -> str | None:
        """Return the URL of a page without its fragment; None for other links and for no link."""
        if href is None:
            return None
        if href not in self._known:
            self._known[href] = self._absolute(href.strip())
        return self._known[href]

    def _rebase(self, base: str | None) -> None:
        if base and len(base) > _MAX_BASE:
            return
        try:
            parts = urlsplit(urljoin(self._base or "", base or ""))
        except ValueError:
            return
        if parts.scheme in ("http", "https") and parts.netloc:
            self._base = parts.geturl()
            self._scheme, self._origin = parts.scheme, f"{parts.scheme}://{parts.netloc}"

    def _absolute(self, href: str) -> str | None:
        if not href or (href[0] not in "/h" and href.lower().startswith(_NO_PAGE)):
            return None
        plain = href.partition("#")[0]
        bracketed = "[" in plain or "]" in plain  # an IPv6 address, or not a URL
        if not bracketed and plain.startswith(ABSOLUTE) and "/." not in plain[8:]:
            return plain
        if "/." in plain or bracketed or not self._origin:
            return self._joined(plain)
        if plain.startswith("//"):
            return f"{self._scheme}:{plain}"
        if plain.startswith("/"):
            return self._origin + plain
        return self._joined(plain)

    def _joined(self, href: str) -> str | None:
        try:
            return urlsplit(urljoin(self._base or "", href)).geturl()
        except ValueError:
            return None
