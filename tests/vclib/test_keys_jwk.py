"""vclib.keys.jwk: public JSON Web Keys, in one spelling, never a secret."""

from __future__ import annotations

import pytest

from vclib.errors import EncodingError, KeyMaterialError, UnsupportedKeyError
from vclib.keys import (
    KeyType,
    PrivateKey,
    PublicKey,
    decode_multikey,
    generate_private_key,
    jwk_thumbprint,
    public_key_from_jwk,
    public_key_to_jwk,
)
from vclib.strict_json import JSONObject

# RFC 7517 appendix A.1, first key.
P256_JWK: JSONObject = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "use": "enc",
    "kid": "1",
}

# RFC 8037 appendix A.2 and A.3: an Ed25519 key and its thumbprint.
ED25519_JWK: JSONObject = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}

# RFC 7638 section 3.1: an RSA key and its thumbprint.
RSA_JWK: JSONObject = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKR"
        "XjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAta"
        "Sqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksI"
        "NHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}

# draft-ietf-cose-bls-key-representations-08, JSON Web Key Examples: two G2 key pairs.
BLS_PAIRS = [
    (
        "XdXO0OOc6YrVTKEPIR6JmmTSDDA5Y5pxCyY5TRI0k5c",
        "pVD25M3Ca0jOBmHizej_YwuVOEIadk44urQcQQD3uhITsWj5LdgRmjTkftCme9KQ"
        "EReUf5yoxPi7pDDx4UdkmTXtzuaIKm9YY2cOpT5dO26ttBSzneQEUFhHpM3sdUmf",
    ),
    (
        "MpN9MF6G6pmiZaJN6WOjWM2LQt07Blgb7WeJQbsKxWY",
        "o-w6GPtbZuiG7pEZ7Jelw925pirHQIunTOnLy-F68HSs3A2ejcukZFeYkyWOsVyI"
        "DZKkES69mX0UBhUeyHI_DaZMv3YbSs_9Q1YxtJVn4uaneEykAFtTJyCSh2A6H1S7",
    ),
]


def test_rfc_7517_key_is_read_and_its_other_members_ignored() -> None:
    key = public_key_from_jwk(P256_JWK)

    assert key.key_type is KeyType.P256
    assert public_key_to_jwk(key) == {name: P256_JWK[name] for name in ("kty", "crv", "x", "y")}


def test_rfc_8037_key_is_the_rfc_8032_key() -> None:
    key = public_key_from_jwk(ED25519_JWK)

    assert key.key_bytes.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert public_key_to_jwk(key) == ED25519_JWK


def test_rfc_7638_key_is_read_and_written() -> None:
    key = public_key_from_jwk(RSA_JWK)

    assert key.key_type is KeyType.RSA
    assert public_key_to_jwk(key) == {"kty": "RSA", "n": RSA_JWK["n"], "e": "AQAB"}


@pytest.mark.parametrize(("secret", "x"), BLS_PAIRS)
def test_bls_key_pair_of_the_draft_is_read_and_written(secret: str, x: str) -> None:
    from vclib.encoding import decode_base64url

    jwk: JSONObject = {"kty": "OKP", "crv": "BLS12381G2", "x": x}
    key = PrivateKey(KeyType.BLS12_381_G2, decode_base64url(secret))

    assert public_key_to_jwk(key.public_key) == jwk
    assert public_key_from_jwk(jwk) == key.public_key


@pytest.mark.parametrize(
    ("kty", "crv"), [("OKP", "BLS12381G2"), ("OKP", "Bls12381G2"), ("EC", "BLS12381_G2")]
)
def test_older_names_of_bls_curves_are_read(kty: str, crv: str) -> None:
    key = public_key_from_jwk({"kty": kty, "crv": crv, "x": BLS_PAIRS[0][1]})

    assert key.key_type is KeyType.BLS12_381_G2


def test_bls_key_with_two_coordinates_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="expected only `x`"):
        public_key_from_jwk({"kty": "OKP", "crv": "BLS12381G2", "x": BLS_PAIRS[0][1], "y": BLS_PAIRS[0][1]})


def test_pair_of_bls_keys_has_no_jwk_of_its_own() -> None:
    # The did:key of both groups in the did:key vectors.
    pair = decode_multikey(
        "z5TcCmGLu7HrkT5FTnejDTKcH11LPMQLXMPHTRyzY4KdRvqpPLprH7s1ddWFD38cAkZoiDtofUmJVZyEweUTfwjG5H3znk3ir4tzmu"
        "DBUSNbNQ7U6jJqj5bkQLKRaQB1bpFJKGLEq3EBwsfPutL5D7p78kFeLNHznqbf5oGpik7ScaDbGLaTLh1Jtadi6VmPNNd44Cojk"
    )

    with pytest.raises(UnsupportedKeyError, match="two JWKs"):
        public_key_to_jwk(pair)


