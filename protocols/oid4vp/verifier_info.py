"""Why a verifier asks: a format of our own for `verifier_info`, since DCQL has no place for a reason.

VP 6.2 leaves the reason to what the verifier shows beforehand. A QR code on a door shows little, so our
verifiers put one sentence into the request, inside what is signed, where the wallet can show it beside the
verifier's name; and, where rules of a country decide, which rule needs each claim. Nobody attests it: it is
the verifier's word, and a wallet says so. Other formats are ignored (VP 5.11). Why so:
docs/decisions/0132-purpose.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.oid4vp.dcql import ClaimPath, parse_claim_path
from protocols.oid4vp.errors import InvalidRequestError
from protocols.oid4vp.reading import optional_text, read_objects, read_text, read_texts
from vclib.strict_json import JSONObject, JSONValue

PURPOSE_FORMAT = "https://w3id.org/ddcc#VerifierPurpose"
MAX_PURPOSE = 500
MAX_REASON = 300
_MAX_ENTRIES = 20
_MAX_REASONS = 100


@dataclass(frozen=True)
class ClaimReason:
    """Why one claim is asked for, in the verifier's words of at most MAX_REASON characters."""

    path: ClaimPath
    reason: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer, by which wallets know what a claim is called."""
        return "".join(f"/{component}" for component in self.path)


def purpose_info(
    purpose: str | None, situation: str | None = None, reasons: Sequence[ClaimReason] = ()
) -> JSONObject:
    """Return the entry of `verifier_info` that tells why something is asked for, and in which situation.

    By the situation, e.g. "venue", a wallet can tell what is asked beyond it (threat L1). `reasons` are those
    of single claims, at most 100.
    """
    data: JSONObject = {}
    if purpose is not None:
        data["purpose"] = purpose
    if situation is not None:
        data["situation"] = situation
    if reasons:
        data["reasons"] = [
            {"path": list(each.path), "reason": each.reason} for each in reasons[:_MAX_REASONS]
        ]
    return {"format": PURPOSE_FORMAT, "data": data}


def parse_verifier_info(value: JSONValue, query_ids: Sequence[str]) -> tuple[JSONObject, ...]:
    """Return the entries of a `verifier_info`; InvalidRequestError for another shape."""
    entries = read_objects(value, "verifier_info", InvalidRequestError, limit=_MAX_ENTRIES)
    for entry in entries:
        read_text(entry, "format", InvalidRequestError)
        if not isinstance(entry.get("data"), str | dict):
            raise InvalidRequestError("verifier_info: expected a text or an object as data")
        if "credential_ids" in entry:
            named = read_texts(
                entry["credential_ids"], "credential_ids", InvalidRequestError, limit=_MAX_ENTRIES
            )
            if not set(named) <= set(query_ids):
                raise InvalidRequestError("verifier_info: names a credential that is not asked for")
    return tuple(entries)


def purpose_of(verifier_info: Sequence[JSONObject]) -> str | None:
    """Return the first purpose in our format, None if there is none; InvalidRequestError for a broken one.

    The text is a stranger's: whoever shows it makes it inert first (threat J6).
    """
    for entry in verifier_info:
        data = entry.get("data")
        if entry.get("format") == PURPOSE_FORMAT and isinstance(data, dict):
            return optional_text(data, "purpose", InvalidRequestError, limit=MAX_PURPOSE)
    return None


def reasons_of(verifier_info: Sequence[JSONObject]) -> tuple[ClaimReason, ...]:
    """Return the reasons of single claims in our format, none if there are none; InvalidRequestError.

    The texts are a stranger's, as the purpose is.
    """
    for entry in verifier_info:
        data = entry.get("data")
        if entry.get("format") == PURPOSE_FORMAT and isinstance(data, dict) and "reasons" in data:
            listed = read_objects(data["reasons"], "reasons", InvalidRequestError, limit=_MAX_REASONS)
            return tuple(
                ClaimReason(
                    parse_claim_path(each.get("path")),
                    read_text(each, "reason", InvalidRequestError, limit=MAX_REASON),
                )
                for each in listed
            )
    return ()
