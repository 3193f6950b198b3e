"""`scraper bulk`: archives in, a file of records for each out."""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from scraper.bulk import ENGINES, OUTPUTS, QUARANTINE, Event, Plan, Progress, plan, run
from scraper.cli.options import LIMIT, Limit
from scraper.cli.output import apart, writing
from scraper.cli.screen import Screen
from scraper.errors import ScraperError

__all__ = ["bulk"]


def bulk(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Archives (.warc.gz, .wet.gz, .parquet with a column html), folders, patterns, or addresses that "
            "fsspec knows (s3://bucket/*.warc.gz).",
        ),
    ],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the records.")],
    form: Annotated[
        str, typer.Option("--format", autocompletion=lambda: list(OUTPUTS), help=f"{', '.join(OUTPUTS)}.")
    ] = "jsonl.gz",
    engine: Annotated[
        str,
        typer.Option(autocompletion=lambda: list(ENGINES), help="local, or ray: the cluster that RAY_ADDRESS names."),
    ] = "local",
    jobs: Annotated[
        int, typer.Option(min=0, help="Archives read at the same time, 4 a core at most; 0: one a core.")
    ] = 0,
    limit: Limit = LIMIT,
) -> None:
    """Write one file of records per archive, NAME.jsonl.gz in DIR, as extract would; run it again to continue.

    An archive is done when its file is there. What could not be read is in DIR/quarantine.jsonl, with its offset. The
    exit status is 1 if an archive could not be done. A story whose pages lie in different archives is cut where they
    end: extract reads them together.
    """
    for option, value, known in (("--format", form, OUTPUTS), ("--engine", engine, ENGINES)):
        if value not in known:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}", param_hint=option)
    apart(into, (), "--into")
    screen = Screen()
    try:
        planned = plan(sources, into, form=form)
        with closing(run(planned, engine=engine, jobs=jobs, limit=limit)) as events:
            _do(planned, events, screen)
    except (ScraperError, OSError) as error:
        name = getattr(error, "filename", None)
        why = getattr(error, "strerror", None) or error
        screen.complain(f"{name}: {why}" if name else why)
    except KeyboardInterrupt:
        screen.complain("interrupted; the same command goes on")
        raise typer.Exit(130) from None
    raise typer.Exit(1 if screen.faults else 0)


def _do(planned: Plan, events: Iterable[Event], screen: Screen) -> None:
    told = _Told(planned, screen)
    with screen.progress(sum(told.weights.values()), told.far) as step:
        for event in events:
            told.take(event)
            step()
    with writing(None, screen) as lines:
        lines.write(told.summary().encode())


class _Told:
    """What a run has told so far."""

    def __init__(self, planned: Plan, screen: Screen) -> None:
        self._planned, self._screen = planned, screen
        self.weights = {unit.source: max(planned.sizes[unit.source], 1) for unit in planned.units}
        """The work that each archive is: its bytes."""
        self._running: dict[str, Progress] = {}
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def take(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._running[event.source] = event
            return
        self._running.pop(event.source, None)
        self._counts["read"] += self.weights[event.source]
        if event.fault is not None:
            self._counts["failed"] += 1
            self._screen.complain(f"{event.source}: {event.fault}")
            return
        self._counts.update(done=1, pages=event.pages, records=event.records, bad=event.quarantined)
        self._skipped.update(event.skipped)

    def far(self, seconds: float) -> tuple[int, str]:
        counts, running = self._counts, self._running.values()
        records = counts["records"] + sum(each.records for each in running)
        files = f"{counts['done']}/{_many(len(self.weights), 'file')}, {counts['failed']} failed"
        words = f"{files}, {_many(records, 'record')}, {records / max(seconds, 0.001):.0f}/s"
        return counts["read"] + sum(each.read for each in running), words

    def summary(self) -> str:
        counts, before = self._counts, self._planned.done
        failed = f", {counts['failed']} failed: run it again to try them again" if counts["failed"] else ""
        found = f"{_many(counts['done'], 'archive')} done{f', {before} done before' if before else ''}{failed}\n"
        skipped = ", ".join(f"{reason} {count}" for reason, count in self._skipped.most_common())
        without = f"; without a story: {skipped}" if skipped else ""
        of = f"{_many(counts['records'], 'record')} of {_many(counts['pages'], 'page')}{without}\n"
        bad = f"{counts['bad']} could not be read: {self._planned.into / QUARANTINE}\n" if counts["bad"] else ""
        return found + of + bad


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
