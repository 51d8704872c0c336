"""What is offered over the network, by whom and under which key it would be received: for the holder to see.

An offer is unsigned and its issuer a web address that describes itself; all texts here are its own words and
unverified until a credential has been signed (OpenID4VCI 1.0 section 13.5). What could not be received - an
unknown format, a grant that needs a browser, a key that the issuer does not take - is found out here, before
the holder is asked and before a code is used. Not here: redeeming the offer (`wallet.receiving`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocols.jose import signature_algorithm
from protocols.oid4vci import (
    DI_VP_PROOF,
    JWT_PROOF,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialOffer,
    Display,
    InvalidOfferError,
    TxCode,
)
from vclib.errors import ConfigurationError, UnsupportedKeyError
from wallet.holdings import HeldKey
from wallet.issuer_client import IssuerClient

MAX_COPIES = 50

# What issuers call a binding to a did:key; "did" alone is any method.
_BINDING_METHODS = frozenset({"did:key", "did"})
# RFC 9864 has a second name for what EdDSA means with Ed25519.
_SAME_ALGORITHM = {"EdDSA": ("EdDSA", "Ed25519")}


@dataclass(frozen=True)
class Choice:
    """What the holder chose: `key` by name or DID, how many `copies`, the DID that is expected as issuer.

    More than one copy is for presenting each once; every copy is bound to a new key of the same type.
    """

    key: str | None = None
    copies: int = 1
    issuer: str | None = None


@dataclass(frozen=True)
class OfferedCredential:
    """One kind of credential that is offered; `title` is the issuer's word for it."""

    configuration_id: str
    title: str
    configuration: CredentialConfiguration


@dataclass(frozen=True)
class OfferPlan:
    """What would be received. `key` is the DID it is bound to, None where the issuer binds to none.

    `begun`: it was begun before and only what is missing is asked for, without another code; `digest` names
    the link that led here.
    """

    offer: CredentialOffer = field(repr=False)
    metadata: CredentialIssuerMetadata = field(repr=False)
    token_endpoint: str
    credentials: tuple[OfferedCredential, ...]
    key: str | None
    choice: Choice
    begun: bool
    digest: str

    @property
    def issuer(self) -> str:
        """The address of the issuer: its Credential Issuer Identifier."""
        return self.offer.credential_issuer

    @property
    def issuer_name(self) -> str | None:
        """What the issuer calls itself; nobody has checked it."""
        return name_of(self.metadata.display)

    @property
    def tx_code(self) -> TxCode | None:
        """How the transaction code looks that the holder has to give, None if there is none to give."""
        grant = self.offer.pre_authorized
        return None if self.begun or grant is None else grant.tx_code


def plan_offer(
    client: IssuerClient, offer: CredentialOffer, choice: Choice, keys: Sequence[HeldKey], *, digest: str
) -> OfferPlan:
    """Return what would be received under which of the wallet's `keys`; `digest` names the offer's link.

    Raises InvalidOfferError for what cannot be received here, InvalidMetadataError for metadata of another
    issuer (threat F11), ConfigurationError and UnsupportedKeyError for a key or number of copies that the
    issuer does not take, FetchError.
    """
    if offer.pre_authorized is None:
        raise InvalidOfferError("the offer needs a sign-in at the issuer in a browser: not supported")
    metadata = client.issuer_metadata(offer.credential_issuer)
    credentials = tuple(_offered(metadata, name) for name in offer.configuration_ids)
    bound = any(item.configuration.is_bound for item in credentials)
    key = _chosen_key(keys, choice.key) if bound else None
    if not bound and choice.copies != 1:
        raise ConfigurationError("the issuer binds this credential to no key, so copies of it are the same")
    if key is not None:
        _check_copies(metadata, choice)
        for item in credentials:
            if item.configuration.is_bound:
                proof_type(item.configuration, key)
    return OfferPlan(
        offer=offer,
        metadata=metadata,
        token_endpoint=_token_endpoint(client, offer, metadata),
        credentials=credentials,
        key=key.did if key is not None else None,
        choice=choice,
        begun=False,
        digest=digest,
    )


