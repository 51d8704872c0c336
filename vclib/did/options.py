"""What a caller may ask of a resolution, and what every DID method is given.

Source: https://w3c-ccg.github.io/did-key-spec/#document-creation-algorithm (its options).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from vclib.did.syntax import DID
from vclib.strict_json import JSONObject

Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class ResolutionOptions:
    """Options of did:key; methods that have a document of their own ignore them."""

    public_key_format: str = "Multikey"
    enable_experimental_public_key_types: bool = False
    enable_encryption_key_derivation: bool = False


class Method(Protocol):
    """A DID method's Read operation: from a DID of this method to its document, not yet validated."""

    def __call__(self, did: DID, *, fetch: Fetch | None, options: ResolutionOptions) -> JSONObject:
        """Return the document; raises DIDError subclasses."""
