"""An issuer's status lists: where they are published, and the signed credential that each one is.

Two lists are kept, revocation (for good) and suspension (for a time); a credential has a random position of
its own in each. A list is published under one URL for ever, re-signed whenever a value in it changes and
before it expires. Lists are issued by the DID of the P-256 key, which is also `issuer.id` of the
credentials with an `ecdsa-sd-2023` base proof; for the others a relying party's trust file says that both
are one issuer (docs/decisions/0070-issuer-identity.md). Source:
https://www.w3.org/TR/vc-bitstring-status-list/. Not here: which position is whose (`list_store`), and when
a list is published (`publishing`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.store import SignedList, StatusPosition
from vclib.errors import StoreError
from vclib.proofs import add_proof
from vclib.status import (
    MINIMUM_ENTRIES,
    REVOCATION,
    SUSPENSION,
    StatusEntry,
    StatusList,
    decode_list,
    status_entry,
    status_list_credential,
)
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object

PURPOSES = (REVOCATION, SUSPENSION)
LIST_SUITE = "ecdsa-rdfc-2019"

LIST_LENGTH = MINIMUM_ENTRIES
# Random choice meets a taken position ever more often; at half, every second try, a new list is begun.
MAX_USED = LIST_LENGTH // 2

_URN = "urn:uuid:"


def list_name(purpose: str, number: int) -> str:
    """Return the name of a list, e.g. "revocation-1"."""
    return f"{purpose}-{number}"


def list_file_name(name: str) -> str:
    """Return the name of a list's file in the status folder, e.g. "revocation-1.json"."""
    return f"{name}.json"


def list_url(config: IssuerConfig, name: str) -> str:
    """Return the URL of a list: below the status URL, or of its own kind where lists travel as files."""
    if config.status_url.startswith(_URN):
        namespace = uuid.UUID(config.status_url.removeprefix(_URN))
        return _URN + str(uuid.uuid5(namespace, name))
    return f"{config.status_url.rstrip('/')}/{name if config.serves_lists else list_file_name(name)}"


def credential_status(positions: Sequence[StatusPosition]) -> list[JSONObject]:
    """Return the `credentialStatus` entries of a credential with these positions."""
    # Only the index differs among the credentials of one list.
    entries: list[JSONObject] = []
    for each in positions:
        entry = _first_entry(each.status_list.purpose, each.status_list.url).copy()
        entry["statusListIndex"] = str(each.position)
        entries.append(entry)
    return entries


@lru_cache(maxsize=64)
def _first_entry(purpose: str, url: str) -> MappingProxyType[str, JSONValue]:
    return MappingProxyType(status_entry(StatusEntry(purpose, 0, url)))


def signed_list(
    *,
    purpose: str,
    url: str,
    values: StatusList,
    config: IssuerConfig,
    keys: IssuerKeys,
    valid_from: datetime,
) -> SignedList:
    """Return the status list credential with these values, signed, valid for as long as the settings say."""
    valid_until = valid_from + timedelta(days=config.status_valid_days)
    document = status_list_credential(
        values,
        url=url,
        issuer={"id": keys.did(LIST_SUITE), "name": config.name},
        purposes=[purpose],
        valid_from=valid_from,
        valid_until=valid_until,
        ttl=timedelta(minutes=config.status_ttl_minutes),
    )
    signed = add_proof(
        document,
        cryptosuite=LIST_SUITE,
        key=keys.key(LIST_SUITE),
        verification_method=keys.verification_method(LIST_SUITE),
        created=valid_from,
    )
    return SignedList(dump_json(signed), valid_from, valid_until)


def values_of(signed: SignedList) -> StatusList:
    """Return the values that a list of ours has."""
    subject = parse_json_object(signed.document)["credentialSubject"]
    if not isinstance(subject, dict):
        raise StoreError("a published status list is not in the form this version writes")
    return decode_list(subject.get("encodedList"))


def file_content(signed: SignedList) -> bytes:
    """Return a list as the content of its file."""
    return (dump_json(parse_json_object(signed.document), indent=2) + "\n").encode()
