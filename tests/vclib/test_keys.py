"""vclib.keys: keys are checked when read, sign deterministically, verify strictly and stay silent."""

from __future__ import annotations

import copy
import pickle
import sys
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.errors import InvalidSignatureError, KeyMaterialError, UnsupportedKeyError
from vclib.keys import (
    BLS12_381_ORDER,
    EphemeralKey,
    KeyType,
    PrivateKey,
    PublicKey,
    generate_private_key,
)

# RFC 6979 appendix A.2.5 and A.2.6: key, public point, and signatures of "sample" and "test".
P256_SECRET = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
P256_PUBLIC = bytes.fromhex("0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6")
P384_SECRET = bytes.fromhex(
    "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5"
)
P384_PUBLIC = bytes.fromhex(
    "02EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13"
)
RFC6979_SIGNATURES = [
    (
        KeyType.P256,
        P256_SECRET,
        b"sample",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    (
        KeyType.P256,
        P256_SECRET,
        b"test",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
    ),
    (
        KeyType.P384,
        P384_SECRET,
        b"sample",
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
    ),
    (
        KeyType.P384,
        P384_SECRET,
        b"test",
        "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB"
        "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
    ),
]

# RFC 8032 section 7.1, TEST 1 to 3: seed, public key, message, signature.
RFC8032_SIGNATURES = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
ED25519_FIELD = 2**255 - 19
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

SIGNING_TYPES = [KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.P521, KeyType.SECP256K1]


# --- signing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key_type", "secret", "message", "signature"), RFC6979_SIGNATURES)
def test_ecdsa_signature_is_the_one_of_rfc_6979(
    key_type: KeyType, secret: bytes, message: bytes, signature: str
) -> None:
    """C17: no randomness enters an ECDSA signature."""
    key = PrivateKey.from_secret_bytes(key_type, secret)

    assert key.sign(message).hex() == signature.lower()
    key.public_key.verify(bytes.fromhex(signature), message)


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032_SIGNATURES)
def test_ed25519_key_and_signature_are_those_of_rfc_8032(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes.fromhex(seed))

    assert key.public_key.key_bytes.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    key.public_key.verify(bytes.fromhex(signature), bytes.fromhex(message))


def test_ecdsa_public_keys_are_the_points_of_rfc_6979() -> None:
    assert PrivateKey(KeyType.P256, P256_SECRET).public_key.key_bytes == P256_PUBLIC
    assert PrivateKey(KeyType.P384, P384_SECRET).public_key.key_bytes == P384_PUBLIC


def test_bls_public_key_is_the_one_of_the_vc_di_bbs_vectors() -> None:
    key = PrivateKey(
        KeyType.BLS12_381_G2,
        bytes.fromhex("66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0"),
    )

    assert key.public_key.key_bytes.hex() == (
        "a4ef1afa3da575496f122b9b78b8c24761531a8a093206ae7c45b80759c168ba4f7a260f9c3367b6c019b4677841104b"
        "10665edbe70ba3ebe7d9cfbffbf71eb016f70abfbb163317f372697dc63efd21fc55764f63926a8f02eaea325a2a888f"
    )


@pytest.mark.parametrize("key_type", SIGNING_TYPES)
def test_a_new_key_verifies_what_it_signed_and_nothing_else(key_type: KeyType) -> None:
    key = generate_private_key(key_type)
    signature = key.sign(b"message")

    key.public_key.verify(signature, b"message")
    with pytest.raises(InvalidSignatureError, match="does not fit"):
        key.public_key.verify(signature, b"another message")


@pytest.mark.parametrize("key_type", [*SIGNING_TYPES, KeyType.BLS12_381_G2])
def test_two_new_keys_differ(key_type: KeyType) -> None:
    assert generate_private_key(key_type).secret_bytes != generate_private_key(key_type).secret_bytes


def test_an_ephemeral_key_signs_as_a_private_key_does() -> None:
    key = EphemeralKey()
    read = PublicKey(KeyType.P256, key.public_key.key_bytes)
    assert read == key.public_key
    for verifier in (read, key.public_key):
        verifier.verify(key.sign(b"message"), b"message")
        with pytest.raises(InvalidSignatureError, match="does not fit"):
            verifier.verify(key.sign(b"message"), b"another")
    assert key.sign(b"message") == key.sign(b"message")
    assert key.public_key != EphemeralKey().public_key


