"""`scraper check`: whether a file of records is one, line by line."""

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from scraper.article import Article
from scraper.cli.options import Faults, Records
from scraper.cli.output import STDOUT, apart, writing
from scraper.cli.screen import Screen, count
from scraper.coverage import coverage, fallen
from scraper.errors import RecordError
from scraper.io.jsonl import LONGEST, packing, parse_object, parse_record, read_lines, read_records

__all__ = ["check"]

_START = re.compile(rb'(?=\{"headline":)')  # how a record begins, and nothing inside one


class _Found(NamedTuple):
    """A record, and the line of a clean copy that holds it."""

    record: Article
    line: bytes


class _Line(NamedTuple):
    """What a line holds."""

    found: tuple[_Found, ...] = ()
    """One record; of a bad line what can be saved."""
    fault: str | None = None


def check(
    file: Records,
    repair: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write a clean copy with every record that can be read.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="OLD", help="Earlier records; tell which fields are missing more often now."),
    ] = None,
) -> None:
    """Validate every line against the schema; report lines that are torn, foreign, duplicated or of another version.

    The exit status is 1 if there is any, or if a field fell by more than 5 points and 10 % against OLD.
    """
    screen = Screen()
    if repair == STDOUT:
        raise typer.BadParameter("it takes a file, not stdout", param_hint="--repair")
    apart(repair, (file, against), "--repair")
    number = _written(_told(file, screen), repair, screen)
    if not number and not screen.faults:
        screen.complain(f"{file}: no record in it")
    fell = _fallen(against, file, screen) if against and number else []
    with writing(None, screen) as out:
        out.write(f"{count(number, 'record')}, {count(screen.faults, 'fault')}\n".encode())
        out.writelines(f"{line}\n".encode() for line in fell)
    raise typer.Exit(1 if screen.faults or fell else 0)


def _lines(file: Path, screen: Screen) -> Iterator[tuple[int, bytes]]:
    """Return the lines that say something, numbered; the end of what can be read is a fault."""
    try:
        for number, line in enumerate(read_lines(file), 1):
            if line.strip():
                yield number, line
    except OSError as error:
        screen.complain(f"{file}: {error.strerror}")


def _told(file: Path, screen: Screen) -> Iterator[bytes]:
    """Yield the lines of a clean copy, and report each fault."""
    seen: dict[str, tuple[int, int]] = {}  # by id: the line, and what stands for the record
    faults = Faults(file, screen)
    for number, line in _lines(file, screen):
        found, fault = _read(line)
        if found:
            faults.end_row()
        if fault:
            faults.add(f"{file}:{number}: {fault}")
        for record, kept in found:
            told, again = hash(record.to_json()), seen.get(record.id or "")
            if record.id:
                seen[record.id] = (number, told)
            if again is None or record.replaces == record.id:
                yield kept
            else:
                screen.complain(f"{file}:{number}: doubled: the id {record.id} is that of line {again[0]}")
                if told != again[1]:  # the later one is what the page says now
                    yield dataclasses.replace(record, replaces=record.id).to_json().encode()
    faults.end_row()


def _read(line: bytes) -> _Line:
    try:
        return _Line((_Found(parse_record(line), line.strip()),))
    except RecordError as error:
        parts = _START.split(line) if len(line) <= LONGEST else []
        saved = tuple(found for part in parts if part != line for found in _record(part))
        also = f"; {count(len(saved), 'record')} in it" if saved else ""
        return _Line(saved, f"{_kind(line)}{error.why}{also}")


def _kind(line: bytes) -> str:
    try:
        parse_object(line)
    except RecordError as error:
        return "torn: " if error.__cause__ else ""
    return ""


def _record(part: bytes) -> tuple[_Found, ...]:
    try:
        return (_Found(parse_record(part), part.strip()),)
    except RecordError:
        return ()


def _written(lines: Iterator[bytes], repair: Path | None, screen: Screen) -> int:
    """Go through the lines, write them where they are wanted, and give how many there are."""
    first = next(lines, None)
    if first is None:
        return 0  # and what was there before stays
    lines = itertools.chain((first,), lines)
    if repair is None:
        return sum(1 for _ in lines)
    with writing(repair, screen) as file, packing(file, repair.name) as copy:
        return sum(copy.write(line + b"\n") > 0 for line in lines)


def _fallen(old: Path, new: Path, screen: Screen) -> list[str]:
    faults = screen.faults
    before = coverage(_readable(old, screen.complain))
    now = coverage(_readable(new, lambda fault: None))  # which was told already
    if not before and screen.faults == faults:
        screen.complain(f"{old}: no record in it")
    return [f"fallen: {name} from {before[name]:.0%} to {now.get(name, 0.0):.0%}" for name in fallen(before, now)]


def _readable(file: Path, complain: Callable[[str], object]) -> Iterator[Article]:
    try:
        yield from read_records(file, on_error=lambda error: None)
    except OSError as error:
        complain(f"{file}: {error.strerror}")