@pytest.mark.parametrize(
    "key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.P521, KeyType.SECP256K1]
)
def test_what_is_written_is_read_again(key_type: KeyType) -> None:
    key = generate_private_key(key_type).public_key

    assert public_key_from_jwk(public_key_to_jwk(key)) == key


def test_coordinates_with_leading_zeros_keep_their_length() -> None:
    """RFC 7518 section 6.2.1.2: the length is the field's, and x = 5 has 31 zero bytes before it."""
    key = PublicKey(KeyType.P256, b"\x02" + (5).to_bytes(32, "big"))
    jwk = public_key_to_jwk(key)

    assert jwk["x"] == 42 * "A" + "U"
    assert public_key_from_jwk(jwk) == key
    with pytest.raises(KeyMaterialError, match="expected 32 bytes in JWK member 'x', found 1"):
        public_key_from_jwk(jwk | {"x": "BQ"})


@pytest.mark.parametrize("member", ["d", "k", "p", "q", "dp", "dq", "qi", "oth"])
@pytest.mark.parametrize("jwk", [P256_JWK, ED25519_JWK, RSA_JWK])
def test_private_member_is_refused_even_if_empty(jwk: JSONObject, member: str) -> None:
    """G9: a JWK with a private member is a published secret."""
    with pytest.raises(KeyMaterialError, match="private or symmetric"):
        public_key_from_jwk(jwk | {member: ""})


def test_symmetric_key_is_refused() -> None:
    """G9: "oct" is never a public key."""
    with pytest.raises(KeyMaterialError, match="private or symmetric"):
        public_key_from_jwk({"kty": "oct"})


@pytest.mark.parametrize("value", [None, "{}", 5, [P256_JWK]])
def test_jwk_must_be_an_object(value: object) -> None:
    with pytest.raises(KeyMaterialError, match="expected a JWK object"):
        public_key_from_jwk(value)


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-192"},
        {"kty": "OKP", "crv": "P-256"},
        {"kty": "OKP", "crv": "Ed448"},
        {"kty": ["EC"], "crv": {"a": 1}},
        {"kty": "ec", "crv": "P-256"},
    ],
)
def test_unknown_kind_of_key_is_refused(jwk: JSONObject) -> None:
    with pytest.raises(UnsupportedKeyError, match="is not supported"):
        public_key_from_jwk(P256_JWK | {"kty": None, "crv": None} | jwk)


def test_missing_or_wrong_coordinate_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="string in JWK member 'y', found null"):
        public_key_from_jwk({name: P256_JWK[name] for name in ("kty", "crv", "x")})
    with pytest.raises(KeyMaterialError, match="string in JWK member 'x', found a number"):
        public_key_from_jwk(P256_JWK | {"x": 5})
    with pytest.raises(EncodingError, match="base64url"):
        public_key_from_jwk(P256_JWK | {"x": str(P256_JWK["x"]) + "="})


def test_point_off_the_curve_is_refused() -> None:
    """C14: y is checked in full, not only its parity."""
    y = str(P256_JWK["y"])

    with pytest.raises(KeyMaterialError, match="not on the curve"):
        public_key_from_jwk(P256_JWK | {"y": "5" + y[1:]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": "AP" + str(RSA_JWK["n"])[2:]}, "leading zeros|2048 to 8192"),
        ({"n": ""}, "leading zeros"),
        ({"e": "AAEAAQ"}, "leading zeros"),
        ({"e": "Ag"}, "RSA"),
        ({"e": "AQ"}, "RSA"),
        ({"n": "AQAB"}, "RSA"),
        ({"n": "_" * 1400}, "at most 8192 bits"),
    ],
)
def test_rsa_numbers_that_are_no_sensible_key_are_refused(change: JSONObject, message: str) -> None:
    with pytest.raises(KeyMaterialError, match=message):
        public_key_from_jwk(RSA_JWK | change)


def test_thumbprints_are_those_of_the_rfcs() -> None:
    assert jwk_thumbprint(ED25519_JWK) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert jwk_thumbprint(RSA_JWK) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_thumbprint_does_not_depend_on_other_members_or_their_order() -> None:
    shuffled = dict(reversed(P256_JWK.items())) | {"alg": "ES256"}

    assert jwk_thumbprint(shuffled) == jwk_thumbprint(P256_JWK)


def test_thumbprint_of_something_else_is_refused() -> None:
    with pytest.raises(UnsupportedKeyError, match="no thumbprint"):
        jwk_thumbprint({"kty": "oct", "k": "AA"})
    with pytest.raises(KeyMaterialError, match="JWK member 'x'"):
        jwk_thumbprint({"kty": "OKP", "crv": "Ed25519"})
