"""The messages of VCALM by which a holder's software has a presentation signed.

Options that would let a caller choose what only the holder's service knows are refused by name, so that
nobody believes that they were followed. Source: https://w3c.github.io/vcalm/#create-presentation. Not here:
HTTP, keys, and what may leave.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.vcalm import UnknownOptionError
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, json_type_name

_MAX_TEXT = 2000
_FIXED = {"type": "DataIntegrityProof", "proofPurpose": "authentication"}
_TEXTS = ("challenge", "domain", "cryptosuite", "verificationMethod")


@dataclass(frozen=True)
class CreatePresentation:
    """POST /presentations: an unsigned presentation, for which request, and with which of the keys."""

    presentation: JSONObject
    challenge: str
    domain: str
    cryptosuite: str | None = None
    verification_method: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> CreatePresentation:
        """Return the request of a body; raises MalformedValueError, UnknownOptionError."""
        unknown = sorted(set(body) - {"presentation", "options"})
        if unknown:
            raise MalformedValueError(f"{unknown[0][:80]}: no member of this request")
        presentation, options = _object(body, "presentation"), _object(body, "options")
        for option in sorted(set(options) - set(_TEXTS) - set(_FIXED)):
            raise UnknownOptionError(f"options.{option[:80]}: this option is not known here")
        for option, only in _FIXED.items():
            if options.get(option, only) != only:
                raise MalformedValueError(f"options.{option}: expected {only!r}")
        texts = {option: _text(options, option) for option in _TEXTS}
        challenge, domain = texts["challenge"], texts["domain"]
        if challenge is None or domain is None:
            raise MalformedValueError("options: expected challenge and domain, whom the presentation answers")
        return cls(presentation, challenge, domain, texts["cryptosuite"], texts["verificationMethod"])


def _object(body: JSONObject, member: str) -> JSONObject:
    value = body.get(member)
    if not isinstance(value, dict):
        raise MalformedValueError(f"{member}: expected an object, found {json_type_name(value)}")
    return value


def _text(options: JSONObject, member: str) -> str | None:
    if member not in options:
        return None
    value = options[member]
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise MalformedValueError(f"options.{member}: expected a text of 1 to {_MAX_TEXT} characters")
    return value
