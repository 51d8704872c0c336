"""An issuer's status lists: where they are published, and the signed credential that each one is.

Two lists are kept, revocation (for good) and suspension (for a time); a credential has a random position of
its own in each. A list is published as one file under one URL for ever, re-signed whenever a value in it
changes and before it expires. Lists are issued by the DID of the P-256 key, which is also `issuer.id` of the
credentials with an `ecdsa-sd-2023` base proof; for the others a relying party's trust file says that both
are one issuer (docs/decisions/0070-issuer-identity.md).
Source: https://www.w3.org/TR/vc-bitstring-status-list/. Not here: which position is whose (`store`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.store import StatusList, StatusPosition
from vclib.proofs import add_proof
from vclib.status import (
    MINIMUM_ENTRIES,
    REVOCATION,
    SUSPENSION,
    StatusEntry,
    new_status_list,
    status_entry,
    status_list_credential,
)
from vclib.strict_json import JSONObject

PURPOSES = (REVOCATION, SUSPENSION)
LIST_SUITE = "ecdsa-rdfc-2019"

LIST_LENGTH = MINIMUM_ENTRIES
# Random choice meets a taken position ever more often; at half, every second try, a new list is begun.
MAX_USED = LIST_LENGTH // 2

_URN = "urn:uuid:"

# How long a verifier may keep a list before it asks again.
_TTL = timedelta(hours=1)


def list_file_name(purpose: str, number: int) -> str:
    """Return the name of a list's file in the status folder, e.g. "revocation-1.json"."""
    return f"{purpose}-{number}.json"


def list_url(config: IssuerConfig, purpose: str, number: int) -> str:
    """Return the URL of a list: below the status URL, or of its own kind where lists travel as files."""
    if config.status_url.startswith(_URN):
        namespace = uuid.UUID(config.status_url.removeprefix(_URN))
        return _URN + str(uuid.uuid5(namespace, f"{purpose}-{number}"))
    return f"{config.status_url.rstrip('/')}/{list_file_name(purpose, number)}"


def credential_status(positions: Sequence[StatusPosition]) -> list[JSONObject]:
    """Return the `credentialStatus` entries of a credential with these positions."""
    return [
        status_entry(StatusEntry(each.status_list.purpose, each.position, each.status_list.url))
        for each in positions
    ]


def signed_list(
    status_list: StatusList,
    set_positions: Sequence[int],
    config: IssuerConfig,
    keys: IssuerKeys,
    *,
    now: datetime,
) -> JSONObject:
    """Return the status list credential in which exactly `set_positions` are set, signed."""
    values = new_status_list(status_list.length).set_all(dict.fromkeys(set_positions, 1))
    document = status_list_credential(
        values,
        url=status_list.url,
        issuer={"id": keys.did(LIST_SUITE), "name": config.name},
        purposes=[status_list.purpose],
        valid_from=now,
        valid_until=now + timedelta(days=config.status_valid_days),
        ttl=_TTL,
    )
    return add_proof(
        document,
        cryptosuite=LIST_SUITE,
        key=keys.key(LIST_SUITE),
        verification_method=keys.verification_method(LIST_SUITE),
        created=now,
    )
