"""What a trust list says, whatever its kind, and what is needed to believe it.

A list names issuers by DID (`TrustedIssuer`), signers by certificate (`CertificateEntry`), or both. Whoever
reads one gets what it says and what is wrong with it; whether anything vouches for it is a question of its
own, because an audit looks at lists that nobody would believe. Not here: any one kind (the modules beside
this one), and where lists are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from vclib.cid import Resolve
from vclib.strict_json import JSONObject
from vclib.trusted_issuers import TrustedIssuer

# The usage of a signer of documents and of the authority above it, in the words of WHO's network.
SIGNER = "DSC"
AUTHORITY = "SCA"


@dataclass(frozen=True)
class CertificateEntry:
    """One certificate of a list. `kid` is as the list gives it; `usage` is DSC, SCA or another word of it.

    `certificate` and `authority` (who signed it, None if unknown) are DER. `problems` are codes of
    `PROBLEMS`; with one of `BARRING` the entry is listed and counted, and trusted by nobody.
    """

    certificate: bytes
    authority: bytes | None
    kid: bytes
    country: str
    usage: str
    name: str
    problems: tuple[str, ...] = ()

    @property
    def is_signer(self) -> bool:
        """Whether signatures by this key may be believed, as far as the list goes."""
        return self.usage == SIGNER and not BARRING & set(self.problems)


# What may be wrong with an entry, in words for the audit.
PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "bad-certificate": "the certificate cannot be read",
        "bad-key": "the certificate holds no key that could have signed a document",
        "broken-chain": "no authority of the list or beside it has signed the certificate",
        "authority-missing": "the certificate of the authority is not in the list",
        "key-differs": "the key written beside the certificate is another one",
        "key-spelling": "the key written beside the certificate is misspelt (a leading zero byte, no curve)",
        "encoding": "the certificate's extensions are not encoded as the standard asks",
        "kid-differs": "the key identifier is not that of the certificate",
        "duplicate": "the certificate stands in the list more than once",
        "shared-kid": "another certificate has the same key identifier",
    }
)
BARRING = frozenset({"bad-certificate", "bad-key", "broken-chain", "authority-missing", "key-differs"})


@dataclass(frozen=True)
class TrustList:
    """What a list says. `publisher` is its id or DID, `versions` the dates of its documents by their id.

    `valid_from` and `valid_until` are the list's own; `produced` is the oldest of `versions`, None for a list
    without dates. `remarks` are for whoever imports it.
    """

    kind: str
    publisher: str
    certificates: tuple[CertificateEntry, ...] = ()
    issuers: tuple[TrustedIssuer, ...] = ()
    versions: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    remarks: tuple[str, ...] = ()
    is_test: bool = False

    @property
    def produced(self) -> datetime | None:
        """When the oldest of its documents was made, None if none is dated."""
        return min(self.versions.values(), default=None)


@dataclass(frozen=True)
class Material:
    """The bytes of a list: file name or URL to content, the first being where it begins.

    `fetch` reads what it refers to by https; without it only what is here is looked at. `progress` is told
    how many entries were read, of how many.
    """

    documents: Mapping[str, bytes]
    fetch: Callable[[str], bytes] | None = None
    progress: Callable[[int, int], None] = lambda _done, _all: None

    @property
    def sha256(self) -> str:
        """The digest that stands for all of it: of the bytes of one document, or of the list of several.

        Several are written as `sha256sum` does, one line each, in the order of their names.
        """
        if len(self.documents) == 1:
            [content] = self.documents.values()
            return hashlib.sha256(content).hexdigest()
        lines = "".join(
            f"{hashlib.sha256(content).hexdigest()}  {name}\n"
            for name, content in sorted(self.documents.items())
        )
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class Pins:
    """What the relying party has decided about one list before it reads it.

    `publisher` is the DID whose signature it must have, `publisher_document` that DID's document if it is at
    hand. `sha256` is the digest of a list that nobody signed. `anchors` are DER certificates of authorities
    whose signature on a signer's certificate is enough. `publisher_key` is a PEM public key. `contexts` are
    JSON-LD contexts of the publisher, compared with a digest when they were given.
    """

    publisher: str | None = None
    publisher_document: JSONObject | None = None
    publisher_key: bytes | None = None
    sha256: str | None = None
    anchors: tuple[bytes, ...] = ()
    contexts: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Verified:
    """A list that something vouches for, and what: "signed by did:web:...", "pinned by its digest"."""

    trust_list: TrustList
    voucher: str


class TrustListKind(Protocol):
    """One kind of list: a module of this package, entered in the table of `health.trust`."""

    @property
    def name(self) -> str:
        """The word for it on the command line."""
        ...

    @property
    def title(self) -> str:
        """What it is, in a line."""
        ...

    def recognises(self, material: Material) -> bool:
        """Say whether the material looks like a list of this kind."""
        ...

    def read(self, material: Material, *, now: datetime) -> TrustList:
        """Return what the list says, believed or not. Raises MalformedError, TrustListError."""
        ...

    def verify(self, material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
        """Return the list if something that was pinned vouches for it. Raises TrustListError and others."""
        ...
