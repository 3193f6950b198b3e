"""Bulk extraction: WARC, WET and Parquet archives in, one file of records per archive out. Runs are resumable.

plan(sources, into)  ▶  Plan: the remaining jobs  ▶  run(plan)  ▶  Progress, Done, Done, ...

With `learn`, a first pass over all archives learns their sites, with which the second one reads the pages.
"""

import json
import os
import shutil
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from scraper.bulk.engines import ENGINES
from scraper.bulk.job import OUTPUTS, Done, Event, Job, Learning, Progress, Task, extraction
from scraper.bulk.site_learning import learning, merge_files
from scraper.bulk.sources import Source, expand
from scraper.errors import ScraperError
from scraper.io.files import atomic_write, lock, remove_temporary_files
from scraper.io.wording import count
from scraper.site import Site, Sites

__all__ = ["ENGINES", "OUTPUTS", "QUARANTINE", "Done", "Event", "Learning", "Plan", "Progress", "plan", "run"]

QUARANTINE = "quarantine.jsonl"
"""The file beside the records that lists unreadable pages: `source`, `offset`, `url`, `why`."""
_PARTS = ".quarantine"  # the folder of the same per archive
_LEARNED = ".learned"  # the names of the files of records that were made with learned sites
_SITES = ".sites"  # the folder of the learned sites, until the run is complete
_FIRST, _MERGED = f"{_SITES}/archives", f"{_SITES}/hosts"


class Plan(NamedTuple):
    """The remaining work of a run."""

    into: Path
    archives: tuple[Job, ...]
    """One per archive."""
    jobs: tuple[Job, ...]
    """One per archive without a file of records."""
    learning: tuple[Job, ...]
    """One per archive that the first pass has not read yet; none without a first pass."""
    sizes: dict[str, int]
    """The sizes of the archives in bytes, by path or URL; 0 where unknown."""
    learn: bool
    """Whether sites are learned."""

    @property
    def done(self) -> int:
        """The number of archives completed by earlier runs."""
        return len(self.archives) - len(self.jobs)


def plan(sources: Iterable[str], into: Path, *, form: str = "jsonl.gz", learn: bool = False) -> Plan:
    """Return the jobs that remain to extract the records of all archives into a folder.

    `sources` are files, folders and patterns, local or at URLs that fsspec supports; `form` is one of `OUTPUTS`. An
    archive whose file of records exists is done. If `learn`, the sites of all archives are learned first.

    Raise `ScraperError` if a source matches no archive or two archives would write the same file; `OSError` if a
    folder or pattern cannot be listed.
    """
    archives: dict[Path, Source] = {}
    for source in (archive for pattern in sources for archive in expand(pattern)):
        target = into / f"{source.name}.{form}"
        other = archives.setdefault(target, source)
        if other.address != source.address:
            raise ScraperError(f"{other.address} and {source.address} would both be written to {target}")
    all_jobs = tuple(_job(source, target, into, form) for target, source in archives.items())
    # Unlike Path.exists, os.path.exists accepts a name that is too long.
    jobs = tuple(job for job in all_jobs if not os.path.exists(job.target))
    learning = tuple(job for job in all_jobs if not os.path.exists(job.sites)) if learn and jobs else ()
    sizes = {source.address: source.size for source in archives.values()}
    return Plan(into, all_jobs, jobs, learning, sizes, learn)


def _job(source: Source, target: Path, into: Path, form: str) -> Job:
    lines = f"{source.name}.jsonl"
    return Job(source.address, target, into / _PARTS / lines, into / _FIRST / lines, form)


