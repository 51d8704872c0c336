"""A health certificate of another system, as it was read, and what every format of one can do.

The formats differ in what a scanner sees (text, JSON, a zip), in what is signed and in how the signer is
named; a verifier asks the same questions of each. So a format is one object with the members of
`CertificateFormat`, and what it reads is one `Certificate`. Reading proves nothing: a certificate is believed
only after `verify` held for a signer that somebody trusts. Not here: any format, and any decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeAlias

from health.claims import Claim
from health.codes import Language
from health.data_sets import Record
from health.trust import Signers, TrustedSigner
from vclib.errors import MalformedError
from vclib.strict_json import JSONObject

# What was scanned: the text of a code, or the bytes of a file.
Scanned: TypeAlias = str | bytes


class UnsupportedFormatError(MalformedError):
    """The content is recognised as a format, or a part of one, that is not supported here."""

    code = "format-not-supported"


@dataclass(frozen=True)
class Subject:
    """What a format's content says beside its claims: `period` are the first and last day it states itself.

    A period is text, a date or date-time, or None where the certificate states none.
    """

    kind: str
    name: str
    birth_date: str
    certificate_id: str | None = None
    country: str | None = None
    period: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True)
class Content:
    """One kind of content: its name, how it is checked, told in claims, and turned into a DDCC record.

    `read` raises MalformedError for a payload that is not of this content. `record` gives None where
    DDCC asks for more than the payload has. `unknown_codes` names the members whose codes no list here has.
    """

    name: str
    read: Callable[[JSONObject], Subject]
    claims: Callable[[JSONObject, Language], list[Claim]]
    record: Callable[[JSONObject], Record | None]
    unknown_codes: Callable[[JSONObject], tuple[str, ...]] = lambda _: ()


@dataclass(frozen=True, eq=False)
class Certificate:
    """A certificate as it was read; nothing of it is checked but its form.

    `format` names the content (eu-dcc, who-ddcc, icvp), `frame` the entry of `FORMATS` that read it.
    `payload` is the signed JSON as it was read. `valid_from` and `valid_until` are of the signature, not
    medical; `subject.period` is what the content states. `kid` is the signer's key identifier, empty where
    there is none; `kid_is_signed` says that nobody could exchange it. `issuer` is the country of the frame
    (`stated_country`), else of the content. `signed` and `signature` are the bytes
    that `verify` reads, `algorithm` their name.
    """

    format: str
    frame: str
    payload: JSONObject
    subject: Subject
    issuer: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    kid: bytes
    algorithm: str
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    content: Content = field(repr=False)
    kid_is_signed: bool = True
    stated_country: str | None = None

    @property
    def kind(self) -> str:
        """The kind: vaccination, test or recovery."""
        return self.subject.kind

    @property
    def name(self) -> str:
        """The holder's name as the certificate writes it."""
        return self.subject.name

    @property
    def birth_date(self) -> str:
        """The holder's date of birth as the certificate writes it: whole, in part, or empty."""
        return self.subject.birth_date

    @property
    def certificate_id(self) -> str | None:
        """What identifies this certificate among its issuer's, None where nothing does."""
        return self.subject.certificate_id

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """Every value of the payload in English words."""
        return self.claims_in("en")

    @cached_property
    def record(self) -> Record | None:
        """The DDCC record that says the same, None where DDCC asks for more than the certificate has."""
        return self.content.record(self.payload)

    @property
    def unknown_codes(self) -> tuple[str, ...]:
        """The members of the payload whose codes are in no list here."""
        return self.content.unknown_codes(self.payload)

    def claims_in(self, language: Language) -> tuple[Claim, ...]:
        """Return every value of the payload, in the order of the certificate, in words of a language."""
        return tuple(self.content.claims(self.payload, language))


class CertificateFormat(Protocol):
    """What each entry of `FORMATS` can do."""

    @property
    def name(self) -> str:
        """The name in `FORMATS`, e.g. "hc1"."""
        ...

    def recognises(self, scanned: Scanned) -> bool:
        """Say whether the content means to be of this format, by its beginning; never raises."""
        ...

    def read(self, scanned: Scanned) -> Certificate:
        """Return the certificate of a recognised content, unverified.

        Raises MalformedError, UnsupportedFormatError for content that is known and not supported,
        ComplexityError for content that is larger or deeper than any real one.
        """
        ...

    def signers(self, certificate: Certificate, known: Signers) -> tuple[TrustedSigner, ...]:
        """Return the trusted signers whose key may have signed the certificate; all are to be tried.

        A format that carries its signer's certificate answers with those that an authority in `known` signed.
        """
        ...

    def verify(self, certificate: Certificate, signer: TrustedSigner) -> None:
        """Check the signature with a signer's key; InvalidSignatureError."""
        ...

    def kinds_of(self, signer: TrustedSigner) -> frozenset[str] | None:
        """Return the kinds that the signer's own certificate limits it to, None for no limit."""
        ...

    def revocation_hashes(self, certificate: Certificate) -> frozenset[bytes]:
        """Return what the certificate may stand under in the format's revocation lists."""
        ...
