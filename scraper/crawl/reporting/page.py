"""The report of a crawl as an HTML page, made from the files in its folder.

The page has no scripts and requests nothing. Content of crawled pages is escaped text, or a link.
"""

import base64
import hashlib
import importlib.resources
import random
import sqlite3
from calendar import month_abbr
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jinja2
import msgspec
from markupsafe import Markup

from scraper.article import Article
from scraper.coverage import coverage
from scraper.crawl.reporting.charts import bar, columns
from scraper.crawl.reporting.drift import field_drift, site_drift
from scraper.errors import RecordError
from scraper.io.jsonl import read_records
from scraper.io.wording import count
from scraper.printable import printable

__all__ = ["report"]

_RECORDS, _RUN, _LEDGER = "records.jsonl", "run.json", "frontier.sqlite"
_FAILURES, _SKIPPED = "failures.jsonl", "skipped.jsonl"

_MAX_ROWS = 20  # rows of a table of URLs, or bars of a chart of names
_MAX_COLUMNS = 62  # days, months or years side by side: two months of days
_EDGE_SHARE = 0.03  # share of the records that may be outside the chart at either end: some dates are wrong
_SAMPLE_SIZE = 10
_MAX_SECTIONS = 10_000  # sections that are counted apart: a hostile site must not fill the memory
_OPENING, _LINE = 280, 160  # characters
_MIN_RECORDS = 10  # records; the coverage of fewer is not compared
_TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30)  # seconds
_SLOW, _SLOWEST_ROWS = 1, 10  # seconds of a slow response, rows of the table

_CAUSES = {
    "connection failed": "the connection failed",
    "connection refused": "the host refused the connection",
    "dns": "no host of that name was found",
    "no sitemap": "the sitemap could not be fetched",
    "off the host": "it redirected to another host",
    "robots": "robots.txt forbids it",
    "timeout": "there was no response in time",
    "unsafe address": "it is not on the public internet",
}
_ENDS = {
    "None": "it was interrupted",
    "shutdown": "it was interrupted",
    "disk_full": "nothing more could be written",
    "no_frontier": "the frontier in Redis became unusable",
    "rate_limited": "the site limited the request rate, or kept failing",
}

T = TypeVar("T")


class _Counts(msgspec.Struct):
    found: int = 0
    fetched: int = 0
    written: int = 0
    unchanged: int = 0
    duplicates: int = 0
    already_there: int = 0
    failed: dict[str, int] = {}
    skipped: dict[str, int] = {}


class _Run(msgspec.Struct):
    """The fields of run.json that the report shows."""

    spider: str = ""
    site: str | None = None
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    reason: str | None = None
    errors: int = 0
    counts: _Counts = msgspec.field(default_factory=_Counts)
    coverage: dict[str, float] = {}
    previous: dict[str, float] = {}
    site_familiarity: float | None = None
    summary: list[str] = []


class _Failure(msgspec.Struct):
    url: str
    reason: str
    tries: int = 1


class _Skipped(msgspec.Struct):
    url: str
    reason: str


class _Part(NamedTuple):
    """A section of the page: words, a chart and a table, each optional; the rows of the table may have bars."""

    title: str
    words: str = ""
    chart: Markup | None = None
    heads: tuple[str, ...] = ()
    rows: Sequence[tuple[str | float, ...]] = ()
    bars: Sequence[Markup] = ()


class _Tally:
    """Counts and a sample of the records, collected in one pass."""

    def __init__(self) -> None:
        self.records = self.copies = self.updates = self.undated = 0
        self.days: Counter[date] = Counter()
        self.sections: Counter[str] = Counter()
        self.sample: list[tuple[int, Article]] = []
        self._random = random.Random(0)  # the sample of a file is always the same

    def watch(self, records: Iterable[Article]) -> Iterator[Article]:
        """Count the records and yield them."""
        for record in records:
            self._count(record)
            self._draw(record)
            yield record

    def _count(self, record: Article) -> None:
        self.records += 1
        self.copies += record.duplicate_of is not None
        self.updates += record.replaces is not None
        if record.date_published is None:
            self.undated += 1
        else:
            self.days[record.date_published.date()] += 1
        name = record.section or "(none)"
        self.sections[name if name in self.sections or len(self.sections) < _MAX_SECTIONS else "(others)"] += 1

    def _draw(self, record: Article) -> None:
        """Sample records with equal probability."""
        place = len(self.sample) if len(self.sample) < _SAMPLE_SIZE else self._random.randrange(self.records)
        if place < _SAMPLE_SIZE:
            self.sample[place : place + 1] = [(self.records, record)]


