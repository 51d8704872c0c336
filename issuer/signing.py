"""From a record that was asked for to what is kept and handed over: signed, with its digest and its id.

Shared by those who mint one by one (`minting`) and in batches (`batch_signing`). Not here: what is asked,
and remembering it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from health import Record
from issuer.building import DocumentIds, Form, form_of, new_proofs, write_credential
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.options import MintPlan
from issuer.store import StatusPosition, StoredRecord
from vclib.credentials import parse_credential
from vclib.datetimes import parse_datetime
from vclib.jsonld import shared_readings
from vclib.proofs import NewProof, SignedProof, prepare_proof_set
from vclib.strict_json import JSONObject


@dataclass(frozen=True)
class SignedRecord:
    """A record whose credential is signed, yet to be written; `remembered` takes the digest of its text."""

    credential: SignedProof
    remembered: Callable[[str], StoredRecord]

    def write(self, text_of: Callable[[JSONObject], str]) -> tuple[StoredRecord, JSONObject, str]:
        """Return what is remembered of the credential, the credential, and its text by `text_of`."""
        credential = self.credential.write()
        text = text_of(credential)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self.remembered(digest), credential, text


@dataclass
class RecordSigner:
    """Signs records under one plan, with one set of keys, at one moment.

    What depends on no record is worked out once. Of many documents of one form only the first is looked at
    for its conformance to the data model, because values are checked in the record: nothing but the record
    and its positions may differ.
    """

    plan: MintPlan
    config: IssuerConfig
    keys: IssuerKeys
    now: datetime
    _proofs: dict[Form, tuple[NewProof, ...]] = field(default_factory=dict, init=False)

    @cached_property
    def issuer_id(self) -> str:
        """The DID that issues."""
        return self.keys.did(self.plan.suite)

    def prepare(
        self, record: Record, *, positions: Sequence[StatusPosition], record_id: str, written: tuple[str, str]
    ) -> Callable[[], SignedRecord]:
        """Return what signs the credential of a record; `written` is the record's JSON text and its digest.

        Raises RecordError and its like for a record that no credential can be made of.
        """
        plan = self.plan
        ids = DocumentIds(self.issuer_id, f"urn:uuid:{uuid.uuid4()}" if plan.with_id else None)
        # The document is looked at before it is signed and for each of its proofs.
        with shared_readings():
            document = write_credential(record, plan, self.config, ids, positions)
            prepared = prepare_proof_set(document, self._proofs_for(document))

        def remembered(digest: str) -> StoredRecord:
            return StoredRecord(
                record_id=record_id,
                credential_id=ids.credential_id,
                kind=record.kind.name,
                suite=plan.suite,
                issuer_id=ids.issuer_id,
                holder=plan.holder,
                record=written[0],
                record_sha256=written[1],
                credential_sha256=digest,
                valid_from=parse_datetime(document["validFrom"]),
                valid_until=parse_datetime(document["validUntil"]),
                minted=self.now,
            )

        return lambda: SignedRecord(prepared.sign(), remembered)

    def _proofs_for(self, document: JSONObject) -> tuple[NewProof, ...]:
        form = form_of(document)
        proofs = self._proofs.get(form)
        if proofs is None:
            parse_credential(document)
            proofs = self._proofs[form] = new_proofs(document, self.plan, self.keys, now=self.now)
        return proofs
