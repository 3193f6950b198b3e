"""Parsing of dates without guesses: a day needs a year, a time zone must be written, and the clock is never read.

The first parser that succeeds wins: ISO 8601, a small grammar over numbers and the month names of `vocabulary`, then
dateparser for languages that the names do not cover. Years of other calendars (Buddhist, Persian, Republic of China,
Japanese eras) are converted.
"""

import functools
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from scraper import vocabulary

__all__ = [
    "DateMatch",
    "find",
    "find_all",
    "fold",
    "from_url",
    "has_year",
    "month",
    "numeric_order",
    "parse",
    "swapped",
]

_YEARS = range(1990, 2101)  # of news on the web; other four-digit numbers are no years
_REACH = 300  # characters of a line that are read
_WORDY = 100  # the longest text that dateparser is given

_MONTH_DAY_YEAR_US = frozenset(("us", "ph", "pr", "fm", "gu"))  # where 3/4/2023 is the fourth of March

_LOOSE = str.maketrans("ıłøđ’‘", "ilod''")


def fold(text: str) -> str:
    """Return the text without case, accents and full stops, for look-ups."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold().translate(_LOOSE))
        text = "".join(char for char in text if not unicodedata.combining(char))
    return text.casefold().replace(".", "")


_MONTHS = {fold(name): number for number, names in enumerate(vocabulary.MONTHS, 1) for name in names.split()}


_PERSIAN_MONTHS = {
    fold(name): number for number, names in enumerate(vocabulary.PERSIAN_MONTHS, 1) for name in names.split()
}


def month(word: str) -> int | None:
    """Return the number of the month that the word names in any known language, short or long."""
    return _MONTHS.get(fold(word).replace(" ", "_"))


# --- The grammar ------------------------------------------------------------------------------------------------------

_MARKS = "\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"  # vowel signs of Hindi and Thai are no letters
_LETTER = rf"(?:[^\W\d_]|[{_MARKS}])"
_MONTH = rf"(?P<{{0}}>(?:(?:كانون|تشرين)\s)?{_LETTER}{{{{3,14}}}}|[ก-ฮ]{_LETTER}?\.[ก-ฮ])"
_OF = r"(?:[dD]e\s+|[oO]f\s+|[dD]el\s+)?"
_YEAR = r"(?P<{0}>(?:19|20|25|1[34])\d\d)"  # the time may follow without a space: "5 maj 202111:15"
_ERA = "|".join(vocabulary.ERAS)
_DATE = "|".join(
    (
        r"(?P<y1>\d{4})(?P<mark1>[-/.])(?P<m1>\d{1,2})(?P=mark1)(?P<d1>\d{1,2}(?!\d)|\d{2})",
        r"(?P<y2>\d{4})\s?[年년]\s?(?P<m2>\d{1,2})\s?[月월]\s?(?P<d2>\d{1,2})\s?[日号號일]",
        r"(?P<y3>\d{4})\.\s(?P<m3>\d{1,2})\.\s(?P<d3>\d{1,2})(?!\d)",
        r"(?P<a>\d{1,2})(?:(?P<mark2>[-/])(?P<b>\d{1,2})(?P=mark2)|\.\s?(?P<c>\d{1,2})\.\s?)" + _YEAR.format("y"),
        r"(?P<d4>\d{1,2})(?:st|nd|rd|th|er|[ºª°.])?[\s/-]*" + _OF + _MONTH.format("m4") + r"\.?"
        + rf"(?:\s?/\s?{_LETTER}{{3,14}})?" + r"\s*,?[\s/-]*(?:พ\.ศ\.\s?|ค\.ศ\.\s?)?" + _OF + _YEAR.format("y4"),
        r"(?P<y5>\d{4})[.,]?[\s-]+" + _MONTH.format("m5") + r"\.?[\s-]+(?P<d5>\d{1,2})(?!\d)",
        rf"(?P<era>{_ERA})\s?(?P<y7>\d{{1,3}}|元)\s?年\s?(?P<m7>\d{{1,2}})\s?月\s?(?P<d7>\d{{1,2}})\s?[日號号]",
        r"(?P<y8>1\d\d)(?:\s?年\s?|(?P<mark8>[-/.]))(?P<m8>\d{1,2})(?:\s?月\s?|(?P=mark8))(?P<d8>\d{1,2})(?:\s?日|(?![\d/.-]))",
        r"(?P<d9>\d{1,2})\s(?:[tT]háng|[tT]hg)\s(?P<m9>\d{1,2})(?:,\s?|\s(?:năm\s)?)(?P<y9>20\d\d)",
    )
)  # fmt: skip
_WORD_START = r"(?:(?<![^\W_])|(?<=[^\W_A-Z])(?=[A-Z]))"  # "PublishedFeb 2, 2023", "May 17, 2024May 14, 2024"
_US_DATE = (
    _MONTH.format("m6") + r"\.?\s*(?P<d6>\d{1,2})(?:st|nd|rd|th)?(?:\s*,\s*|\s+|(?<=\d\d)(?=\d{4}(?!\d)))"
    r"(?:\d{1,2}:\d\d:\d\d\s+(?:[A-Z]{3,4}\s+|[+-]\d{4}\s+)?)?"  # "Wed Jul 08 16:36:31 CEST 2020"
    + _YEAR.format("y6")
)  # fmt: skip
_HAS_YEAR = re.compile(r"\d{4}|年|1\d\d[/.-]")
_FULL_DATE = re.compile(rf"(?<!\d)(?:{_DATE})|{_WORD_START}{_US_DATE}")

# "PhpStorm 2016.1.2" and "v2023.1.2": single digits between full stops, after a name.
_VERSION = re.compile(r"[^\W\d_]+\s?$")
_VERSION_NUMBER = re.compile(r"\d{4}\.(?:\d\.\d{1,2}|\d{1,2}\.\d)$")

_NAMES = "|".join(sorted(set(vocabulary.ZONES) - {"Z"}, key=len, reverse=True))
_OFFSET = (  # "10:00-11:30" and "10:31 +5 comments" hold none
    r"(?<=[TC])\s?[+−-]\d{1,2}(?::?\d{2})?(?![\d:])|\s?\+\d\d:?\d\d(?![\d:])|\s?[−-](?:0\d|1[0-2])\d\d(?!\d)"
    r"|(?<=:\d\d:\d\d)[−-]\d\d:\d\d"
)
_ZONE = rf"(?P<name>(?:{_NAMES})(?![^\W\d_])|Z(?![^\W_]))?(?P<offset>{_OFFSET})?"
_CLOCK = (
    r"(?P<half1>[上下]午|午[前後]|오[전후])?\s?"
    r"(?:(?P<hour>\d{1,2})(?:\s?[:hH時时]\s?|\.)(?P<minute>\d{2})(?:분|分)?(?:[:分]\s?(?P<second>\d{2})[秒]?(?:[.,]\d{1,9})?)?"
    r"|(?P<sharp>\d{1,2})(?=\s?[ap]\.?m\b|\s?[AP]\.?M\b|\s?Uhr\b|\s?h\b))"
    r"(?:\s?(?P<half2>[ap]\.?\s?m\b\.?|[AP]\.?\s?M\b\.?)|\s?(?:Uhr|Hrs?|hrs?|h|น\.)\b)?"
    rf"(?:\s?\(?{_ZONE}\)?)"
)
_BETWEEN = r"(?:T|\s*[.,|·•@–—/-]?\s*(?:at|um|à|alle|ore|às|a las|kl\.?|klo|om|о|в|о|at about|Time:)?[\s,]*)"
_CLOCK_WITHIN = re.compile(r"(?<=\s)" + _CLOCK)
_TIME_AFTER = re.compile(_BETWEEN + _CLOCK)
_TIME_BEFORE = re.compile(_CLOCK + r"\s*[,|·•–—-]?\s*(?:[oO]n\s)?(?:[^\W\d_]{3,12}\.?,?\s)?$")
_BEFORE = 40  # characters before a date in which its time can begin


class DateMatch(NamedTuple):
    """A date in a line of text."""

    raw: str
    """As written, with its time."""
    moment: datetime
    start: int
    end: int


def _fields(match: re.Match[str]) -> tuple[str, str, str]:
    """Return year, month and day as written, for forms with month names or the year first."""
    form = next(name[1:] for name, value in match.groupdict().items() if value and name[0] == "d")
    return match[f"y{form}"], match[f"m{form}"], match[f"d{form}"]


def _month_and_day(first: int, second: int, languages: tuple[str, ...]) -> tuple[int, int] | None:
    """Return month and day of "3/4/2023"; None if neither the numbers nor the languages decide."""
    if first == second or second > 12:
        return first, second
    if first > 12:
        return second, first
    for tag in languages:
        language, _, region = tag.replace("_", "-").casefold().partition("-")
        if language != "en":
            return second, first
        if region:
            return (first, second) if region in _MONTH_DAY_YEAR_US else (second, first)
    return None


def _parse_day(match: re.Match[str], languages: tuple[str, ...]) -> datetime | None:
    if match["a"]:
        first, second = int(match["a"]), int(match["b"] or match["c"])
        order = _month_and_day(first, second, languages if match["b"] else ("de",))  # with dots the day comes first
        return order and _to_gregorian(int(match["y"]), *order, match.string, languages)
    year, named, day = _fields(match)
    if named.isdigit() and _is_version(match):
        return None
    if match["era"]:
        return _valid_date(vocabulary.ERAS[match["era"]] + (1 if year == "元" else int(year)), int(named), int(day))
    if match["y8"]:
        taiwan = "年" in match[0] or any(tag.casefold().endswith("tw") for tag in languages)
        return _valid_date(int(year) + vocabulary.ERAS["民國"], int(named), int(day)) if taiwan else None
    if number := int(named) if named.isdigit() else month(named):
        return _to_gregorian(int(year), number, int(day), match.string, languages)
    number = _PERSIAN_MONTHS.get(fold(named))
    return _from_persian(int(year), number, int(day)) if number else None


def _is_version(match: re.Match[str]) -> bool:
    """Return whether a match is a version number ("PhpStorm 2016.1.2") and not a date ("Published 2016.1.2")."""
    if not _VERSION_NUMBER.match(match[0]):
        return False
    word = _VERSION.search(match.string[max(0, match.start() - 30) : match.start()])
    return word is not None and word[0].isascii() and word[0].strip().casefold() not in vocabulary.DATE_WORDS


def _to_gregorian(year: int, number: int, day: int, text: str, languages: tuple[str, ...]) -> datetime | None:
    """Return the day; Buddhist years are accepted with Thai text, Persian years with Persian."""
    if year in _YEARS:
        return _valid_date(year, number, day)
    if year >= 2500 and (_THAI.search(text) or "th" in languages):
        return _valid_date(year - 543, number, day)
    if year < 1500 and any(tag.startswith("fa") for tag in languages):
        return _from_persian(year, number, day)
    return None


_THAI = re.compile("[\u0e01-\u0e4e]")


def _from_persian(year: int, number: int, day: int) -> datetime | None:
    """Convert a day of the Solar Hijri calendar, with the 33-year cycle of leap years in force today."""
    if not (year in _PERSIAN_YEARS and 1 <= number <= 12 and 1 <= day <= 31 - (number > 6)):
        return None
    leaps = (8 * year + 21) // 33 - (8 * 1400 + 21) // 33
    days = 365 * (year - 1400) + leaps + 31 * (number - 1) - max(0, number - 7) + day - 1
    return _PERSIAN_EPOCH + timedelta(days=days)


_PERSIAN_YEARS = range(1369, 1480)
_PERSIAN_EPOCH = datetime(2021, 3, 21)  # the first day of 1400


def _valid_date(*parts: int) -> datetime | None:
    if parts[0] not in _YEARS:
        return None
    try:
        return datetime(*parts)  # type: ignore[arg-type]  # year, month, day only
    except ValueError:
        return None


def _with_clock(day: datetime, clock: re.Match[str]) -> datetime | None:
    """Return the day with the time of the clock; None if that is not a time of day."""
    hour = int(clock["hour"] or clock["sharp"])
    half = (clock["half1"] or clock["half2"] or "")[:2].casefold()
    if half and hour <= 12:
        late = half[0] == "p" or half in ("下午", "午後", "오후")
        hour = hour % 12 + 12 * late
    try:
        moment = day.replace(hour=hour, minute=int(clock["minute"] or 0), second=int(clock["second"] or 0))
        return moment.replace(tzinfo=_zone(clock["name"], clock["offset"]))
    except ValueError:
        return None


def _zone(name: str | None, offset: str | None) -> timezone | None:
    minutes = vocabulary.ZONES.get(name or "Z")
    if minutes is None or not (name or offset):
        return None
    if offset and minutes == 0:
        sign, digits = offset.strip()[0], offset.strip()[1:].replace(":", "")
        hours, rest = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        minutes = (int(hours) * 60 + int(rest)) * (1 if sign == "+" else -1)
    return UTC if minutes == 0 else timezone(timedelta(minutes=minutes))


_DIGITS = {ord(digit): str(number % 10) for number, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९")}


def _dates(text: str, languages: tuple[str, ...]) -> Iterator[tuple[re.Match[str], datetime]]:
    if not has_year(text):
        return
    if not text.isascii():
        text = text.translate(_DIGITS)
    start = 0
    while match := _FULL_DATE.search(text, start):
        day = _parse_day(match, languages)
        if day:
            yield match, day
        start = match.end() if day else match.start() + 1


def has_year(text: str) -> bool:
    """Return whether a text may contain a date: a quick test, as few lines do."""
    return _HAS_YEAR.search(text) is not None


def find(text: str, languages: tuple[str, ...] = ()) -> tuple[str, datetime] | None:
    """Return the first complete date in a short visible line, as written (with its time) and as a value.

    Only the first 300 characters are read. `languages` are BCP 47 tags; they only decide the order in "3/4/2023".
    """
    return next((match[:2] for match in find_all(text, languages)), None)


def find_all(text: str, languages: tuple[str, ...] = ()) -> Iterator[DateMatch]:
    """Yield every complete date in a short visible line; see `find`."""
    line, end = text[:_REACH], 0
    for date, day in _dates(line, languages):
        if date.start() >= end:
            match = _with_time(line, date, day, end)
            yield match
            end = match.end


def _with_time(line: str, date: re.Match[str], day: datetime, limit: int) -> DateMatch:
    """Return a date with the time in, after or before it; text before `limit` belongs to the previous date."""
    within = _CLOCK_WITHIN.search(date[0])
    if within and (moment := _with_clock(day, within)):
        return DateMatch(line[date.start() : date.end()], moment, *date.span())
    following = _TIME_AFTER.match(line, date.end())
    if following and (moment := _with_clock(day, following)):
        return DateMatch(line[date.start() : following.end()].rstrip(" ("), moment, date.start(), following.end())
    start = max(limit, date.start() - _BEFORE)
    preceding = _TIME_BEFORE.search(line[start : date.start()])
    if preceding and (moment := _with_clock(day, preceding)):
        at = start + preceding.start()
        return DateMatch(line[at : date.end()].lstrip(), moment, at, date.end())
    return DateMatch(line[date.start() : date.end()], day, *date.span())


# --- The order of day and month ---------------------------------------------------------------------------------------

_NUMERIC = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2(?:19|20)\d\d(?!\d)")


def numeric_order(texts: Iterable[str]) -> str | None:
    """Return a language tag with the order of day and month in the texts; None if they do not show it."""
    firsts = seconds = 0
    for text in texts:
        for match in _NUMERIC.finditer(text[:_REACH]):
            firsts += int(match[1]) > 12 >= int(match[3])
            seconds += int(match[3]) > 12 >= int(match[1])
    if bool(firsts) == bool(seconds):
        return None
    return "en-GB" if firsts else "en-US"


def swapped(raw: str, moment: datetime) -> datetime | None:
    """Return a date such as "3/4/2023" with day and month swapped; None if it is unambiguous."""
    match = _NUMERIC.match(raw.strip().replace(".", "/"))
    if match is None or moment.day > 12 or moment.day == moment.month:
        return None
    return moment.replace(month=moment.day, day=moment.month)


# --- The rest ---------------------------------------------------------------------------------------------------------


def parse(raw: str, languages: tuple[str, ...] = ()) -> datetime | None:
    """Parse a date as written on a page, possibly after a label; None without day, month and year.

    The value has a time zone only if the text names one; a day without a time is its midnight. `languages` are BCP 47
    tags, the page's own first; "3/4/2023" is None if they do not decide the order. Never raises.
    """
    text = raw[:_REACH].strip()
    if text.isdigit():
        return _parse_digits(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        match = find(text, languages)
        return match[1] if match else _parse_words(text, languages)
    return _with_fixed_offset(moment)


def _with_fixed_offset(moment: datetime) -> datetime | None:
    """Convert the zone to a fixed offset of the standard library; None outside the years of news."""
    if moment.year not in _YEARS:
        return None
    offset = moment.utcoffset()
    if offset is None:
        return moment.replace(tzinfo=None)
    return moment.replace(tzinfo=timezone(offset) if offset else UTC)


def _parse_digits(text: str) -> datetime | None:
    """Read Unix time in seconds or milliseconds (UTC), or a date and time written without marks."""
    try:
        if len(text) in (10, 13):
            moment = datetime.fromtimestamp(int(text[:10]), UTC)
        else:
            moment = datetime.strptime(text, {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(text)])
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return moment if moment.year in _YEARS else None


# Languages that the month names do not cover.
_OTHERS = ("ar", "fa", "he", "hi", "bn", "ta", "te", "th", "vi", "bg", "hr", "sk", "sl", "lt", "lv", "et", "ka", "hy")
_SETTINGS: dict[str, Any] = {
    "PARSERS": ["absolute-time"],
    "REQUIRE_PARTS": ["day", "month", "year"],
    "RELATIVE_BASE": datetime(2000, 1, 1),
    "DEFAULT_LANGUAGES": [],
}
_YEAR_ALONE = re.compile(r"(?<!\d)\d{4}(?!\d)")
_HAS_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def _parse_words(text: str, languages: tuple[str, ...]) -> datetime | None:
    if len(text) > _WORDY or text.isascii() or not (_YEAR_ALONE.search(text) and _HAS_DAY.search(text)):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            moment = _parser(languages[:2]).get_date_data(text).date_obj
            return moment and _with_fixed_offset(moment)
        except Exception:  # dateparser on arbitrary text may raise anything
            return None


@functools.lru_cache(maxsize=32)
def _parser(languages: tuple[str, ...]) -> Any:
    from dateparser.data.languages_info import language_order  # noqa: PLC0415 - 200 ms, for the few pages that need it
    from dateparser.date import DateDataParser  # noqa: PLC0415

    codes = (tag.replace("_", "-").partition("-")[0].casefold() for tag in languages)
    supported = dict.fromkeys((*(code for code in codes if code in language_order), *_OTHERS))
    return DateDataParser(languages=list(supported), settings=_SETTINGS, use_given_order=True)


_URL_DATES = (
    re.compile(r"/(?P<y>\d{4})[/-](?P<m>\d{1,2}|[a-z]{3,9})[/-](?P<d>\d{1,2})(?=[/_.-]|$)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})/(?P<m>\d{2})(?P<d>\d{2})(?!\d)"),
)
_URL_NUMBER = re.compile(r"(?<!\d)(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)")


def from_url(url: str, *, numbers: bool = False) -> datetime | None:
    """Read the day out of a URL's path: /2023/10/26/, 2023-10-26, /2023/1026/; naive midnight.

    With `numbers`, read eight digits (20231026), which may be a story's number as well.
    """
    path = re.split(r"[?#]", url[:2000], maxsplit=1)[0].partition("//")
    place = "/" + (path[2] or path[0]).partition("/")[2] if path[1] else path[0]
    for form in (_URL_NUMBER,) if numbers else _URL_DATES:
        for match in form.finditer(place):
            number = int(match["m"]) if match["m"].isdigit() else month(match["m"])
            day = number and _valid_date(int(match["y"]), number, int(match["d"]))
            if day:
                return day
    return None
