"""JSON as pages write it: what can be read of a broken script is read, in linear time."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from growth import grows_linearly
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.segment.lenient_json import MAX_SCRIPT, load_all, unescape

STORY = {"headline": "Port reopens", "author": {"name": "Jane Doe"}, "tags": ["sea", "storm"], "words": 120}
SOUND = json.dumps(STORY)


@pytest.mark.parametrize(
    "script",
    [
        SOUND,
        SOUND + ";",
        "\ufeff" + SOUND,
        "<!-- " + SOUND + " -->",
        "<![CDATA[" + SOUND + "]]>",
        "//<![CDATA[\n" + SOUND + "\n//]]>",
        "/*<![CDATA[*/" + SOUND + "/*]]>*/",
        "window.__STATE__ = " + SOUND + ";",
        SOUND.replace('"', "&quot;"),
        SOUND.replace("}", ",}").replace("]", ",]"),
        SOUND.replace(", ", ",, "),
        SOUND.replace('", "author', '" "author'),
        SOUND.replace(", ", ', // a note, with a "quote"\n'),
        SOUND.replace(", ", ", /* a note } */ "),
        SOUND.replace('"headline"', "headline").replace('"author"', "author"),
        SOUND.replace('"', "'"),
        SOUND.replace("120", "0120.0"),
        f"x = JSON.parse({json.dumps(SOUND)});",
        f"x = JSON.parse(decodeURIComponent('{quote(SOUND)}'))",
    ],
)
def test_a_broken_script_is_read(script: str) -> None:
    assert load_all(script) == [STORY]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('Council backs "plan" to dredge', 'Council backs "plan" to dredge'),
        ('"Yes", she said', '"Yes", she said'),
        ('He said "no", then left', 'He said "no", then left'),
        ("It\\'s open", "It's open"),
        ("one\n\ttwo", "one\n\ttwo"),
        ('a "b" \\u00e9\\x41\\n', 'a "b" éA\n'),
        ('a "b" \\q \\\\', 'a "b" q \\'),
    ],
)
def test_a_broken_string_is_read_whole(written: str, read: str) -> None:
    script = f'{{"a": "{written}", "b": ["{written}", 1], "c": 2}}'
    assert load_all(script) == [{"a": read, "b": [read, 1], "c": 2}]


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1},\n[{"b": 2}];', [{"a": 1}, [{"b": 2}]]),
        ('{"a": "x", "b": "torn', [{"a": "x"}]),
        ('{"a": [1, {"b": "c"', [{"a": [1, {"b": "c"}]}]),
        ('{"a": {"b": 1}}}} {"c": 2}', [{"a": {"b": 1}}, {"c": 2}]),
        ("f({a: undefined, b: new Date(1), c: -1.5e3, d: null, e: true, f: NaN})",
         [{"a": None, "b": None, "c": -1500.0, "d": None, "e": True, "f": None}]),
        ('{"a": %s, "b": 2}' % ("9" * 5000), [{"a": None, "b": 2}]),
        ('{"a": 1, "a": 2,, }', [{"a": 1}]),
        ("no value", []),
        ("", []),
        ("{}" + " " * MAX_SCRIPT, []),
    ],
)  # fmt: skip
def test_what_can_be_read_of_a_script(script: str, values: list[Any]) -> None:
    assert load_all(script) == values


@pytest.mark.parametrize("text", ["&#" + "9" * 5000 + ";", "&#x110000;&amp;", "&" * 100])
def test_absurd_references_are_no_error(text: str) -> None:
    assert isinstance(unescape(text), str)
    load_all("{&quot;a&quot;: &quot;" + text + "&quot;}")


@settings(max_examples=200)
@given(st.text(st.sampled_from("{}[]\"'`:,;\\/*\n 1aeu&<!-"), max_size=60))
def test_nothing_raises(script: str) -> None:
    assert isinstance(load_all(script), list)


GROWING: dict[str, Callable[[int], str]] = {
    "spaces-before-end": lambda n: '{"a": 1' + " " * n + ";",
    "spaces-around": lambda n: " " * n + '{"a": "b"' + " " * n + "x",
    "objects-open": lambda n: "{" * n,
    "lists-open": lambda n: '{"a":' + "[" * n,
    "objects-nested": lambda n: '{"a":' * (n // 5),
    "quotes": lambda n: '{"a": "' + '" ' * (n // 2),
    "quotes-and-commas": lambda n: '{"a": "' + '" , ' * (n // 4),
    "quotes-and-keys": lambda n: '{"a": "' + '" , "b' * (n // 6),
    "quotes-and-spaces": lambda n: '{"a": "' + ('"' + " " * 50) * (n // 50),
    "list-of-quotes": lambda n: '["' + '", x' * (n // 4),
    "comments-open": lambda n: '{"a": ' + "/*" * (n // 2),
    "line-comments": lambda n: "{" + "//" * (n // 2) + "\n",
    "backslashes": lambda n: '{"a": "' + "\\" * n,
    "broken-objects": lambda n: '{"a": 1 2 3}' * (n // 12),
    "references": lambda n: "{&quot;" + "&#9" * (n // 3),
    "quoted": lambda n: "JSON.parse('" * (n // 12),
    "torn-list": lambda n: '{"a": [' + '"x",' * (n // 4),
    "wrapping": lambda n: "<!--" + " " * n + "//" + " " * n + "]]>",
}


@pytest.mark.parametrize("kind", sorted(GROWING))
def test_the_time_grows_with_the_size(kind: str) -> None:
    assert grows_linearly(load_all, GROWING[kind])
