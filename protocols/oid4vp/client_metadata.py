"""What a verifier says of itself in a request: how to encrypt to it, and what it can verify (VP 5.1, 11.1).

Names are the verifier's own word; only the client identifier is proven. Members that are not known are
ignored, as VP 5.1 demands. Not here: whether the verifier is who it says (`authentication`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from protocols.jose import CONTENT_ENCRYPTIONS, JOSEError, parse_jwks, usable_encryption_jwk
from protocols.oid4vp.dcql import LDP_VC
from protocols.oid4vp.errors import InvalidRequestError, VPFormatsNotSupportedError
from protocols.oid4vp.reading import optional_text, read_object, read_texts
from vclib.errors import EncodingError, KeyMaterialError
from vclib.strict_json import JSONObject

DATA_INTEGRITY = "DataIntegrityProof"
DEFAULT_ENC = ("A128GCM",)
_MAX_VALUES = 50
_MAX_NAME = 200


@dataclass(frozen=True)
class ClientMetadata:
    """A verifier's metadata. `proof_types` and `cryptosuites` are None where it does not restrict them.

    `takes_ldp_vc` is None where no formats are said at all.
    """

    client_name: str | None = None
    jwks: tuple[JSONObject, ...] = ()
    enc_values: tuple[str, ...] = DEFAULT_ENC
    takes_ldp_vc: bool | None = True
    proof_types: tuple[str, ...] | None = None
    cryptosuites: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, members: JSONObject) -> ClientMetadata:
        """Return the metadata of a `client_metadata`; raises InvalidRequestError."""
        takes_ldp_vc, accepted = _formats(members)
        return cls(
            client_name=optional_text(members, "client_name", InvalidRequestError, limit=_MAX_NAME),
            jwks=_jwks(members),
            enc_values=_enc_values(members),
            takes_ldp_vc=takes_ldp_vc,
            proof_types=_values(accepted, "proof_type_values"),
            cryptosuites=_values(accepted, "cryptosuite_values"),
        )

    def to_json(self) -> JSONObject:
        """Return the members as VP 5.1 and RFC 7591 name them."""
        written: JSONObject = {} if self.client_name is None else {"client_name": self.client_name}
        if self.jwks:
            written["jwks"] = {"keys": list(self.jwks)}
            written["encrypted_response_enc_values_supported"] = list(self.enc_values)
        if self.takes_ldp_vc is not None:
            accepted: JSONObject = {}
            if self.proof_types is not None:
                accepted["proof_type_values"] = list(self.proof_types)
            if self.cryptosuites is not None:
                accepted["cryptosuite_values"] = list(self.cryptosuites)
            written["vp_formats_supported"] = {LDP_VC: accepted} if self.takes_ldp_vc else {}
        return written

    def check_format(self) -> None:
        """Refuse, by VPFormatsNotSupportedError, a verifier that takes no Data Integrity credentials."""
        if self.takes_ldp_vc is False:
            raise VPFormatsNotSupportedError(f"the verifier does not take {LDP_VC}")
        if self.proof_types is not None and DATA_INTEGRITY not in self.proof_types:
            raise VPFormatsNotSupportedError(f"the verifier does not take proofs of type {DATA_INTEGRITY}")

    def accepts(self, cryptosuite: str) -> bool:
        """Say whether a proof of this suite may be sent, on credential or presentation (VP B.1.3.2)."""
        return self.cryptosuites is None or cryptosuite in self.cryptosuites

    def encryption(self, supported: Collection[str] = CONTENT_ENCRYPTIONS) -> tuple[JSONObject, str]:
        """Return the key to encrypt a response to, and the content encryption to use.

        Raises InvalidRequestError where the verifier gives none that can be used.
        """
        jwk = usable_encryption_jwk(self.jwks)
        if jwk is None:
            raise InvalidRequestError(
                "client_metadata: asks for an encrypted response and gives no P-256 key"
            )
        enc = next((value for value in self.enc_values if value in supported), None)
        if enc is None:
            raise InvalidRequestError("client_metadata: asks for a content encryption that is not supported")
        return jwk, enc


def _jwks(members: JSONObject) -> tuple[JSONObject, ...]:
    if "jwks" not in members:
        return ()
    try:
        return parse_jwks(members["jwks"])
    except (JOSEError, KeyMaterialError, EncodingError) as err:
        raise InvalidRequestError(f"client_metadata.jwks: {err.message}") from err


def _enc_values(members: JSONObject) -> tuple[str, ...]:
    name = "encrypted_response_enc_values_supported"
    if name not in members:
        return DEFAULT_ENC
    return read_texts(members[name], name, InvalidRequestError, limit=_MAX_VALUES)


def _formats(members: JSONObject) -> tuple[bool | None, JSONObject]:
    """Return whether our format is taken (None: not said), and what is said of it."""
    if "vp_formats_supported" not in members:
        return None, {}
    formats = read_object(members, "vp_formats_supported", InvalidRequestError)
    if LDP_VC not in formats:
        return False, {}
    return True, read_object(formats, LDP_VC, InvalidRequestError)


def _values(members: JSONObject, name: str) -> tuple[str, ...] | None:
    if name not in members:
        return None
    return read_texts(members[name], name, InvalidRequestError, limit=_MAX_VALUES)


# Where a request says nothing of its client.
NOT_SAID = ClientMetadata(takes_ldp_vc=None)
