"""protocols.jose: the RFCs' own examples are read and everything a token may ask for in vain is refused."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocols.jose import (
    AlgorithmNotAcceptedError,
    DecryptionError,
    JOSEError,
    decrypt_jwe,
    encrypt_jwe,
    encryption_jwk,
    generate_encryption_key,
    parse_jwe_header,
    parse_jwks,
    parse_jws,
    sign_jws,
    usable_encryption_jwk,
    verify_jws,
)
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import (
    EncodingError,
    InvalidSignatureError,
    KeyMaterialError,
    MalformedError,
    ParsingError,
    UnsupportedKeyError,
)
from vclib.keys import KeyType, PrivateKey, generate_private_key, public_key_from_jwk
from vclib.strict_json import JSONObject, dump_json

# RFC 7515 appendix A.3.
A3 = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
A3_KEY: JSONObject = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
# RFC 8037 appendix A.1 and A.2.
ED25519_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
ED25519_KEY: JSONObject = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
# RFC 7518 appendix C: Alice's ephemeral key, Bob's key, and the key that both derive for A128GCM.
ALICE: JSONObject = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
}
BOB = PrivateKey(KeyType.P256, decode_base64url("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"))
C_HEADER: JSONObject = {"alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i", "epk": ALICE}
C_DERIVED = "VqqN6vgjbSBcIijNcacQGg"
# Made with jwcrypto 1.6.1 for Bob's key of RFC 7518 appendix C.
FOREIGN = {
    "A128GCM": (
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImVwayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6InFQVGJfQWdk"
        "eUN4OWt3QmppajlQT1VKbndDcmMwVDdKVTVaUXZIcDRYSzAiLCJ5IjoiX0k3Mm9jNzJyd3B1VmlLZnh0YVhIZExqWlVJQ0xjMW4zSGE0"
        "UjZTei1VayJ9LCJraWQiOiJib2IifQ..5jW5zJrHXPANZbnB.xV7M53oYnrapexMBaSapk6Xh17NZ_efnp6wl"
        ".8eWJMmPUCchgl_ZmPI7cGw"
    ),
    "A256GCM": (
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFUdkVnazR5"
        "SGFLeENwYlduSThiOXFibTV6eUwxTXg4eHhoMFJsM3dtT2MiLCJ5IjoiV0VSTjZYeGMyckxCaUltb2NXNDNqVVlxZ1cyTmEteERvdkFm"
        "SmxKWFdEYyJ9LCJraWQiOiJib2IifQ..aj9r0Z6wMAIEmHDp.9JX-vott4LpCTyhf7DRj6l0aHTYdubqX7LiX"
        ".73jwtTFZsnRjR5KUeZWchA"
    ),
}
TWICE = b'{"alg":"ES256","alg":"ES384"}'
P256 = generate_private_key(KeyType.P256)


# --- JWS ------------------------------------------------------------------------------------------


def test_the_es256_example_of_rfc_7515_holds() -> None:
    token = verify_jws(A3, public_key_from_jwk(A3_KEY), typ=None)
    assert token.payload == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


def test_the_es256_example_with_one_bit_changed_is_refused() -> None:
    changed = A3.replace(".DtEh", ".DtEi")
    with pytest.raises(InvalidSignatureError, match="does not fit"):
        verify_jws(changed, public_key_from_jwk(A3_KEY), typ=None)


def test_the_eddsa_signature_of_rfc_8037_is_made_for_its_signing_input() -> None:
    # Appendix A.4 signs a text that is no JSON; the signature itself is what is compared.
    key = PrivateKey(KeyType.ED25519, decode_base64url(ED25519_SEED))
    signature = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")
    assert encode_base64url(signature) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


@pytest.mark.parametrize(
    ("key_type", "algorithm"),
    [(KeyType.P256, "ES256"), (KeyType.P384, "ES384"), (KeyType.ED25519, "EdDSA")],
)
def test_a_token_is_signed_with_the_algorithm_of_its_key(key_type: KeyType, algorithm: str) -> None:
    key = generate_private_key(key_type)
    token = verify_jws(sign_jws({"typ": "JWT"}, {"nonce": "n"}, key), key.public_key, typ="jwt")
    assert (token.algorithm, token.payload) == (algorithm, {"nonce": "n"})


def test_the_fully_specified_name_of_ed25519_is_read() -> None:
    key = PrivateKey(KeyType.ED25519, decode_base64url(ED25519_SEED))
    text = _signed({"alg": "Ed25519"}, key)
    assert verify_jws(text, public_key_from_jwk(ED25519_KEY), typ=None).algorithm == "Ed25519"


@pytest.mark.parametrize("member", ["alg", "crit", "b64", "zip"])
def test_a_header_member_that_is_not_the_callers_is_not_signed(member: str) -> None:
    with pytest.raises(JOSEError, match=f"'{member}' is not the caller's"):
        sign_jws({member: "ES256"}, {}, P256)


def test_a_key_that_signs_no_jws_is_refused() -> None:
    with pytest.raises(UnsupportedKeyError, match="a secp256k1 key signs no JWS"):
        sign_jws({}, {}, generate_private_key(KeyType.SECP256K1))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES256K", "", None, ["ES256"], 1])
def test_e7_another_algorithm_than_a_signature_of_ours_is_refused(algorithm: Any) -> None:
    with pytest.raises(AlgorithmNotAcceptedError, match="expected alg ES256"):
        parse_jws(_signed({"alg": algorithm}, P256))


def test_e7_an_hmac_with_the_public_key_as_secret_is_refused() -> None:
    signing_input = f"{_part({'alg': 'HS256'})}.{_part({'nonce': 'n'})}"
    digest = hmac.new(P256.public_key.key_bytes, signing_input.encode(), hashlib.sha256).digest()
    with pytest.raises(AlgorithmNotAcceptedError, match="found 'HS256'"):
        verify_jws(f"{signing_input}.{encode_base64url(digest)}", P256.public_key, typ=None)


def test_an_algorithm_that_is_not_the_keys_is_refused() -> None:
    with pytest.raises(AlgorithmNotAcceptedError, match="not what a P-256 key signs with"):
        verify_jws(_signed({"alg": "ES384"}, P256), P256.public_key, typ=None)


def test_an_algorithm_that_the_caller_does_not_accept_is_refused() -> None:
    with pytest.raises(AlgorithmNotAcceptedError, match="expected alg EdDSA, found ES256"):
        verify_jws(sign_jws({}, {}, P256), P256.public_key, typ=None, algorithms=["EdDSA"])


@pytest.mark.parametrize("member", ["crit", "b64", "zip"])
def test_a_header_member_that_changes_the_meaning_is_refused(member: str) -> None:
    with pytest.raises(JOSEError, match=f"'{member}' is not supported"):
        parse_jws(_signed({"alg": "ES256", member: ["exp"]}, P256))


@pytest.mark.parametrize("typ", [None, "JWT", "openid4vci-proof+jwt", 1, "oauth-authz-req"])
def test_another_typ_is_refused(typ: Any) -> None:
    text = sign_jws({} if typ is None else {"typ": typ}, {}, P256)
    with pytest.raises(JOSEError, match="expected typ 'oauth-authz-req\\+jwt'"):
        verify_jws(text, P256.public_key, typ="oauth-authz-req+jwt")


def test_the_typ_may_be_spelled_as_a_media_type() -> None:
    text = sign_jws({"typ": "application/OAUTH-authz-req+jwt"}, {}, P256)
    assert verify_jws(text, P256.public_key, typ="oauth-authz-req+jwt").payload == {}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, JOSEError),
        ({"payload": ""}, JOSEError),
        ("", JOSEError),
        ("a.b", JOSEError),
        (A3 + ".x", JOSEError),
        ("." * 10_000, JOSEError),
        (A3.replace(".DtE", ".\u00e4tE"), JOSEError),
        (A3 + "=", EncodingError),
        (A3 + "\n", EncodingError),
        (A3[:-1] + "R", EncodingError),
        (A3.rpartition(".")[0] + ".", JOSEError),
        ("eyJhbGciOiJFUzI1NiJ9..DtEh", ParsingError),
        (f"{encode_base64url(b'[]')}.e30.AAAA", ParsingError),
        (f"{encode_base64url(b'{')}.e30.AAAA", ParsingError),
        (f"{encode_base64url(TWICE)}.e30.AAAA", ParsingError),
        ("A" * 300_000 + ".e30.AAAA", JOSEError),
        ("A" * 70_000 + ".e30.AAAA", JOSEError),
    ],
)
def test_what_is_no_compact_jws_is_refused(text: object, error: type[MalformedError]) -> None:
    with pytest.raises(error):
        parse_jws(text)


@pytest.mark.parametrize("kid", ["", "k" * 2049, 7])
def test_a_kid_that_names_nothing_is_refused(kid: Any) -> None:
    with pytest.raises(JOSEError, match="kid: expected a text"):
        parse_jws(sign_jws({"kid": kid}, {}, P256))


# --- JWK ------------------------------------------------------------------------------------------


def test_the_jwk_to_encrypt_to_holds_no_secret() -> None:
    jwk = encryption_jwk(BOB.public_key, kid="enc-1")
    assert jwk == {
        "kty": "EC",
        "crv": "P-256",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "use": "enc",
        "alg": "ECDH-ES",
        "kid": "enc-1",
    }


def test_a_key_of_another_curve_is_none_to_encrypt_to() -> None:
    with pytest.raises(UnsupportedKeyError, match="expected a P-256 key"):
        encryption_jwk(generate_private_key(KeyType.P384).public_key)


def test_a_jwk_set_is_read_with_the_kinds_that_are_unknown() -> None:
    unknown: JSONObject = {"kty": "AKP", "alg": "ML-DSA-44"}
    usable = encryption_jwk(BOB.public_key)
    keys = parse_jwks({"keys": [unknown, A3_KEY, usable]})
    assert keys == (unknown, A3_KEY, usable)
    assert usable_encryption_jwk(keys) == usable
    assert usable_encryption_jwk([unknown, A3_KEY]) is None


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, JOSEError),
        ([], JOSEError),
        ({}, JOSEError),
        ({"keys": {}}, JOSEError),
        ({"keys": ["eyJ"]}, JOSEError),
        ({"keys": [A3_KEY] * 21}, JOSEError),
        ({"keys": [A3_KEY | {"kid": "1"}, ED25519_KEY | {"kid": "1"}]}, JOSEError),
        ({"keys": [A3_KEY | {"d": "AAAA"}]}, KeyMaterialError),
        ({"keys": [{"kty": "oct", "k": "AAAA"}]}, KeyMaterialError),
        ({"keys": [A3_KEY | {"y": ALICE["y"]}]}, KeyMaterialError),
    ],
)
def test_what_is_no_public_jwk_set_is_refused(value: Any, error: type[JOSEError]) -> None:
    with pytest.raises(error):
        parse_jwks(value)


# --- JWE ------------------------------------------------------------------------------------------


def test_the_key_agreement_of_rfc_7518_appendix_c_opens() -> None:
    assert decrypt_jwe(_appendix_c(), BOB, kid=None) == b"from Alice"


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_a_jwe_of_another_implementation_opens(enc: str) -> None:
    assert decrypt_jwe(FOREIGN[enc], BOB, kid="bob") == b'{"vp_token":{},"state":"s"}'
    assert parse_jwe_header(FOREIGN[enc])["kid"] == "bob"


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_what_is_encrypted_opens_with_its_key_only(enc: str) -> None:
    key = generate_encryption_key()
    text = encrypt_jwe(b"payload", encryption_jwk(key.public_key, kid="k"), enc)
    assert decrypt_jwe(text, key, kid="k") == b"payload"
    with pytest.raises(DecryptionError, match="does not open"):
        decrypt_jwe(text, BOB, kid="k")


def test_a_large_payload_is_encrypted_and_opened() -> None:
    payload = b"x" * 2_000_000
    assert (
        decrypt_jwe(encrypt_jwe(payload, encryption_jwk(BOB.public_key), "A128GCM"), BOB, kid=None) == payload
    )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"zip": "DEF"}, JOSEError, "'zip' is not supported"),
        ({"crit": ["exp"]}, JOSEError, "'crit' is not supported"),
        ({"alg": "dir"}, AlgorithmNotAcceptedError, "expected alg ECDH-ES, found 'dir'"),
        ({"alg": "ECDH-ES+A128KW"}, AlgorithmNotAcceptedError, "expected alg ECDH-ES"),
        ({"alg": "PBES2-HS256+A128KW", "p2c": 2**50}, AlgorithmNotAcceptedError, "expected alg ECDH-ES"),
        ({"enc": "A128CBC-HS256"}, AlgorithmNotAcceptedError, "expected enc"),
        ({"enc": "A192GCM"}, AlgorithmNotAcceptedError, "expected enc"),
        ({"enc": None}, AlgorithmNotAcceptedError, "expected enc"),
        ({"kid": "other"}, JOSEError, "names another key"),
        ({"epk": None}, KeyMaterialError, "expected a JWK object"),
        ({"epk": ALICE | {"d": "AAAA"}}, KeyMaterialError, "expected a public JWK"),
        ({"epk": ALICE | {"y": A3_KEY["y"]}}, KeyMaterialError, "not on the curve"),
        ({"epk": ED25519_KEY}, UnsupportedKeyError, "expected an ephemeral P-256 key"),
        ({"apu": 5}, JOSEError, "apu: expected at most"),
        ({"apu": "A" * 513}, JOSEError, "apu: expected at most"),
        ({"apv": "*"}, EncodingError, "another character"),
        ({"pad": "A" * 4096}, JOSEError, "header of"),
    ],
)
def test_e18_a_header_that_asks_for_anything_else_is_refused(
    change: JSONObject, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        decrypt_jwe(_appendix_c(C_HEADER | {"kid": "bob"} | change), BOB, kid="bob")


def test_e18_a_content_encryption_that_the_caller_does_not_allow_is_refused() -> None:
    with pytest.raises(AlgorithmNotAcceptedError, match="expected enc A256GCM, found 'A128GCM'"):
        decrypt_jwe(_appendix_c(), BOB, kid=None, enc_allowed=["A256GCM"])


def test_e18_a_missing_kid_is_refused_where_one_was_given() -> None:
    with pytest.raises(JOSEError, match="names another key"):
        decrypt_jwe(_appendix_c(), BOB, kid="bob")


@pytest.mark.parametrize(
    ("part", "text", "error"),
    [
        (1, "AAAA", JOSEError),
        (2, "AAAA", JOSEError),
        (2, "", JOSEError),
        (3, "=", EncodingError),
        (3, "AAAAA", EncodingError),
        (3, "AAAA", DecryptionError),
        (4, "AAAA", JOSEError),
        (4, "A" * 22, DecryptionError),
        (4, "A.A", JOSEError),
    ],
)
def test_a_jwe_with_another_part_is_refused(part: int, text: str, error: type[Exception]) -> None:
    parts = _appendix_c().split(".")
    parts[part] = text
    with pytest.raises(error):
        decrypt_jwe(".".join(parts), BOB, kid=None)


@pytest.mark.parametrize("text", [None, {}, "", "a.b.c", "." * 10_000_000])
def test_what_is_no_compact_jwe_is_refused(text: object) -> None:
    with pytest.raises(JOSEError):
        decrypt_jwe(text, BOB, kid=None)


def test_e18_a_jwe_over_the_limit_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(JOSEError, match="more than 100"):
        decrypt_jwe(_appendix_c(), BOB, kid=None, max_bytes=100)


def test_another_key_than_p256_decrypts_nothing() -> None:
    with pytest.raises(UnsupportedKeyError, match="expected a P-256 key to decrypt with"):
        decrypt_jwe(_appendix_c(), generate_private_key(KeyType.P384), kid=None)


@pytest.mark.parametrize(
    ("jwk", "enc", "error"),
    [
        (encryption_jwk(BOB.public_key), "A128CBC-HS256", AlgorithmNotAcceptedError),
        (encryption_jwk(BOB.public_key) | {"alg": "ECDH-ES+A128KW"}, "A128GCM", AlgorithmNotAcceptedError),
        (A3_KEY, "A128GCM", AlgorithmNotAcceptedError),
        (encryption_jwk(BOB.public_key) | {"use": "sig"}, "A128GCM", KeyMaterialError),
        (encryption_jwk(BOB.public_key) | {"kid": 1}, "A128GCM", JOSEError),
        (ED25519_KEY | {"alg": "ECDH-ES"}, "A128GCM", UnsupportedKeyError),
        ({"kty": "oct", "k": "AAAA", "alg": "ECDH-ES"}, "A128GCM", KeyMaterialError),
    ],
)
def test_nothing_is_encrypted_to_another_key(jwk: JSONObject, enc: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        encrypt_jwe(b"", jwk, enc)


def _appendix_c(header: JSONObject = C_HEADER) -> str:
    """Return a JWE made with the key that appendix C derives, whatever the header then says."""
    protected = _part(header)
    sealed = AESGCM(decode_base64url(C_DERIVED)).encrypt(bytes(12), b"from Alice", protected.encode())
    ciphertext, tag = encode_base64url(sealed[:-16]), encode_base64url(sealed[-16:])
    return f"{protected}..{encode_base64url(bytes(12))}.{ciphertext}.{tag}"


def _signed(header: JSONObject, key: PrivateKey) -> str:
    signing_input = f"{_part(header)}.{_part({'nonce': 'n'})}"
    return f"{signing_input}.{encode_base64url(key.sign(signing_input.encode()))}"


def _part(value: JSONObject) -> str:
    return encode_base64url(dump_json(value).encode())