def test_an_ephemeral_key_signs_each_of_many_messages_as_it_signs_one() -> None:
    key = EphemeralKey()
    messages = [b"", b"sample", b"x" * 500]

    signatures = key.sign_each(messages)

    assert signatures == tuple(key.sign(message) for message in messages)
    for signature, message in zip(signatures, messages, strict=True):
        key.public_key.verify(signature, message)


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384])
def test_signatures_with_small_and_large_numbers_have_one_length_and_verify(key_type: KeyType) -> None:
    # Of 128 signatures one has a number with a zero byte in front; most have one with its first bit set.
    key = generate_private_key(key_type)
    size = 64 if key_type is KeyType.P256 else 96
    beginnings = set()
    for number in range(1500):
        message = number.to_bytes(2, "big")
        signature = key.sign(message)
        assert len(signature) == size
        beginnings |= {signature[0], signature[size // 2]}
        if 0 in (signature[0], signature[size // 2]) or number < 5:
            key.public_key.verify(signature, message)
    assert 0 in beginnings
    assert max(beginnings) >= 0x80


def test_an_ephemeral_key_does_not_leave_the_process() -> None:
    key = EphemeralKey()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)
    assert "secret not shown" in repr(key)


def test_bls_key_does_not_sign_bytes() -> None:
    with pytest.raises(UnsupportedKeyError, match="BBS signs with them"):
        generate_private_key(KeyType.BLS12_381_G2).sign(b"message")


@pytest.mark.parametrize("key_type", [KeyType.RSA, KeyType.X25519, KeyType.BLS12_381_G1])
def test_private_keys_of_types_that_only_did_key_reads_are_refused(key_type: KeyType) -> None:
    with pytest.raises(UnsupportedKeyError, match="private keys are not supported"):
        generate_private_key(key_type)
    with pytest.raises(UnsupportedKeyError, match="private keys are not supported"):
        PrivateKey.from_secret_bytes(key_type, bytes(32))


# --- verifying ---------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(bit=st.integers(0, 511))
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.ED25519])
def test_any_flipped_bit_of_a_signature_is_refused(key_type: KeyType, bit: int) -> None:
    """C1: one bit decides."""
    key = PrivateKey(key_type, bytes(31) + b"\x07")
    signature = bytearray(key.sign(b"message"))
    signature[bit // 8] ^= 1 << bit % 8

    with pytest.raises(InvalidSignatureError):
        key.public_key.verify(bytes(signature), b"message")


@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, 1),
        (1, 0),
        (0, 0),
        (P256_ORDER, 1),
        (1, P256_ORDER),
        (P256_ORDER + 1, P256_ORDER + 1),
        (2**256 - 1, 2**256 - 1),
    ],
)
def test_ecdsa_numbers_outside_the_order_are_refused(r: int, s: int) -> None:
    """C11: r and s are between 1 and n - 1."""
    public_key = PublicKey(KeyType.P256, P256_PUBLIC)

    with pytest.raises(InvalidSignatureError, match="zero or not below the order"):
        public_key.verify(r.to_bytes(32, "big") + s.to_bytes(32, "big"), b"sample")


def test_ecdsa_signature_in_der_is_refused() -> None:
    """C11: the DER form of a valid signature has another length than r || s."""
    r = "00EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    s = "00F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    der = bytes.fromhex("3046" + "0221" + r + "0221" + s)

    with pytest.raises(InvalidSignatureError, match="expected 64 signature bytes for P-256, found 72"):
        PublicKey(KeyType.P256, P256_PUBLIC).verify(der, b"sample")


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: s + b"\x00", lambda s: b"\x00" + s, lambda s: b""]
)
@pytest.mark.parametrize("key_type", SIGNING_TYPES)
def test_signature_of_another_length_is_refused(key_type: KeyType, change) -> None:  # type: ignore[no-untyped-def]
    """C11, C13: a signature has one length."""
    key = generate_private_key(key_type)

    with pytest.raises(InvalidSignatureError, match="signature bytes"):
        key.public_key.verify(change(key.sign(b"message")), b"message")


