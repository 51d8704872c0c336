"""DIDs and DID URLs as text: parsed once, strictly.

A DID is compared as a string everywhere, so only one reading of a text may exist: the whole string must
match, ASCII only, bounded in length.
Source: https://www.w3.org/TR/did-1.0/#did-syntax and #did-url-syntax. Not here: what a method allows
inside its identifiers (`key`, `jwk`, `web`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from vclib.errors import InvalidDIDError, InvalidDIDURLError

# The longest DID here is a did:jwk of an 8,192 bit RSA key, some 2,000 characters.
MAX_DID_CHARACTERS = 4096
MAX_DID_URL_CHARACTERS = 8192

_IDCHAR = r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})"
_DID = re.compile(rf"did:([a-z0-9]+):((?:{_IDCHAR}*:)*{_IDCHAR}+)")

# RFC 3986 section 3.3: path-abempty; sections 3.4 and 3.5: query and fragment.
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_DID_URL = re.compile(
    rf"(did:[a-z0-9]+:(?:{_IDCHAR}|:)*{_IDCHAR})"
    rf"((?:/{_PCHAR}*)*)(?:\?((?:{_PCHAR}|[/?])*))?(?:#((?:{_PCHAR}|[/?])*))?"
)


@dataclass(frozen=True)
class DID:
    """A DID in its parts: "did:web:a.example:user" is of method "web", then comes "a.example:user"."""

    text: str
    method: str
    method_specific_id: str


@dataclass(frozen=True)
class DIDURL:
    """A DID URL in its parts: `path` begins with "/" or is empty, `query` and `fragment` may be None."""

    text: str
    did: str
    path: str
    query: str | None
    fragment: str | None

    def parameters(self) -> dict[str, str]:
        """Return the DID parameters of the query, percent-decoded.

        Raises InvalidDIDURLError for one that occurs twice: two readers could take different ones.
        """
        found: dict[str, str] = {}
        for part in (self.query or "").split("&"):
            if not part:
                continue
            name, _, value = part.partition("=")
            if name in found:
                raise InvalidDIDURLError(f"the DID parameter {name[:40]!r} occurs twice")
            try:
                found[unquote(name, errors="strict")] = unquote(value, errors="strict")
            except UnicodeDecodeError as err:
                raise InvalidDIDURLError(f"the DID parameter {name[:40]!r} is not UTF-8") from err
        return found


def parse_did(text: object) -> DID:
    """Return the parts of a DID; InvalidDIDError for anything else, also for a DID URL."""
    if not isinstance(text, str) or len(text) > MAX_DID_CHARACTERS:
        raise InvalidDIDError("expected a DID as a string of at most 4,096 characters")
    match = _DID.fullmatch(text)
    if match is None:
        raise InvalidDIDError(f"expected a DID such as did:key:z6Mk..., found {text[:80]!r}")
    return DID(text, match.group(1), match.group(2))


def parse_did_url(text: object) -> DIDURL:
    """Return the parts of an absolute DID URL (a DID alone is one); InvalidDIDURLError for anything else."""
    if not isinstance(text, str) or len(text) > MAX_DID_URL_CHARACTERS:
        raise InvalidDIDURLError("expected a DID URL as a string of at most 8,192 characters")
    match = _DID_URL.fullmatch(text)
    if match is None or len(match.group(1)) > MAX_DID_CHARACTERS:
        raise InvalidDIDURLError(f"expected a DID URL such as did:key:z6Mk...#z6Mk..., found {text[:80]!r}")
    return DIDURL(text, match.group(1), match.group(2), match.group(3), match.group(4))


def absolute_url(reference: object, base: str) -> str | None:
    """Return `reference` as an absolute URL: "#key-1" belongs to the document `base`; None if it is no text.

    Only a fragment is resolved: that is the one relative form that DID Core defines for its documents
    (https://www.w3.org/TR/did-1.0/#relative-did-urls), and the only one that cannot lead elsewhere.
    """
    if not isinstance(reference, str):
        return None
    return base + reference if reference.startswith("#") else reference