def report(directory: Path) -> str:
    """Return the report of the crawl in a folder, as an HTML page.

    Missing and damaged files are mentioned in the report. Raise `FileNotFoundError` for a folder without a crawl.
    """
    if not any((directory / name).exists() for name in (_RECORDS, _RUN, _LEDGER)):
        raise FileNotFoundError(f"no crawl in {directory}")
    notes: list[str] = []
    run = _run(directory / _RUN, notes)
    tally = _Tally()
    shares = coverage(tally.watch(_records(directory / _RECORDS, notes)))
    about = (f"{run.spider}, {run.started[:19].replace('T', ' ')}", f"{run.seconds:,.0f} s")
    failure = _failure(run, tally.records)
    title = f"Crawl of {run.site}" if run.site else "A crawl"
    values = {
        "title": f"{title}: {failure}" if failure else title,
        "about": " · ".join(about) if run.started else "",
        "failure": failure,
        "causes": _causes(run) if failure else (),
        "notes": notes,
        "findings": list(_findings(run)),
        "sentences": run.summary,
        "parts": [
            *_parts_of_records(tally),
            *_parts_of_fields(shares, run),
            *_parts_of_run(run),
            *_parts_of_ledger(directory / _LEDGER, notes),
            *_failures(directory / _FAILURES, notes),
            *_pages_without(directory / _SKIPPED, notes),
        ],
        "tiles": _tiles(run, tally),
        "sample": [_sample(record) for _, record in sorted(tally.sample, key=lambda pair: pair[0])],
    }
    return _page(values)


def _page(values: Mapping[str, Any]) -> str:
    here = importlib.resources.files("scraper.crawl.reporting")
    style = here.joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, finalize=_displayed
    ).from_string(here.joinpath("page.html").read_text("utf-8"))
    return template.render(values, style=Markup(style), style_hash=f"sha256-{digest}")


