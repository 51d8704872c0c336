"""What an issuer says of itself to wallets: its endpoints, and one configuration for each kind and suite.

`ecdsa-sd-2023` credentials are bound to the holder's key, so they need key proofs; `bbs-2023` credentials are
bound to none, so their configurations name no proof types (OpenID4VCI 1.0 section 12.2.4). The endpoints hang
below the Credential Issuer Identifier, which is the service's URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from health import (
    DDCC_CONTEXT,
    KINDS,
    LANGUAGES,
    VC_CONTEXT,
    Kind,
    claims_from_credential,
    claims_of_kind,
    label,
)
from issuer.config import BASE_SUITES, IssuerConfig
from issuer.keys import KEY_TYPES
from issuer.openid.encryption import MessageEncryption
from issuer.options import UNLINKABLE_SUITE
from protocols.oid4vci import (
    DI_VP_PROOF,
    DI_VP_SUITES,
    JWT_PROOF,
    JWT_PROOF_ALGS,
    AuthorizationServerMetadata,
    ClaimDescription,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    Display,
)

PROOF_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {JWT_PROOF: JWT_PROOF_ALGS, DI_VP_PROOF: DI_VP_SUITES}
)
BINDING_METHODS = ("did:key", "did:jwk", "jwk")


def configuration_id(kind: Kind, suite: str) -> str:
    """Return the name of a configuration, e.g. "VaccinationStatusCredential-ecdsa-sd-2023"."""
    return f"{kind.credential_type}-{suite}"


def configurations(config: IssuerConfig) -> dict[str, CredentialConfiguration]:
    """Return what this issuer can make: every kind with every base suite that it has a key for."""
    suites = [suite for suite in BASE_SUITES if not config.dids or KEY_TYPES[suite] in config.dids]
    return {
        configuration_id(kind, suite): _configuration(kind, suite, config)
        for kind in KINDS.values()
        for suite in suites
    }


def issuer_metadata(
    config: IssuerConfig, url: str, encryption: MessageEncryption, *, batch_size: int
) -> CredentialIssuerMetadata:
    """Return the credential issuer metadata of the service at `url`."""
    return CredentialIssuerMetadata(
        credential_issuer=url,
        credential_endpoint=f"{url}/credential",
        configurations=configurations(config),
        nonce_endpoint=f"{url}/nonce",
        deferred_credential_endpoint=f"{url}/deferred_credential",
        notification_endpoint=f"{url}/notification",
        batch_size=batch_size,
        request_encryption=encryption.request_support,
        response_encryption=encryption.response_support,
        display=(Display(name=config.name),),
    )


def server_metadata(url: str) -> AuthorizationServerMetadata:
    """Return the authorization server metadata of the service at `url`, which is its own server."""
    return AuthorizationServerMetadata(issuer=url, token_endpoint=f"{url}/token", anonymous_access=True)


def _configuration(kind: Kind, suite: str, config: IssuerConfig) -> CredentialConfiguration:
    types = ("VerifiableCredential", kind.credential_type)
    bound = suite != UNLINKABLE_SUITE
    return CredentialConfiguration(
        contexts=(VC_CONTEXT, DDCC_CONTEXT),
        types=types,
        signing_algs=(suite, config.plain),
        binding_methods=BINDING_METHODS if bound else (),
        proof_types=PROOF_TYPES if bound else MappingProxyType({}),
        display=tuple(
            Display(name=claims_from_credential({"type": list(types)}, language)[0].display, locale=language)
            for language in LANGUAGES
        ),
        claims=tuple(
            ClaimDescription(
                path=tuple(pointer.split("/")[1:]),
                mandatory=required,
                display=tuple(
                    Display(name=label(pointer, language), locale=language) for language in LANGUAGES
                ),
            )
            for pointer, required in claims_of_kind(kind)
        ),
    )
