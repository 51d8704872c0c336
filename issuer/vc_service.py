"""Credentials that somebody else has written: signed, remembered, and given a status like any other.

What `vc_api.CredentialIssuer` signs becomes a record here, without any copy of its claims beside the
credential itself, which is kept for `copy_days`. Status entries are added where the credential has none;
one that names a list of ours takes that position, or is refused. Health records are minted by
`issuer.service`. Source: https://w3c.github.io/vcalm/#issuing. Not here: HTTP, and who may call this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from health import mandatory_pointers
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.lists import credential_status
from issuer.minting import PositionsTakenError, Signed
from issuer.options import UNLINKABLE_SUITE
from issuer.service import Issuer, RecordStatus
from issuer.store import IssuerReading, IssuerStore, NoSuchRecordError, StatusPosition, StoredRecord
from issuer.vc_api import CredentialIssuer
from protocols.vcalm import IssueRequest
from protocols.vcalm_status import StatusChange
from vclib.credentials import Credential
from vclib.data_model import BASE_CONTEXT_V1
from vclib.errors import MalformedValueError, StoreError
from vclib.status import is_bitstring_entry, parse_status_entry
from vclib.strict_json import JSONObject, JSONValue, dump_json

# What the records of these credentials are called, which are not of our kinds.
KIND = "credential"
_MAX_ID_CHARACTERS = 500
_TRIES = 10
# What data model 1.1 calls the period of validity, and what it needs for entries of a Bitstring Status List.
_OLDER_PERIOD = ("issuanceDate", "expirationDate")
_STATUS_CONTEXT = "https://www.w3.org/ns/credentials/status/v1"

_EVENTS = {
    ("revocation", True): "revoke",
    ("suspension", True): "suspend",
    ("suspension", False): "reinstate",
}


@dataclass(frozen=True)
class Issued:
    """A credential that was signed and remembered under a record id."""

    record_id: str
    credential: JSONObject


class CredentialService:
    """The VC API of one issuer: with the base proof and the plain proof of its settings."""

    def __init__(self, config: IssuerConfig, store: IssuerStore, keys: IssuerKeys, issuer: Issuer) -> None:
        self._config = config
        self._store = store
        self._issuer = issuer
        self._base = _signer(keys, config.suite)
        self._plain = _signer(keys, config.plain)

    def issue(self, request: IssueRequest, *, now: datetime, by: str | None = None) -> Issued:
        """Sign the credential of a request and remember it; `by` is who asked, for the audit log.

        Raises what `CredentialIssuer.issue` does, and MalformedValueError for an id that was used before or
        a status position that is not free.
        """
        prepared = self._base.prepared(request)
        has_status = "credentialStatus" in prepared
        for _ in range(_TRIES):
            document, positions = (prepared, None) if has_status else self._new_status(prepared, now)
            credential = self._base.check(document)
            with self._store.reading() as reading:
                self._refuse_used_id(reading, credential)
                positions = self._own_positions(reading, credential) if positions is None else positions
            signed = self._sign(document, credential, positions, request.mandatory_pointers, now)
            try:
                self._keep(signed, credential, now, by)
            except PositionsTakenError as err:
                if has_status:
                    raise MalformedValueError("credentialStatus: its position in our list is taken") from err
                continue
            return Issued(signed.stored.record_id, signed.credential)
        raise StoreError("others keep taking the chosen status positions; nothing was changed")

    def change_status(self, change: StatusChange, *, now: datetime, by: str | None = None) -> RecordStatus:
        """Change what a list says of a credential, named by its id or our record id.

        Raises NoSuchRecordError for an unknown credential, MalformedValueError for an entry that it does not
        have, ConfigurationError for a change that is not possible (a revocation is for good). A change to
        what is so already is none.
        """
        with self._store.reading() as reading:
            record = reading.exactly(change.credential_id)
            if record is None:
                raise NoSuchRecordError(f"no credential has the id {change.credential_id[:80]!r}")
            entry = _entry(reading.lists.positions(record.record_id), change)
        if bool(entry.value) == change.status:
            return self._issuer.status(record.record_id, now=now)
        event = _EVENTS.get((change.purpose, change.status))
        if event is None:
            raise MalformedValueError(f"status: a {change.purpose} is for good")
        return self._issuer.change(record.record_id, event, reason=None, now=now, by=by)

    def _new_status(
        self, document: JSONObject, now: datetime
    ) -> tuple[JSONObject, tuple[StatusPosition, ...]]:
        """Return the document with entries for the purposes of the settings; with bbs-2023, as it is."""
        if self._config.suite == UNLINKABLE_SUITE or not self._config.api_status:
            return document, ()
        lists = self._issuer.publisher.lists_with_room(self._config.api_status, now=now)
        with self._store.reading() as reading:
            positions = self._issuer.minter.choose(reading, list(lists.values()), {})
        return _with_status(document, positions), positions

    def _own_positions(self, reading: IssuerReading, credential: Credential) -> tuple[StatusPosition, ...]:
        """Return the positions in lists of ours that the credential's own entries name."""
        found: dict[str, StatusPosition] = {}
        for written in credential.status_entries:
            entry = parse_status_entry(written) if is_bitstring_entry(written) else None
            own = reading.lists.by_url(entry.list_url) if entry is not None else None
            if entry is None or own is None:
                continue
            if entry.purpose != own.purpose or entry.purpose in found or entry.index >= own.length:
                raise MalformedValueError(f"credentialStatus: expected one entry that fits {own.url}")
            found[entry.purpose] = StatusPosition(own, entry.index)
        return tuple(found.values())

    def _refuse_used_id(self, reading: IssuerReading, credential: Credential) -> None:
        if credential.id is None:
            return
        if len(credential.id) > _MAX_ID_CHARACTERS:
            raise MalformedValueError(f"id: expected at most {_MAX_ID_CHARACTERS} characters")
        if reading.exactly(credential.id) is not None:
            raise MalformedValueError("id: another credential was issued with it")

    def _sign(
        self,
        document: JSONObject,
        credential: Credential,
        positions: tuple[StatusPosition, ...],
        pointers: Sequence[str],
        now: datetime,
    ) -> Signed:
        created = None if self._config.suite == UNLINKABLE_SUITE else now
        older = [f"/{member}" for member in _OLDER_PERIOD if member in document]
        seen = tuple(dict.fromkeys((*mandatory_pointers(document), *older, *pointers)))
        signed = self._plain.sign(self._base.sign(document, seen, now=created), (), now=created)
        text = dump_json(signed)
        stored = StoredRecord(
            record_id=self._issuer.minter.new_record_id(),
            credential_id=credential.id,
            kind=KIND,
            suite=self._config.suite,
            issuer_id=credential.issuer_id,
            holder=None,
            record=None,
            record_sha256=None,
            credential_sha256=hashlib.sha256(text.encode()).hexdigest(),
            valid_from=credential.valid_from or now,
            valid_until=credential.valid_until,
            minted=now,
        )
        return Signed(positions, stored, signed, text)

    def _keep(self, signed: Signed, credential: Credential, now: datetime, by: str | None) -> None:
        with self._store.writing() as work:
            work.lock()
            if work.lists.taken(signed.positions):
                raise PositionsTakenError("a chosen status position was taken by another writer")
            self._refuse_used_id(work, credential)
            self._issuer.minter.keep(work, signed, now=now, by=by)


