"""`scraper learn`: learn a site from its own pages."""

from pathlib import Path
from typing import Annotated

import typer

from scraper.cli.inputs import InputOptions, Inputs
from scraper.cli.options import LIMIT, Limit, SiteFile, Trust, read_site, trusted
from scraper.cli.output import reject_same_file, writing
from scraper.cli.screen import Screen
from scraper.cli.site_learning import summaries
from scraper.explanation.site import site_page
from scraper.io.wording import count
from scraper.io.workers import bounded
from scraper.site import Site

__all__ = ["learn"]


def learn(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT", help="Pages of one site, articles and lists, as for scraper extract."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", dir_okay=False, help="The JSON file instead of stdout."),
    ] = None,
    show: Annotated[
        Path | None,
        typer.Option(
            metavar="HTML", dir_okay=False, help="Also write an HTML page that shows the regions of a typical page."
        ),
    ] = None,
    site: SiteFile = None,
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 for one per core.")] = 1,
    limit: Limit = LIMIT,
    trust: Trust = None,
) -> None:
    """Learn what the pages of one site have in common, for scraper extract --site, from any number of its pages.

    The result is the same for any order of the pages. With --site, more pages are added to what is known already.
    """
    screen = Screen()
    if not inputs and site is None:
        raise typer.BadParameter("no pages; give pages, or a site with --site", param_hint="INPUT")
    source = Inputs(inputs or [], InputOptions(trusted=trusted(trust)), screen)
    _check_outputs(output, show, (*source.names, site))
    known = read_site(site) or Site()
    for host, summary in summaries(source, screen, (limit, bounded(jobs))):
        known = known.add(summary, host)
    if not known.sample:
        known_only = "; pages of known templates are read without a site" if not screen.errors else ""
        screen.error(f"no page to learn from{known_only}")
        raise typer.Exit(1)
    _save(known, output, show, screen)
    screen.note(f"{count(known.pages, 'page')} learned from, {len(known.sample)} in the sample")
    if len(known.hosts) > 1:
        screen.note(f"the pages are of several hosts, not of one site: {', '.join(known.hosts)}")
    raise typer.Exit(1 if screen.errors else 0)


def _check_outputs(output: Path | None, show: Path | None, sources: tuple[str | Path | None, ...]) -> None:
    """Raise `typer.BadParameter` for an output that is an input; OUT may be the site that pages are added to."""
    reject_same_file(output, sources[:-1])
    if show is None:
        return
    reject_same_file(show, sources, "--show")
    if output is not None and output.resolve() == show.resolve():
        raise typer.BadParameter(f"{show} is also the output of -o; choose another file", param_hint="--show")
    if show.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"{show} is not the name of an HTML page", param_hint="--show")


def _save(site: Site, output: Path | None, show: Path | None, screen: Screen) -> None:
    if show is not None:
        _write(show, site_page(site), screen)
    if output is not None or show is None:
        _write(output, f"{site.to_json()}\n", screen)


def _write(path: Path | None, text: str, screen: Screen) -> None:
    with writing(path, screen) as file:
        file.write(text.encode("utf-8", "replace"))
