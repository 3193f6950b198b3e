"""JSON as pages write it: sound JSON by the standard parser, the rest token by token.

Whatever can be read is kept: several values after each other, text around them, comments, commas too many or too few,
raw line breaks, unescaped quotes, escapes of JavaScript, bare keys. Each character is read a bounded number of times.
"""

import html
import json
import re
from typing import Any
from urllib.parse import unquote

__all__ = ["MAX_SCRIPT", "load_all", "unescape"]

MAX_SCRIPT = 2 * 2**20
"""Characters of a script that is read; a longer one is left out."""
_MAX_VALUES = 20
"""Top-level values of one script."""

_DECODER = json.JSONDecoder(strict=False)
_ESCAPED = re.compile(r"[{\[]\s*+(?:\{\s*+)?+&(?:quot|#34|#x22);")
_OPENING = re.compile(r"(?://\s*+)?+<!\[CDATA\[|//[^\n]*+|/\*.*?(?:\*/|\Z)|(?P<opening>[{\[])", re.DOTALL)
_TOKEN = re.compile(
    r"""[\s\ufeff:]++|//[^\n]*+|/\*.*?(?:\*/|\Z)|(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>[,;])|(?P<quote>["'`])
    |(?P<bare>[^\s\ufeff:,;{}\[\]"'`/]++)|.""",
    re.DOTALL | re.VERBOSE,
)
_UP_TO = {mark: re.compile(rf"[^{mark}\\]*+(?:\\.[^{mark}\\]*+)*+{mark}", re.DOTALL) for mark in "\"'`"}
_MEMBER = r"""(?:"[^"\n]{0,100}+"|[A-Za-z_$@][\w$]{0,60}+)\s*+:"""
# What must follow a quote for it to end its string; any other quote belongs to the text.
_AFTER_KEY = re.compile(r"\s*+:")
_AFTER_MEMBER = re.compile(rf"\s*+(?:,\s*+)*+(?:[}}\]]|\Z|/[/*]|{_MEMBER})")
_AFTER_ITEM = re.compile(r"""\s*+(?:[}\]]|\Z|/[/*]|(?:,\s*+)++(?:["'{}\[\]\d-]|true\b|false\b|null\b|/[/*]))""")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_QUOTED = re.compile(r"""\bJSON\.parse\(\s*+(?P<percent>decodeURIComponent\(\s*+)?(?P<mark>["'`])""")
_LITERALS = {"true": True, "false": False}
_LONG_NUMBER = 40


def load_all(script: str) -> list[Any]:
    """Return the objects and arrays of a script, in order; nothing in it can raise."""
    if len(script) > MAX_SCRIPT:
        return []
    if _ESCAPED.search(script):
        script = unescape(script)
    script = _unquoted(script)
    values: list[Any] = []
    at = 0
    while len(values) < _MAX_VALUES and (opening := _OPENING.search(script, at)):
        at = opening.end()
        if opening["opening"]:
            value, at = _value(script, opening.start())
            values.append(value)
    return values


def _unquoted(script: str) -> str:
    """Return the JSON that a script hands over as a string, maybe percent-encoded; else the script as it is."""
    call = _QUOTED.search(script)
    end = _UP_TO[call["mark"]].match(script, call.end()) if call else None
    if not call or not end:
        return script
    text = _ESCAPE.sub(_character, script[call.end() : end.end() - 1])
    return unquote(text) if call["percent"] else text


def unescape(text: str) -> str:
    """Resolve character references; those of absurd numbers leave the text as it is."""
    try:
        return html.unescape(text) if "&" in text else text
    except (ValueError, OverflowError):
        return text


def _value(script: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(script, start)
    except (ValueError, RecursionError):
        return _Reader(script).read(start)


class _Reader:
    """A reader of tokens, with the containers that are open on a stack; each object's next key is beside it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[tuple[dict[str, Any] | list[Any], str | None]] = []

    def read(self, at: int) -> tuple[Any, int]:
        """Return the value that opens at a place, and the place behind it; one that is torn holds what came before."""
        root: Any = None
        while token := _TOKEN.match(self.text, at):
            at, kind = token.end(), token.lastgroup
            if kind == "open":
                root = self._open(token[0], root)
            elif kind == "close":
                self.stack.pop()
                if not self.stack:
                    break
            elif kind == "comma":
                self._key(None)
            elif kind == "quote":
                at = self._string(token[0], at)
            elif kind == "bare":
                self._bare(token[0])
        return root, at

    def _open(self, mark: str, root: Any) -> Any:
        container: dict[str, Any] | list[Any] = {} if mark == "{" else []
        if self.stack:
            self._put(container)
        self.stack.append((container, None))
        return container if root is None else root

    def _key(self, key: str | None) -> None:
        self.stack[-1] = (self.stack[-1][0], key)

    def _put(self, value: Any) -> None:
        container, key = self.stack[-1]
        if isinstance(container, list):
            container.append(value)
        elif key is not None:
            container.setdefault(key, value)
            self._key(None)

    def _expects_key(self) -> bool:
        container, key = self.stack[-1]
        return isinstance(container, dict) and key is None

    def _string(self, mark: str, start: int) -> int:
        """Read a string up to its closing quote; an unclosed string is dropped, as its text may be incomplete."""
        is_key = self._expects_key()
        end = self._end(mark, start, is_key)
        if end < 0:
            return len(self.text)
        text = _ESCAPE.sub(_character, self.text[start : end - 1])
        if is_key:
            self._key(text)
        else:
            self._put(text)
        return end

    def _end(self, mark: str, at: int, is_key: bool) -> int:
        after = _AFTER_KEY if is_key else _AFTER_MEMBER if isinstance(self.stack[-1][0], dict) else _AFTER_ITEM
        while string := _UP_TO[mark].match(self.text, at):
            at = string.end()
            if mark != '"' or after.match(self.text, at):
                return at
        return -1

    def _bare(self, word: str) -> None:
        if self._expects_key():
            self._key(word)
        else:
            self._put(_literal(word))


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2]
    return chr(int(digits, 16)) if digits else _ESCAPES.get(escape[3], escape[3])


def _literal(word: str) -> bool | float | None:
    if len(word) <= _LONG_NUMBER and word[0] in "-0123456789":
        try:
            return float(word) if set(word) & set(".eE") else int(word)
        except ValueError:
            return None
    return _LITERALS.get(word)
