"""verifier.store: E1, a challenge is answered once; H7, an older status list is noticed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from runtime.database import sqlite_url
from vclib.errors import InvalidChallengeError, StoreError
from verifier.config import load_config
from verifier.store import Challenge, TooManyOpenError, VerifierStore

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SENT = Challenge("c-1", "https://venue.example", NOW + timedelta(minutes=10))
LIST = "https://status.example/revocation-1.json"


@pytest.fixture
def store(database_url: str) -> Iterator[VerifierStore]:
    store = VerifierStore.open(database_url)
    store.save_challenge(SENT.challenge, SENT.domain, SENT.expires)
    yield store
    store.close()


def test_a_challenge_that_was_sent_may_be_answered(store: VerifierStore) -> None:
    assert store.find_challenge("c-1", now=NOW) == SENT
    store.spend_challenge("c-1", now=NOW)


def test_a_challenge_is_answered_once(store: VerifierStore) -> None:
    """E1."""
    store.spend_challenge("c-1", now=NOW)
    with pytest.raises(InvalidChallengeError, match="answered before, at 2026-07-01T12:00:00Z"):
        store.spend_challenge("c-1", now=NOW)
    with pytest.raises(InvalidChallengeError, match="answered before"):
        store.find_challenge("c-1", now=NOW)


def test_a_challenge_of_somebody_else_is_refused(store: VerifierStore) -> None:
    with pytest.raises(InvalidChallengeError, match="not sent by this verifier"):
        store.find_challenge("c-2", now=NOW)


def test_a_challenge_may_not_be_answered_late(store: VerifierStore) -> None:
    assert store.find_challenge("c-1", now=NOW + timedelta(minutes=10)) == SENT
    with pytest.raises(InvalidChallengeError, match="until 2026-07-01T12:10:00Z"):
        store.find_challenge("c-1", now=NOW + timedelta(minutes=11))


def test_a_challenge_is_saved_once(store: VerifierStore) -> None:
    with pytest.raises(StoreError, match=r"UNIQUE constraint|duplicate key value"):
        store.save_challenge(SENT.challenge, SENT.domain, SENT.expires)


def test_of_many_answers_at_once_one_is_taken(tmp_path: Path) -> None:
    """E1, M10: separate connections, as separate processes have."""
    url = sqlite_url(tmp_path / "verifier.sqlite")
    stores = [VerifierStore.open(url) for _ in range(4)]
    stores[0].save_challenge(SENT.challenge, SENT.domain, SENT.expires)
    taken: list[int] = []

    def answer(number: int) -> None:
        try:
            stores[number].spend_challenge("c-1", now=NOW)
        except InvalidChallengeError:
            return
        taken.append(number)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_open_challenges_are_bounded_and_expire(store: VerifierStore) -> None:
    """M7: c-1 is open, too."""
    later = NOW + timedelta(minutes=20)
    store.begin_challenge("c-2", SENT.domain, SENT.expires, now=NOW, max_open=2)
    with pytest.raises(TooManyOpenError, match="2 challenges wait"):
        store.begin_challenge("c-3", SENT.domain, SENT.expires, now=NOW, max_open=2)
    store.spend_challenge("c-2", now=NOW)
    store.begin_challenge("c-3", SENT.domain, SENT.expires, now=NOW, max_open=2)
    store.begin_challenge("c-4", SENT.domain, later + timedelta(minutes=10), now=later, max_open=2)


def test_what_has_expired_long_ago_is_forgotten(store: VerifierStore) -> None:
    much_later = NOW + timedelta(days=2)
    store.begin_challenge("c-2", SENT.domain, much_later, now=much_later, max_open=2)
    with pytest.raises(InvalidChallengeError, match="not sent by this verifier"):
        store.find_challenge("c-1", now=NOW)


def test_uses_of_a_challenge_are_counted(store: VerifierStore) -> None:
    assert store.find_challenge("c-1", now=NOW).uses == 0
    store.spend_challenge("c-1", now=NOW)
    for _ in range(2):
        with pytest.raises(InvalidChallengeError):
            store.spend_challenge("c-1", now=NOW)
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT uses FROM challenges")).scalar_one() == 3


def test_an_older_status_list_is_noticed(store: VerifierStore) -> None:
    """H7."""
    assert store.note_status_list(LIST, NOW)
    assert store.note_status_list(LIST, NOW)
    assert store.note_status_list(LIST, NOW + timedelta(days=1))
    assert not store.note_status_list(LIST, NOW)
    assert store.note_status_list(LIST.replace("1.json", "2.json"), NOW)


def test_a_verifier_without_a_home_has_no_settings() -> None:
    assert load_config(None, {}) is None


def test_the_home_comes_from_the_option_or_the_environment(tmp_path: Path) -> None:
    by_option = load_config(tmp_path, {"DDCC_VERIFIER_HOME": "/a"})
    assert by_option is not None
    assert by_option.trust_path == tmp_path / "trust.json"
    by_environment = load_config(None, {"DDCC_VERIFIER_HOME": "/a"})
    assert by_environment is not None
    assert (by_environment.database_url, by_environment.database_path) == (None, Path("/a/verifier.sqlite"))
    elsewhere = load_config(tmp_path, {"DDCC_VERIFIER_DATABASE": "postgresql+psycopg://db.example/verifier"})
    assert elsewhere is not None
    assert elsewhere.database_url == "postgresql+psycopg://db.example/verifier"
