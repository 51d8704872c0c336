"""A credential configuration: one kind of credential that an issuer can make, and how it is shown.

For `ldp_vc` a configuration names the contexts and types of the credential, the cryptosuites it is signed
with, and which key proofs the issuer takes; without any the credential is bound to no key.
Source: OpenID4VCI 1.0 sections 12.2.4, A.1.2 and B.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from protocols.claims_path import ClaimsPath, claims_path_to_json, parse_claims_path
from protocols.oid4vci.members import (
    flag,
    member_object,
    objects,
    optional_object,
    optional_text,
    optional_texts,
    present,
    texts,
)
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue

LDP_VC = "ldp_vc"

_MAX_WORDS = 2000


@dataclass(frozen=True)
class Display:
    """How something is shown in one language: words of a stranger. Pictures are not loaded here."""

    name: str | None = None
    locale: str | None = None
    description: str | None = None
    background_color: str | None = None
    text_color: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> Display:
        """Return the members that are words or colours; MalformedValueError."""
        return cls(
            optional_text(body, "name", longest=_MAX_WORDS),
            optional_text(body, "locale", longest=100),
            optional_text(body, "description", longest=_MAX_WORDS),
            optional_text(body, "background_color", longest=100),
            optional_text(body, "text_color", longest=100),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return present(
            name=self.name,
            locale=self.locale,
            description=self.description,
            background_color=self.background_color,
            text_color=self.text_color,
        )


@dataclass(frozen=True)
class ClaimDescription:
    """One claim of a credential; `mandatory`: the issuer always includes it."""

    path: ClaimsPath
    mandatory: bool = False
    display: tuple[Display, ...] = ()

    @classmethod
    def from_json(cls, body: JSONObject) -> ClaimDescription:
        """Return the description of its JSON; MalformedValueError."""
        return cls(
            parse_claims_path(body.get("path")),
            flag(body, "mandatory", default=False),
            objects(body, "display", Display.from_json),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        display: list[JSONValue] = [each.to_json() for each in self.display]
        return {"path": claims_path_to_json(self.path)} | present(
            mandatory=self.mandatory or None, display=display or None
        )


@dataclass(frozen=True)
class CredentialConfiguration:
    """One `ldp_vc` configuration. `proof_types` maps "jwt" and "di_vp" to the algorithms that are taken.

    `binding_methods` and `proof_types` are both empty for a credential that is bound to no key.
    """

    contexts: tuple[str, ...]
    types: tuple[str, ...]
    signing_algs: tuple[str, ...] = ()
    scope: str | None = None
    binding_methods: tuple[str, ...] = ()
    proof_types: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    display: tuple[Display, ...] = ()
    claims: tuple[ClaimDescription, ...] = ()

    @property
    def is_bound(self) -> bool:
        """Whether the request has to carry key proofs (section 8.2)."""
        return bool(self.proof_types)

    @classmethod
    def from_json(cls, body: JSONObject) -> CredentialConfiguration:
        """Return the configuration of its JSON; MalformedValueError."""
        if body.get("format") != LDP_VC:
            raise MalformedValueError(f"format: expected {LDP_VC}")
        if ("proof_types_supported" in body) != ("cryptographic_binding_methods_supported" in body):
            raise MalformedValueError("expected binding methods and proof types, or neither")
        definition = member_object(body, "credential_definition")
        metadata = optional_object(body, "credential_metadata") or {}
        return cls(
            contexts=texts(definition, "@context"),
            types=texts(definition, "type"),
            signing_algs=optional_texts(body, "credential_signing_alg_values_supported"),
            scope=optional_text(body, "scope"),
            binding_methods=optional_texts(body, "cryptographic_binding_methods_supported"),
            proof_types=MappingProxyType(_proof_types(body)),
            display=objects(metadata, "display", Display.from_json),
            claims=objects(metadata, "claims", ClaimDescription.from_json),
        )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        display: list[JSONValue] = [each.to_json() for each in self.display]
        claims: list[JSONValue] = [each.to_json() for each in self.claims]
        proof_types: JSONObject = {
            name: {"proof_signing_alg_values_supported": list(algs)}
            for name, algs in self.proof_types.items()
        }
        body: JSONObject = {
            "format": LDP_VC,
            "credential_definition": {"@context": list(self.contexts), "type": list(self.types)},
        }
        return body | present(
            scope=self.scope,
            credential_signing_alg_values_supported=list(self.signing_algs) or None,
            cryptographic_binding_methods_supported=list(self.binding_methods) or None,
            proof_types_supported=proof_types or None,
            credential_metadata=present(display=display or None, claims=claims or None) or None,
        )


def _proof_types(body: JSONObject) -> dict[str, tuple[str, ...]]:
    if "proof_types_supported" not in body:
        return {}
    found = member_object(body, "proof_types_supported")
    if not 0 < len(found) <= 20:
        raise MalformedValueError("proof_types_supported: expected one to twenty types")
    return {name: texts(member_object(found, name), "proof_signing_alg_values_supported") for name in found}
