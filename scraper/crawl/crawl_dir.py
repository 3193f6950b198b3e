"""The folder of a crawl: who may write in it, and how a file there is replaced whole."""

import errno
import fcntl
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from scrapy.crawler import Crawler

__all__ = ["DOUBLED", "LEDGER", "RECORDS", "Locked", "clear", "crawl_dir", "lock", "replace", "worker"]

DOUBLED = "doubled.jsonl"
LEDGER = "frontier.sqlite"
RECORDS = "records.jsonl"


class Locked(Exception):
    """Another crawl works in the folder."""


def crawl_dir(crawler: Crawler) -> Path:
    """Return the directory of this crawl: the setting CRAWL_DIR, or crawls/<spider>/."""
    return Path(crawler.settings.get("CRAWL_DIR") or Path("crawls", crawler.spidercls.name))


def lock(directory: Path) -> IO[str]:
    """Lock the folder while the returned file is open; the system releases the lock when the process dies.

    Raises `Locked`, or `OSError` where the folder cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # and it is no folder
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory)) from error
    held = (directory / "lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        owner = held.read().strip()
        held.close()
        raise Locked(f"another crawl works in {directory} (process {owner})") from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def worker(directory: Path, crawl: str) -> str | None:
    """Return the name under which this folder takes part in a shared crawl: made up once, and kept in the folder.

    None where the folder takes part in another crawl.
    """
    path = directory / "worker"
    if not path.exists():
        replace(path, f"{secrets.token_hex(8)} {crawl}\n")
    name, _, kept = path.read_text("utf-8").strip().partition(" ")
    return name if kept == crawl else None


def clear(directory: Path) -> None:
    """Prepare a fresh start: delete the store, and rename the records file."""
    for path in directory.glob(f"{LEDGER}*"):
        path.unlink()
    records = directory / RECORDS
    if records.exists() and records.stat().st_size:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        records.rename(directory / f"records-{stamp}.jsonl")


def replace(path: Path, text: str) -> None:
    """Replace a file whole, or leave it as it was; raises `OSError`."""
    fresh = path.with_name(path.name + ".tmp")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