def _displayed(value: object) -> object:
    """Return a text without characters that change the text direction or are invisible; leave markup unchanged."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


# Reading the files


def _run(path: Path, notes: list[str]) -> _Run:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Run)
    except FileNotFoundError:
        notes.append("There is no run.json: the last run did not finish.")
    except (OSError, ValueError) as error:
        notes.append(f"run.json cannot be read: {error}")
    return _Run()


def _records(path: Path, notes: list[str]) -> Iterator[Article]:
    faults: list[RecordError] = []
    number = 0

    def fault(error: RecordError) -> None:
        nonlocal number
        number += 1
        faults[:] = faults or [error]

    try:
        yield from read_records(path, on_error=fault)
    except OSError as error:
        notes.append(f"{_RECORDS} cannot be read: {error.strerror}")
    if faults:
        verb = "is not a record" if number == 1 else "are not records; the first"
        notes.append(f"{count(number, 'line', ',')} of {_RECORDS} {verb}: {faults[0]}")


def _lines(path: Path, kind: type[T], notes: list[str]) -> Iterator[T]:
    decode = msgspec.json.Decoder(kind).decode
    try:
        with path.open("rb") as lines:
            for line in lines:
                yield decode(line)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        notes.append(f"{path.name} cannot be read: {error}")


# Words and sections


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _failure(run: _Run, records: int) -> str:
    """Return in a few words how the run failed, or an empty string; a run without new stories has not failed."""
    counts = run.counts
    has_stories = counts.written or counts.already_there or counts.duplicates or counts.unchanged
    if not has_stories and (counts.failed or counts.skipped) and not (counts.fetched and records):
        return "the last run extracted nothing" if records else "nothing was extracted"
    return "the run did not finish" if run.started and run.reason != "finished" else ""


def _causes(run: _Run) -> Iterator[str]:
    """Yield a sentence for each cause of a failed run."""
    if run.reason != "finished":
        yield f"The run ended early: {_ENDS.get(str(run.reason), run.reason)}."
    if run.errors:
        yield f"The spider raised {count(run.errors, 'exception', ',')}; see the log."
    if not run.counts.written:
        for reason, number in sorted(run.counts.failed.items(), key=lambda pair: pair[0] == "no sitemap"):
            yield f"{count(number, 'URL', ',')} not fetched: {_cause(_cut(reason, _LINE))}."
        for kind, number in run.counts.skipped.items():
            yield f"{count(number, 'page', ',')} without a story: {_cut(kind, _LINE)}."


def _cause(reason: str) -> str:
    kind, _, detail = reason.partition(": ")
    if kind == "robots" and detail:
        return f"robots.txt could not be fetched, so nothing was requested: {_cause(detail)}"
    return f"the site answered with status {reason}" if reason.isdigit() else _CAUSES.get(reason, reason)


def _findings(run: _Run) -> Iterator[tuple[str, str]]:
    """Yield what the comparison with earlier runs shows: the class of a paragraph, and its sentence."""
    if run.counts.written >= _MIN_RECORDS and run.previous:
        drift = field_drift(run.previous, run.coverage)
        yield ("alert", drift) if drift else ("note", "All fields are filled as often as in the previous run.")
    if drift := site_drift(run.site_familiarity):
        yield "alert", drift


def _tiles(run: _Run, tally: _Tally) -> list[tuple[str, str]]:
    """Return the numbers at the top; numbers that equal the number of records are left out."""
    counts = run.counts
    related = [
        ("stories, each once", tally.records - tally.copies - tally.updates),
        ("records in the last run", counts.written),
    ]
    tiles = [
        ("records", tally.records),
        *((name, number) for name, number in related if number != tally.records),
        ("pages in the last run", counts.fetched),
        ("URLs that failed", sum(counts.failed.values())),
        ("errors in the spider", run.errors),
    ]
    return [(name, f"{number:,}") for name, number in tiles]


def _ranking(title: str, head: str, counts: Mapping[str, int], words: str = "") -> _Part:
    """Return a bar chart of counts by name, the largest first; small ones share one row without a bar."""
    ranked = Counter(counts).most_common()
    shown, rest = [(_cut(name, _LINE), number) for name, number in ranked[:_MAX_ROWS]], ranked[_MAX_ROWS:]
    part = _bar_chart(title, (head, "number"), shown, words)
    if not rest:
        return part
    last_row = (f"{len(rest):,} others", sum(number for _, number in rest))
    return part._replace(rows=[*shown, last_row], bars=[*part.bars, Markup("")])


def _bar_chart(title: str, heads: tuple[str, str], rows: Sequence[tuple[str, int]], words: str) -> _Part:
    """Return a table of numbers, each with a bar."""
    largest = max((number for _, number in rows), default=0)
    return _Part(title, words, heads=heads, rows=rows, bars=[bar(number / largest) for _, number in rows])


def _parts_of_run(run: _Run) -> Iterator[_Part]:
    if run.counts.skipped:
        yield _ranking("Pages without a story in the last run, by kind", "kind", run.counts.skipped)
    if run.counts.failed:
        yield _ranking("URLs that failed in the last run, by reason", "reason", run.counts.failed)


def _parts_of_records(tally: _Tally) -> Iterator[_Part]:
    if not tally.records:
        return
    if tally.days:
        yield _by_day(tally)
    yield _ranking("Records by section", "section", tally.sections)
    if tally.copies or tally.updates:
        words = f"Near duplicates: {tally.copies:,}. Updated stories: {tally.updates:,}."
        yield _Part("Near duplicates and updates among the records", words)


def _by_day(tally: _Tally) -> _Part:
    """Return a chart of the records by day, month or year; dates outside the chart are counted in words."""
    unit, names = _units(*_span(tally.days))
    counts: Counter[str] = Counter()
    for day, number in tally.days.items():
        counts[day.isoformat()[: len(names[0])]] += number
    first, last = _in_words(names[0]), _in_words(names[-1])
    omissions = {
        f"before {first}": sum(number for name, number in counts.items() if name < names[0]),
        f"after {last}": sum(number for name, number in counts.items() if name > names[-1]),
        "without a date": tally.undated,
    }
    omitted = ", ".join(f"{number:,} {dates}" for dates, number in omissions.items() if number)
    words = (f"From {first} to {last}." if first != last else f"{first}.") + f" Not shown: {omitted}." * bool(omitted)
    title, values = f"Records by {unit} of publication", [counts[name] for name in names]
    labels = [_in_words(name).removesuffix(f" {name[:4]}" if unit == "day" else "") for name in names]
    rows = list(zip(names, values, strict=True))
    return _Part(title, words, columns(title, labels, values), heads=(unit, "records"), rows=rows)


def _in_words(name: str) -> str:
    """Return a day, month or year in ISO 8601 as words: "12 Apr 2025"."""
    year, month, day = [*name.split("-"), "", ""][:3]
    return " ".join(filter(None, (day.lstrip("0"), month and month_abbr[int(month)], year)))


def _units(first: date, last: date) -> tuple[str, list[str]]:
    """Return the smallest unit that fits into a chart, with its dates; of too many years the last ones."""
    names: list[str] = []
    for unit, length in (("day", 10), ("month", 7), ("year", 4)):  # characters of an ISO date
        names = list(dict.fromkeys(day.isoformat()[:length] for day in _days(first, last)))
        if len(names) <= _MAX_COLUMNS:
            return unit, names
    return "year", names[-_MAX_COLUMNS:]


def _span(days: Mapping[date, int]) -> tuple[date, date]:
    """Return the first and the last day of a chart, without the few records at either end."""
    allowed = int(_EDGE_SHARE * sum(days.values()))
    return _edge(sorted(days), days, allowed), _edge(sorted(days, reverse=True), days, allowed)


def _edge(ordered: Sequence[date], days: Mapping[date, int], allowed: int) -> date:
    """Return the first day at which more than the allowed number of records is reached."""
    total = 0
    for day in ordered:
        total += days[day]
        if total > allowed:
            return day
    return ordered[-1]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


def _parts_of_fields(all_runs: Mapping[str, float], run: _Run) -> Iterator[_Part]:
    if not all_runs:
        return
    runs = {"last run": run.coverage, "previous run": run.previous} if run.coverage else {"all runs": all_runs}
    runs = {head: shares for head, shares in runs.items() if shares}
    rows: list[tuple[str | float, ...]] = [
        (name, *(float(shares.get(name, 0)) for shares in runs.values())) for name in all_runs
    ]
    bars = [bar(float(first)) for _, first, *_ in rows]
    yield _Part("How many records have each field", heads=("field", *runs), rows=rows, bars=bars)


# The ledger

# A redirected URL is counted at its target, as in the statistics of a run.
_OUTCOMES = (
    "select coalesce(reason, '?'), count(*) from request where state = 2 and reason is not 'redirected' group by 1"
)
_WAITING = "select count(*) from request where state <> 2"
_TIMED = "select count(*) from request where seconds is not null"
_UNDER = "select count(*) from request where seconds < ?"
_AT = "select seconds from request where seconds is not null order by seconds limit 1 offset ?"
_SLOWEST = "select url, seconds, reason from request where seconds >= ? order by seconds desc limit ?"


def _parts_of_ledger(path: Path, notes: list[str]) -> list[_Part]:
    """Read the store of a crawl, which may be running; the store of a finished crawl is not changed."""
    if not path.exists():
        return []
    busy = path.with_name(f"{path.name}-wal").exists()
    address = f"{path.resolve().as_uri()}?mode=ro{'' if busy else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as store:
            return [_outcomes(store), *_times(store)]
    except sqlite3.Error as error:
        notes.append(f"{_LEDGER} cannot be read: {error}")
        return []


def _outcomes(store: sqlite3.Connection) -> _Part:
    waiting = store.execute(_WAITING).fetchone()[0]
    words = f"All runs; {count(waiting, 'URL', ',')} left." if waiting else "All runs."
    title = "Outcome of each URL"
    return _ranking(title, "outcome or status", dict(store.execute(_OUTCOMES).fetchall()), words)


def _times(store: sqlite3.Connection) -> Iterator[_Part]:
    number = store.execute(_TIMED).fetchone()[0]
    if not number:
        return
    median, nearly_all = (store.execute(_AT, (int(part * (number - 1)),)).fetchone()[0] for part in (0.5, 0.95))
    under = [0, *(store.execute(_UNDER, (step,)).fetchone()[0] for step in _TIME_STEPS), number]
    labels = [*(f"< {step:g} s" for step in _TIME_STEPS), "longer"]
    rows = [(label, after - before) for label, (before, after) in zip(labels, pairwise(under), strict=True)]
    while not rows[-1][1]:
        rows.pop()
    words = f"Half of the responses arrived within {_seconds(median)}, 95 % within {_seconds(nearly_all)}."
    yield _bar_chart("Response times", ("time", "responses"), rows, words)
    slow = store.execute(_SLOWEST, (_SLOW, _SLOWEST_ROWS)).fetchall()
    table = [(url, _seconds(seconds), reason or "") for url, seconds, reason in slow]
    if table:
        yield _Part("Slowest responses", heads=("URL", "time", "outcome"), rows=table)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


# Failures and samples


def _failures(path: Path, notes: list[str]) -> Iterator[_Part]:
    rows = ((failure.url, failure.reason, failure.tries) for failure in _lines(path, _Failure, notes))
    yield from _addresses("URLs that failed", ("URL", "reason", "tries"), rows, path.name)


def _pages_without(path: Path, notes: list[str]) -> Iterator[_Part]:
    rows = ((page.url, page.reason) for page in _lines(path, _Skipped, notes))
    yield from _addresses("Pages without a story", ("URL", "kind"), rows, path.name)


def _addresses(
    title: str, heads: tuple[str, ...], rows: Iterator[tuple[str | float, ...]], name: str
) -> Iterator[_Part]:
    """Yield a table of the first URLs of a file, if it has any."""
    shown = list(islice(rows, _MAX_ROWS))
    number = len(shown) + sum(1 for _ in rows)
    if shown:
        words = f"The first {len(shown)} of {number:,}; all of them are in {name}." if number > len(shown) else ""
        yield _Part(title, words, heads=heads, rows=shown)


def _sample(record: Article) -> dict[str, str]:
    day = record.date_published.isoformat(" ", "minutes") if record.date_published else "no date"
    authors = ", ".join(record.authors)
    return {
        "headline": _cut(record.headline, _LINE),
        "byline": _cut(" · ".join(filter(None, (day, record.section, authors))), _LINE),
        "opening": _cut(" ".join(record.text[: 2 * _OPENING].split()), _OPENING),
        "address": record.url or "",
    }
