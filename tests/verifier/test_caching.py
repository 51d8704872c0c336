"""verifier.caching: whole documents, kept for a while, shared by workers, old ones said to be old."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.database import sqlite_url
from vclib.errors import FetchError, FetchNotFoundError, FetchRefusedError, StatusRetrievalError
from vclib.strict_json import JSONObject, dump_json
from verifier.caching import Ages, CachedLookups, DocumentCache
from verifier.store import VerifierStore

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LIST = "https://status.example/lists/revocation-1"
DID_URL = "https://health.example/.well-known/did.json"
REFRESH, MAX_AGE = timedelta(minutes=5), timedelta(hours=24)


def status_list(**subject: object) -> JSONObject:
    return {"id": LIST, "credentialSubject": {"type": "BitstringStatusList", **subject}}  # type: ignore[dict-item]  # tests put in what is no ttl


class Host:
    """A host whose answers tests choose: a document, raw bytes, or an error."""

    def __init__(self) -> None:
        self.answer: JSONObject | bytes | Exception = status_list()
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, bytes) else dump_json(self.answer).encode()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def store(database_url: str) -> Iterator[VerifierStore]:
    store = VerifierStore.open(database_url)
    yield store
    store.close()


def worker(store: VerifierStore, host: Host) -> DocumentCache:
    """One worker's cache; all of them share the database."""
    return DocumentCache(store.database, host, status=Ages(REFRESH, MAX_AGE), dids=Ages(REFRESH, MAX_AGE))


def later(cache: DocumentCache, **duration: float) -> CachedLookups:
    return cache.lookups(NOW + timedelta(**duration))


def test_a_list_is_fetched_once_and_again_when_it_is_due(store: VerifierStore, host: Host) -> None:
    cache = worker(store, host)
    first = later(cache).status_list(LIST)
    assert later(cache, minutes=4).status_list(LIST) is first
    assert host.asked == [LIST]
    later(cache, minutes=5).status_list(LIST)
    assert host.asked == [LIST, LIST]


def test_workers_share_what_one_of_them_has_fetched(store: VerifierStore, host: Host) -> None:
    later(worker(store, host)).status_list(LIST)
    assert later(worker(store, host), minutes=1).status_list(LIST)["id"] == LIST
    assert host.asked == [LIST]


def test_an_unchanged_list_stays_the_same_object(store: VerifierStore, host: Host) -> None:
    cache = worker(store, host)
    first = later(cache).status_list(LIST)
    assert later(cache, minutes=6).status_list(LIST) is first
    host.answer = status_list(encodedList="uA")
    assert later(cache, minutes=12).status_list(LIST) is not first


@pytest.mark.parametrize(
    ("ttl", "fetches"),
    [(60_000, 2), (0, 2), (3_600_000, 1), (-1, 1), ("60000", 1), (True, 1), (1e3, 1), (2**53 - 1, 1)],
)
def test_a_lists_own_ttl_can_only_make_it_be_fetched_earlier(
    store: VerifierStore, host: Host, ttl: object, fetches: int
) -> None:
    """H12: `ttl` is in milliseconds, bounded by the configuration; what is no number of them is ignored."""
    host.answer = status_list(ttl=ttl)
    cache = worker(store, host)
    for minute in (0, 2):
        later(cache, minutes=minute).status_list(LIST)
    assert len(host.asked) == fetches


def test_a_list_is_fetched_again_when_it_has_ended(store: VerifierStore, host: Host) -> None:
    host.answer = {**status_list(), "validUntil": "2026-07-01T12:01:00Z"}
    cache = worker(store, host)
    for minute in (0, 2):
        later(cache, minutes=minute).status_list(LIST)
    assert len(host.asked) == 2


def test_while_the_host_is_down_a_copy_is_used_and_said_to_be_old(store: VerifierStore, host: Host) -> None:
    """G10, H1, M4."""
    cache = worker(store, host)
    fresh = later(cache)
    fresh.status_list(LIST)
    assert fresh.old == []
    host.answer = FetchError("down")
    lookups = later(cache, hours=23)
    assert lookups.status_list(LIST)["id"] == LIST
    assert [(old.url, old.fetched) for old in lookups.old] == [(LIST, NOW)]


