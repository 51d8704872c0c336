"""Check the key proofs of a credential request: whose keys the credentials are to be bound to.

Every proof has to hold, be made for this issuer and answer a nonce of ours; a batch has one proof for each
key and no key twice. A configuration without proof types takes none: a wallet that sends one expects to be
bound.
Source: OpenID4VCI 1.0 sections 8.2 and F.4. Not here: whether a nonce was used before (`offers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from issuer.openid.nonces import Nonces
from issuer.options import HOLDER_METHODS, check_holder
from protocols.oid4vci import (
    JWT_PROOF,
    CredentialConfiguration,
    InvalidCredentialRequestError,
    InvalidProofError,
    KeyProof,
    KeyProofs,
    verify_di_vp_proof,
    verify_jwt_proof,
)
from runtime.tokens import secret_digest
from vclib.did import resolver
from vclib.errors import ConfigurationError


@dataclass(frozen=True)
class KeyProofChecker:
    """Checks proofs made for `issuer`, at most `batch_size` of them."""

    issuer: str
    nonces: Nonces
    batch_size: int

    def check(
        self,
        proofs: KeyProofs | None,
        configuration: CredentialConfiguration,
        *,
        client_id: str | None,
        now: datetime,
    ) -> tuple[tuple[str, ...], dict[str, datetime]]:
        """Return the holders' DIDs in the order of the proofs, and digest and end of each nonce.

        Raises InvalidProofError, InvalidNonceError, InvalidCredentialRequestError.
        """
        if not configuration.is_bound:
            if proofs is not None:
                raise InvalidCredentialRequestError("proofs: this configuration is bound to no key")
            return (), {}
        if proofs is None:
            raise InvalidProofError("proofs: expected a key proof")
        algs = configuration.proof_types.get(proofs.proof_type)
        if algs is None:
            raise InvalidProofError(f"proofs: expected one of {', '.join(configuration.proof_types)}")
        if len(proofs.values) > self.batch_size:
            raise InvalidCredentialRequestError(f"proofs: expected at most {self.batch_size}")
        checked = [self._verify(proofs.proof_type, each, algs, client_id, now) for each in proofs.values]
        holders = tuple(proof.holder for proof in checked)
        if len({proof.public_key for proof in checked}) != len(checked) or len(set(holders)) != len(checked):
            raise InvalidProofError("proofs: expected different keys")
        for holder in holders:
            try:
                check_holder(holder, now=now)
            except ConfigurationError as err:
                raise InvalidProofError("proofs: a credential cannot be bound to this key") from err
        return holders, {
            secret_digest(nonce): self.nonces.check(nonce, now=now)
            for nonce in {_nonce(proof) for proof in checked}
        }

    def _verify(
        self, proof_type: str, proof: object, algs: tuple[str, ...], client_id: str | None, now: datetime
    ) -> KeyProof:
        resolve = resolver(methods=HOLDER_METHODS)
        if proof_type == JWT_PROOF:
            return verify_jwt_proof(
                proof, issuer=self.issuer, resolve=resolve, now=now, algs=algs, client_id=client_id
            )
        return verify_di_vp_proof(proof, issuer=self.issuer, resolve=resolve, now=now, suites=algs)


def _nonce(proof: KeyProof) -> str:
    if proof.nonce is None:
        # Section 8.3.1.2: a proof without a nonce is invalid_proof, one with a wrong nonce invalid_nonce.
        raise InvalidProofError("proofs: expected a nonce of the nonce endpoint")
    return proof.nonce
