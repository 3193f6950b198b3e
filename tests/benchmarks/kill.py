"""The kill loop: crawls of the embedded portal, killed at random moments and taken up again, must lose and double nothing.

    python -m tests.benchmarks.kill --kills 300

Each crawl is killed with SIGKILL and run again until it comes to its end; then its records are held against those of a
crawl that was left alone, and against its ledger. Crawls follow one another until so many kills have struck.
"""

import argparse
import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fixtures.portal.server import serve
from tests.crawling import FAST, crawl, of, start

_LONGEST = 0.9  # seconds from the ledger's opening to the latest kill: about as long as the crawl takes


class Loop(NamedTuple):
    """What a loop of kills came to."""

    kills: int
    crawls: int
    torn: int
    """Kills that left half a line in the file, to be mended by the next run."""
    faults: list[str]


def loop(kills: int, seed: int, progress: bool = False) -> Loop:
    """Kill crawls until `kills` have struck; the moments come from the seed, what they hit from the machine."""
    moments = random.Random(seed)
    with serve() as server, tempfile.TemporaryDirectory() as scratch:
        site = (*of(server.base), *FAST)
        assert crawl(Path(scratch, "whole"), *site).status == 0
        whole = _bodies(Path(scratch, "whole"))
        struck, torn, crawls, faults = 0, 0, 0, []
        while struck < kills:
            directory = Path(scratch, f"crawl-{crawls}")
            while struck < kills and _killed(directory, site, moments.uniform(0, _LONGEST)):
                struck += 1
                torn += _torn(directory)
            assert crawl(directory, *site).status == 0
            faults += [f"crawl {crawls}: {fault}" for fault in _faults(directory, whole)]
            crawls += 1
            if progress:
                print(f"{struck} kills, {crawls} crawls, {torn} torn lines, {len(faults)} faults", flush=True)
        return Loop(struck, crawls, torn, faults)


def _killed(directory: Path, site: Sequence[str], after: float) -> bool:
    """Run the crawl and kill it so long after its ledger was opened; False where it had come to its end."""
    store = directory / "frontier.sqlite"
    process = start(directory, *site)
    while process.is_running and not (store.exists() and _held(directory, process.pid)):
        time.sleep(0.005)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.finish()[0] == -signal.SIGKILL


def _held(directory: Path, process: int) -> bool:
    return (directory / "lock").read_text("ascii") == str(process)


def _torn(directory: Path) -> bool:
    records = directory / "records.jsonl"
    return records.exists() and not records.read_bytes().endswith((b"\n", b""))


def _bodies(directory: Path) -> Counter[str]:
    """Return the stories of a crawl: which of its addresses a story was met under is chance, what it says is not."""
    lines = (directory / "records.jsonl").read_bytes().splitlines()
    return Counter(json.dumps(json.loads(line)["body"]) for line in lines)


def _faults(directory: Path, whole: Counter[str]) -> list[str]:
    text = (directory / "records.jsonl").read_bytes()
    if not text.endswith(b"\n"):
        return ["a half line"]
    written = _bodies(directory)
    faults = [f"missing: {body[:60]}" for body in whole - written] + [
        f"doubled: {body[:60]}" for body in written - whole
    ]
    return faults + _disagreements(directory, [json.loads(line)["id"] for line in text.splitlines()])


def _disagreements(directory: Path, ids: list[str]) -> list[str]:
    """Hold the ledger against the file: every line is known, every page is closed, the file's size is noted."""
    store = sqlite3.connect(directory / "frontier.sqlite")
    known = {row[0] for row in store.execute("select id from story")}
    size = store.execute("select value from mark where name = 'records_size'").fetchone()[0]
    unfinished = store.execute("select count(*) from request where state <> 2").fetchone()[0]
    store.close()
    faults = [f"the ledger does not know {story}" for story in ids if story not in known]
    if size != (directory / "records.jsonl").stat().st_size:
        faults.append("the ledger knows another size of the file")
    return faults + ([f"{unfinished} requests are not closed"] if unfinished else [])


def main() -> None:
    """Run the loop; the exit status is 1 if anything was lost, doubled or torn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    done = loop(arguments.kills, arguments.seed, progress=True)
    print(*done.faults, sep="\n")
    print(f"{done.kills} kills in {done.crawls} crawls: {len(done.faults)} faults, {done.torn} torn lines mended")
    sys.exit(bool(done.faults))


if __name__ == "__main__":
    main()