def plan_rest(
    client: IssuerClient, issuer: str, configuration_ids: Sequence[str], *, digest: str
) -> OfferPlan:
    """Return what is still to come of an issuance that was begun, under the keys that were chosen then.

    The offer may be gone meanwhile, and nothing of it is needed any more. Raises as `plan_offer`.
    """
    metadata = client.issuer_metadata(issuer)
    return OfferPlan(
        offer=CredentialOffer(issuer, tuple(configuration_ids)),
        metadata=metadata,
        token_endpoint="",
        credentials=tuple(_offered(metadata, name) for name in configuration_ids),
        key=None,
        choice=Choice(),
        begun=True,
        digest=digest,
    )


def proof_type(configuration: CredentialConfiguration, key: HeldKey) -> str:
    """Return how a key is proven to the issuer: "jwt" where it takes that, else "di_vp".

    Raises UnsupportedKeyError if it takes neither from this key.
    """
    if not _BINDING_METHODS & set(configuration.binding_methods):
        raise UnsupportedKeyError(
            f"the issuer binds to {', '.join(configuration.binding_methods)[:100]}, this wallet has did:key"
        )
    algorithm = signature_algorithm(key.private_key.public_key)
    names = _SAME_ALGORITHM.get(algorithm, (algorithm,))
    if any(name in configuration.proof_types.get(JWT_PROOF, ()) for name in names):
        return JWT_PROOF
    if key.cryptosuite in configuration.proof_types.get(DI_VP_PROOF, ()):
        return DI_VP_PROOF
    raise UnsupportedKeyError(
        f"the issuer takes no key proof that the {key.private_key.key_type} key {key.name!r} can make"
    )


def name_of(displays: Sequence[Display]) -> str | None:
    """Return the English name among several, else the first one."""
    named = [display for display in displays if display.name]
    english = [display for display in named if (display.locale or "").lower().startswith("en")]
    return (english or named)[0].name if named else None


def _offered(metadata: CredentialIssuerMetadata, name: str) -> OfferedCredential:
    configuration = metadata.configurations.get(name)
    if configuration is None:
        reason = metadata.unusable.get(name, "the issuer does not describe it")
        raise InvalidOfferError(f"the offered credential {name[:80]!r} cannot be received: {reason[:200]}")
    return OfferedCredential(name, name_of(configuration.display) or name, configuration)


def _chosen_key(keys: Sequence[HeldKey], wanted: str | None) -> HeldKey:
    fitting = [key for key in keys if wanted is None or wanted in (key.name, key.did)]
    if len(fitting) != 1:
        found = "no key" if not fitting else f"{len(fitting)} keys"
        name = "" if wanted is None else f" called {wanted[:80]!r}"
        raise ConfigurationError(f"the wallet has {found}{name}: say which to bind to (ddcc wallet did list)")
    return fitting[0]


def _check_copies(metadata: CredentialIssuerMetadata, choice: Choice) -> None:
    most = min(metadata.batch_size or 1, MAX_COPIES)
    if not 1 <= choice.copies <= most:
        raise ConfigurationError(f"the issuer gives 1 to {most} copies at once, asked for {choice.copies}")


def _token_endpoint(client: IssuerClient, offer: CredentialOffer, metadata: CredentialIssuerMetadata) -> str:
    """Return where the code is exchanged: at the server that the offer names, if the issuer names it too."""
    named = offer.pre_authorized.authorization_server if offer.pre_authorized else None
    servers = metadata.authorization_servers or (metadata.credential_issuer,)
    if named is not None and named not in metadata.authorization_servers:
        raise InvalidOfferError("the offer names an authorization server that is not the issuer's")
    if named is None and len(servers) > 1:
        raise InvalidOfferError("the issuer has several authorization servers, and the offer names none")
    return client.server_metadata(named or servers[0]).token_endpoint