def test_a_copy_is_not_used_beyond_its_allowed_age(store: VerifierStore, host: Host) -> None:
    """G10, H1."""
    cache = worker(store, host)
    later(cache).status_list(LIST)
    host.answer = FetchError("down")
    with pytest.raises(FetchError, match="down"):
        later(cache, hours=25).status_list(LIST)


def test_a_host_that_does_not_answer_is_left_alone_for_a_moment(store: VerifierStore, host: Host) -> None:
    cache = worker(store, host)
    host.answer = FetchError("down")
    for second in (0, 5, 10):
        with pytest.raises(FetchError):
            later(cache, seconds=second).status_list(LIST)
    assert len(host.asked) == 1
    host.answer = status_list()
    assert later(cache, seconds=16).status_list(LIST)["id"] == LIST


@pytest.mark.parametrize("answer", [FetchNotFoundError("404"), FetchRefusedError("private address")])
def test_a_host_that_says_there_is_nothing_is_believed(
    store: VerifierStore, host: Host, answer: FetchError
) -> None:
    """A DID that was deactivated must not live on as a copy, also not when its host goes down afterwards."""
    host.answer = {"id": "did:web:health.example"}
    cache = worker(store, host)
    later(cache).did_document(DID_URL)
    host.answer = answer
    with pytest.raises(type(answer)):
        later(cache, minutes=6).did_document(DID_URL)
    host.answer = FetchError("down")
    for each in (cache, worker(store, host)):
        with pytest.raises(FetchError):
            later(each, minutes=12).did_document(DID_URL)


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[]", b"", b"\xff", b"[" * 100_000, {"id": "https://status.example/lists/other"}, {}],
)
def test_what_is_not_the_list_asked_for_replaces_no_copy(
    store: VerifierStore, host: Host, answer: bytes | JSONObject
) -> None:
    """H2, J4: and it is not kept itself, so the next check asks again."""
    cache = worker(store, host)
    later(cache).status_list(LIST)
    host.answer = answer
    if isinstance(answer, bytes):
        with pytest.raises(StatusRetrievalError):
            later(cache, minutes=6).status_list(LIST)
    else:
        assert later(cache, minutes=6).status_list(LIST) == answer
    host.answer = FetchError("down")
    lookups = later(cache, minutes=7)
    assert lookups.status_list(LIST)["id"] == LIST
    assert len(lookups.old) == 1


def test_a_document_of_another_did_is_not_kept(store: VerifierStore, host: Host) -> None:
    """G4."""
    host.answer = {"id": "did:web:evil.example"}
    cache = worker(store, host)
    for minute in (0, 1):
        later(cache, minutes=minute).did_document(DID_URL)
    assert len(host.asked) == 2


@pytest.mark.parametrize("suffix", ["?holder=1234", "#1234", "?"])
def test_an_address_that_could_tell_who_is_checked_is_not_asked(
    store: VerifierStore, host: Host, suffix: str
) -> None:
    """H12."""
    with pytest.raises(StatusRetrievalError, match="has a query in its address"):
        later(worker(store, host)).status_list(LIST + suffix)
    assert host.asked == []


def test_a_copy_from_the_future_is_not_fresh(store: VerifierStore, host: Host) -> None:
    """M3: it was made under a wrong clock, and would otherwise never be renewed."""
    cache = worker(store, host)
    later(cache, days=365).status_list(LIST)
    later(cache).status_list(LIST)
    assert len(host.asked) == 2


def test_of_many_threads_one_fetches_and_all_get_it(tmp_path: Path) -> None:
    store = VerifierStore.open(sqlite_url(tmp_path / "verifier.sqlite"))
    asked: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(url: str) -> bytes:
        asked.append(url)
        begun.set()
        assert go_on.wait(30)
        return dump_json(status_list()).encode()

    cache = DocumentCache(store.database, slow, status=Ages(REFRESH, MAX_AGE), dids=Ages(REFRESH, MAX_AGE))
    got: list[JSONObject] = []
    threads = [threading.Thread(target=lambda: got.append(later(cache).status_list(LIST))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert len(got) == 8
    assert asked == [LIST]


def test_the_number_of_copies_is_bounded(store: VerifierStore, host: Host) -> None:
    """M7: without a trust file strangers name the URLs."""
    cache = worker(store, host)
    for number in range(210):
        url = f"https://status.example/{number}"
        host.answer = {"id": url}
        later(cache, seconds=number).status_list(url)
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM fetched_documents").scalar_one() == 200
