"""From a record and a plan to a signed credential: the document, then its proof set.

The base proof is what selective presentations are derived from; the plain proof is for whoever is shown the
whole credential. Both are made over the same document. With `bbs-2023` times are cut to the day and the
proofs carry none, because a time to the second is a name. Not here: which index or id is used, and memory
of what was signed.
"""

from __future__ import annotations

from collections.abc import Hashable, MutableSet, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from contexts import digest_multibase
from health import (
    DDCC_CONTEXT,
    Record,
    check_mandatory_pointers,
    credential_from_record,
    is_shared_time,
    mandatory_pointers,
)
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.lists import credential_status
from issuer.options import MintPlan, to_the_day
from issuer.store import StatusPosition
from vclib.credentials import parse_credential
from vclib.datetimes import format_datetime, parse_datetime
from vclib.proofs import add_proof
from vclib.strict_json import JSONObject, JSONValue

# A document without its values: names of members, in order, and types of values.
Form: TypeAlias = Hashable


@dataclass(frozen=True)
class DocumentIds:
    """Who issues, and the credential's id where it has one."""

    issuer_id: str
    credential_id: str | None


def build_credential(
    record: Record,
    plan: MintPlan,
    config: IssuerConfig,
    ids: DocumentIds,
    positions: Sequence[StatusPosition],
    known_forms: MutableSet[Form] | None = None,
) -> JSONObject:
    """Return the credential of a record, not signed yet; raises RecordError, CredentialError.

    `known_forms` are those of documents made here under the same settings that were found to conform to the
    data model: of many of one form only the first is looked at, because values are checked in the record.
    """
    document = credential_from_record(
        record,
        issuer_id=ids.issuer_id,
        issuer_name=config.name,
        valid_from=plan.valid_from,
        valid_until=plan.valid_until,
        holder=plan.holder,
        credential_id=ids.credential_id,
        status=credential_status(positions),
        context_digest=digest_multibase(DDCC_CONTEXT) if plan.related_resource else None,
    )
    if plan.unlinkable:
        # A record may bring a period of its own, to the second.
        for member in ("validFrom", "validUntil"):
            if not is_shared_time(document[member]):
                document[member] = format_datetime(to_the_day(parse_datetime(document[member])))
    form = _form_of(document)
    if known_forms is None or form not in known_forms:
        parse_credential(document)
        if known_forms is not None:
            known_forms.add(form)
    return document


def _form_of(value: JSONValue) -> Form:
    """Return what a document has where, without its texts and numbers."""
    if isinstance(value, dict):
        return tuple([(name, _form_of(member)) for name, member in value.items()])
    if isinstance(value, list):
        return tuple([_form_of(item) for item in value])
    return type(value).__name__


def sign_credential(document: JSONObject, plan: MintPlan, keys: IssuerKeys, *, now: datetime) -> JSONObject:
    """Return the document with its base proof and its plain proof.

    Raises ConfigurationError for mandatory pointers that would let a holder hide what every verifier has
    to see, PointerError for one that selects nothing.
    """
    pointers = tuple(dict.fromkeys((*mandatory_pointers(document), *plan.mandatory)))
    check_mandatory_pointers(pointers, document)
    created = None if plan.unlinkable else now
    with_base = add_proof(
        document,
        cryptosuite=plan.suite,
        key=keys.key(plan.suite),
        verification_method=keys.verification_method(plan.suite),
        created=created,
        mandatory_pointers=pointers,
    )
    return add_proof(
        with_base,
        cryptosuite=plan.plain,
        key=keys.key(plan.plain),
        verification_method=keys.verification_method(plan.plain),
        created=created,
    )
