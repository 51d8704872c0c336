"""From a record that was asked for to what is kept and handed over: signed, with its digest and its id.

Shared by those who mint one by one (`minting`) and in batches (`batch_signing`). Not here: what is asked,
and remembering it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, MutableSet, Sequence
from datetime import datetime

from health import Record
from issuer.building import DocumentIds, Form, build_credential, sign_credential
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.options import MintPlan
from issuer.store import StatusPosition, StoredRecord
from vclib.datetimes import parse_datetime
from vclib.jsonld import shared_readings
from vclib.strict_json import JSONObject


def sign_record(
    record: Record,
    *,
    plan: MintPlan,
    config: IssuerConfig,
    keys: IssuerKeys,
    positions: Sequence[StatusPosition],
    record_id: str,
    written: tuple[str, str],
    write: Callable[[JSONObject], str],
    now: datetime,
    known_forms: MutableSet[Form] | None = None,
) -> tuple[StoredRecord, JSONObject, str]:
    """Return what is remembered of a record's credential, the credential, and its text as `write` gives it.

    `written` is the record as JSON text and its digest. Raises RecordError and its like for a record that no
    credential can be made of.
    """
    ids = DocumentIds(keys.did(plan.suite), f"urn:uuid:{uuid.uuid4()}" if plan.with_id else None)
    # The document is looked at before it is signed and for each of its proofs.
    with shared_readings():
        document = build_credential(record, plan, config, ids, positions, known_forms)
        credential = sign_credential(document, plan, keys, now=now)
    text = write(credential)
    stored = StoredRecord(
        record_id=record_id,
        credential_id=ids.credential_id,
        kind=record.kind.name,
        suite=plan.suite,
        issuer_id=ids.issuer_id,
        holder=plan.holder,
        record=written[0],
        record_sha256=written[1],
        credential_sha256=hashlib.sha256(text.encode()).hexdigest(),
        valid_from=parse_datetime(document["validFrom"]),
        valid_until=parse_datetime(document["validUntil"]),
        minted=now,
    )
    return stored, credential, text
