"""Archives in bulk: WARC, WET and Parquet files in, a file of records for each out; killed and run again, it goes on.

plan(sources, into)  ▶  Plan: what is to be done  ▶  run(plan)  ▶  Progress, Done, Done, ...
"""

import fcntl
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from scraper.bulk.engines import ENGINES, Event
from scraper.bulk.job import OUTPUTS, Done, Progress, Unit
from scraper.bulk.sources import Source, expand
from scraper.errors import ScraperError
from scraper.io.files import sweep, whole

__all__ = ["ENGINES", "OUTPUTS", "QUARANTINE", "Done", "Event", "Plan", "Progress", "plan", "run"]

QUARANTINE = "quarantine.jsonl"
"""The file beside the records that names what could not be read: `source`, `offset`, `url`, `why`."""
_PARTS = ".quarantine"  # the same, a file an archive


class Plan(NamedTuple):
    """What a run has to do."""

    into: Path
    units: tuple[Unit, ...]
    """Those that are not done yet."""
    sizes: dict[str, int]
    """Of their archives by URL, in bytes; 0 for those that are not told."""
    done: int
    """Archives that were done by earlier runs."""


def plan(sources: Iterable[str], into: Path, *, form: str = "jsonl.gz") -> Plan:
    """Return the plan for writing the records of these archives to a folder.

    `sources` are files, folders and patterns, here or at a URL that fsspec knows; `form` is one of `OUTPUTS`. An
    archive whose file of records is there is done.

    Raises `ScraperError` where a source names no archive, or two of them would write the same file; `OSError` where a
    folder or pattern cannot be looked through.
    """
    found: dict[Path, Source] = {}
    for source in (each for given in sources for each in expand(given)):
        target = into / f"{source.name}.{form}"
        known = found.setdefault(target, source)
        if known.address != source.address:
            raise ScraperError(f"{known.address} and {source.address} would both be written to {target}")
    units = tuple(
        Unit(source.address, target, into / _PARTS / f"{source.name}.jsonl", form)
        for target, source in found.items()
        if not os.path.exists(target)  # which a name that is too long does not break
    )
    sizes = {source.address: source.size for source in found.values()}
    return Plan(into, units, sizes, len(found) - len(units))


def run(plan: Plan, *, engine: str = "local", jobs: int = 0, limit: float = 10.0) -> Generator[Event]:
    """Do what is to be done, and tell how far each archive is and how it ended; at the end gather the quarantine.

    `engine` is a key of `ENGINES`; `jobs` is how many archives are read at the same time, 0 for one a core; `limit` is
    the time in seconds that a page may take.

    Raises `ScraperError` where another run works in the folder, its quarantine was not written by one, or nothing more
    can be written; `OSError` where the folder cannot be used.
    """
    plan.into.mkdir(parents=True, exist_ok=True)
    with _locked(plan.into):
        _check(plan.into / QUARANTINE)
        try:
            _sweep(plan)
            if plan.units:
                yield from _events(plan, ENGINES[engine](plan.units, limit, jobs))
        finally:
            _sweep(plan)
            _gather(plan.into)


def _events(plan: Plan, events: Generator[Event]) -> Iterator[Event]:
    with closing(events):
        for event in events:
            if isinstance(event, Done) and event.no_room:
                raise ScraperError(f"{plan.into}: {event.fault}; run again when there is room")
            yield event


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ScraperError(f"{folder}: another run works in this folder") from None
        yield


def _check(quarantine: Path) -> None:
    """Refuse to write over what is no quarantine."""
    if quarantine.exists():
        with quarantine.open("rb") as lines:
            first = lines.readline()
            if first and not first.startswith(b'{"source": '):
                raise ScraperError(f"{quarantine} was not written by an earlier run, and would be written over")


def _sweep(plan: Plan) -> None:
    """Remove what was begun and is not whole."""
    sweep({plan.into / QUARANTINE, *(path for unit in plan.units for path in (unit.target, unit.quarantine))})


def _gather(into: Path) -> None:
    """Write what could not be read in all archives to one file, in the order of their names."""
    with whole(into / QUARANTINE) as fresh, fresh.open("wb") as lines:
        for part in sorted((into / _PARTS).rglob("*.jsonl")):
            lines.write(part.read_bytes())
