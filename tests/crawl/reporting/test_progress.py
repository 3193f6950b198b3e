"""The progress line of a crawl: on a terminal only, below a log that stays whole."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console
from scrapy.utils.test import get_crawler

from scraper.crawl.reporting.progress import ProgressLine
from tests.crawling import ENVIRONMENT, FAST, ROOT, Answers, anchors, command, crawl_site, of, page, site, story

NAMES = [f"number{number}" for number in range(30)]
SITE: Answers = {
    "/robots.txt": (200, {}, "User-agent: *\nAllow: /"),
    "/": page(anchors(*(f"/sea/{name}.html" for name in NAMES), "/sea/gone.html")),
    **{f"/sea/{name}.html": story(name) for name in NAMES},
}
ONE_LINE = re.compile(r"\d+ articles? · \d+ pages? · \d+ errors? · \d+\.\d/s · \d+ to go")
CURSOR_OFF, CURSOR_ON = "\x1b[?25l", "\x1b[?25h"


class Shown(NamedTuple):
    """The bytes that a crawl wrote to its terminal, and the screen at the end."""

    status: int
    raw: str

    @property
    def frames(self) -> list[str]:
        """Return all that was ever on a line of the screen."""
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "\r", self.raw)
        return [line for line in re.split(r"[\r\n]+", plain) if line.strip()]

    @property
    def screen(self) -> list[str]:
        """Do what the terminal does with the codes: to the line's begin, a line up or down, and erase."""
        lines, row = [""], 0
        for text, code in re.findall(r"([^\r\n\x1b]*)(\r|\n|\x1b\[[0-9;?]*[a-zA-Z]|$)", self.raw):
            lines[row] += text
            if code == "\n":
                row += 1
                lines += [""] * (row == len(lines))
            elif code == "\x1b[2K":
                lines[row] = ""
            elif code.endswith("A"):
                row -= int(code[2:-1] or 1)
        return lines


def on_terminal(
    directory: Path, *more: str, width: int = 100, then: Callable[[subprocess.Popen[bytes], str], None] | None = None
) -> Shown:
    """Crawl with stderr in a pseudo-terminal; `then` is called with all that was written so far, whenever more is."""
    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    sizes = ("COLUMNS", "LINES")  # which would go before the terminal's own
    environment = {key: value for key, value in ENVIRONMENT.items() if key not in sizes} | {"TERM": "xterm"}
    with site(SITE) as (base, _):
        run = subprocess.Popen(
            command(directory, *of(base), *FAST, *more),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=other,
        )
        os.close(other)
        written = b""
        while more_written := _read(own):
            written += more_written
            if then is not None:
                then(run, written.decode("utf-8", "replace"))
        os.close(own)
        return Shown(run.wait(60), written.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the last who held the other end is gone
        return b""


def test_the_line_is_drawn_below_a_log_that_stays_whole_and_is_gone_at_the_end(tmp_path: Path) -> None:
    shown = on_terminal(tmp_path, "-s", "LOG_LEVEL=DEBUG", "-s", "DOWNLOAD_DELAY=0.05")
    assert shown.status == 0
    drawn = [match[0] for line in shown.frames if (match := ONE_LINE.search(line))]
    assert len(drawn) > 1
    numbers = [[int(number) for number in re.findall(r"\d+(?= [apet])", line)] for line in drawn]
    assert numbers == sorted(numbers)
    assert 0 < numbers[-1][0] <= numbers[-1][1] <= 32
    screen = shown.screen
    assert "" not in screen[:-1]
    assert not any(ONE_LINE.search(line) for line in screen)
    got = [line for line in screen if " DEBUG: Crawled (200) <GET" in line]
    assert len(got) >= 31
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d DEBUG: Crawled \(200\) <GET \S+> \(referer: \S+\)", line) for line in got)
    assert any(line.startswith("  30 records written") for line in screen)


def test_a_log_line_longer_than_the_terminal_is_not_cut_into_lines(tmp_path: Path) -> None:
    shown = on_terminal(tmp_path, width=40)
    assert any(
        re.fullmatch(r"\S+ INFO: not fetched: http://127\S+/sea/gone\.html \(404\)", line) for line in shown.screen
    )
    drawn = [line for line in shown.frames if " article" in line]
    assert drawn
    assert max(map(len, drawn)) <= 40


def test_no_progress_line_if_it_is_switched_off(tmp_path: Path) -> None:
    shown = on_terminal(tmp_path, "-s", "LIVE=false")
    assert "\x1b" not in shown.raw
    assert "30 records written" in shown.raw


def test_a_progress_line_off_a_terminal_if_it_is_switched_on(tmp_path: Path) -> None:
    forced, _ = crawl_site(tmp_path, SITE, "-s", "LIVE=true")
    assert ONE_LINE.search(forced.summary)
    assert "30 records written" in forced.summary


@pytest.mark.parametrize("times", [1, 2])
def test_the_terminal_is_restored_however_the_crawl_ends(tmp_path: Path, times: int) -> None:
    sent: list[float] = []

    def interrupt(run: subprocess.Popen[bytes], written: str) -> None:
        if len(sent) < times and written.count(" to go") > 2 * (len(sent) + 1):
            sent.append(time.monotonic())
            run.send_signal(signal.SIGINT)

    slow = ("-s", "DOWNLOAD_DELAY=0.5", "-s", "CONCURRENT_REQUESTS=1", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1")
    shown = on_terminal(tmp_path, *slow, then=interrupt)
    assert len(sent) == times
    assert shown.status == 11
    assert shown.raw.count(CURSOR_OFF) == 1
    assert shown.raw.rindex(CURSOR_ON) > shown.raw.index(CURSOR_OFF)
    assert not any(ONE_LINE.search(line) for line in shown.screen)


def test_drawing_takes_next_to_no_time() -> None:
    crawler = get_crawler(settings_dict={"LIVE": True})
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        live = ProgressLine(crawler, Console(file=nowhere, force_terminal=True, width=100))
        live._task = live._progress.add_task("")
        live._progress.start()
        spent = []
        for _ in range(50):
            start = time.process_time()
            live._update()
            spent.append(time.process_time() - start)
        live.stop()
    assert sorted(spent)[10] < 0.005  # four a second: 2 %
