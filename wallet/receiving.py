"""Receiving credentials over the network: what is offered and by whom, the holder's word, then the protocol.

`Receiver.plan` reads an offer and what the issuer says of itself, and shows what would be received under
which key; nothing is redeemed by that. `receive` redeems it: token, nonce, one proof for each key, credential
(several, if the holder asks for copies), and each credential is checked before it is kept, and refused if it
is not what was offered (threat F13). What is promised for later is asked for by `resume`. A request whose
answer was lost is completed by doing the same again (`wallet.issuances`, F10).

Texts of an issuer are its own and unverified: whoever shows them makes them inert (J6). Codes and tokens are
in no value that is shown, noted or raised (K8). Source: OpenID4VCI 1.0. Not here: HTTP
(`wallet.issuer_client`), how anything looks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from protocols.oid4vci import (
    CREDENTIAL_ACCEPTED,
    CREDENTIAL_FAILURE,
    DI_VP_PROOF,
    JWT_PROOF,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    CredentialRequestDeniedError,
    CredentialResponse,
    InvalidGrantError,
    InvalidMessageError,
    InvalidNonceError,
    InvalidTokenError,
    InvalidTransactionIdError,
    InvalidTxCodeError,
    KeyProofs,
    Notification,
    TokenRequest,
    TokenResponse,
    TxCode,
    build_di_vp_proof,
    build_jwt_proof,
)
from protocols.jose import signature_algorithm
from vclib.errors import ConfigurationError, FetchError, UnsupportedKeyError, VCError
from vclib.keys import generate_private_key
from vclib.strict_json import JSONObject, JSONValue
from wallet.holder import AddedCredential, Holder
from wallet.holdings import ISSUANCE, HeldKey, to_row
from wallet.issuances import Issuance, Part, offer_digest
from wallet.issued import Expected, IssuedCredentialError, check_issued
from wallet.issuer_client import IssuerClient

# How often a transaction code may be typed here; issuers stop at five (VCI 13.6.3).
MAX_TRIES = 5
MAX_COPIES = 50

# An issuer that gives no lifetime gives one that is short.
_DEFAULT_TOKEN_LIFE = timedelta(hours=1)
_BINDING_METHODS = ("did:key", "did")
