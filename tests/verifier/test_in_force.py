"""verifier.in_force: what was read stays where the newest cannot be, and is read once for each change."""

from __future__ import annotations

import threading

import pytest

from vclib.errors import StoreError
from verifier.in_force import InForce


def _broken() -> str:
    raise StoreError("it is broken")


def test_what_is_in_another_state_is_read_once() -> None:
    kept, read = InForce("the lists", 1, "old"), iter(["new"])
    assert kept.update(1, lambda: next(read)) == "old"
    assert [kept.update(2, lambda: next(read)) for _ in range(2)] == ["new", "new"]
    assert kept.problem is None


def test_what_cannot_be_read_leaves_what_was_in_force_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = InForce("the lists", 1, "old")
    assert [kept.update(state, _broken) for state in (2, 2, 3)] == ["old"] * 3
    assert kept.problem == "it is broken"
    assert caplog.messages == ["the lists cannot be read, those in force stay: it is broken"]
    assert kept.update(4, lambda: "new") == "new"
    assert kept.problem is None


def test_what_cannot_be_read_is_not_tried_again_in_the_same_state() -> None:
    kept, tried = InForce("the lists", 1, "old"), []

    def read() -> str:
        tried.append("read")
        return _broken()

    for _ in range(3):
        kept.update(2, read)
    assert tried == ["read"]


def test_where_nothing_was_in_force_nothing_is_said_to_stay(caplog: pytest.LogCaptureFixture) -> None:
    kept: InForce[str | None] = InForce("the lists", None, None)
    assert kept.update(1, _broken) is None
    assert caplog.messages == ["the lists cannot be read: it is broken"]


def test_what_is_urgent_counts_although_the_rest_cannot_be_read() -> None:
    kept = InForce("the lists", 1, "old", kept=lambda value: f"{value} without the thief")
    assert kept.update(2, _broken) == "old without the thief"
    assert kept.update(3, lambda: "new") == "new"


def test_what_was_lost_stays_and_is_read_when_it_is_back_as_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = InForce("the lists", 1, "old")
    for _ in range(2):
        kept.lose(StoreError("it is gone"))
    assert (kept.value, kept.problem, len(caplog.messages)) == ("old", "it is gone", 1)
    assert (kept.update(1, lambda: "back"), kept.problem) == ("back", None)


def test_of_many_who_find_a_change_one_reads_and_all_have_it() -> None:
    kept, readers, found = InForce("the lists", 1, "old"), [], []
    begun, others = threading.Event(), threading.Event()

    def read() -> str:
        readers.append("read")
        begun.set()
        others.wait(10)
        return "new"

    threads = [threading.Thread(target=lambda: found.append(kept.update(2, read))) for _ in range(4)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    others.set()
    for thread in threads:
        thread.join()
    assert (readers, found) == (["read"], ["new"] * 4)
