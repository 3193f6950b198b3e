"""Bulk extraction: WARC, WET and Parquet archives in, one file of records per archive out. Runs are resumable.

plan(sources, into)  ▶  Plan: the remaining jobs  ▶  run(plan)  ▶  Progress, Done, Done, ...
"""

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from scraper.bulk.engines import ENGINES, Event
from scraper.bulk.job import OUTPUTS, Done, Job, Progress
from scraper.bulk.sources import Source, expand
from scraper.errors import ScraperError
from scraper.io.files import atomic_write, lock, remove_temporary_files

__all__ = ["ENGINES", "OUTPUTS", "QUARANTINE", "Done", "Event", "Plan", "Progress", "plan", "run"]

QUARANTINE = "quarantine.jsonl"
"""The file beside the records that lists unreadable pages: `source`, `offset`, `url`, `why`."""
_PARTS = ".quarantine"  # the folder of the same per archive


class Plan(NamedTuple):
    """The remaining work of a run."""

    into: Path
    jobs: tuple[Job, ...]
    """One per archive without a file of records."""
    sizes: dict[str, int]
    """The sizes of the archives in bytes, by path or URL; 0 where unknown."""
    done: int
    """The number of archives completed by earlier runs."""


def plan(sources: Iterable[str], into: Path, *, form: str = "jsonl.gz") -> Plan:
    """Return the jobs that remain to extract the records of all archives into a folder.

    `sources` are files, folders and patterns, local or at URLs that fsspec supports; `form` is one of `OUTPUTS`. An
    archive whose file of records exists is done.

    Raises `ScraperError` if a source matches no archive or two archives would write the same file; `OSError` if a
    folder or pattern cannot be listed.
    """
    archives: dict[Path, Source] = {}
    for source in (archive for pattern in sources for archive in expand(pattern)):
        target = into / f"{source.name}.{form}"
        other = archives.setdefault(target, source)
        if other.address != source.address:
            raise ScraperError(f"{other.address} and {source.address} would both be written to {target}")
    jobs = tuple(
        Job(source.address, target, into / _PARTS / f"{source.name}.jsonl", form)
        for target, source in archives.items()
        if not os.path.exists(target)  # unlike Path.exists, accepts a name that is too long
    )
    sizes = {source.address: source.size for source in archives.values()}
    return Plan(into, jobs, sizes, len(archives) - len(jobs))


def run(plan: Plan, *, engine: str = "local", jobs: int = 0, limit: float = 10.0) -> Generator[Event]:
    """Run the jobs of a plan, yield their progress and results, and finally collect the quarantine.

    `engine` is a key of `ENGINES`; `jobs` is the number of archives read in parallel, 0 for one per core; `limit` is
    the time limit of a page in seconds.

    Raises `ScraperError` if another run uses the folder, its quarantine file was not written by a run, or the disk is
    full; `OSError` if the folder cannot be used.
    """
    plan.into.mkdir(parents=True, exist_ok=True)
    with _locked(plan.into):
        _check(plan.into / QUARANTINE)
        try:
            _clean_up(plan)
            if plan.jobs:
                yield from _events(plan, ENGINES[engine](plan.jobs, limit, jobs))
        finally:
            _clean_up(plan)
            _gather(plan.into)


def _events(plan: Plan, events: Generator[Event]) -> Iterator[Event]:
    with closing(events):
        for event in events:
            if isinstance(event, Done) and event.no_room:
                raise ScraperError(f"{plan.into}: {event.error}; free some space and run again")
            yield event


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("a") as file:
        if not lock(file):
            raise ScraperError(f"{folder}: another run is using this folder")
        yield


def _check(quarantine: Path) -> None:
    """Raise `ScraperError` if the file exists and is not a quarantine."""
    if quarantine.exists():
        with quarantine.open("rb") as lines:
            first = lines.readline()
            if first and not first.startswith(b'{"source": '):
                raise ScraperError(f"{quarantine} was not written by an earlier run and would be overwritten")


def _clean_up(plan: Plan) -> None:
    """Remove the temporary files of interrupted jobs."""
    outputs = (path for job in plan.jobs for path in (job.target, job.quarantine))
    remove_temporary_files({plan.into / QUARANTINE, *outputs})


def _gather(into: Path) -> None:
    """Concatenate the quarantines of all archives into one file, ordered by name."""
    with atomic_write(into / QUARANTINE) as temporary, temporary.open("wb") as lines:
        for part in sorted((into / _PARTS).rglob("*.jsonl")):
            lines.write(part.read_bytes())
