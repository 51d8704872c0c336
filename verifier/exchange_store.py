"""What is remembered of exchanges: the workflows that were set up, and how far each exchange has come.

Whoever knows an exchange's URL can take a turn in it, so the database holds a hash of its id only. An
exchange is ended by one statement that looks whether it is still open, so of two answers that come at the
same moment, to whichever process, one ends it (threats E1, M10). Open ones are bounded; what has expired is
deleted, with what the holder disclosed. Not here: what ends an exchange, and how (`verifier.exchanges`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from protocols.vcalm_exchanges import ExchangeState, WorkflowConfig
from runtime.database import Database
from vclib.datetimes import format_datetime, parse_datetime
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.store import TABLES, TooManyOpenError

MAX_WORKFLOWS = 1000

_OPEN = (str(ExchangeState.PENDING), str(ExchangeState.ACTIVE))

_workflows = Table(
    "workflows",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("config", Text, nullable=False),
    Column("created", String(32), nullable=False),
)

_exchanges = Table(
    "exchanges",
    TABLES,
    Column("hash", String(64), primary_key=True),
    Column("workflow", String(64), nullable=False),
    Column("expires", String(32), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("variables", Text, nullable=False),
    Column("result", Text),
    Column("last_error", Text),
)


@dataclass(frozen=True)
class ExchangeRow:
    """An exchange as it is remembered; `result` is what became of the presentation, once there was one."""

    workflow_id: str
    expires: datetime
    state: ExchangeState
    sequence: int
    variables: JSONObject
    result: JSONObject | None
    last_error: JSONObject | None

    @property
    def is_open(self) -> bool:
        """Whether a presentation may still end it."""
        return str(self.state) in _OPEN


class ExchangeStore:
    """The workflows and exchanges in a verifier's database; all methods raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_workflow(self, workflow_id: str, workflow: WorkflowConfig, *, now: datetime) -> None:
        """Remember a workflow; TooManyOpenError where there are too many."""
        values = {
            "id": workflow_id,
            "config": dump_json(workflow.to_json()),
            "created": format_datetime(now),
        }
        with self._database.writing() as connection:
            count = connection.execute(select(func.count()).select_from(_workflows)).scalar_one()
            if count >= MAX_WORKFLOWS:
                raise TooManyOpenError(f"there are {count} workflows already")
            connection.execute(insert(_workflows).values(values))

    def find_workflow(self, workflow_id: str) -> WorkflowConfig | None:
        """Return a workflow, None if there is none of that id."""
        with self._database.reading() as connection:
            query = select(_workflows.c.config).where(_workflows.c.id == workflow_id)
            config = connection.execute(query).scalar_one_or_none()
        return None if config is None else WorkflowConfig.from_json(parse_json_object(config))

    def begin(
        self,
        workflow_id: str,
        exchange_id: str,
        *,
        expires: datetime,
        variables: JSONObject,
        now: datetime,
        max_open: int,
    ) -> None:
        """Remember a new exchange, forget what has expired; TooManyOpenError where `max_open` are open."""
        values = {
            "hash": _hash(exchange_id),
            "workflow": workflow_id,
            "expires": format_datetime(expires),
            "state": str(ExchangeState.PENDING),
            "sequence": 0,
            "variables": dump_json(variables),
        }
        with self._database.writing() as connection:
            connection.execute(delete(_exchanges).where(_exchanges.c.expires < format_datetime(now)))
            is_open = _exchanges.c.state.in_(_OPEN)
            counted = select(func.count()).select_from(_exchanges).where(is_open)
            count = connection.execute(counted).scalar_one()
            if count >= max_open:
                raise TooManyOpenError(f"{count} exchanges wait for an answer; try again later")
            connection.execute(insert(_exchanges).values(values))

    def find(self, exchange_id: str, *, now: datetime) -> ExchangeRow | None:
        """Return an exchange, None if there is none or it has expired."""
        with self._database.reading() as connection:
            query = select(_exchanges).where(_is(exchange_id, now))
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return ExchangeRow(
            row.workflow,
            parse_datetime(row.expires),
            ExchangeState(row.state),
            row.sequence,
            parse_json_object(row.variables),
            None if row.result is None else parse_json_object(row.result),
            None if row.last_error is None else parse_json_object(row.last_error),
        )

    def activate(self, exchange_id: str, *, now: datetime) -> None:
        """Note that the holder has asked what is wanted; nothing if it was asked before."""
        is_pending = _exchanges.c.state == str(ExchangeState.PENDING)
        with self._database.writing() as connection:
            connection.execute(
                update(_exchanges)
                .where(_is(exchange_id, now), is_pending)
                .values(state=str(ExchangeState.ACTIVE), sequence=_exchanges.c.sequence + 1)
            )

    def note_error(self, exchange_id: str, error: JSONObject, *, now: datetime) -> None:
        """Note why something that came was no answer; the exchange stays open."""
        with self._database.writing() as connection:
            connection.execute(
                update(_exchanges)
                .where(_is(exchange_id, now), _exchanges.c.state.in_(_OPEN))
                .values(last_error=dump_json(error), sequence=_exchanges.c.sequence + 1)
            )

    def finish(
        self,
        exchange_id: str,
        state: ExchangeState,
        *,
        result: JSONObject,
        error: JSONObject | None,
        keep_until: datetime,
        now: datetime,
    ) -> bool:
        """End an open exchange; False if it is not open any more, because another answer was faster."""
        with self._database.writing() as connection:
            ended = connection.execute(
                update(_exchanges)
                .where(_is(exchange_id, now), _exchanges.c.state.in_(_OPEN))
                .values(
                    state=str(state),
                    sequence=_exchanges.c.sequence + 1,
                    result=dump_json(result),
                    last_error=None if error is None else dump_json(error),
                    expires=format_datetime(keep_until),
                )
            )
            return ended.rowcount == 1

    def forget_expired(self, *, now: datetime) -> None:
        """Delete what has expired, with what was disclosed in it."""
        with self._database.writing() as connection:
            connection.execute(delete(_exchanges).where(_exchanges.c.expires < format_datetime(now)))


def _is(exchange_id: str, now: datetime) -> ColumnElement[bool]:
    return (_exchanges.c.hash == _hash(exchange_id)) & (_exchanges.c.expires >= format_datetime(now))


def _hash(exchange_id: str) -> str:
    return hashlib.sha256(exchange_id.encode()).hexdigest()
