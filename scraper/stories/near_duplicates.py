"""Near duplicates: the same story shortened, extended, edited or stuffed with keywords.

A story is the set of its shingles, which are three consecutive words; in scripts without spaces a character counts as
a word. Recurring reports from a template (a lottery draw, a market's close) share nearly all words and differ in their
numbers, which copies keep. For this reason every pair of words with a number in it counts four times more.

The similarity of two stories is the share of the smaller one's shingles that the other has too, so that a copy cut to
half its length is still recognised. `tests.benchmarks.copies` prints the figures behind each choice.
"""

import re
import struct
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from operator import eq

from rensa import RMinHash

__all__ = ["THRESHOLD", "bands", "signature", "similarity", "words"]

THRESHOLD = 0.8
"""The least similarity of a copy."""

_SMALLEST = 0.4  # of the larger story's shingles: a copy may lack half of them
_LEAST = 30  # words: shorter bodies ("Photos of the week", a gallery's captions) are alike by chance
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
_MARKS = re.compile("[\u0080-\u00bf\u060c\u061b\u061f\u0964\u2000-\u206f\u2190-\u2bff\u3000-\u303f]")
_ASCII = bytes(byte if byte > 127 or chr(byte).isalnum() else 32 for byte in range(256))  # punctuation to spaces
_TIMES = (b"#", b"##", b"###", b"####")  # suffixes that make four shingles of a pair
_VALUES, _SEED = 128, 1
_FORM = struct.Struct(f"<BI{_VALUES}H")  # the algorithm's version, the number of shingles, the low bits of each minimum
_HEAD, _BANDS, _WIDE = 5, 21, 6  # bytes before the minima; keys; bytes of a key's three minima


def signature(body: Sequence[str]) -> bytes | None:
    """Return the MinHash signature of a story, 261 bytes, the same on every machine; None for a short body."""
    tokens = words(tuple(body))
    if len(tokens) < _LEAST:
        return None
    shingles = set(map(b" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False)))
    shingles.update(_beside_numbers(tokens))
    sketch = RMinHash(_VALUES, _SEED)
    sketch.update(shingles)
    return _FORM.pack(RMinHash.ALGORITHM_VERSION, len(shingles), *(value & 0xFFFF for value in sketch.digest()))


@lru_cache(1)  # requested twice for each story
def words(body: tuple[str, ...]) -> list[bytes]:
    """Return the words of a story as bytes, in lower case and without punctuation."""
    text = unicodedata.normalize("NFKC", " ".join(body)).casefold()
    if not text.isascii():
        text = _UNSPACED.sub(r" \g<0> ", _MARKS.sub(" ", text))
    # A regular expression would take five times as long.
    return text.encode("utf-8", "replace").translate(_ASCII).split()


def _beside_numbers(words: Sequence[bytes]) -> list[bytes]:
    numbers = [at for at, word in enumerate(words) if word < b":"]  # digits sort before it, all letters after
    starts = {at - back for at in numbers for back in (0, 1)} - {-1}
    return [pair + time for pair in (b" ".join(words[at : at + 2]) for at in starts) for time in _TIMES]


def bands(signature: bytes) -> tuple[int, ...]:
    """Return the 21 keys of a story, below 2 to the 63; stories that share a key are compared.

    The chance that two stories share a key is 99.9 % with three quarters of their shingles in common, 94 % with a half,
    and 1 in 50,000 with a hundredth.
    """
    return tuple(
        (signature[0] << 5 | band) << 48 | int.from_bytes(signature[start : start + _WIDE], "little")
        for band, start in enumerate(range(_HEAD, _HEAD + _BANDS * _WIDE, _WIDE))
    )


def similarity(one: bytes, other: bytes) -> float:
    """Return the estimated share, 0 to 1 and within 0.05, of the smaller story's shingles that the other has too."""
    version, size, *values = _FORM.unpack(one)
    other_version, other_size, *other_values = _FORM.unpack(other)
    if version != other_version:  # stored by an earlier release
        return 0.0
    if min(size, other_size) < _SMALLEST * max(size, other_size):  # a list of stories quotes them without being a copy
        return 0.0
    jaccard: float = sum(map(eq, values, other_values)) / _VALUES
    common: float = jaccard * (size + other_size) / (1 + jaccard)
    return min(1.0, common / int(min(size, other_size)))
