"""issuer.store: what belongs together is kept together, and no status index is used twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from issuer.store import (
    Copy,
    IssuerStore,
    IssuerWriting,
    SignedList,
    StatusList,
    StatusPosition,
    StoredRecord,
    Waiting,
)
from runtime.database import sqlite_url
from vclib.errors import StoreError

# SQLite's and PostgreSQL's words for a unique constraint that holds.
TAKEN = "UNIQUE constraint failed|duplicate key value violates unique constraint"

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
RECORD = StoredRecord(
    record_id="abcd2345",
    credential_id="urn:uuid:1",
    kind="vaccination",
    suite="ecdsa-sd-2023",
    issuer_id="did:key:zIssuer",
    holder="did:key:zHolder",
    record="{}",
    record_sha256="r" * 64,
    credential_sha256="c" * 64,
    valid_from=NOW,
    valid_until=NOW + timedelta(days=365),
    minted=NOW,
)


@pytest.fixture
def store(database_url: str) -> Iterator[IssuerStore]:
    store = IssuerStore.open(database_url)
    yield store
    store.close()


def _sequence(*numbers: int) -> Callable[[int], int]:
    values = iter(numbers)
    return lambda _below: next(values)


def _list_of(work: IssuerWriting, purpose: str = "revocation", number: int = 1) -> StatusList:
    name = f"{purpose}-{number}"
    found = work.lists.newest(purpose)
    if found is not None and found.number >= number:
        return found
    url = f"https://status.example/{name}.json"
    return work.lists.begin(purpose, number, name=name, url=url, length=200)


def _choose(work: IssuerWriting, numbers: tuple[int, ...], *, purpose: str = "revocation") -> StatusPosition:
    (chosen,) = work.lists.choose([_list_of(work, purpose)], random_below=_sequence(*numbers))
    return chosen


def _add(store: IssuerStore, record: StoredRecord, position: int, purpose: str = "revocation") -> None:
    with store.writing() as work:
        work.add_record(record, [_choose(work, (position,), purpose=purpose)])


def _signed(document: str) -> SignedList:
    return SignedList(document, NOW, NOW + timedelta(days=30))


def _other(record_id: str) -> StoredRecord:
    return replace(RECORD, record_id=record_id, credential_id=None, record_sha256=record_id * 8)


def test_a_record_comes_back_as_it_was_stored(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    with store.reading() as reading:
        assert reading.find("abcd2345") == RECORD
        (entry,) = reading.lists.positions("abcd2345")
    assert (entry.status_list.url, entry.position, entry.value) == (
        "https://status.example/revocation-1.json",
        7,
        0,
    )


@pytest.mark.parametrize("text", ["abcd2345", "abcd", "urn:uuid:1"])
def test_a_record_is_found_by_its_ids_and_their_beginning(store: IssuerStore, text: str) -> None:
    _add(store, RECORD, 7)
    with store.reading() as reading:
        assert reading.find(text).record_id == "abcd2345"


@pytest.mark.parametrize("text", ["abc", "", "abce", "%%%%", "____", "urn:uuid"])
def test_an_id_that_names_no_record_is_refused(store: IssuerStore, text: str) -> None:
    _add(store, RECORD, 7)
    with store.reading() as reading, pytest.raises(StoreError, match="no record has the id"):
        reading.find(text)


def test_an_ambiguous_beginning_is_refused(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    _add(store, _other("abcd9999"), 8)
    with store.reading() as reading, pytest.raises(StoreError, match="more than one record id"):
        reading.find("abcd")


def test_a_taken_position_is_not_given_again(store: IssuerStore) -> None:
    """H9: the random choice repeats itself, the next one is taken."""
    _add(store, RECORD, 7)
    with store.writing() as work:
        assert _choose(work, (7, 7, 8)).position == 8


def test_the_database_itself_refuses_a_position_twice(store: IssuerStore) -> None:
    """H9: even where the program is wrong; and the second record is not kept either."""
    _add(store, RECORD, 7)
    with pytest.raises(StoreError, match=TAKEN), store.writing() as work:
        taken = replace(_choose(work, (8,)), position=7)
        work.add_record(_other("efgh2345"), [taken])
    with store.reading() as reading:
        assert [record.record_id for record in reading.records()] == ["abcd2345"]


def test_the_database_itself_refuses_a_credential_id_twice(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    with pytest.raises(StoreError, match=TAKEN):
        _add(store, replace(_other("efgh2345"), credential_id="urn:uuid:1"), 8)


def test_credentials_without_an_id_do_not_collide(store: IssuerStore) -> None:
    _add(store, _other("efgh2345"), 7)
    _add(store, _other("ijkl2345"), 8)
    with store.reading() as reading:
        assert len(list(reading.records())) == 2


def test_a_position_chosen_for_another_is_not_chosen_again(store: IssuerStore) -> None:
    """H9: two credentials of one batch."""
    with store.writing() as work:
        this = _list_of(work)
        (chosen,) = work.lists.choose([this], without={this.list_id: {7}}, random_below=_sequence(7, 8))
    assert chosen.position == 8


def test_of_two_lists_only_the_one_whose_position_was_taken_is_tried_again(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    with store.writing() as work:
        lists = [_list_of(work), _list_of(work, "suspension")]
        chosen = work.lists.choose(lists, random_below=_sequence(7, 7, 9))
    assert [(each.status_list.purpose, each.position) for each in chosen] == [
        ("revocation", 9),
        ("suspension", 7),
    ]


def test_a_position_taken_meanwhile_is_told(store: IssuerStore) -> None:
    """H9: what was free when it was chosen need not be free when it is taken."""
    with store.writing() as work:
        first, second = _choose(work, (7,)), _choose(work, (7,))
        work.add_record(RECORD, [first])
        assert work.lists.taken([second, _choose(work, (9,))]) == {(1, 7)}


def test_a_list_without_a_free_position_is_told(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    with store.writing() as work, pytest.raises(StoreError, match="has no free position"):
        work.lists.choose([_list_of(work)], random_below=lambda _: 7)


def test_taken_positions_are_counted_and_the_newest_list_is_the_last(store: IssuerStore) -> None:
    with store.writing() as work:
        for number in range(3):
            positions = work.lists.choose([_list_of(work, number=1 + number // 2)])
            work.add_record(_other(f"abcd000{number}"), positions)
    with store.reading() as reading:
        lists = reading.lists.all()
        assert [(each.number, each.used, each.url[-6:]) for each in lists] == [
            (1, 2, "1.json"),
            (2, 1, "2.json"),
        ]
        assert [reading.lists.count(each.list_id) for each in lists] == [2, 1]
        newest = reading.lists.newest("revocation")
        assert newest is not None
        assert newest.number == 2


def test_the_database_itself_refuses_a_list_twice(store: IssuerStore) -> None:
    with store.writing() as work:
        _list_of(work)
    with pytest.raises(StoreError, match=TAKEN), store.writing() as work:
        work.lists.begin("revocation", 1, name="other", url="https://status.example/other", length=200)


def test_a_published_list_is_replaced_only_by_one_made_from_it(store: IssuerStore) -> None:
    """Two changes at once: the second is told that it was made from a list that is no longer published."""
    with store.writing() as work:
        work.lists.publish_first(_list_of(work).list_id, _signed("first"))
    with store.writing() as work:
        assert work.lists.publish(1, _signed("second"), expected=1)
    with store.writing() as work:
        assert not work.lists.publish(1, _signed("lost"), expected=1)
    with store.reading() as reading:
        published = reading.lists.published(1)
        assert (published.version, published.signed) == (2, _signed("second"))
        assert reading.lists.published_as("revocation-1") == published
        assert reading.lists.published_as("revocation-2") is None


def test_each_purpose_has_its_own_lists(store: IssuerStore) -> None:
    with store.writing() as work:
        positions = [_choose(work, (5,), purpose=purpose) for purpose in ("revocation", "suspension")]
        work.add_record(RECORD, positions)
    with store.reading() as reading:
        assert [each.status_list.purpose for each in reading.lists.positions("abcd2345")] == [
            "revocation",
            "suspension",
        ]


def test_only_set_positions_are_published(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    _add(store, _other("efgh2345"), 8)
    with store.writing() as work:
        work.lists.set_value("abcd2345", "revocation", 1, reason="typing error", now=NOW)
    with store.reading() as reading:
        assert list(reading.lists.set_positions(1)) == [7]
        (entry,) = reading.lists.positions("abcd2345")
    assert (entry.value, entry.reason, entry.changed) == (1, "typing error", NOW)


def test_the_same_record_for_the_same_holder_is_noticed(store: IssuerStore) -> None:
    """F10: never two credentials for one dose by accident."""
    _add(store, RECORD, 7)
    with store.reading() as reading:
        assert reading.minted_before("r" * 64, "did:key:zHolder") == "abcd2345"
        assert reading.minted_before("r" * 64, "did:key:zOther") is None
        assert reading.minted_before("r" * 64, None) is None
        assert reading.minted_before("s" * 64, "did:key:zHolder") is None


def test_the_same_record_without_a_holder_is_noticed(store: IssuerStore) -> None:
    _add(store, replace(RECORD, holder=None), 7)
    with store.reading() as reading:
        assert reading.minted_before("r" * 64, None) == "abcd2345"


def test_a_revoked_credential_may_be_minted_again(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    with store.writing() as work:
        work.lists.set_value("abcd2345", "revocation", 1, reason=None, now=NOW)
    with store.reading() as reading:
        assert reading.minted_before("r" * 64, "did:key:zHolder") is None


def test_a_credential_waits_until_its_file_is_written(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    with store.writing() as work:
        work.put_in_outbox(Waiting("abcd2345", "a.vc.json", "{}"))
    with store.reading() as reading:
        assert reading.waiting() == (Waiting("abcd2345", "a.vc.json", "{}"),)
    with store.writing() as work:
        work.clear_outbox(["abcd2345"])
    with store.reading() as reading:
        assert reading.waiting() == ()


def test_a_copy_is_kept_until_it_is_forgotten_or_its_time_is_over(store: IssuerStore) -> None:
    _add(store, RECORD, 7)
    _add(store, _other("efgh2345"), 8)
    copies = [Copy(each, "{}", NOW + timedelta(days=1)) for each in ("abcd2345", "efgh2345")]
    with store.writing() as work:
        for copy in copies:
            work.keep_copy(copy)
        assert work.forget_copy("abcd2345")
        assert not work.forget_copy("abcd2345")
        work.purge_copies(NOW)
        assert work.copy("efgh2345") == copies[1]
        work.purge_copies(NOW + timedelta(days=1))
        assert work.copy("efgh2345") is None


def test_the_database_itself_refuses_a_mint_key_twice(store: IssuerStore) -> None:
    """F10."""
    _add(store, replace(RECORD, mint_key="k" * 64), 7)
    with store.reading() as reading:
        found = reading.minted_under("k" * 64)
        assert found is not None
        assert found.record_id == "abcd2345"
        assert reading.minted_under("l" * 64) is None
    with pytest.raises(StoreError, match=TAKEN):
        _add(store, replace(_other("efgh2345"), mint_key="k" * 64), 8)


def test_nothing_of_a_failed_mint_is_kept(store: IssuerStore) -> None:
    with pytest.raises(RuntimeError), store.writing() as work:
        work.add_record(RECORD, [_choose(work, (7,))])
        work.put_in_outbox(Waiting("abcd2345", "a.vc.json", "{}"))
        work.audit("mint", {"record": "abcd2345"}, now=NOW)
        raise RuntimeError("power failure")
    with store.reading() as reading:
        assert list(reading.records()) == []
        assert reading.waiting() == ()
        assert reading.lists.all() == ()
        assert reading.verify_audit() == 0


def test_the_store_survives_reopening(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "issuer.sqlite")
    first = IssuerStore.open(url)
    _add(first, RECORD, 7)
    first.close()
    with IssuerStore.open(url).reading() as reading:
        assert reading.find("abcd2345") == RECORD
