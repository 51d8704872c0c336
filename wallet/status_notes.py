"""Asking a status list about one credential, when its holder wants to know.

Not here: when that is, and what a badge makes of it (`wallet.cards`).
"""

from __future__ import annotations

from datetime import datetime

from health import CONTEXT_SEQUENCES
from vclib.environment import Environment
from vclib.errors import VCError
from vclib.status import REVOCATION, SUSPENSION
from vclib.strict_json import JSONObject, parse_json_object
from vclib.verification import NotChecked
from wallet.checking import check_status
from wallet.network import Network
from wallet.preferences import StatusNote
from wallet.reading import shown


def find_status(document: JSONObject, network: Network, now: datetime) -> StatusNote:
    """Return what the lists say of a credential; "unknown" with the reason where they say nothing."""
    environment = Environment(
        resolve=network.resolve,
        now=now,
        context_sequences=CONTEXT_SEQUENCES,
        fetch_status=lambda url: parse_json_object(network.fetch(url)),
    )
    try:
        results = check_status(document, environment)
    except VCError as err:
        return StatusNote("unknown", now, shown(err.message))
    purposes = {result.purpose for result in results if not isinstance(result, NotChecked) and result.is_set}
    if REVOCATION in purposes:
        return StatusNote("revoked", now)
    if SUSPENSION in purposes:
        return StatusNote("suspended", now)
    for result in results:
        if isinstance(result, NotChecked):
            return StatusNote("unknown", now, shown(result.error.message))
    return StatusNote("clear", now)
