"""The folder of a crawl: its files, and the lock that keeps other crawls out."""

import errno
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from scrapy.crawler import Crawler

from scraper.io import files

__all__ = ["DOUBLED", "LEDGER", "RECORDS", "SITE_FILE", "Locked", "clear", "crawl_dir", "lock", "worker"]

DOUBLED = "doubled.jsonl"
LEDGER = "frontier.sqlite"
RECORDS = "records.jsonl"
SITE_FILE = "site.json"
"""The file with what was learned of the site."""


class Locked(Exception):
    """Another crawl is using the folder."""


def crawl_dir(crawler: Crawler) -> Path:
    """Return the directory of this crawl: the setting CRAWL_DIR, or crawls/<spider>/."""
    return Path(crawler.settings.get("CRAWL_DIR") or Path("crawls", crawler.spidercls.name))


def lock(directory: Path) -> IO[str]:
    """Lock the folder while the returned file is open; the system releases the lock when the process dies.

    Raise `Locked`, or `OSError` where the folder cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # it is not a folder
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory)) from error
    file = (directory / "lock").open("a+", encoding="ascii")
    if not files.lock(file):
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise Locked(f"another crawl is using {directory} (process {owner})")
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def worker(directory: Path, crawl: str) -> str | None:
    """Return the name of this folder as a worker of a shared crawl, or None if it takes part in another crawl.

    The name is random, and kept in the folder.
    """
    path = directory / "worker"
    if not path.exists():
        with files.atomic_write(path) as temporary:
            temporary.write_text(f"{secrets.token_hex(8)} {crawl}\n", "utf-8")
    name, _, own_crawl = path.read_text("utf-8").strip().partition(" ")
    return name if own_crawl == crawl else None


def clear(directory: Path) -> None:
    """Prepare a fresh start: delete the store and what was learned of the site, and rename the records file."""
    (directory / SITE_FILE).unlink(missing_ok=True)
    for path in directory.glob(f"{LEDGER}*"):
        path.unlink()
    records = directory / RECORDS
    if records.exists() and records.stat().st_size:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        records.rename(directory / f"records-{stamp}.jsonl")