def test_ecdsa_signature_with_the_other_s_verifies_so_it_names_nothing() -> None:
    """C12: (r, n - s) fits as well; nothing may use a signature as an identifier."""
    signature = bytes.fromhex(RFC6979_SIGNATURES[0][3])
    other = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")

    assert other != signature
    PublicKey(KeyType.P256, P256_PUBLIC).verify(other, b"sample")


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032_SIGNATURES)
def test_ed25519_signature_with_s_not_below_the_order_is_refused(
    seed: str, public: str, message: str, signature: str
) -> None:
    """C13: S + L is the same number to a careless verifier."""
    raw = bytes.fromhex(signature)
    s = int.from_bytes(raw[32:], "little") + ED25519_ORDER
    assert s < 2**256
    malleable = raw[:32] + s.to_bytes(32, "little")

    with pytest.raises(InvalidSignatureError, match="does not fit"):
        PublicKey(KeyType.ED25519, bytes.fromhex(public)).verify(malleable, bytes.fromhex(message))


def test_keys_that_do_not_sign_bytes_do_not_verify_them() -> None:
    key = PublicKey(KeyType.X25519, bytes(31) + b"\x09")

    with pytest.raises(UnsupportedKeyError, match="X25519 keys do not verify"):
        key.verify(bytes(64), b"message")


# --- public keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key_type", "length"),
    [
        (KeyType.ED25519, 32),
        (KeyType.X25519, 32),
        (KeyType.P256, 33),
        (KeyType.P384, 49),
        (KeyType.P521, 67),
        (KeyType.SECP256K1, 33),
        (KeyType.BLS12_381_G1, 48),
        (KeyType.BLS12_381_G2, 96),
    ],
)
def test_public_key_of_another_length_is_refused(key_type: KeyType, length: int) -> None:
    for wrong in (0, length - 1, length + 1):
        with pytest.raises(KeyMaterialError, match=f"expected {length} bytes for a {key_type} public key"):
            PublicKey(key_type, b"\x02" * wrong)


@pytest.mark.parametrize("prefix", ["00", "01", "04", "05", "06", "07", "82", "ff"])
def test_compressed_point_with_another_prefix_is_refused(prefix: str) -> None:
    """C14: 02 or 03, nothing else; 00 is how infinity begins."""
    with pytest.raises(KeyMaterialError, match="first byte 2 or 3"):
        PublicKey(KeyType.P256, bytes.fromhex(prefix) + P256_PUBLIC[1:])


def test_point_that_is_not_on_the_curve_is_refused() -> None:
    """C14: x = 1 has no y on P-256, x = 5 has one."""
    PublicKey(KeyType.P256, b"\x02" + (5).to_bytes(32, "big"))
    with pytest.raises(KeyMaterialError, match="not on the curve"):
        PublicKey(KeyType.P256, b"\x02" + (1).to_bytes(32, "big"))


def test_point_with_a_coordinate_beyond_the_field_is_refused() -> None:
    """C14: x + p is the same number modulo p, and another spelling of the key."""
    with pytest.raises(KeyMaterialError, match="not on the curve"):
        PublicKey(KeyType.P256, b"\x02" + (5 + P256_FIELD).to_bytes(32, "big"))


