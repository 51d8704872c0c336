"""Signed and encrypted compact tokens: JWS, JWE and the JWKs in messages, in the few forms that are taken.

JOSE lets a token choose how it is checked: `alg` names the algorithm, `jku` a key, `crit` an extension, `zip`
a compression that may inflate without bound. So nothing here follows a token's choice. A JWS is verified with
the algorithm of the key in hand, and `alg` must agree; a JWE is opened with ECDH-ES on P-256 and one of the
content encryptions the caller lists. Everything else is refused before it is decoded (threats E7, E18).

Signatures are made through `vclib.keys.SigningKey`, so that a key inside a hardware module signs as well;
the compact form around it is written here. Encryption is joserfc's. Times and audiences are the caller's.
Sources: RFC 7515 section 3.1, RFC 7516 section 3.1, RFC 7518 sections 3.1, 4.6 and 5.3, RFC 8037, RFC 9864.
"""

from protocols.jose.compact import AlgorithmNotAcceptedError, DecryptionError, JOSEError
from protocols.jose.jwe import CONTENT_ENCRYPTIONS, MAX_JWE_BYTES, decrypt_jwe, encrypt_jwe, parse_jwe_header
from protocols.jose.jwk import (
    KEY_AGREEMENT,
    MAX_JWKS_KEYS,
    encryption_jwk,
    generate_encryption_key,
    parse_jwks,
    usable_encryption_jwk,
)
from protocols.jose.jws import (
    JWS,
    MAX_JWS_BYTES,
    SIGNATURE_ALGORITHMS,
    parse_jws,
    sign_jws,
    signature_algorithm,
    verify_jws,
)

__all__ = [
    "CONTENT_ENCRYPTIONS",
    "JWS",
    "KEY_AGREEMENT",
    "MAX_JWE_BYTES",
    "MAX_JWKS_KEYS",
    "MAX_JWS_BYTES",
    "SIGNATURE_ALGORITHMS",
    "AlgorithmNotAcceptedError",
    "DecryptionError",
    "JOSEError",
    "decrypt_jwe",
    "encrypt_jwe",
    "encryption_jwk",
    "generate_encryption_key",
    "parse_jwe_header",
    "parse_jwks",
    "parse_jws",
    "sign_jws",
    "signature_algorithm",
    "usable_encryption_jwk",
    "verify_jws",
]
