"""verifier.access: tokens are shown once, kept as hashes, and worthless once revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from vclib.errors import ConfigurationError
from verifier.access import AccessTokens
from verifier.store import VerifierStore

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[VerifierStore]:
    store = VerifierStore.open(database_url)
    yield store
    store.close()


def test_a_token_is_accepted_until_it_is_revoked(store: VerifierStore) -> None:
    tokens = AccessTokens(store.database)
    token = tokens.create("door-1", now=NOW)
    assert tokens.accepts(token)
    assert not tokens.accepts(token[:-1])
    assert [view.name for view in tokens.list()] == ["door-1"]
    tokens.revoke("door-1")
    assert not tokens.accepts(token)
    with pytest.raises(ConfigurationError, match="no token named 'door-1'"):
        tokens.revoke("door-1")


def test_the_database_does_not_hold_a_token(store: VerifierStore) -> None:
    token = AccessTokens(store.database).create("door-1", now=NOW)
    with store.database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM verifier_tokens")).all()
    assert token not in str(rows)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "n" * 101])
def test_a_name_that_cannot_be_shown_is_refused(store: VerifierStore, name: str) -> None:
    with pytest.raises(ConfigurationError, match="a token's name"):
        AccessTokens(store.database).create(name, now=NOW)


def test_a_name_is_given_once(store: VerifierStore) -> None:
    AccessTokens(store.database).create("door-1", now=NOW)
    with pytest.raises(ConfigurationError, match="already"):
        AccessTokens(store.database).create("door-1", now=NOW)
