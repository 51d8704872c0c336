"""Fill the databases of a benchmark with what a year of service leaves there: realistic rows, in bulk.

For each credential a record, its two status entries and its audit entry in a chain that holds; as many
published lists as that takes; copies of those of the last week, the offers of the last month. The verifier
remembers as many answered challenges of the last day. Rows go through the programs' own tables, on PostgreSQL
by COPY. Not here: where the databases are (`places`).
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, update

from bench.credential import RECORD
from bench.services.programs import Site
from issuer.lists import LIST_LENGTH, MAX_USED, PURPOSES, list_name, list_url, signed_list
from issuer.openid.tables import issuances, notifications, offers
from issuer.store import IssuerStore
from issuer.tables import audit, copies, records, status_entries, status_lists
from runtime.audit import FIRST_HASH, lock_head
from runtime.commands import utc_now
from vclib.datetimes import format_datetime
from vclib.status import new_status_list
from vclib.strict_json import dump_json
from verifier.store import TABLES as VERIFIER_TABLES
from verifier.store import VerifierStore

# What is told of the progress: how many of how many credentials are there.
Progress = Callable[[int, int], None]
# Any: values of several types, in the order of a table's columns.
Row = tuple[Any, ...]

_BATCH = 20_000
_YEAR = timedelta(days=365)
# Of a year's credentials, those of a week have a copy still, and those of a month an offer.
_COPIES, _OFFERS = 52, 12
# So many in a thousand are revoked, and suspended.
_SET = {"revocation": 5, "suspension": 1}
_DIGITS = "0123456789abcdef"
_ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# For each byte one of the characters; that some come a little more often does not matter here.
_OF_BYTES = {
    characters: bytes(ord(characters[byte % len(characters)]) for byte in range(256))
    for characters in (_DIGITS, _ID_CHARACTERS, _BASE58)
}
_RECORD = dump_json(RECORD)
# As long as a credential with both proofs.
_CREDENTIAL = json.dumps({"claims": "c" * 7000})


def fill_issuer(site: Site, count: int, progress: Progress) -> None:
    """Put `count` credentials into the issuer's empty database."""
    chosen = random.Random(count)
    store = IssuerStore.open(site.issuer_database)
    try:
        taken = {purpose: _fill_lists(store, site, purpose, count, chosen) for purpose in PURPOSES}
        now = utc_now().replace(microsecond=0)
        credentials = _credentials(site, count, now, chosen)
        sequence, newest = 0, FIRST_HASH
        while batch := list(islice(credentials, _BATCH)):
            with store.writing() as work:
                lock_head(work.connection, audit)
                _insert(work.connection, records, (row for row, _ in batch))
                for purpose in PURPOSES:
                    rows = islice(taken[purpose], len(batch))
                    entries = (
                        (*place, row[0], purpose, *value)
                        for (row, _), (place, value) in zip(batch, rows, strict=True)
                    )
                    _insert(work.connection, status_entries, entries)
                logged = []
                for row, minted in batch:
                    entry = _audit_entry(sequence + 1, minted, row, newest)
                    sequence, newest = entry[0], entry[-1]
                    logged.append(entry)
                _insert(work.connection, audit.entries, logged)
                work.connection.execute(update(audit.head).values(sequence=sequence, hash=newest))
                _insert(work.connection, copies, _copies_of(batch[: -(-len(batch) // _COPIES)], now))
            progress(sequence, count)
        with store.writing() as work:
            _fill_offers(work.connection, count // _OFFERS, now, chosen)
    finally:
        store.close()


def fill_verifier(site: Site, count: int) -> None:
    """Let the verifier remember `count` answered challenges."""
    chosen = random.Random(count)
    store = VerifierStore.open(site.verifier_database)
    now = utc_now().replace(microsecond=0)
    challenges = VERIFIER_TABLES.tables["challenges"]

    def rows() -> Iterator[Row]:
        for number in range(count):
            sent = format_datetime(now - timedelta(seconds=3600 + 80_000 * (count - number) / count))
            yield _text(_BASE58, 22, chosen), f"http://127.0.0.1:{site.verifier_port}", sent, sent, 1

    try:
        waiting = rows()
        # In pieces, because no statement may take longer than some seconds.
        while batch := list(islice(waiting, _BATCH)):
            with store.database.writing() as connection:
                _insert(connection, challenges, batch)
    finally:
        store.close()


def _fill_lists(
    store: IssuerStore, site: Site, purpose: str, count: int, chosen: random.Random
) -> Iterator[tuple[tuple[int, int], tuple[int, str | None, str | None]]]:
    """Begin and publish as many lists as `count` credentials need; give their positions and values."""
    now = utc_now().replace(microsecond=0)
    changed = format_datetime(now)
    begun: list[tuple[int, list[int], set[int]]] = []
    for number in range(1, -(-count // MAX_USED) + 1):
        used = min(MAX_USED, count - (number - 1) * MAX_USED)
        positions = chosen.sample(range(LIST_LENGTH), used)
        told = set(positions[: used * _SET[purpose] // 1000])
        name = list_name(purpose, number)
        url = list_url(site.config, name)
        values = new_status_list(LIST_LENGTH).set_all(dict.fromkeys(told, 1))
        signed = signed_list(
            purpose=purpose, url=url, values=values, config=site.config, keys=site.keys, valid_from=now
        )
        with store.writing() as work:
            one = work.lists.begin(purpose, number, name=name, url=url, length=LIST_LENGTH)
            work.lists.publish_first(one.list_id, signed)
            this = status_lists.c.list_id == one.list_id
            work.connection.execute(update(status_lists).where(this).values(used=used))
        begun.append((one.list_id, positions, told))
    return (
        ((list_id, position), (1, "withdrawn", changed) if position in told else (0, None, None))
        for list_id, positions, told in begun
        for position in positions
    )


def _credentials(
    site: Site, count: int, now: datetime, chosen: random.Random
) -> Iterator[tuple[Row, datetime]]:
    """Give rows of records, oldest first, each with the moment of its minting."""
    config = site.config
    issuer_id = site.keys.did(config.suite)
    for number in range(count):
        minted = now - _YEAR * ((count - number) / count)
        text = _RECORD.replace("Amara", f"Person {number}")
        mint_key = _text(_DIGITS, 64, chosen) if number % 2 else None
        yield (
            (
                _text(_ID_CHARACTERS, 12, chosen),
                f"urn:uuid:{uuid.UUID(int=chosen.getrandbits(128), version=4)}",
                "vaccination",
                config.suite,
                issuer_id,
                f"did:key:zDn{_text(_BASE58, 46, chosen)}",
                text,
                hashlib.sha256(text.encode()).hexdigest(),
                _text(_DIGITS, 64, chosen),
                format_datetime(minted),
                format_datetime(minted + _YEAR),
                format_datetime(minted),
                mint_key,
                # None is of a batch.
                None,
            ),
            minted,
        )


def _audit_entry(sequence: int, minted: datetime, row: Row, previous: str) -> Row:
    """Return an entry as `runtime.audit` writes it."""
    details = {"record": row[0], "kind": row[2], "suite": row[3], "sha256": row[8], "token": "a1b2c3d4e5f6"}
    moment = minted.strftime("%Y-%m-%dT%H:%M:%SZ")
    hashed = _canonical([sequence, moment, "mint", details, previous])
    return (
        sequence,
        moment,
        "mint",
        _canonical(details),
        previous,
        hashlib.sha256(hashed.encode()).hexdigest(),
    )


def _copies_of(batch: Sequence[tuple[Row, datetime]], now: datetime) -> Iterator[Row]:
    kept_until = format_datetime(now + timedelta(days=30))
    for row, _ in batch:
        yield row[0], _CREDENTIAL, kept_until


def _fill_offers(connection: Connection, count: int, now: datetime, chosen: random.Random) -> None:
    """Put in offers of the last month that were fetched, and a few that were not."""
    ids = [_text(_DIGITS, 16, chosen) for _ in range(count)]
    # They stay in the month that offers are remembered for until the filled database is a week old.
    moments = [now - timedelta(days=22) * ((count - number) / count) for number in range(count)]

    def rows() -> Iterator[Row]:
        for number, (offer_id, moment) in enumerate(zip(ids, moments, strict=True)):
            state = "expired" if number % 20 == 0 else "redeemed"
            digests = (_text(_DIGITS, 64, chosen) for _ in range(3))
            ends = format_datetime(moment + timedelta(minutes=15))
            configuration = "VaccinationStatusCredential-ecdsa-sd-2023"
            yield offer_id, *digests, 1, state, None, configuration, None, "{}", format_datetime(moment), ends

    _insert(connection, offers, rows())
    made = [
        (each, moment) for number, (each, moment) in enumerate(zip(ids, moments, strict=True)) if number % 20
    ]
    holders = json.dumps([f"did:key:zDn{_text(_BASE58, 46, chosen)}"])
    record_ids = json.dumps([_text(_ID_CHARACTERS, 12, chosen)])
    _insert(
        connection,
        issuances,
        ((each, holders, record_ids, 0, format_datetime(moment)) for each, moment in made),
    )
    _insert(
        connection,
        notifications,
        ((each, "credential_accepted", format_datetime(moment)) for each, moment in made),
    )


def _insert(connection: Connection, table: Table, rows: Iterator[Row] | Sequence[Row]) -> None:
    """Insert rows whose values are in the order of the table's columns."""
    names = [column.name for column in table.columns]
    if connection.dialect.name == "postgresql":
        # Any: the driver's own cursor.
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    values = list(rows)
    if values:
        marks = ", ".join("?" * len(names))
        into = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  our own names
        connection.exec_driver_sql(into, values)


def _text(characters: str, length: int, chosen: random.Random) -> str:
    return chosen.randbytes(length).translate(_OF_BYTES[characters]).decode()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
