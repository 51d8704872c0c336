"""verifier.exchange_store: an exchange is ended by one statement, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from protocols.vcalm_exchanges import ExchangeState, WorkflowConfig
from verifier.exchange_store import ExchangeStore
from verifier.store import TooManyOpenError, VerifierStore

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
EXPIRES = NOW + timedelta(minutes=15)
WORKFLOW = WorkflowConfig.from_json(
    {
        "steps": {"ask": {"verifiablePresentationRequest": {"query": {"type": "DIDAuthentication"}}}},
        "initialStep": "ask",
    }
)


@pytest.fixture
def rows(database_url: str) -> Iterator[ExchangeStore]:
    store = VerifierStore.open(database_url)
    rows = ExchangeStore(store.database)
    rows.save_workflow("w-1", WORKFLOW, now=NOW)
    rows.begin("w-1", "e-1", expires=EXPIRES, variables={"table": 7}, now=NOW, max_open=2)
    yield rows
    store.close()


def finish(rows: ExchangeStore, *, now: datetime = NOW) -> bool:
    return rows.finish(
        "e-1", ExchangeState.COMPLETE, result={"outcome": "accepted"}, error=None, keep_until=EXPIRES, now=now
    )


def test_a_workflow_is_remembered(rows: ExchangeStore) -> None:
    assert rows.find_workflow("w-1") == WORKFLOW
    assert rows.find_workflow("w-2") is None


def test_an_exchange_is_ended_once(rows: ExchangeStore) -> None:
    """E1."""
    rows.activate("e-1", now=NOW)
    rows.note_error("e-1", {"code": "not-verified"}, now=NOW)
    active = rows.find("e-1", now=NOW)
    assert active is not None
    assert (active.state, active.sequence, active.last_error) == ("active", 2, {"code": "not-verified"})
    assert (finish(rows), finish(rows)) == (True, False)
    ended = rows.find("e-1", now=NOW)
    assert ended is not None
    assert (ended.state, ended.result, ended.variables) == ("complete", {"outcome": "accepted"}, {"table": 7})
    rows.activate("e-1", now=NOW)
    rows.note_error("e-1", {"code": "late"}, now=NOW)
    assert rows.find("e-1", now=NOW) == ended


def test_an_exchange_that_has_expired_is_not_ended(rows: ExchangeStore) -> None:
    late = EXPIRES + timedelta(seconds=1)
    assert not finish(rows, now=late)
    assert rows.find("e-1", now=late) is None
    rows.forget_expired(now=late)
    assert rows.find("e-1", now=NOW) is None


def test_open_ones_are_bounded(rows: ExchangeStore) -> None:
    """M7."""
    rows.begin("w-1", "e-2", expires=EXPIRES, variables={}, now=NOW, max_open=2)
    with pytest.raises(TooManyOpenError):
        rows.begin("w-1", "e-3", expires=EXPIRES, variables={}, now=NOW, max_open=2)
    assert finish(rows)
    rows.begin("w-1", "e-3", expires=EXPIRES, variables={}, now=NOW, max_open=2)
