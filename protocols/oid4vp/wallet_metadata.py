"""What a wallet can do, as it tells a verifier that fetches nothing (VP 5.10, 10).

A verifier uses it to ask only for what the wallet can give, and to refuse early by name; it believes nothing
of it. Members that are not known are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jose import CONTENT_ENCRYPTIONS, KEY_AGREEMENT, SIGNATURE_ALGORITHMS
from protocols.oid4vp.client_ids import ClientIdPrefix
from protocols.oid4vp.client_metadata import DATA_INTEGRITY
from protocols.oid4vp.dcql import LDP_VC
from protocols.oid4vp.errors import InvalidRequestError
from protocols.oid4vp.reading import read_object, read_texts
from vclib.strict_json import JSONObject

_MAX_VALUES = 50


@dataclass(frozen=True)
class WalletMetadata:
    """A wallet's metadata; a tuple is None where the wallet does not say.

    `formats` is `vp_formats_supported` as it came, by format.
    """

    formats: JSONObject
    client_id_prefixes: tuple[str, ...] | None = None
    response_modes: tuple[str, ...] | None = None
    signing_algorithms: tuple[str, ...] | None = None
    encryption_algorithms: tuple[str, ...] | None = None
    content_encryptions: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, members: JSONObject) -> WalletMetadata:
        """Return the metadata of a `wallet_metadata`; raises InvalidRequestError."""
        return cls(
            formats=read_object(members, "vp_formats_supported", InvalidRequestError),
            client_id_prefixes=_texts(members, "client_id_prefixes_supported"),
            response_modes=_texts(members, "response_modes_supported"),
            signing_algorithms=_texts(members, "request_object_signing_alg_values_supported"),
            encryption_algorithms=_texts(members, "authorization_encryption_alg_values_supported"),
            content_encryptions=_texts(members, "authorization_encryption_enc_values_supported"),
        )

    @classmethod
    def of_ours(cls, cryptosuites: tuple[str, ...]) -> WalletMetadata:
        """Return what a wallet built on this package supports, with these suites."""
        return cls(
            formats={
                LDP_VC: {"proof_type_values": [DATA_INTEGRITY], "cryptosuite_values": list(cryptosuites)}
            },
            client_id_prefixes=tuple(ClientIdPrefix),
            response_modes=("direct_post", "direct_post.jwt"),
            signing_algorithms=SIGNATURE_ALGORITHMS,
            encryption_algorithms=(KEY_AGREEMENT,),
            content_encryptions=CONTENT_ENCRYPTIONS,
        )

    def to_json(self) -> JSONObject:
        """Return the members as VP 10.1 and RFC 8414 name them."""
        written: JSONObject = {
            "response_types_supported": ["vp_token"],
            "vp_formats_supported": self.formats,
        }
        for name, values in (
            ("client_id_prefixes_supported", self.client_id_prefixes),
            ("response_modes_supported", self.response_modes),
            ("request_object_signing_alg_values_supported", self.signing_algorithms),
            ("authorization_encryption_alg_values_supported", self.encryption_algorithms),
            ("authorization_encryption_enc_values_supported", self.content_encryptions),
        ):
            if values is not None:
                written[name] = [str(value) for value in values]
        return written

    def check_can_answer(self, *, prefix: str, algorithm: str) -> None:
        """Refuse, by InvalidRequestError, a wallet that says that it cannot take a request of this kind."""
        if LDP_VC not in self.formats:
            raise InvalidRequestError(f"wallet_metadata: the wallet has no {LDP_VC}")
        if self.client_id_prefixes is not None and prefix not in self.client_id_prefixes:
            raise InvalidRequestError(f"wallet_metadata: the wallet takes no client {prefix}")
        if self.signing_algorithms is not None and algorithm not in self.signing_algorithms:
            raise InvalidRequestError(f"wallet_metadata: the wallet verifies no {algorithm}")


def _texts(members: JSONObject, name: str) -> tuple[str, ...] | None:
    if name not in members:
        return None
    return read_texts(members[name], name, InvalidRequestError, limit=_MAX_VALUES)
