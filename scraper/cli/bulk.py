"""`scraper bulk`: archives in, one file of records per archive out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from scraper.bulk import ENGINES, OUTPUTS, QUARANTINE, Done, Event, Learning, Plan, Progress, plan, run
from scraper.bulk.site_learning import LEAST_PAGES, MAX_HOSTS
from scraper.cli.options import LIMIT, Limit, SiteFile, read_site
from scraper.cli.output import reject_same_file, writing
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.wording import count

__all__ = ["bulk"]


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Archives (.warc.gz, .wet.gz, .parquet with a column html), folders, patterns, or URLs that fsspec "
        "supports (s3://bucket/*.warc.gz).",
    ),
]
Into = Annotated[Path, typer.Option(metavar="DIR", help="The output folder.")]
Form = Annotated[str, typer.Option("--format", autocompletion=lambda: list(OUTPUTS), help=f"{', '.join(OUTPUTS)}.")]
Engine = Annotated[
    str, typer.Option(autocompletion=lambda: list(ENGINES), help="local, or ray (the cluster of RAY_ADDRESS).")
]
Jobs = Annotated[int, typer.Option(min=0, help="Archives read in parallel, at most 4 per core; 0 for one per core.")]
Learn = Annotated[
    bool,
    typer.Option(
        "--learn/--no-learn",
        help=f"First learn each host that has at least {LEAST_PAGES} pages in the archives, {MAX_HOSTS:,} at most.",
    ),
]


def bulk(
    sources: Sources,
    into: Into,
    form: Form = "jsonl.gz",
    engine: Engine = "local",
    jobs: Jobs = 0,
    limit: Limit = LIMIT,
    site: SiteFile = None,
    learn: Learn = False,
) -> None:
    """Extract the records of each archive to a file NAME.jsonl.gz in DIR; run it again to resume.

    An archive is done when its file exists. Unreadable pages are listed in DIR/quarantine.jsonl with their offsets. The
    exit status is 1 if an archive failed. A story whose pages are spread over several archives is truncated at the end
    of each; extract reads all its inputs together.
    """
    _check("--format", form, OUTPUTS)
    _check("--engine", engine, ENGINES)
    reject_same_file(into, (), "--into")
    screen, known_site = Screen(), read_site(site)
    with _reporting(screen):
        planned = plan(sources, into, form=form, learn=learn)
        with closing(run(planned, engine=engine, jobs=jobs, limit=limit, site=known_site)) as events:
            _show(planned, events, screen)
    raise typer.Exit(1 if screen.errors else 0)


def _check(option: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}", param_hint=option)


@contextmanager
def _reporting(screen: Screen) -> Iterator[None]:
    try:
        yield
    except (ScraperError, OSError) as error:
        name = getattr(error, "filename", None)
        reason = getattr(error, "strerror", None) or error
        screen.error(f"{name}: {reason}" if name else reason)
    except KeyboardInterrupt:
        screen.error("interrupted; run the same command to resume")
        raise typer.Exit(130) from None


def _show(planned: Plan, events: Iterable[Event], screen: Screen) -> None:
    stats = _Stats(planned, screen)
    with screen.progress(stats.total, stats.status) as step:
        for event in events:
            stats.add(event)
            step()
    with writing(None, screen) as lines:
        lines.write(stats.summary().encode())


class _Stats:
    """The statistics of a run so far."""

    def __init__(self, planned: Plan, screen: Screen) -> None:
        self._planned, self._screen = planned, screen
        self.weights = {job.source: max(planned.sizes[job.source], 1) for job in planned.jobs}
        """The share of each archive in the progress: its size in bytes."""
        self.total = sum(self.weights.values()) + sum(planned.sizes[job.source] for job in planned.learning)
        """The bytes to read in both passes."""
        self._learning: dict[str, Learning] = {}
        self._running: dict[str, Progress] = {}
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def add(self, event: Event) -> None:
        """Count an event, and report the error of a failed archive."""
        if isinstance(event, Learning):
            self._learning[event.source] = event
        elif isinstance(event, Progress):
            self._running[event.source] = event
        else:
            self._add_result(event)

    def _add_result(self, event: Done) -> None:
        self._running.pop(event.source, None)
        self._counts["read"] += self.weights[event.source]
        if event.error is not None:
            self._counts["failed"] += 1
            self._screen.error(f"{event.source}: {event.error}")
            return
        self._counts.update(done=1, pages=event.pages, records=event.records, bad=event.quarantined)
        self._skipped.update(event.skipped)

    def status(self, seconds: float) -> tuple[int, str]:
        """Return the bytes read and a description of the run so far."""
        counts, running, learning = self._counts, self._running.values(), self._learning.values()
        read = counts["read"] + sum(event.read for event in running) + sum(event.read for event in learning)
        if learning and not running and not counts:
            return read, f"{count(sum(progress.pages for progress in learning), 'page')} learned from"
        records = counts["records"] + sum(progress.records for progress in running)
        files = f"{counts['done']}/{count(len(self.weights), 'file')}, {counts['failed']} failed"
        description = f"{files}, {count(records, 'record')}, {records / max(seconds, 0.001):.0f}/s"
        return read, description

    def summary(self) -> str:
        """Return the lines that end a run."""
        counts, before = self._counts, self._planned.done
        failed = f", {counts['failed']} failed: run the same command to retry" if counts["failed"] else ""
        archives = f"{count(counts['done'], 'archive')} done{f', {before} done before' if before else ''}{failed}\n"
        skipped = ", ".join(f"{reason} {number}" for reason, number in self._skipped.most_common())
        without = f"; no article: {skipped}" if skipped else ""
        records = f"{count(counts['records'], 'record')} from {count(counts['pages'], 'page')}{without}\n"
        bad = f"{counts['bad']} could not be read: {self._planned.into / QUARANTINE}\n" if counts["bad"] else ""
        return archives + records + bad
