"""From a record and a plan to a credential: the document, and what its proofs are made with.

The base proof is what selective presentations are derived from; the plain proof is for whoever is shown the
whole credential. Both are made over the same document. With `bbs-2023` times are cut to the day and the
proofs carry none, because a time to the second is a name. Not here: which index or id is used, and memory
of what was signed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
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
from vclib.datetimes import format_datetime, parse_datetime
from vclib.proofs import NewProof
from vclib.strict_json import JSONObject, JSONValue

# A document without its values: names of members, in order, and types of values.
Form: TypeAlias = Hashable
_NESTED = frozenset({dict, list})


@dataclass(frozen=True)
class DocumentIds:
    """Who issues, and the credential's id where it has one."""

    issuer_id: str
    credential_id: str | None


def write_credential(
    record: Record,
    plan: MintPlan,
    config: IssuerConfig,
    ids: DocumentIds,
    positions: Sequence[StatusPosition],
) -> JSONObject:
    """Return the credential of a record, not signed yet; raises RecordError.

    Whether it conforms to the data model is looked at when it is signed, or by whoever does not sign it.
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
    return document


def form_of(value: JSONValue) -> Form:
    """Return what a document has where, without its texts and numbers."""
    if isinstance(value, dict):
        members: Iterable[JSONValue] = value.values()
        names: tuple[str, ...] | int = tuple(value)
    elif isinstance(value, list):
        members, names = value, len(value)
    else:
        return type(value).__name__
    kinds = tuple(map(type, members))
    if _NESTED.isdisjoint(kinds):
        return names, kinds
    return (names, kinds, *(form_of(member) for member in members if type(member) in _NESTED))


def new_proofs(
    document: JSONObject, plan: MintPlan, keys: IssuerKeys, *, now: datetime
) -> tuple[NewProof, ...]:
    """Return what a credential's base proof and plain proof are made with: the same for all of its form.

    Raises ConfigurationError for mandatory pointers that would let a holder hide what every verifier has
    to see.
    """
    pointers = tuple(dict.fromkeys((*mandatory_pointers(document), *plan.mandatory)))
    check_mandatory_pointers(pointers, document)
    created = None if plan.unlinkable else now
    return tuple(
        NewProof(suite, keys.key(suite), keys.verification_method(suite), created, mandatory)
        for suite, mandatory in ((plan.suite, pointers), (plan.plain, ()))
    )
