"""The issuer's decisions: mint records as credentials, change their status, publish status lists.

What is minted is remembered before anybody has it (`minting`), and a status changes together with its
published list (`publishing`). Files are written afterwards (`deliver`); what could not be written waits in
the outbox.

Not here: reading input files (`health.inputs`), the form of a credential (`health.credentials`),
credentials that somebody else wrote (`vc_service`), the command line and HTTP.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.lists import PURPOSES
from issuer.minting import Also, DeliveredBeforeError, Minted, Minter, MintRequest, NotMinted
from issuer.options import MintOptions
from issuer.publishing import ListPublisher
from issuer.store import (
    Copy,
    IssuerReading,
    IssuerStore,
    IssuerWriting,
    NoSuchRecordError,
    PublishedList,
    StatusList,
    StatusPosition,
    StoredRecord,
)
from runtime.atomic import write_file
from vclib.errors import ConfigurationError, MalformedValueError
from vclib.status import REVOCATION, SUSPENSION

__all__ = [
    "DeliveredBeforeError",
    "Issuer",
    "MintRequest",
    "Minted",
    "NotMinted",
    "RecordStatus",
]

# What each event sets in the list of which purpose.
_CHANGES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"revoke": (REVOCATION, 1), "suspend": (SUSPENSION, 1), "reinstate": (SUSPENSION, 0)}
)


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
        self.publisher = ListPublisher(config, store, keys)
        self.minter = Minter(config, store, keys, self.publisher, random_below)

    def mint(
        self, requests: Sequence[MintRequest], options: MintOptions, *, now: datetime
    ) -> list[Minted | NotMinted]:
        """Sign the records and keep them together; give what became of each, in their order.

        A record that is refused does not stop the others. Raises ConfigurationError for options that no
        record could be minted with, StoreError where nothing was kept.
        """
        return self.minter.mint(requests, options, now=now)

    def mint_once(
        self,
        key: str,
        request: MintRequest,
        options: MintOptions,
        *,
        now: datetime,
        by: str | None = None,
        also: Also | None = None,
    ) -> Minted:
        """Mint one record under a key: whoever asks again under it gets the credential minted first.

        Of the key only its digest is kept. The credential can be fetched that way for `copy_days` or until
        `forget_copy`; DeliveredBeforeError afterwards. Raises RecordError and its like for a record that is
        refused (also for another one under the same key), StoreError where nothing was kept. `by` is who
        asked, for the audit log; `also` is done in the transaction that keeps the record.
        """
        return self.minter.mint_once(key, request, options, now=now, by=by, also=also)

    def copy(self, text: str, *, now: datetime) -> Copy | None:
        """Return the copy kept of a credential with exactly this record or credential id, if there is one.

        Raises NoSuchRecordError where no credential has that id.
        """
        with self._store.reading() as reading:
            copy = reading.copy(_exactly(reading, text).record_id)
        return copy if copy is not None and copy.kept_until > now else None

    def forget_copy(self, text: str, *, now: datetime, by: str | None = None) -> bool:
        """Forget the copy of a credential; says whether there was one. It can still be revoked."""
        with self._store.writing() as work:
            work.lock()
            record_id = _exactly(work, text).record_id
            forgotten = work.forget_copy(record_id)
            if forgotten:
                work.audit("forget", {"record": record_id, **_by(by)}, now=now)
        return forgotten

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
            return reading.count_waiting()

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
        return self.change(text, "revoke", reason=reason, now=now)

    def suspend(self, text: str, *, reason: str | None, now: datetime) -> RecordStatus:
        """Suspend a credential until it is reinstated and publish its list."""
        return self.change(text, "suspend", reason=reason, now=now)

    def reinstate(self, text: str, *, reason: str | None, now: datetime) -> RecordStatus:
        """End a suspension and publish the list; a revocation cannot be taken back."""
        return self.change(text, "reinstate", reason=reason, now=now)

    def publish(self, *, now: datetime) -> list[Path]:
        """Sign and write all status lists anew, e.g. before they expire; give their paths."""
        return self.publisher.publish_all(now=now)

    def publish_missing(self, *, now: datetime) -> None:
        """Publish what an older program left to its files; to be called before lists are served."""
        self.publisher.publish_missing(now=now)

    def published(self, name: str, *, now: datetime) -> PublishedList | None:
        """Return what is published of the list of this name; None if there is none."""
        return self.publisher.served(name, now=now)

    def begin_list(self, purpose: str, *, now: datetime, by: str | None = None) -> StatusList:
        """Begin and publish another status list, which new credentials get their positions in.

        Raises MalformedValueError for a purpose that this issuer keeps no lists for.
        """
        if purpose not in PURPOSES:
            raise MalformedValueError(
                f"statusPurpose: expected {' or '.join(PURPOSES)}, found {purpose[:40]!r}"
            )
        return self.publisher.begin_another(purpose, now=now, details=_by(by))

    def change(
        self, text: str, event: str, *, reason: str | None, now: datetime, by: str | None = None
    ) -> RecordStatus:
        """Do what `event` says, "revoke", "suspend" or "reinstate", and publish the list."""
        purpose, value = _CHANGES[event]
        with self._store.reading() as reading:
            record = reading.find(text)
            entry = _entry_to_change(_status(reading, record, now), purpose, event)
        details = {"record": record.record_id, **({"reason": reason} if reason else {}), **_by(by)}

        def decide(work: IssuerWriting) -> None:
            # Looked at once more where nobody else can change it any longer.
            _entry_to_change(_status(work, record, now), purpose, event)
            work.lists.set_value(record.record_id, purpose, value, reason=reason, now=now)
            work.audit(event, details, now=now)

        self.publisher.change(entry.status_list.list_id, {entry.position: value}, decide, now=now)
        return self.status(record.record_id, now=now)


def _by(token_id: str | None) -> dict[str, str]:
    return {"token": token_id} if token_id is not None else {}


def _exactly(reading: IssuerReading, text: str) -> StoredRecord:
    record = reading.exactly(text)
    if record is None:
        raise NoSuchRecordError(f"no credential has the id {text[:80]!r}")
    return record


def _status(reading: IssuerReading, record: StoredRecord, now: datetime) -> RecordStatus:
    positions = reading.lists.positions(record.record_id)
    told = {each.status_list.purpose for each in positions if each.value}
    if "revocation" in told:
        state = "revoked"
    elif record.valid_until is not None and now > record.valid_until:
        state = "expired"
    else:
        state = "suspended" if "suspension" in told else "valid"
    return RecordStatus(record, positions, state)


def _entry_to_change(status: RecordStatus, purpose: str, event: str) -> StatusPosition:
    record_id = status.record.record_id
    entry = next((each for each in status.positions if each.status_list.purpose == purpose), None)
    if entry is None:
        until = status.record.valid_until
        raise ConfigurationError(
            f"{record_id} was minted without a status entry, nothing can be said of it later"
            + (f": it is valid until {until:%Y-%m-%d}" if until else "")
        )
    if status.state == "revoked":
        raise ConfigurationError(f"{record_id} is revoked, which cannot be changed; mint the record again")
    if event == "suspend" and entry.value:
        raise ConfigurationError(f"{record_id} is suspended already")
    if event == "reinstate" and not entry.value:
        raise ConfigurationError(f"{record_id} is not suspended")
    return entry
