"""Credential issuer metadata: where an issuer's endpoints are, and what it can issue.

A wallet uses them only if `credential_issuer` is, as a string, the identifier it asked for (OpenID4VCI 1.0
section 12.2.4, threat F11). Configurations of other formats than `ldp_vc`, and such as are not understood, do
not spoil the others: they are kept by name with the reason. Nothing here is processed as JSON-LD (A.1.2).
Source: OpenID4VCI 1.0 sections 12.2, A.1.2 and B. Not here: fetching, and signed metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from protocols.oid4vci.configurations import LDP_VC, CredentialConfiguration, Display
from protocols.oid4vci.encryption import RequestEncryptionSupport, ResponseEncryptionSupport
from protocols.oid4vci.errors import InvalidMessageError, refusing_as
from protocols.oid4vci.members import integer, member_object, objects, optional_object, texts
from protocols.oid4vci.urls import ISSUER_METADATA, check_issuer_identifier, check_url, well_known_url
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue

_MAX_CONFIGURATIONS = 500
_MAX_BATCH = 10_000


class InvalidMetadataError(InvalidMessageError):
    """The metadata are malformed, or are those of somebody else."""

    code = "issuer-metadata"


@dataclass(frozen=True)
class CredentialIssuerMetadata:
    """What an issuer says of itself. `unusable` maps configurations that are of no use here to the reason."""

    credential_issuer: str
    credential_endpoint: str
    configurations: Mapping[str, CredentialConfiguration]
    nonce_endpoint: str | None = None
    deferred_credential_endpoint: str | None = None
    notification_endpoint: str | None = None
    authorization_servers: tuple[str, ...] = ()
    batch_size: int | None = None
    request_encryption: RequestEncryptionSupport | None = None
    response_encryption: ResponseEncryptionSupport | None = None
    display: tuple[Display, ...] = ()
    unusable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_json(
        cls, body: JSONObject, *, expected_issuer: str, allow_loopback: bool = False
    ) -> CredentialIssuerMetadata:
        """Return the metadata of the issuer `expected_issuer`; raises InvalidMetadataError."""
        if body.get("credential_issuer") != expected_issuer:
            raise InvalidMetadataError("credential_issuer: the metadata are those of another issuer")
        with refusing_as(InvalidMetadataError):
            configurations, unusable = _configurations(body)
            requests = optional_object(body, "credential_request_encryption")
            responses = optional_object(body, "credential_response_encryption")
            return cls(
                credential_issuer=check_issuer_identifier(
                    expected_issuer, "credential_issuer", allow_loopback=allow_loopback
                ),
                credential_endpoint=check_url(
                    body.get("credential_endpoint"), "credential_endpoint", allow_loopback=allow_loopback
                ),
                configurations=MappingProxyType(configurations),
                authorization_servers=_servers(body, allow_loopback=allow_loopback),
                batch_size=_batch_size(body),
                request_encryption=RequestEncryptionSupport.from_json(requests)
                if requests is not None
                else None,
                response_encryption=ResponseEncryptionSupport.from_json(responses)
                if responses is not None
                else None,
                display=objects(body, "display", Display.from_json),
                unusable=MappingProxyType(unusable),
                **{
                    name: check_url(body[name], name, allow_loopback=allow_loopback)
                    for name in ("nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint")
                    if name in body
                },
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form; `unusable` is not in it."""
        body: JSONObject = {
            "credential_issuer": self.credential_issuer,
            "authorization_servers": list(self.authorization_servers) or None,
            "credential_endpoint": self.credential_endpoint,
            "nonce_endpoint": self.nonce_endpoint,
            "deferred_credential_endpoint": self.deferred_credential_endpoint,
            "notification_endpoint": self.notification_endpoint,
            "batch_credential_issuance": {"batch_size": self.batch_size} if self.batch_size else None,
            "credential_request_encryption": self.request_encryption.to_json()
            if self.request_encryption
            else None,
            "credential_response_encryption": self.response_encryption.to_json()
            if self.response_encryption
            else None,
            "display": _list_or_none([each.to_json() for each in self.display]),
            "credential_configurations_supported": {
                name: configuration.to_json() for name, configuration in self.configurations.items()
            },
        }
        return {name: value for name, value in body.items() if value is not None}


def issuer_metadata_url(identifier: str) -> str:
    """Return where the metadata of a Credential Issuer Identifier are."""
    return well_known_url(identifier, ISSUER_METADATA)


def _configurations(body: JSONObject) -> tuple[dict[str, CredentialConfiguration], dict[str, str]]:
    supported = member_object(body, "credential_configurations_supported")
    if len(supported) > _MAX_CONFIGURATIONS:
        raise MalformedValueError("credential_configurations_supported: there are too many")
    usable: dict[str, CredentialConfiguration] = {}
    unusable: dict[str, str] = {}
    for name, members in supported.items():
        if not isinstance(members, dict) or members.get("format") != LDP_VC:
            unusable[name] = f"format: expected {LDP_VC}"
            continue
        try:
            usable[name] = CredentialConfiguration.from_json(members)
        except MalformedValueError as err:
            unusable[name] = err.message
    return usable, unusable


def _servers(body: JSONObject, *, allow_loopback: bool) -> tuple[str, ...]:
    if "authorization_servers" not in body:
        return ()
    return tuple(
        check_issuer_identifier(server, "authorization_servers", allow_loopback=allow_loopback)
        for server in texts(body, "authorization_servers")
    )


def _batch_size(body: JSONObject) -> int | None:
    batch = optional_object(body, "batch_credential_issuance")
    return integer(batch, "batch_size", least=2, most=_MAX_BATCH) if batch is not None else None


def _list_or_none(values: list[JSONObject]) -> JSONValue:
    return list(values) or None
