"""Processes that work side by side, and die."""

import os
import signal
import time

import pytest

from scraper.io.workers import MEMORY, Pool, Work, cores, run


def _square(number: int) -> int | str:
    if number in (3, 4, 17):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 9:
        time.sleep(60)
    while number == 12:
        pass
    return number * number


def _hungry(number: int) -> int:
    if number in (2, 3):
        return len(bytearray(MEMORY)) if number == 2 else len([bytearray(2**26) for _ in range(2**20)])
    return {other: other for other in range(8) if other != 5}[number]


def _lost(why: str) -> str:
    return why


def _process(_: object) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_process_that_dies_or_hangs_affects_only_its_item(jobs):
    with Pool(Work(_square, _lost, limit=0.15), jobs) as pool:
        results = list(pool.run(range(20)))
    died = {number: "its reader died over it" for number in (3, 4, 17)}
    assert results == [
        (n, died.get(n, "it takes more than 0.15 seconds" if n in (9, 12) else n * n)) for n in range(20)
    ]


@pytest.mark.parametrize("jobs", [0, 2])
def test_an_item_that_takes_too_much_memory_or_raises_affects_only_itself(jobs):
    results = list(run(Work(_hungry, _lost), range(8), jobs))
    full = f"it takes more than {MEMORY >> 20} MB of memory"
    assert results == [(n, full if n in (2, 3) else "a bug: KeyError(5)" if n == 5 else n) for n in range(8)]


def test_one_job_is_done_beside_this_process_one_item_at_a_time():
    requested = []

    def items():
        for number in range(3):
            requested.append(number)
            yield number

    for number, pid in run(Work(_process, _lost), items(), 1):
        assert (requested[-1], pid != os.getpid()) == (number, True)
    assert cores() >= 1


def test_many_items_are_done_by_all_processes_and_none_is_left_behind():
    pids = {pid for _, pid in run(Work(_process, _lost), range(100), 3)}
    assert 1 < len(pids) <= 3
    assert os.getpid() not in pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
