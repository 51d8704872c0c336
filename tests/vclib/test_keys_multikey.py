"""vclib.keys.multikey: one key, one string."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.encoding import encode_base64url, encode_multibase, encode_varint
from vclib.errors import EncodingError, KeyMaterialError, UnsupportedKeyError
from vclib.keys import (
    KeyType,
    PrivateKey,
    PublicKey,
    decode_multikey,
    decode_secret_multikey,
    encode_multikey,
    encode_secret_multikey,
    generate_private_key,
)

# The key pairs that the specifications publish with their test vectors:
# https://www.w3.org/TR/vc-di-ecdsa/#test-vectors, https://www.w3.org/TR/vc-di-eddsa/#test-vectors.
PUBLISHED_PAIRS = [
    (
        KeyType.P256,
        "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
        "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN",
    ),
    (
        KeyType.P256,
        "zDnaeTHfhmSaQKBc7CmdL3K7oYg3D6SC7yowe2eBeVd2DH32r",
        "z42tqvNGyzyXRzotAYn43UhcFtzDUVdxJ7461fwrfhBPLmfY",
    ),
    (
        KeyType.P384,
        "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ",
        "z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc",
    ),
    (
        KeyType.ED25519,
        "z6MktgKTsu1QhX6QPbyqG6geXdw6FQCZBPq7uQpieWbiQiG7",
        "z3u2W4YnTstS1nSSBAgZcYSJF43JuZ9uLV6bF38B1Bf8NugW",
    ),
    (
        KeyType.ED25519,
        "z6MkhWqdDBPojHA7cprTGTt5yHv5yUi1B8cnXn8ReLumkw6E",
        "z3u2cfp4Q17kMGhNCh348a3yw3cUBiWK6RXRzyJE54sixMFn",
    ),
    (
        KeyType.ED25519,
        "z6MkmEq87wkHCYnWnNZkigeDMGTN7oUw1upkhzd77KuXERS1",
        "z3u2Zr3tcDLBDQKGxVa9SRDFNLqNqPWsa8p9rWPvCEH6bADB",
    ),
    (
        KeyType.ED25519,
        "z6Mkm1S51iPHJvDEkJ9MRtxJmT8Pqo6wHipAFwBAjN83vntT",
        "z3u2ZTWiFwM17veUR7sXniY66Gf14SqMdpMLy7SW9x4EDdmw",
    ),
]

SIGNING_KEY_TYPES = [
    KeyType.ED25519,
    KeyType.P256,
    KeyType.P384,
    KeyType.P521,
    KeyType.SECP256K1,
    KeyType.BLS12_381_G2,
]


@pytest.mark.parametrize(("key_type", "public", "secret"), PUBLISHED_PAIRS)
def test_published_key_pair_is_read_and_written(key_type: KeyType, public: str, secret: str) -> None:
    key = decode_secret_multikey(secret)

    assert key.key_type is key_type
    assert encode_multikey(key.public_key) == public
    assert decode_multikey(public) == key.public_key
    assert encode_secret_multikey(key) == secret


def test_bls_multikeys_begin_as_the_multicodec_table_says() -> None:
    """CID 1.0 gives 0x130a as the codec of the secret; its "0x8030" is not the varint of that number."""
    secret = bytes.fromhex("66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0")
    key = PrivateKey(KeyType.BLS12_381_G2, secret)

    # The public key that vc-di-bbs names in its proofs.
    assert encode_multikey(key.public_key) == (
        "zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2yrr5ci"
        "1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ"
    )
    assert encode_secret_multikey(key).startswith("z489")
    assert decode_secret_multikey(encode_secret_multikey(key)).secret_bytes == secret


@pytest.mark.parametrize("key_type", SIGNING_KEY_TYPES)
def test_what_is_written_is_read_again(key_type: KeyType) -> None:
    key = generate_private_key(key_type)

    assert decode_multikey(encode_multikey(key.public_key)) == key.public_key
    assert decode_secret_multikey(encode_secret_multikey(key)).secret_bytes == key.secret_bytes


@pytest.mark.parametrize("value", [None, 5, b"z6Mk", {"id": "z6Mk"}, ["z6Mk"], ""])
def test_multikey_must_be_a_string(value: object) -> None:
    with pytest.raises(EncodingError, match="multibase string"):
        decode_multikey(value)
    with pytest.raises(EncodingError, match="multibase string"):
        decode_secret_multikey(value)


@pytest.mark.parametrize("prefix", ["u", "m", "f", "Z", "b", " z", "\n"])
def test_multikey_in_another_base_is_refused(prefix: str) -> None:
    """C16: "z" is the only base of a Multikey."""
    with pytest.raises(EncodingError, match="multibase prefix"):
        decode_multikey(prefix + PUBLISHED_PAIRS[0][1][1:])


def test_multikey_of_the_same_bytes_in_base64url_is_refused() -> None:
    """C16: the bytes are right, the spelling is not the suite's."""
    key = decode_multikey(PUBLISHED_PAIRS[0][1])

    with pytest.raises(EncodingError, match="multibase prefix"):
        decode_multikey("u" + encode_base64url(encode_varint(0x1200) + key.key_bytes))


@pytest.mark.parametrize("change", ["{} ", " {}", "{}\n", "{}=", "{}0", "{}O", "{}l", "z{}\u00e9"])
def test_multikey_with_foreign_characters_is_refused(change: str) -> None:
    """C16: no white space, padding or letters outside the alphabet."""
    with pytest.raises(EncodingError):
        decode_multikey(change.format(PUBLISHED_PAIRS[0][1]))


def test_multikey_with_bytes_after_the_key_is_refused() -> None:
    """C16: trailing bytes."""
    key = decode_multikey(PUBLISHED_PAIRS[0][1])
    longer = encode_multibase(encode_varint(0x1200) + key.key_bytes + b"\x00", base="z")

    with pytest.raises(KeyMaterialError, match="expected 33 bytes for a P-256 public key, found 34"):
        decode_multikey(longer)


def test_multikey_with_a_longer_varint_is_refused() -> None:
    """G8: 0x80 0xa4 0x00 would be 0x1200 as well."""
    key = decode_multikey(PUBLISHED_PAIRS[0][1])
    longer = encode_multibase(bytes.fromhex("80a400") + key.key_bytes, base="z")

    with pytest.raises(EncodingError, match="shortest form"):
        decode_multikey(longer)


def test_multikey_of_an_unknown_codec_is_refused_by_number() -> None:
    """G8: 0x1203 is ed448-pub, a real codec that is not supported here."""
    with pytest.raises(UnsupportedKeyError, match="multicodec 0x1203"):
        decode_multikey(encode_multibase(encode_varint(0x1203) + bytes(57), base="z"))


def test_secret_multikey_is_no_public_key_and_the_other_way_round() -> None:
    _, public, secret = PUBLISHED_PAIRS[0]

    with pytest.raises(UnsupportedKeyError, match="multicodec 0x1306 names no public key"):
        decode_multikey(secret)
    with pytest.raises(UnsupportedKeyError, match="multicodec 0x1200 names no private key"):
        decode_secret_multikey(public)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda data: encode_multibase(data, base="z")))
def test_arbitrary_text_is_a_key_with_exactly_this_spelling_or_refused_by_name(text: str) -> None:
    try:
        key: PublicKey = decode_multikey(text)
    except (EncodingError, KeyMaterialError):
        return
    assert encode_multikey(key) == text
