"""Processes that work side by side, and die."""

import os
import signal
import time

import pytest

from scraper.workers import Pool, Work, cores, each


def _square(number: int) -> int | str:
    if number in (3, 4, 17):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 9:
        time.sleep(60)
    while number == 12:
        pass
    return number * number


def _lost(why: str) -> str:
    return why


def _process(_: object) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_a_process_that_dies_or_hangs_costs_its_item_only(jobs):
    with Pool(Work(_square, _lost, limit=0.4), jobs) as pool:
        got = list(pool.each(range(20)))
    died = {number: "its reader died over it" for number in (3, 4, 17)}
    assert got == [(n, died.get(n, "it takes more than 0.4 seconds" if n in (9, 12) else n * n)) for n in range(20)]


def test_one_job_needs_no_process():
    assert list(each(Work(os.path.basename, _lost), ["a/b", "c"], 1)) == [("a/b", "b"), ("c", "c")]
    assert cores() >= 1


def test_many_items_are_done_by_all_processes_and_none_is_left_behind():
    found = {process for _, process in each(Work(_process, _lost), range(100), 3)}
    assert 1 < len(found) <= 3
    assert os.getpid() not in found
    for process in found:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