def _add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Add two points of edwards25519 by the formula of RFC 8032 section 5.1.4, affine, for this test only."""
    p = ED25519_FIELD
    d = -121665 * pow(121666, -1, p) % p
    (x1, y1), (x2, y2) = a, b
    k = d * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + x2 * y1) * pow(1 + k, -1, p)
    y3 = (y1 * y2 + x1 * x2) * pow(1 - k, -1, p)
    return x3 % p, y3 % p


def _small_order_points() -> list[tuple[int, int]]:
    """Return the eight points of order 1, 2, 4 and 8: the multiples of a point of order 8."""
    p = ED25519_FIELD
    d = -121665 * pow(121666, -1, p) % p
    # A point of order 8 doubles to one of order 4, which has y = 0; so y^2 = -x^2, hence d y^4 + 2 y^2 = 1
    # up to sign; the root is one of four numbers, and the curve equation says which.
    root_minus_one = pow(2, (p - 1) // 4, p)
    for y_squared in ((-1 + t) * pow(d, -1, p) % p for t in _square_roots(1 + d)):
        for y in _square_roots(y_squared):
            x = y * root_minus_one % p
            if (-x * x + y * y - 1 - d * x * x * y * y) % p == 0:
                points = [(0, 1)]
                while len(points) < 8:
                    points.append(_add(points[-1], (x, y)))
                return points
    raise AssertionError("no point of order eight was found")


def _square_roots(n: int) -> list[int]:
    p = ED25519_FIELD
    n %= p
    root = pow(n, (p + 3) // 8, p)
    if root * root % p != n:
        root = root * pow(2, (p - 1) // 4, p) % p
    return [root, p - root] if root * root % p == n else []


def test_every_small_order_ed25519_point_is_refused() -> None:
    """C13: all eight points whose order divides the cofactor, with either sign bit."""
    points = _small_order_points()
    assert len(set(points)) == 8

    for x, y in points:
        for sign in (x & 1, 1 - (x & 1)):
            encoded = (y | sign << 255).to_bytes(32, "little")
            with pytest.raises(KeyMaterialError, match="small order"):
                PublicKey(KeyType.ED25519, encoded)


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_non_canonical_ed25519_encoding_is_refused(y: int, sign: int) -> None:
    """C13: y + p is a second spelling of y; nineteen values fit into 255 bits."""
    encoded = (y + ED25519_FIELD | sign << 255).to_bytes(32, "little")

    with pytest.raises(KeyMaterialError, match="not canonical"):
        PublicKey(KeyType.ED25519, encoded)


def test_ed25519_bytes_that_are_no_point_are_refused() -> None:
    """C14: y = 2 is no point of edwards25519, y = 3 is one (its double is computed by OpenSSL in verify)."""
    PublicKey(KeyType.ED25519, (3).to_bytes(32, "little"))
    with pytest.raises(KeyMaterialError, match="not on the curve"):
        PublicKey(KeyType.ED25519, (2).to_bytes(32, "little"))


def test_bls_infinity_is_refused_in_every_spelling() -> None:
    """C14: the library reads several byte strings as infinity."""
    for encoded in ("c0" + 95 * "00", 96 * "ff", "e0" + 95 * "00", "c0" + 94 * "00" + "01"):
        with pytest.raises(KeyMaterialError, match="BLS12-381 G2 public key"):
            PublicKey(KeyType.BLS12_381_G2, bytes.fromhex(encoded))
    for encoded in ("c0" + 47 * "00", 48 * "ff"):
        with pytest.raises(KeyMaterialError, match="BLS12-381 G1 public key"):
            PublicKey(KeyType.BLS12_381_G1, bytes.fromhex(encoded))


def test_bls_point_outside_the_subgroup_is_refused() -> None:
    """C15: x = 2 is on the twist, but not in the prime-order subgroup (confirmed with py_ecc)."""
    # py_ecc raises the recursion limit to 100,000 when it is imported. Beyond some 20,000 the C stack ends
    # first, and a later test that expects RecursionError would end the whole run.
    limit = sys.getrecursionlimit()
    from py_ecc.bls.g2_primitives import subgroup_check
    from py_ecc.bls.point_compression import decompress_G2
    from py_ecc.bls.typing import G2Compressed

    sys.setrecursionlimit(limit)
    encoded = b"\x80" + bytes(94) + b"\x02"
    point = decompress_G2(
        G2Compressed((int.from_bytes(encoded[:48], "big"), int.from_bytes(encoded[48:], "big")))
    )
    assert not subgroup_check(point)

    with pytest.raises(KeyMaterialError, match="no point of the subgroup"):
        PublicKey(KeyType.BLS12_381_G2, encoded)


def test_rsa_key_must_be_canonical_der_of_a_sensible_size() -> None:
    # n = 2^2047 + 1 is odd and 2,048 bits long; nothing here needs its factors.
    modulus = (2**2047 + 1).to_bytes(257, "big")
    exponent = bytes.fromhex("0203010001")

    def length(data: bytes) -> bytes:
        return bytes([0x81, len(data)]) if len(data) < 256 else b"\x82" + len(data).to_bytes(2, "big")

    def der(n: bytes, e: bytes = exponent) -> bytes:
        body = b"\x02" + length(n) + n + e
        return b"\x30" + length(body) + body

    PublicKey(KeyType.RSA, der(modulus))
    with pytest.raises(KeyMaterialError, match="DER"):
        PublicKey(KeyType.RSA, der(modulus) + b"\x00")
    with pytest.raises(KeyMaterialError, match="DER"):
        PublicKey(KeyType.RSA, b"")
    with pytest.raises(KeyMaterialError, match="RSA"):
        PublicKey(KeyType.RSA, der(b"\x00" + modulus))
    with pytest.raises(KeyMaterialError, match="2048 to 8192 bits, found 1024"):
        PublicKey(KeyType.RSA, der(b"\x00" + (2**1023 + 1).to_bytes(128, "big")))


def test_p256_key_is_no_p384_or_secp256k1_key() -> None:
    with pytest.raises(KeyMaterialError):
        PublicKey(KeyType.P384, P256_PUBLIC)
    with pytest.raises(KeyMaterialError):
        PublicKey(KeyType.SECP256K1, b"\x02" + (5).to_bytes(32, "big"))


def test_public_keys_are_equal_by_type_and_bytes_and_can_be_pickled() -> None:
    key = PublicKey(KeyType.P256, P256_PUBLIC)

    copied = pickle.loads(pickle.dumps(key))  # noqa: S301

    assert copied == key == copy.deepcopy(key)
    assert hash(copied) == hash(key)
    copied.verify(bytes.fromhex(RFC6979_SIGNATURES[0][3]), b"sample")


def test_uncompressed_form_is_the_point_of_rfc_6979() -> None:
    assert PublicKey(KeyType.P256, P256_PUBLIC).to_uncompressed().hex().upper() == (
        "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
    )
    with pytest.raises(UnsupportedKeyError, match="no uncompressed form"):
        PublicKey(KeyType.ED25519, bytes.fromhex(RFC8032_SIGNATURES[0][1])).to_uncompressed()


def test_only_ed25519_keys_have_an_x25519_form() -> None:
    with pytest.raises(UnsupportedKeyError, match="P-256 keys have no X25519 form"):
        PublicKey(KeyType.P256, P256_PUBLIC).to_x25519()


# --- private keys ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key_type", "order"),
    [
        (KeyType.P256, P256_ORDER),
        (KeyType.SECP256K1, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141),
        (KeyType.BLS12_381_G2, BLS12_381_ORDER),
    ],
)
def test_secret_must_be_between_one_and_the_order(key_type: KeyType, order: int) -> None:
    PrivateKey(key_type, (order - 1).to_bytes(32, "big"))
    for scalar in (0, order, order + 1, 2**256 - 1):
        with pytest.raises(KeyMaterialError, match="between 1 and the order"):
            PrivateKey(key_type, scalar.to_bytes(32, "big"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.BLS12_381_G2])
def test_secret_of_another_length_is_refused(key_type: KeyType, length: int) -> None:
    with pytest.raises(KeyMaterialError, match=f"expected 32 bytes for a {key_type} private key"):
        PrivateKey(key_type, b"\x01" * length)


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.BLS12_381_G2])
def test_private_key_shows_its_secret_nowhere(key_type: KeyType) -> None:
    """K8: not in repr, str, format, attributes of a traceback's line, or a pickle."""
    key = PrivateKey(key_type, bytes(28) + b"\xde\xad\xbe\xef")
    shown = f"{key!r} {key!s} {key:}"

    assert "dead" not in shown.lower()
    assert "\\xde" not in shown
    assert shown.startswith(f"<PrivateKey {key_type}, secret not shown>")
    assert not hasattr(key, "__dict__")
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)
    assert copy.copy(key) is key
    assert copy.deepcopy({"key": key})["key"] is key


def test_refused_secret_is_not_in_the_message() -> None:
    """K8: an error about a key does not hold the key."""
    with pytest.raises(KeyMaterialError) as caught:
        PrivateKey(KeyType.P256, b"\xde\xad\xbe\xef" * 7)

    text = "".join(traceback.format_exception_only(caught.value))
    assert "dead" not in text.lower()
    assert "\\xde" not in text


def test_signing_uses_the_handle_that_was_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty-five signatures of ecdsa-sd-2023 must not load the key twenty-five times."""
    from vclib.keys import private

    key = PrivateKey(KeyType.P256, P256_SECRET)

    def refuse(*_: object) -> None:
        raise AssertionError("the key was loaded again")

    monkeypatch.setattr(private, "_load", refuse)
    monkeypatch.setattr(ec, "derive_private_key", refuse)

    assert key.sign(b"sample").hex() == RFC6979_SIGNATURES[0][3].lower()
    assert key.public_key is key.public_key
