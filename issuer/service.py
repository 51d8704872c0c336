"""The issuer's decisions: mint records as credentials, change their status, publish status lists.

A credential is signed inside the database transaction that remembers it: either its record, its status
indexes, its audit entry and the signed credential (in the outbox) are all kept, or none is. Files are
written afterwards (`deliver`); what could not be written waits in the outbox. A status changes together
with its published list: where the list cannot be written, the status stays as it was.

Not here: reading input files (`health.inputs`), the form of a credential (`health.credentials`), and the
command line.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from health import Record, record_to_json
from issuer.building import DocumentIds, build_credential, sign_credential
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.lists import LIST_LENGTH, MAX_USED, PURPOSES, list_file_name, list_url, signed_list
from issuer.options import MintOptions, MintPlan, plan_minting
from issuer.store import (
    IssuerReading,
    IssuerStore,
    IssuerWriting,
    StatusList,
    StatusPosition,
    StoredRecord,
    Waiting,
)
from runtime.atomic import write_file
from vclib import jcs
from vclib.datetimes import parse_datetime
from vclib.errors import ConfigurationError, RecordError, StoreError, VCError
from vclib.strict_json import JSONObject, dump_json

# Letters and digits that are not mistaken for each other when read aloud; 12 of 32 are 60 random bits.
_ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 12


@dataclass(frozen=True)
class MintRequest:
    """One health record to mint: where it stood in the input, whose it is, and the file it goes to."""

    place: str
    record: Record
    holder: str | None
    file_name: str


@dataclass(frozen=True)
class Minted:
    """A credential that was signed and remembered; `suite`, `bound` and `revocable` say what it can do."""

    place: str
    record_id: str
    kind: str
    file_name: str
    credential: JSONObject
    suite: str
    bound: bool
    revocable: bool


@dataclass(frozen=True)
class NotMinted:
    """A record that was refused; the others of its batch are not touched by it."""

    place: str
    error: VCError


@dataclass(frozen=True)
class RecordStatus:
    """What the issuer says of one credential today: "valid", "suspended", "revoked" or "expired"."""

    record: StoredRecord
    positions: tuple[StatusPosition, ...]
    state: str


class Issuer:
    """One issuer: its settings, its store, and its keys where something is to be signed."""

    def __init__(
        self,
        config: IssuerConfig,
        store: IssuerStore,
        keys: IssuerKeys | None = None,
        *,
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self.config = config
        self._store = store
        self._keys = keys
        self._random_below = random_below

    def mint(
        self, requests: Sequence[MintRequest], options: MintOptions, *, now: datetime
    ) -> list[Minted | NotMinted]:
        """Sign the records in one transaction; give what became of each, in their order.

        A record that is refused does not stop the others. Raises ConfigurationError for options that no
        record could be minted with, StoreError where nothing was kept.
        """
        results: list[Minted | NotMinted] = []
        with self._store.writing() as work:
            known_lists = {each.list_id for each in work.lists()}
            for request in requests:
                try:
                    results.append(self._mint_one(work, request, options, now))
                except (StoreError, ConfigurationError):
                    raise
                except VCError as err:
                    results.append(NotMinted(request.place, err))
            # A verifier must find a list as soon as a credential names it.
            for each in work.lists():
                if each.list_id not in known_lists:
                    self._publish_list(work, each, now)
        return results

    def deliver(
        self, folder: Path, *, record_ids: Collection[str] | None = None, overwrite: bool = False
    ) -> list[Path]:
        """Write the credentials that wait in the outbox (all, or those named) to files; give the paths.

        Raises StoreError for a file that cannot be written; it and those after it keep waiting.
        """
        with self._store.reading() as reading:
            waiting = [
                each for each in reading.waiting() if record_ids is None or each.record_id in record_ids
            ]
        written: list[Path] = []
        delivered: list[str] = []
        try:
            for each in waiting:
                path = folder / each.file_name
                write_file(path, each.credential.encode(), overwrite=overwrite)
                written.append(path)
                delivered.append(each.record_id)
        finally:
            if delivered:
                with self._store.writing() as work:
                    work.clear_outbox(delivered)
        return written

    def waiting(self) -> int:
        """Return how many signed credentials wait for their files to be written."""
        with self._store.reading() as reading:
            return len(reading.waiting())

    def _mint_one(
        self, work: IssuerWriting, request: MintRequest, options: MintOptions, now: datetime
    ) -> Minted:
        keys = self._signing_keys()
        plan = self._plan(request, options, now)
        record = record_to_json(request.record)
        record_sha256 = hashlib.sha256(jcs.canonicalize(record)).hexdigest()
        if not plan.again:
            self._refuse_duplicate(work, record_sha256, plan)
        positions = self._allocate(work, plan)
        ids = DocumentIds(keys.did(plan.suite), f"urn:uuid:{uuid.uuid4()}" if plan.with_id else None)
        document = build_credential(request.record, plan, self.config, ids, positions)
        credential = sign_credential(document, plan, keys, now=now)
        text = dump_json(credential, indent=2) + "\n"
        stored = StoredRecord(
            record_id=self._new_record_id(),
            credential_id=ids.credential_id,
            kind=request.record.kind.name,
            suite=plan.suite,
            issuer_id=ids.issuer_id,
            holder=plan.holder,
            record=dump_json(record),
            record_sha256=record_sha256,
            credential_sha256=hashlib.sha256(text.encode()).hexdigest(),
            valid_from=parse_datetime(document["validFrom"]),
            valid_until=parse_datetime(document["validUntil"]),
            minted=now,
        )
        work.add_record(stored, positions)
        work.put_in_outbox(Waiting(stored.record_id, request.file_name, text))
        work.audit("mint", {"record": stored.record_id, "kind": stored.kind, "suite": plan.suite}, now=now)
        return Minted(
            request.place,
            stored.record_id,
            stored.kind,
            request.file_name,
            credential,
            suite=plan.suite,
            bound=plan.holder is not None,
            revocable=bool(positions),
        )

    def _plan(self, request: MintRequest, options: MintOptions, now: datetime) -> MintPlan:
        try:
            return plan_minting(options, self.config, row_holder=request.holder, now=now)
        except ConfigurationError as err:
            if request.holder is None:
                raise
            # What a row asks for is the row's own mistake, and does not stop the others.
            raise RecordError(err.message, element="holder") from err

    def _refuse_duplicate(self, work: IssuerReading, record_sha256: str, plan: MintPlan) -> None:
        earlier = work.minted_before(record_sha256, plan.holder)
        if earlier is not None:
            raise RecordError(f"minted before as {earlier}; --again mints it once more")

    def _allocate(self, work: IssuerWriting, plan: MintPlan) -> list[StatusPosition]:
        if not plan.with_status:
            return []
        return [
            work.allocate(
                purpose,
                length=LIST_LENGTH,
                max_used=MAX_USED,
                url_of=lambda purpose, number: list_url(self.config, purpose, number),
                random_below=self._random_below,
            )
            for purpose in PURPOSES
        ]

    def _new_record_id(self) -> str:
        return "".join(_ID_CHARACTERS[self._random_below(len(_ID_CHARACTERS))] for _ in range(_ID_LENGTH))

    def status(self, text: str, *, now: datetime) -> RecordStatus:
        """Return the status of the credential whose id (or the beginning of it) is `text`; StoreError."""
        with self._store.reading() as reading:
            return _status(reading, reading.find(text), now)

    def statuses(self, *, now: datetime) -> list[RecordStatus]:
        """Return the status of every credential, oldest first."""
        with self._store.reading() as reading:
            return [_status(reading, record, now) for record in reading.records()]

    def revoke(self, text: str, *, reason: str | None, now: datetime) -> RecordStatus:
        """Revoke a credential for good and publish its list; StoreError, ConfigurationError."""
        return self._change(text, "revocation", 1, "revoke", reason, now)

    def suspend(self, text: str, *, reason: str | None, now: datetime) -> RecordStatus:
        """Suspend a credential until it is reinstated and publish its list."""
        return self._change(text, "suspension", 1, "suspend", reason, now)

    def reinstate(self, text: str, *, reason: str | None, now: datetime) -> RecordStatus:
        """End a suspension and publish the list; a revocation cannot be taken back."""
        return self._change(text, "suspension", 0, "reinstate", reason, now)

    def publish(self, *, now: datetime) -> list[Path]:
        """Sign and write all status lists anew, e.g. before they expire; give their paths."""
        with self._store.writing() as work:
            paths = [self._publish_list(work, each, now) for each in work.lists()]
            work.audit("publish", {"lists": str(len(paths))}, now=now)
        return paths

    def _change(
        self, text: str, purpose: str, value: int, event: str, reason: str | None, now: datetime
    ) -> RecordStatus:
        with self._store.writing() as work:
            status = _status(work, work.find(text), now)
            record_id = status.record.record_id
            entry = next((each for each in status.positions if each.status_list.purpose == purpose), None)
            if entry is None:
                raise ConfigurationError(
                    f"{record_id} was minted without a status entry, nothing can be said of it later: "
                    f"it is valid until {status.record.valid_until:%Y-%m-%d}"
                )
            _check_change(status, entry, event)
            work.set_value(record_id, purpose, value, reason=reason, now=now)
            details = {"record": record_id} | ({"reason": reason} if reason else {})
            work.audit(event, details, now=now)
            self._publish_list(work, entry.status_list, now)
            return _status(work, status.record, now)

    def _publish_list(self, work: IssuerReading, status_list: StatusList, now: datetime) -> Path:
        positions = work.set_positions(status_list.list_id)
        document = signed_list(status_list, positions, self.config, self._signing_keys(), now=now)
        path = self.config.status_folder / list_file_name(status_list.purpose, status_list.number)
        write_file(path, (dump_json(document, indent=2) + "\n").encode(), mode=0o644)
        return path

    def _signing_keys(self) -> IssuerKeys:
        if self._keys is None:
            raise ConfigurationError("the issuer's keys are needed for this and were not opened")
        return self._keys


def _status(reading: IssuerReading, record: StoredRecord, now: datetime) -> RecordStatus:
    positions = reading.positions(record.record_id)
    told = {each.status_list.purpose for each in positions if each.value}
    if "revocation" in told:
        state = "revoked"
    elif now > record.valid_until:
        state = "expired"
    else:
        state = "suspended" if "suspension" in told else "valid"
    return RecordStatus(record, positions, state)


def _check_change(status: RecordStatus, entry: StatusPosition, event: str) -> None:
    record_id = status.record.record_id
    if status.state == "revoked":
        raise ConfigurationError(f"{record_id} is revoked, which cannot be changed; mint the record again")
    if event == "suspend" and entry.value:
        raise ConfigurationError(f"{record_id} is suspended already")
    if event == "reinstate" and not entry.value:
        raise ConfigurationError(f"{record_id} is not suspended")
