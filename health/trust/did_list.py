"""A plain list of issuers by DID: the trust file of `vclib.trusted_issuers`, taken in from somebody else.

The relying party's own trust file needs no import. One that somebody else wrote is not signed, so it counts
by its digest only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from health.trust.errors import UnsignedListError
from health.trust.lists import Material, Pins, TrustList, Verified
from vclib.cid import Resolve
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, parse_json_object
from vclib.trusted_issuers import TrustedIssuers


@dataclass(frozen=True)
class DIDList:
    """The kind; see the module."""

    name: str = "dids"
    title: str = "plain list of DIDs (a trust file)"

    def recognises(self, material: Material) -> bool:
        """Say whether the first document has the name of the one member."""
        first = next(iter(material.documents.values()), b"")
        return first.lstrip().startswith(b"{") and b'"issuers"' in first

    def read(self, material: Material, *, now: datetime) -> TrustList:
        """Return what the file says. Raises ConfigurationError for what is no trust file."""
        issuers = TrustedIssuers.from_json(_document(material))
        return TrustList(
            kind="dids",
            publisher="",
            issuers=tuple(dict.fromkeys(issuers.by_did.values())),
            remarks=("the list is not dated: an older one cannot be told from a newer",),
        )

    def verify(self, material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
        """Return the list if it is the one whose digest is pinned."""
        if pins.sha256 is None:
            raise UnsignedListError("a plain list of DIDs is not signed")
        return Verified(self.read(material, now=now), f"pinned by sha256:{pins.sha256}")


def _document(material: Material) -> JSONObject:
    if len(material.documents) != 1:
        raise MalformedValueError("expected one file")
    [content] = material.documents.values()
    return parse_json_object(content)
