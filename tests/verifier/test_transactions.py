"""verifier.transactions: each step of a request happens once, and the page alone learns the result."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from protocols.jose import generate_encryption_key
from runtime.database import sqlite_url
from vclib.errors import StoreError
from vclib.strict_json import JSONObject
from verifier.store import TABLES, TooManyOpenError, VerifierStore
from verifier.transactions import Progress, Transaction, Transactions, TransactionState

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
KEY = generate_encryption_key()
SECRET = "page-secret"
RESULT: JSONObject = {"outcome": "accepted"}
MADE = Transaction("r-1", "x509_hash:abc", "n-1", {"query": {}}, KEY, NOW + timedelta(minutes=5))
LATER = NOW + timedelta(minutes=6)


@pytest.fixture
def store(database_url: str) -> Iterator[VerifierStore]:
    store = VerifierStore.open(database_url)
    yield store
    store.close()


@pytest.fixture
def transactions(store: VerifierStore) -> Transactions:
    transactions = Transactions(store.database)
    _begin(transactions)
    return transactions


def _begin(
    transactions: Transactions, made: Transaction = MADE, secret: str = SECRET, limit: int = 10
) -> None:
    transactions.begin(made, secret, now=NOW, max_open=limit)


def _other(number: int, minutes: int = 5) -> Transaction:
    return Transaction(f"r-{number}", "c", "n", {}, None, NOW + timedelta(minutes=minutes))


def _state(progress: Progress | None) -> tuple[TransactionState, JSONObject | None] | None:
    return None if progress is None else (progress.state, progress.result)


def test_a_request_is_found_while_it_waits(transactions: Transactions) -> None:
    found = transactions.find("r-1", now=NOW)
    assert found is not None
    assert (found.client_id, found.nonce, found.asked, found.expires) == (
        "x509_hash:abc",
        "n-1",
        {"query": {}},
        MADE.expires,
    )
    assert found.encryption_key is not None
    assert found.encryption_key.public_key == KEY.public_key
    assert transactions.find("r-2", now=NOW) is None
    assert transactions.find("r-1", now=LATER) is None


def test_a_request_goes_from_made_to_collected(transactions: Transactions) -> None:
    assert _state(transactions.collect(SECRET, None, now=NOW)) == (TransactionState.OPEN, None)
    transactions.note_fetched("r-1")
    assert _state(transactions.collect(SECRET, None, now=NOW)) == (TransactionState.FETCHED, None)
    assert transactions.answer("r-1", RESULT, now=NOW)
    assert _state(transactions.collect(SECRET, None, now=NOW)) == (TransactionState.ANSWERED, RESULT)
    assert _state(transactions.collect(SECRET, None, now=NOW)) == (TransactionState.COLLECTED, None)


def test_e1_a_request_is_answered_once(transactions: Transactions) -> None:
    assert transactions.answer("r-1", RESULT, now=NOW)
    assert not transactions.answer("r-1", {"outcome": "refused"}, now=NOW)
    assert transactions.find("r-1", now=NOW) is None
    assert _state(transactions.collect(SECRET, None, now=NOW)) == (TransactionState.ANSWERED, RESULT)


def test_a_request_is_not_answered_late(transactions: Transactions) -> None:
    assert not transactions.answer("r-1", RESULT, now=LATER)
    assert transactions.collect(SECRET, None, now=LATER) is None


def test_a_result_is_kept_for_a_while_after_the_request_has_ended(transactions: Transactions) -> None:
    assert transactions.answer("r-1", RESULT, now=NOW)
    assert transactions.collect(SECRET, None, now=NOW + timedelta(minutes=16)) is None
    assert _state(transactions.collect(SECRET, None, now=LATER)) == (TransactionState.ANSWERED, RESULT)


def test_e15_the_name_that_the_wallet_knows_opens_nothing(transactions: Transactions) -> None:
    assert transactions.answer("r-1", RESULT, now=NOW)
    for stranger in ("r-1", "n-1", "x509_hash:abc", ""):
        assert transactions.collect(stranger, None, now=NOW) is None


def test_e14_an_answer_from_the_same_device_needs_its_code(transactions: Transactions) -> None:
    assert transactions.answer("r-1", RESULT, now=NOW, response_code="code")
    for code in (None, "", "Code", "r-1"):
        assert transactions.collect(SECRET, code, now=NOW) is None
    assert _state(transactions.collect(SECRET, "code", now=NOW)) == (TransactionState.ANSWERED, RESULT)


def test_no_secret_stands_in_the_database(transactions: Transactions, store: VerifierStore) -> None:
    assert transactions.answer("r-1", RESULT, now=NOW, response_code="secret-code")
    with store.database.reading() as connection:
        rows = connection.execute(select(TABLES.tables["presentation_requests"])).all()
    assert SECRET not in str(rows)
    assert "secret-code" not in str(rows)
    (row,) = rows
    assert row.encryption_key is None


def test_a_collected_result_is_forgotten(transactions: Transactions, store: VerifierStore) -> None:
    assert transactions.answer("r-1", RESULT, now=NOW)
    assert transactions.collect(SECRET, None, now=NOW)
    with store.database.reading() as connection:
        (row,) = connection.execute(select(TABLES.tables["presentation_requests"])).all()
    assert row.result is None


def test_no_more_than_so_many_requests_wait(transactions: Transactions) -> None:
    _begin(transactions, _other(2), "s-2", limit=2)
    with pytest.raises(TooManyOpenError, match="2 requests wait"):
        _begin(transactions, _other(3), "s-3", limit=2)
    assert transactions.answer("r-1", RESULT, now=NOW)
    _begin(transactions, _other(3), "s-3", limit=2)


def test_what_has_ended_is_purged(store: VerifierStore, transactions: Transactions) -> None:
    _begin(transactions, _other(2, minutes=60), "s-2")
    moment = NOW + timedelta(minutes=30)
    transactions.begin(_other(3, minutes=60), "s-3", now=moment, max_open=10)
    with store.database.reading() as connection:
        rows = connection.execute(select(TABLES.tables["presentation_requests"].c.request_id)).all()
    assert sorted(row.request_id for row in rows) == ["r-2", "r-3"]


def test_a_request_has_one_id(transactions: Transactions) -> None:
    with pytest.raises(StoreError, match=r"UNIQUE constraint|duplicate key value"):
        _begin(transactions, MADE, "other")


def _urls(tmp_path: Path, database_url: str) -> str:
    # One connection of SQLite's memory is one database; processes share a file.
    return sqlite_url(tmp_path / "verifier.sqlite") if database_url == "sqlite://" else database_url


def test_e1_of_many_answers_at_once_one_is_taken(tmp_path: Path, database_url: str) -> None:
    """E1, M10: separate connections, as separate processes have."""
    url = _urls(tmp_path, database_url)
    stores = [VerifierStore.open(url) for _ in range(8)]
    _begin(Transactions(stores[0].database))
    taken: list[int] = []
    start = threading.Barrier(8)

    def answer(number: int) -> None:
        start.wait()
        if Transactions(stores[number].database).answer("r-1", {"by": number}, now=NOW):
            taken.append(number)

    _together(answer)
    found = Transactions(stores[0].database).collect(SECRET, None, now=NOW)
    assert found is not None
    assert [found.result] == [{"by": number} for number in taken]
    for store in stores:
        store.close()


def test_of_many_pages_at_once_one_collects(tmp_path: Path, database_url: str) -> None:
    url = _urls(tmp_path, database_url)
    stores = [VerifierStore.open(url) for _ in range(8)]
    first = Transactions(stores[0].database)
    _begin(first)
    assert first.answer("r-1", RESULT, now=NOW)
    results: list[JSONObject] = []
    start = threading.Barrier(8)

    def collect(number: int) -> None:
        start.wait()
        found = Transactions(stores[number].database).collect(SECRET, None, now=NOW)
        if found is not None and found.result is not None:
            results.append(found.result)

    _together(collect)
    assert results == [RESULT]
    for store in stores:
        store.close()


def _together(action: object) -> None:
    threads = [threading.Thread(target=action, args=(number,)) for number in range(8)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
