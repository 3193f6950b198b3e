"""`scraper bulk`: archives in, one file of records per archive out."""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from scraper.bulk import ENGINES, OUTPUTS, QUARANTINE, Event, Plan, Progress, plan, run
from scraper.cli.options import LIMIT, Limit
from scraper.cli.output import reject_same_file, writing
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.wording import count

__all__ = ["bulk"]


def bulk(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Archives (.warc.gz, .wet.gz, .parquet with a column html), folders, patterns, or URLs that fsspec "
            "supports (s3://bucket/*.warc.gz).",
        ),
    ],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The output folder.")],
    form: Annotated[
        str, typer.Option("--format", autocompletion=lambda: list(OUTPUTS), help=f"{', '.join(OUTPUTS)}.")
    ] = "jsonl.gz",
    engine: Annotated[
        str,
        typer.Option(autocompletion=lambda: list(ENGINES), help="local, or ray (the cluster of RAY_ADDRESS)."),
    ] = "local",
    jobs: Annotated[
        int, typer.Option(min=0, help="Archives read in parallel, at most 4 per core; 0 for one per core.")
    ] = 0,
    limit: Limit = LIMIT,
) -> None:
    """Extract the records of each archive to a file NAME.jsonl.gz in DIR; run it again to resume.

    An archive is done when its file exists. Unreadable pages are listed in DIR/quarantine.jsonl with their offsets. The
    exit status is 1 if an archive failed. A story whose pages are spread over several archives is truncated at the end
    of each; extract reads all its inputs together.
    """
    for option, value, known in (("--format", form, OUTPUTS), ("--engine", engine, ENGINES)):
        if value not in known:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}", param_hint=option)
    reject_same_file(into, (), "--into")
    screen = Screen()
    try:
        planned = plan(sources, into, form=form)
        with closing(run(planned, engine=engine, jobs=jobs, limit=limit)) as events:
            _show(planned, events, screen)
    except (ScraperError, OSError) as error:
        name = getattr(error, "filename", None)
        why = getattr(error, "strerror", None) or error
        screen.error(f"{name}: {why}" if name else why)
    except KeyboardInterrupt:
        screen.error("interrupted; run the same command to resume")
        raise typer.Exit(130) from None
    raise typer.Exit(1 if screen.errors else 0)


def _show(planned: Plan, events: Iterable[Event], screen: Screen) -> None:
    stats = _Stats(planned, screen)
    with screen.progress(sum(stats.weights.values()), stats.status) as step:
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
        self._running: dict[str, Progress] = {}
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def add(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._running[event.source] = event
            return
        self._running.pop(event.source, None)
        self._counts["read"] += self.weights[event.source]
        if event.error is not None:
            self._counts["failed"] += 1
            self._screen.error(f"{event.source}: {event.error}")
            return
        self._counts.update(done=1, pages=event.pages, records=event.records, bad=event.quarantined)
        self._skipped.update(event.skipped)

    def status(self, seconds: float) -> tuple[int, str]:
        counts, running = self._counts, self._running.values()
        records = counts["records"] + sum(progress.records for progress in running)
        files = f"{counts['done']}/{count(len(self.weights), 'file')}, {counts['failed']} failed"
        words = f"{files}, {count(records, 'record')}, {records / max(seconds, 0.001):.0f}/s"
        return counts["read"] + sum(progress.read for progress in running), words

    def summary(self) -> str:
        counts, before = self._counts, self._planned.done
        failed = f", {counts['failed']} failed: run the same command to retry" if counts["failed"] else ""
        archives = f"{count(counts['done'], 'archive')} done{f', {before} done before' if before else ''}{failed}\n"
        skipped = ", ".join(f"{reason} {number}" for reason, number in self._skipped.most_common())
        without = f"; no article: {skipped}" if skipped else ""
        records = f"{count(counts['records'], 'record')} from {count(counts['pages'], 'page')}{without}\n"
        bad = f"{counts['bad']} could not be read: {self._planned.into / QUARANTINE}\n" if counts["bad"] else ""
        return archives + records + bad
