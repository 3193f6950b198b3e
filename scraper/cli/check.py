"""`scraper check`: validate a file of records line by line."""

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from scraper.article import Article
from scraper.cli.options import BadLines, Records
from scraper.cli.output import STDOUT, reject_same_file, writing
from scraper.cli.screen import Screen
from scraper.coverage import LEAST_FAMILIARITY, coverage, fallen
from scraper.errors import RecordError
from scraper.io.compression import compressing
from scraper.io.jsonl import LONGEST, parse_object, parse_record, read_lines, read_records
from scraper.io.wording import count

__all__ = ["check"]

_START = re.compile(rb'(?=\{"headline":)')  # the start of a record; it cannot occur inside one


class _Parsed(NamedTuple):
    """A record and its line in a clean copy."""

    record: Article
    line: bytes


class _Line(NamedTuple):
    """The content of a line."""

    records: tuple[_Parsed, ...] = ()
    """One record; of a bad line those that can be recovered."""
    error: str | None = None


def check(
    file: Records,
    repair: Annotated[
        Path | None, typer.Option(metavar="OUT", dir_okay=False, help="Write a clean copy with every valid record.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="OLD", help="Earlier records; report fields that are filled less often now."),
    ] = None,
) -> None:
    """Validate every line against the schema; report torn, foreign, other-version and duplicate records.

    The exit status is 1 if there are any. With --against it is also 1 if the coverage of a field fell by more than 5
    points and 10 %, or if FILE is the records.jsonl of a crawl whose last run met pages that no longer fit what was
    learned about the site.
    """
    screen = Screen()
    if repair == STDOUT:
        raise typer.BadParameter("expected a file, not stdout", param_hint="--repair")
    reject_same_file(repair, (file, against), "--repair")
    bad_lines = BadLines(file, screen)
    number = _write(_clean(file, bad_lines, screen), repair, screen)
    if not number and not screen.errors:
        screen.error(f"{file}: no records")
    drift = [*_fallen_fields(against, file, screen), *_fallen_familiarity(file)] if against and number else []
    unreadable = f" ({count(bad_lines.total, 'unreadable line')})" if bad_lines.total else ""
    with writing(None, screen) as out:
        out.write(f"{count(number, 'record')}, {count(screen.errors, 'error')}{unreadable}\n".encode())
        out.writelines(f"{line}\n".encode() for line in drift)
    raise typer.Exit(1 if screen.errors or drift else 0)


def _lines(file: Path, screen: Screen) -> Iterator[tuple[int, bytes]]:
    """Yield the non-blank lines with their numbers; report a read error."""
    try:
        for number, line in enumerate(read_lines(file), 1):
            if line.strip():
                yield number, line
    except OSError as error:
        screen.error(f"{file}: {error.strerror}")


def _clean(file: Path, bad_lines: BadLines, screen: Screen) -> Iterator[bytes]:
    """Yield the lines of a clean copy, and report each error."""
    seen: dict[str, tuple[int, int]] = {}  # by id: the line number and a hash of the record
    for number, line in _lines(file, screen):
        records, error = _parse(line)
        if records:
            bad_lines.end_row()
        if error:
            bad_lines.add(f"{file}:{number}: {error}")
        for record, clean in records:
            digest, earlier = hash(record.to_json()), seen.get(record.id or "")
            if record.id:
                seen[record.id] = (number, digest)
            if earlier is None or record.replaces == record.id:
                yield clean
            else:
                screen.error(f"{file}:{number}: duplicate: the id {record.id} is that of line {earlier[0]}")
                if digest != earlier[1]:  # the later record is the current state of the page
                    yield dataclasses.replace(record, replaces=record.id).to_json().encode()
    bad_lines.end_row()


def _parse(line: bytes) -> _Line:
    try:
        return _Line((_Parsed(parse_record(line), line.strip()),))
    except RecordError as error:
        parts = _START.split(line) if len(line) <= LONGEST else []
        recovered = tuple(parsed for part in parts if part != line for parsed in _record(part))
        suffix = f"; {count(len(recovered), 'record')} in it" if recovered else ""
        return _Line(recovered, f"{_kind(line)}{error.why}{suffix}")


def _kind(line: bytes) -> str:
    try:
        parse_object(line)
    except RecordError as error:
        return "torn: " if error.__cause__ else ""
    return ""


def _record(part: bytes) -> tuple[_Parsed, ...]:
    try:
        return (_Parsed(parse_record(part), part.strip()),)
    except RecordError:
        return ()


def _write(lines: Iterator[bytes], repair: Path | None, screen: Screen) -> int:
    """Write the lines to the clean copy, if any, and return their number."""
    first = next(lines, None)
    if first is None:
        return 0  # keep an existing copy
    lines = itertools.chain((first,), lines)
    if repair is None:
        return sum(1 for _ in lines)
    with writing(repair, screen) as file, compressing(file, repair.name) as copy:
        return sum(copy.write(line + b"\n") > 0 for line in lines)


def _fallen_fields(old: Path, new: Path, screen: Screen) -> list[str]:
    errors = screen.errors
    before = coverage(_readable(old, screen.error))
    now = coverage(_readable(new, lambda message: None))  # its errors are reported already
    if not before and screen.errors == errors:
        screen.error(f"{old}: no records")
    return [f"fallen: {name} from {before[name]:.0%} to {now.get(name, 0.0):.0%}" for name in fallen(before, now)]


def _fallen_familiarity(file: Path) -> list[str]:
    """Return a line if the last run of a crawl met pages that no longer fit what was learned about the site.

    The familiarity is in the run.json beside the records; other files of records have none.
    """
    try:
        run = parse_object(file.with_name("run.json").read_bytes()) if file.name == "records.jsonl" else {}
    except (OSError, RecordError):
        return []
    familiarity = run.get("site_familiarity")
    if not isinstance(familiarity, float) or familiarity >= LEAST_FAMILIARITY:
        return []
    return [f"fallen: site_familiarity to {familiarity:.0%}"]


def _readable(file: Path, report: Callable[[str], object]) -> Iterator[Article]:
    try:
        yield from read_records(file, on_error=lambda error: None)
    except OSError as error:
        report(f"{file}: {error.strerror}")
