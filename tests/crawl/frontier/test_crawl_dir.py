"""The folder of a crawl."""

import os

import pytest

from scraper.crawl.crawl_dir import Locked, clear, lock


def test_a_folder_is_locked_by_one_crawl(tmp_path):
    with lock(tmp_path), pytest.raises(Locked, match=f"process {os.getpid()}"):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_fresh_start_keeps_the_old_records_under_another_name(tmp_path):
    for name in ("frontier.sqlite", "frontier.sqlite-wal", "records.jsonl"):
        (tmp_path / name).write_text("x")
    clear(tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("records-")
    assert path.read_text() == "x"
