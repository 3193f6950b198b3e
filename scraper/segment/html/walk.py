"""The pass over the tree: what each node is for, and who reads it."""

import functools
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.segment.html.block_builder import BlockBuilder
from scraper.segment.html.contexts import BLOCK_TAGS, Contexts, enclosing_block
from scraper.segment.html.head import HeadReader
from scraper.segment.html.links import Links
from scraper.segment.html.pictures import Pictures

__all__ = ["Walk"]

_SHADOW = frozenset(("shadowrootmode", "shadowroot"))
_TEXT = 2  # lexbor's number for a text node

_Action = Callable[[LexborNode], bool | None]
"""What to do with an element when it is met; True: the text that follows is its own and is not read."""


class Walk:
    """One pass over a page, and the parts that gather what it meets."""

    def __init__(self, url: str | None) -> None:
        self.links = Links(url)
        self.head = HeadReader(self.links)
        self.contexts = Contexts(self.links, self.head.meta)
        self.pictures = Pictures(self.links)
        self.builder = BlockBuilder()
        self.has_shadow_roots = False

    def read(self, root: LexborNode) -> None:
        """Visit the nodes in page order."""
        self.head.language = root.attributes.get("lang")
        builder, boundaries, actions, skips_text = self.builder, _boundaries(), self._actions(), False
        parts = builder.parts
        for node in root.traverse(include_text=True):
            tag = node.tag_id
            if tag in boundaries:
                if parts:
                    builder.finish()
            elif tag == _TEXT:
                if not skips_text:
                    self._read_text(node)
            elif tag in actions:
                skips_text = actions[tag](node) is True
                continue
            skips_text = False
        builder.finish()

    def _actions(self) -> dict[int, _Action]:
        """Return the actions by lexbor's numbers for the tags."""
        actions: dict[str, _Action] = {
            "br": self._read_line_break,
            "a": self.links.read_anchor,
            "option": self.links.read_option,
            "img": self._read_image,
            "script": self.head.read_script,
            "style": _read_style,
            "title": self.head.read_title,
            "meta": self.head.read_meta,
            "link": self.head.read_link,
            "base": self.links.read_base,
            "template": self._read_template,
        }
        return {_tag_number(name): action for name, action in actions.items()}

    def _read_text(self, node: LexborNode) -> None:
        text, builder = node.text_content, self.builder
        if text and not text.isspace():
            parent = node.parent
            if parent is not None:
                contexts = self.contexts
                builder.add_text(text, contexts.known.get(parent.mem_id) or contexts.find(parent))
        elif builder.parts:
            builder.add_space(text or " ")

    def _read_line_break(self, _: LexborNode) -> None:
        self.builder.add_line_break()

    def _read_image(self, node: LexborNode) -> None:
        if url := self.pictures.url(node):
            builder = self.builder
            if builder.parts and enclosing_block(node) != builder.block:
                builder.finish()
            self.pictures.add(node, url, len(builder.blocks))

    def _read_template(self, node: LexborNode) -> None:
        self.has_shadow_roots = self.has_shadow_roots or not _SHADOW.isdisjoint(node.attributes)


def _read_style(node: LexborNode) -> bool:
    return node.child is not None


@functools.cache
def _tag_number(name: str) -> int:
    return LexborHTMLParser("").create_node(name).tag_id


@functools.cache
def _boundaries() -> frozenset[int]:
    """Return the numbers of the elements that end a block."""
    return frozenset(map(_tag_number, (*BLOCK_TAGS, "hr")))