def run(
    plan: Plan, *, engine: str = "local", jobs: int = 0, limit: float = 10.0, site: Site | None = None
) -> Generator[Event]:
    """Run the jobs of a plan, yield their progress and results, and finally collect the quarantine.

    `engine` is a key of `ENGINES`; `jobs` is the number of archives read in parallel, 0 for one per core; `limit` is
    the time limit of a page in seconds; `site` is the site of the pages of hosts that were not learned.

    Raise `ScraperError` if another run uses the folder, its quarantine file was not written by a run, archives were
    completed with another choice of `learn`, what was learned cannot be read, or the disk is full; `OSError` if the
    folder cannot be used.
    """
    start = partial(_events, plan.into, engine, jobs)
    plan.into.mkdir(parents=True, exist_ok=True)
    with _locked(plan.into):
        _check_quarantine(plan.into / QUARANTINE)
        _check_learned(plan)
        try:
            _clean_up(plan)
            yield from _first_pass(plan, start(plan.learning, learning(limit)))
            yield from start(plan.jobs, extraction(limit, _sites(plan, site)))
            if all(os.path.exists(job.target) for job in plan.archives):
                shutil.rmtree(plan.into / _SITES, ignore_errors=True)
        finally:
            _clean_up(plan)
            _collect_quarantine(plan.into)


def _events(into: Path, engine: str, parallel: int, jobs: Sequence[Job], task: Task) -> Generator[Event]:
    if not jobs:
        return
    with closing(ENGINES[engine](jobs, task, parallel)) as events:
        for event in events:
            if isinstance(event, Done) and event.no_room:
                raise ScraperError(f"{into}: {event.error}; free some space and run again")
            yield event


def _first_pass(plan: Plan, events: Generator[Event]) -> Iterator[Event]:
    """Yield progress only; an archive that cannot be read is left to the second pass."""
    with closing(events):
        for event in events:
            is_done = isinstance(event, Done)
            yield Learning(event.source, plan.sizes[event.source], event.pages) if is_done else event


def _sites(plan: Plan, default: Site | None) -> Sites | None:
    """Return the sites of the pages, after the first pass; None if there are none."""
    if plan.learn and plan.jobs:
        return Sites(merge_files((job.sites for job in plan.archives), plan.into / _MERGED), default)
    return None if default is None else Sites({}, default)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("a") as file:
        if not lock(file):
            raise ScraperError(f"{folder}: another run is using this folder")
        yield


def _check_quarantine(quarantine: Path) -> None:
    """Raise `ScraperError` if the file exists and is not a quarantine."""
    if quarantine.exists():
        with quarantine.open("rb") as lines:
            first = lines.readline()
            if first and not first.startswith(b'{"source": '):
                raise ScraperError(f"{quarantine} was not written by an earlier run and would be overwritten")


def _check_learned(plan: Plan) -> None:
    """Raise `ScraperError` if archives were completed with another choice of `learn`; store it for the others."""
    file = plan.into / _LEARNED
    learned = frozenset(json.loads(file.read_bytes())) if file.exists() else frozenset()
    remaining = frozenset(_names(plan.jobs, plan.into))
    done = frozenset(_names(plan.archives, plan.into)) - remaining
    if other := done - learned if plan.learn else done & learned:
        archives = count(len(other), "archive")
        way = "without" if plan.learn else "with"
        raise ScraperError(f"{plan.into}: {archives} done before {way} --learn; choose another folder")
    chosen = learned | remaining if plan.learn else learned - remaining
    if chosen != learned:
        with atomic_write(file) as temporary:
            temporary.write_text(json.dumps(sorted(chosen)), "utf-8")


def _names(jobs: Iterable[Job], into: Path) -> Iterator[str]:
    return (str(job.target.relative_to(into)) for job in jobs)


def _clean_up(plan: Plan) -> None:
    """Remove the temporary files of interrupted jobs."""
    outputs = (path for job in plan.archives for path in (job.target, job.quarantine, job.sites))
    remove_temporary_files({plan.into / QUARANTINE, *outputs})


def _collect_quarantine(into: Path) -> None:
    """Concatenate the quarantines of all archives into one file, ordered by name."""
    with atomic_write(into / QUARANTINE) as temporary, temporary.open("wb") as lines:
        for part in sorted((into / _PARTS).rglob("*.jsonl")):
            lines.write(part.read_bytes())