def _signer(keys: IssuerKeys, suite: str) -> CredentialIssuer:
    return CredentialIssuer(keys.did(suite), keys.verification_method(suite), keys.key(suite), suite)


def _with_status(document: JSONObject, positions: Sequence[StatusPosition]) -> JSONObject:
    entries: list[JSONValue] = [*credential_status(positions)]
    contexts = document.get("@context")
    if not isinstance(contexts, list) or contexts[:1] != [BASE_CONTEXT_V1]:
        return document | {"credentialStatus": entries}
    # Data model 1.1 does not define these entries, and wants each to have an id.
    named: list[JSONValue] = [
        {"id": f"{each.status_list.url}#{each.position}", **entry}
        for each, entry in zip(positions, credential_status(positions), strict=True)
    ]
    with_context = contexts if _STATUS_CONTEXT in contexts else [*contexts, _STATUS_CONTEXT]
    return document | {"@context": with_context, "credentialStatus": named}


def _entry(positions: Sequence[StatusPosition], change: StatusChange) -> StatusPosition:
    """Return the entry that a change is about; MalformedValueError where the credential has no such entry."""
    entry = next((each for each in positions if each.status_list.purpose == change.purpose), None)
    if entry is None:
        raise MalformedValueError(f"credentialStatus: the credential has no entry for {change.purpose!r}")
    if change.index not in (None, entry.position) or change.list_url not in (None, entry.status_list.url):
        raise MalformedValueError("credentialStatus: the credential has its entry in another place")
    return entry
