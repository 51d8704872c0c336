"""What a worker does for a batch: rows of a file into signed credentials. It sees no database.

A worker gets rows, lists and positions, and gives credentials, or why there is none. It opens the issuer's
keys itself, from the issuer's folder and a passphrase in its own environment; no message between processes
or machines holds a key or a passphrase (threat K8). A worker whose folder is of another issuer, or has
other settings, refuses to sign.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from health import CSVLayout, RecordRow, RowError, csv_layout, read_json_row, record_to_json
from issuer.batch_store import NewRecord, Reject
from issuer.config import HOME_VARIABLE, IssuerConfig, load_config
from issuer.keys import IssuerKeys, open_keys
from issuer.options import MintOptions, MintPlan, plan_minting
from issuer.signing import RecordSigner, SignedRecord
from issuer.store import StatusList, StatusPosition, record_values
from runtime.commands import utc_now
from runtime.console import PASSPHRASE_VARIABLE
from runtime.inert import inert_text
from runtime.keys import PIN_VARIABLE
from runtime.table_files import Line
from vclib import jcs
from vclib.errors import ConfigurationError, MalformedValueError, RecordError, StoreError, VCError
from vclib.strict_json import JSONObject, dump_json

# The longest row of a record; a line of CSV has a stricter limit of its own.
MAX_ROW_BYTES = 100_000

# 32 characters, so that five bits of a random byte choose one: a character for each byte there is.
_ID_CHARACTERS = b"abcdefghijkmnpqrstuvwxyz23456789" * 8
_ID_LENGTH = 12


@dataclass(frozen=True)
class Chunk:
    """The rows of one part, and for each list the positions that its credentials may take."""

    number: int
    rows: tuple[Line, ...]
    lists: tuple[StatusList, ...]
    positions: tuple[tuple[int, ...], ...]


class SignedRow(NamedTuple):
    """A credential (JSON text on one line) with what is remembered of it."""

    place: int
    new: NewRecord
    text: str


@dataclass(frozen=True)
class SignedChunk:
    """What became of the chunk with this number; nothing of it is kept yet."""

    number: int
    signed: tuple[SignedRow, ...]
    rejected: tuple[Reject, ...]


@dataclass(frozen=True)
class SigningRoom:
    """What a worker needs to sign rows: handles and options, nothing secret (a `runtime.jobs.Workshop`).

    `home` is the issuer's folder, `settings` the digest of the settings that it must have, `heading` the
    first line of a CSV file or None for JSON. Records are judged as of `begun`.
    """

    home: str
    settings: str
    options: MintOptions
    begun: datetime
    heading: str | None

    def open(self, environment: Mapping[str, str]) -> Callable[[Chunk], SignedChunk]:
        """Open the keys; ConfigurationError, SealingError, StoreError."""
        home = Path(environment.get(HOME_VARIABLE) or self.home)
        config = load_config(home)
        if settings_digest(config) != self.settings:
            raise ConfigurationError(f"{home}: the settings are not those the batch was begun with")
        passphrase = environment.get(PASSPHRASE_VARIABLE)
        if not passphrase:
            raise ConfigurationError(
                f"a worker needs the passphrase of the issuer's keys: {PASSPHRASE_VARIABLE}"
            )
        keys = open_keys(config, passphrase, read_pin=lambda: _pin(environment))
        layout = csv_layout(self.heading) if self.heading is not None else None
        return _Signer(config, keys, self.options, self.begun, layout)


def settings_digest(config: IssuerConfig) -> str:
    """Return the SHA-256 of those settings that a credential depends on."""
    settings: JSONObject = {
        "name": config.name,
        "suite": config.suite,
        "plain": config.plain,
        "validDays": config.valid_days,
        "mandatory": list(config.mandatory),
        "dids": dict(config.dids),
    }
    return hashlib.sha256(jcs.canonicalize(settings)).hexdigest()


def new_record_id() -> str:
    """Return a random record id."""
    return secrets.token_bytes(_ID_LENGTH).translate(_ID_CHARACTERS).decode("ascii")


class _PreparedRow(NamedTuple):
    """A row whose credential can be signed, and the positions it has in the lists."""

    place: int
    taken: tuple[int, ...]
    sign: Callable[[], SignedRecord]


@dataclass(frozen=True)
class _Signer:
    config: IssuerConfig
    keys: IssuerKeys
    options: MintOptions
    begun: datetime
    layout: CSVLayout | None

    def __call__(self, chunk: Chunk) -> SignedChunk:
        # Each step for all rows before the next: its code and tables have left the processor's caches when
        # the others are done, and a row takes twice as long (docs/decisions/0355).
        rows, unread = self._read_all(chunk.rows)
        prepared, unsigned = self._prepare_all(rows, chunk)
        signed = [row.sign() for row in prepared]
        written = [_write(row, record) for row, record in zip(prepared, signed, strict=True)]
        rejected = sorted([*unread, *unsigned], key=lambda reject: reject.place)
        return SignedChunk(chunk.number, tuple(written), tuple(rejected))

    def _read_all(self, lines: Iterable[Line]) -> tuple[list[RecordRow], list[Reject]]:
        rows: list[RecordRow] = []
        unread: list[Reject] = []
        for line in lines:
            try:
                row = self._read(line)
                if row is not None:
                    rows.append(row)
            except (StoreError, ConfigurationError):
                raise
            except VCError as err:
                unread.append(_reject(line.number, err))
        return rows, unread

    def _prepare_all(
        self, rows: Iterable[RecordRow], chunk: Chunk
    ) -> tuple[list[_PreparedRow], list[Reject]]:
        prepared: list[_PreparedRow] = []
        refused: list[Reject] = []
        # One for each holder, whom most files do not name.
        signers: dict[str | None, RecordSigner] = {}
        now = utc_now()
        for row in rows:
            taken = tuple([positions[len(prepared)] for positions in chunk.positions])
            try:
                signer = signers.get(row.holder)
                if signer is None:
                    signer = signers[row.holder] = RecordSigner(self._plan(row), self.config, self.keys, now)
                prepared.append(_prepare(signer, row, chunk.lists, taken))
            except (StoreError, ConfigurationError):
                raise
            except VCError as err:
                refused.append(_reject(row.position, err))
        return prepared, refused

    def _read(self, line: Line) -> RecordRow | None:
        if line.too_long or len(line.content) > MAX_ROW_BYTES:
            raise RecordError(f"expected a row of at most {MAX_ROW_BYTES} bytes, found a longer one")
        try:
            text = line.content.decode("utf-8")
        except UnicodeDecodeError as err:
            raise MalformedValueError(f"expected UTF-8 text, byte {err.start} is not") from err
        if self.layout is not None:
            row = self.layout.read(line.number, text, now=self.begun)
        else:
            row = read_json_row(line.number, text, now=self.begun)
        if isinstance(row, RowError):
            raise RecordError(row.message)
        return row

    def _plan(self, row: RecordRow) -> MintPlan:
        try:
            return plan_minting(self.options, self.config, row_holder=row.holder, now=self.begun)
        except ConfigurationError as err:
            if row.holder is None:
                raise
            # What a row asks for is the row's own mistake, and does not stop the others.
            raise RecordError(err.message, element="holder") from err


def _prepare(
    signer: RecordSigner, row: RecordRow, lists: tuple[StatusList, ...], taken: tuple[int, ...]
) -> _PreparedRow:
    canonical = jcs.canonicalize(record_to_json(row.record))
    sign = signer.prepare(
        row.record,
        positions=[StatusPosition(each, place) for each, place in zip(lists, taken, strict=True)],
        record_id=new_record_id(),
        written=(canonical.decode(), hashlib.sha256(canonical).hexdigest()),
    )
    return _PreparedRow(row.position, taken, sign)


def _write(row: _PreparedRow, record: SignedRecord) -> SignedRow:
    stored, _, text = record.write(dump_json)
    return SignedRow(row.place, NewRecord(record_values(stored), row.taken), text)


def _reject(place: int, err: VCError) -> Reject:
    # It may name a member of the row, whose name can hold what no database takes (U+0000).
    return Reject(place, err.code, inert_text(err.message))


def _pin(environment: Mapping[str, str]) -> str:
    pin = environment.get(PIN_VARIABLE)
    if not pin:
        raise ConfigurationError(f"a worker needs the PIN of the token: {PIN_VARIABLE}")
    return pin
