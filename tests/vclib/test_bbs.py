"""BBS signatures against the fixtures of the IETF draft, and against octets that a forger would send."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point, Scalar

from vclib import bbs
from vclib.bbs import ciphersuites, proofs, signatures
from vclib.errors import CryptographicSecurityError, InvalidSignatureError, KeyMaterialError

VECTORS = Path(__file__).parents[1] / "vectors" / "bbs-signature"
SUITES = {
    "bls12-381-sha-256": bbs.BLS12_381_SHA_256,
    "bls12-381-shake-256": bbs.BLS12_381_SHAKE_256,
}
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
FIELD = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
# x = 4 is on the curve, but its point is not in the prime-order subgroup of G1.
OFF_SUBGROUP_G1 = bytes.fromhex("80" + "00" * 46 + "04")
IDENTITY_G1 = bytes.fromhex("c0" + "00" * 47)
IDENTITY_G2 = bytes.fromhex("c0" + "00" * 95)

# JSON of a fixture: every value is hexadecimal text, a list or an object of them.
Fixture = dict[str, Any]


def _load(suite: str, name: str) -> Fixture:
    fixture: Fixture = json.loads((VECTORS / suite / name).read_text())
    return fixture


def _fixtures(kind: str) -> list[Any]:
    return [
        pytest.param(suite, f"{kind}/{path.name}", id=f"{suite}-{path.stem}")
        for suite in SUITES
        for path in sorted((VECTORS / suite / kind).glob("*.json"))
    ]


def _valid(kind: str) -> list[Any]:
    return [
        parameter
        for parameter in _fixtures(kind)
        if _load(str(parameter.values[0]), str(parameter.values[1]))["result"]["valid"]
    ]


def _octets(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def _point(point: G1Point) -> str:
    return bytes(point.to_compressed_bytes()).hex()


def _scalar(scalar: Scalar) -> str:
    return bytes(scalar.to_be_bytes()).hex()


def _seeded_scalars(suite: str) -> Callable[[int], list[int]]:
    """The draft's mocked randomness (section "Mocked Random Scalars")."""
    fixture = _load(suite, "mockedRng.json")

    def scalars(count: int) -> list[int]:
        octets = SUITES[suite].expand_message(
            bytes.fromhex(fixture["seed"]), bytes.fromhex(fixture["dst"]), 48 * count
        )
        return [int.from_bytes(octets[at : at + 48], "big") % ORDER for at in range(0, 48 * count, 48)]

    return scalars


def test_all_fixtures_are_there() -> None:
    assert len(_fixtures("signature")) == 20
    assert len(_fixtures("proof")) == 30


@pytest.mark.parametrize("suite", SUITES)
def test_key_generation_gives_the_published_keys(suite: str) -> None:
    fixture = _load(suite, "keypair.json")
    secret = bbs.key_gen(
        bytes.fromhex(fixture["keyMaterial"]),
        key_info=bytes.fromhex(fixture["keyInfo"]),
        key_dst=bytes.fromhex(fixture["keyDst"]),
        ciphersuite=SUITES[suite],
    )
    assert secret.hex() == fixture["keyPair"]["secretKey"]
    assert bbs.sk_to_pk(secret).hex() == fixture["keyPair"]["publicKey"]


def test_key_generation_uses_the_tag_of_the_draft_when_none_is_given() -> None:
    tag = b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_KEYGEN_DST_"
    assert bbs.key_gen(b"k" * 32) == bbs.key_gen(b"k" * 32, key_info=b"", key_dst=tag)
    assert bbs.key_gen(b"k" * 32) != bbs.key_gen(b"k" * 32, key_info=b"another key")


def test_too_little_key_material_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="expected at least 32 bytes of key material, found 31"):
        bbs.key_gen(bytes(31))


def test_too_much_key_info_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="key_info is limited"):
        bbs.key_gen(bytes(32), key_info=bytes(65536))


@pytest.mark.parametrize("suite", SUITES)
def test_hash_to_scalar_gives_the_published_scalar(suite: str) -> None:
    fixture = _load(suite, "h2s.json")
    scalar = ciphersuites.hash_to_scalar(
        bytes.fromhex(fixture["message"]), bytes.fromhex(fixture["dst"]), ciphersuite=SUITES[suite]
    )
    assert _scalar(scalar) == fixture["scalar"]


@pytest.mark.parametrize("suite", SUITES)
def test_messages_map_to_the_published_scalars(suite: str) -> None:
    fixture = _load(suite, "MapMessageToScalarAsHash.json")
    assert bytes.fromhex(fixture["dst"]) == SUITES[suite].api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_"
    scalars = ciphersuites.messages_to_scalars(
        _octets([case["message"] for case in fixture["cases"]]),
        ciphersuite=SUITES[suite],
        api_id=SUITES[suite].api_id,
    )
    assert [_scalar(scalar) for scalar in scalars] == [case["scalar"] for case in fixture["cases"]]


def test_the_messages_of_the_draft_are_those_of_the_fixtures() -> None:
    fixture = _load("bls12-381-sha-256", "MapMessageToScalarAsHash.json")
    messages = json.loads((VECTORS / "messages.json").read_text())
    assert messages == [case["message"] for case in fixture["cases"]]


@pytest.mark.parametrize("suite", SUITES)
def test_generators_are_the_published_ones(suite: str) -> None:
    fixture = _load(suite, "generators.json")
    generators = ciphersuites.create_generators(
        len(fixture["MsgGenerators"]), ciphersuite=SUITES[suite], api_id=SUITES[suite].api_id
    )
    assert _point(SUITES[suite].p1) == fixture["P1"]
    assert _point(generators.q1) == fixture["Q1"]
    assert [_point(point) for point in generators.messages] == fixture["MsgGenerators"]
    assert generators.octets.hex() == "".join([fixture["Q1"], *fixture["MsgGenerators"]])


def test_generators_do_not_depend_on_how_many_are_made() -> None:
    suite = bbs.BLS12_381_SHA_256
    many = ciphersuites.create_generators(70, ciphersuite=suite, api_id=suite.api_id)
    few = ciphersuites.create_generators(33, ciphersuite=suite, api_id=suite.api_id)
    assert few.messages == many.messages[:33]
    assert len(set(many.messages)) == 70


def test_more_messages_than_the_limit_are_refused() -> None:
    suite = bbs.BLS12_381_SHA_256
    with pytest.raises(CryptographicSecurityError, match="2049 messages, at most 2048 can be signed"):
        ciphersuites.create_generators(2049, ciphersuite=suite, api_id=suite.api_id)


@pytest.mark.parametrize("suite", SUITES)
def test_mocked_randomness_is_the_published_one(suite: str) -> None:
    fixture = _load(suite, "mockedRng.json")
    scalars = _seeded_scalars(suite)(fixture["count"])
    assert [f"{scalar:064x}" for scalar in scalars] == fixture["mockedScalars"]


@pytest.mark.parametrize("expand", [ciphersuites.expand_message_xmd, ciphersuites.expand_message_xof])
@pytest.mark.parametrize(("tag", "length"), [(bytes(256), 48), (b"tag", 65536)])
def test_expanding_beyond_its_limits_is_refused(
    expand: Callable[[bytes, bytes, int], bytes], tag: bytes, length: int
) -> None:
    with pytest.raises(CryptographicSecurityError, match="expand_message is limited"):
        expand(b"", tag, length)


@pytest.mark.parametrize(("suite", "name"), _fixtures("signature"))
def test_signature_fixture(suite: str, name: str) -> None:
    fixture = _load(suite, name)
    public_key = bytes.fromhex(fixture["signerKeyPair"]["publicKey"])
    header = bytes.fromhex(fixture["header"])
    messages = _octets(fixture["messages"])
    signature = bytes.fromhex(fixture["signature"])
    if fixture["result"]["valid"]:
        secret_key = bytes.fromhex(fixture["signerKeyPair"]["secretKey"])
        made = bbs.sign(secret_key, public_key, header=header, messages=messages, ciphersuite=SUITES[suite])
        assert made.hex() == fixture["signature"]
        bbs.verify(public_key, signature, header=header, messages=messages, ciphersuite=SUITES[suite])
    else:
        with pytest.raises(InvalidSignatureError, match="does not fit header, messages and key"):
            bbs.verify(public_key, signature, header=header, messages=messages, ciphersuite=SUITES[suite])


# An invalid fixture repeats the trace of the valid one that it was made from, so it has none of its own.
@pytest.mark.parametrize(("suite", "name"), _valid("signature"))
def test_signature_fixture_has_the_published_intermediate_values(suite: str, name: str) -> None:
    fixture = _load(suite, name)
    ciphersuite = SUITES[suite]
    scalars = ciphersuites.messages_to_scalars(
        _octets(fixture["messages"]), ciphersuite=ciphersuite, api_id=ciphersuite.api_id
    )
    generators = ciphersuites.create_generators(
        len(scalars), ciphersuite=ciphersuite, api_id=ciphersuite.api_id
    )
    domain = ciphersuites.calculate_domain(
        bytes.fromhex(fixture["signerKeyPair"]["publicKey"]),
        generators,
        bytes.fromhex(fixture["header"]),
        ciphersuite=ciphersuite,
        api_id=ciphersuite.api_id,
    )
    assert _scalar(domain) == fixture["trace"]["domain"]
    committed = signatures.commit(generators, domain, scalars, ciphersuite=ciphersuite)
    assert _point(committed) == fixture["trace"]["B"]


@pytest.mark.parametrize(("suite", "name"), _fixtures("proof"))
def test_proof_fixture(suite: str, name: str) -> None:
    fixture = _load(suite, name)
    messages = _octets(fixture["messages"])
    arguments: dict[str, Any] = {
        "header": bytes.fromhex(fixture["header"]),
        "presentation_header": bytes.fromhex(fixture["presentationHeader"]),
        "disclosed_messages": [messages[index] for index in fixture["disclosedIndexes"]],
        "disclosed_indexes": fixture["disclosedIndexes"],
        "ciphersuite": SUITES[suite],
    }
    public_key = bytes.fromhex(fixture["signerPublicKey"])
    proof = bytes.fromhex(fixture["proof"])
    if fixture["result"]["valid"]:
        bbs.proof_verify(public_key, proof, **arguments)
    else:
        # One fixture shuffles the indexes themselves, which do not ascend then.
        with pytest.raises(CryptographicSecurityError, match=r"the BBS proof|ascending message indexes"):
            bbs.proof_verify(public_key, proof, **arguments)


@pytest.mark.parametrize(("suite", "name"), _valid("proof"))
def test_proof_with_the_published_randomness_is_the_published_proof(suite: str, name: str) -> None:
    fixture = _load(suite, name)
    proof = bbs.proof_gen(
        bytes.fromhex(fixture["signerPublicKey"]),
        bytes.fromhex(fixture["signature"]),
        header=bytes.fromhex(fixture["header"]),
        presentation_header=bytes.fromhex(fixture["presentationHeader"]),
        messages=_octets(fixture["messages"]),
        disclosed_indexes=fixture["disclosedIndexes"],
        random_scalars=_seeded_scalars(suite),
        ciphersuite=SUITES[suite],
    )
    assert proof.hex() == fixture["proof"]


@pytest.mark.parametrize(("suite", "name"), _valid("proof"))
def test_proof_fixture_has_the_published_intermediate_values(suite: str, name: str) -> None:
    fixture = _load(suite, name)
    ciphersuite = SUITES[suite]
    trace = fixture["trace"]
    named = trace["random_scalars"]
    randomness = [named[key] for key in ("r1", "r2", "e_tilde", "r1_tilde", "r3_tilde")]
    randomness += named["m_tilde_scalars"]
    assert [f"{number:064x}" for number in _seeded_scalars(suite)(len(randomness))] == randomness
    indexes = fixture["disclosedIndexes"]
    scalars = ciphersuites.messages_to_scalars(
        _octets(fixture["messages"]), ciphersuite=ciphersuite, api_id=ciphersuite.api_id
    )
    made = proofs.proof_init(
        bytes.fromhex(fixture["signerPublicKey"]),
        bytes.fromhex(fixture["signature"]),
        [Scalar(int(number, 16)) for number in randomness],
        header=bytes.fromhex(fixture["header"]),
        scalars=scalars,
        hidden_indexes=[index for index in range(len(scalars)) if index not in indexes],
        ciphersuite=ciphersuite,
        api_id=ciphersuite.api_id,
    )
    read = proofs.proof_verify_init(
        bytes.fromhex(fixture["signerPublicKey"]),
        bytes.fromhex(fixture["proof"]),
        header=bytes.fromhex(fixture["header"]),
        disclosed_scalars=[scalars[index] for index in indexes],
        disclosed_indexes=indexes,
        ciphersuite=ciphersuite,
        api_id=ciphersuite.api_id,
    )
    for initialized in (made, read):
        points = (initialized.a_bar, initialized.b_bar, initialized.d, initialized.t1, initialized.t2)
        expected = [trace[key] for key in ("A_bar", "B_bar", "D", "T1", "T2")]
        assert [_point(point) for point in points] == expected
        assert _scalar(initialized.domain) == trace["domain"]
        challenge = proofs.proof_challenge(
            initialized,
            [scalars[index] for index in indexes],
            indexes,
            bytes.fromhex(fixture["presentationHeader"]),
            ciphersuite=ciphersuite,
            api_id=ciphersuite.api_id,
        )
        assert _scalar(challenge) == trace["challenge"]


# --- what no fixture holds ---------------------------------------------------------------------

SECRET = bytes.fromhex("60e55110f76883a13d030b2f6bd11883422d5abde717569fc0731f51237169fc")
PUBLIC = bytes.fromhex(
    "a820f230f6ae38503b86c70dc50b61c58a77e45c39ab25c0652bbaa8fa136f2851bd4781c9dcde39fc9d1d52c9e60268"
    "061e7d7632171d91aa8d460acee0e96f1e7c4cfb12d3ff9ab5d5dc91c277db75c845d649ef3c4f63aebc364cd55ded0c"
)
MESSAGES = [b"one", b"two", b"three", b"four"]
SIGNATURE = bbs.sign(SECRET, PUBLIC, header=b"header", messages=MESSAGES)


def _proof(**changes: Any) -> bytes:
    arguments = {"header": b"header", "messages": MESSAGES, "disclosed_indexes": [1, 3]} | changes
    return bbs.proof_gen(PUBLIC, SIGNATURE, **arguments)


def _verify_proof(proof: bytes, **changes: Any) -> None:
    arguments = {
        "header": b"header",
        "disclosed_messages": [b"two", b"four"],
        "disclosed_indexes": [1, 3],
    } | changes
    bbs.proof_verify(PUBLIC, proof, **arguments)


def test_a_proof_with_fresh_randomness_verifies() -> None:
    _verify_proof(_proof())


def test_two_proofs_of_one_signature_share_no_part() -> None:
    first, second = _proof(), _proof()
    parts = [48, 96, 144, *range(176, len(first) + 1, 32)]
    starts = [0, *parts[:-1]]
    assert all(first[a:b] != second[a:b] for a, b in zip(starts, parts, strict=True))


def test_a_proof_that_shows_everything_has_no_message_scalars() -> None:
    proof = _proof(disclosed_indexes=[0, 1, 2, 3])
    assert len(proof) == bbs.PROOF_BYTES_FLOOR == 272
    _verify_proof(proof, disclosed_messages=MESSAGES, disclosed_indexes=[0, 1, 2, 3])


def test_a_proof_that_shows_nothing_verifies_and_only_as_that() -> None:
    proof = _proof(disclosed_indexes=[])
    _verify_proof(proof, disclosed_messages=[], disclosed_indexes=[])
    with pytest.raises(InvalidSignatureError, match="does not fit headers, messages, indexes and key"):
        _verify_proof(proof, disclosed_messages=[b"one"], disclosed_indexes=[0])


def test_signing_no_messages_covers_the_header() -> None:
    signature = bbs.sign(SECRET, PUBLIC, header=b"header")
    bbs.verify(PUBLIC, signature, header=b"header")
    with pytest.raises(InvalidSignatureError, match="does not fit"):
        bbs.verify(PUBLIC, signature, header=b"other")


@pytest.mark.parametrize(
    "changes",
    [
        {"header": b"Header"},
        {"presentation_header": b"other"},
        {"disclosed_messages": [b"two", b"five"]},
        {"disclosed_messages": [b"four", b"two"]},
        {"disclosed_indexes": [0, 3]},
        {"disclosed_indexes": [1, 2]},
        {"ciphersuite": bbs.BLS12_381_SHAKE_256},
        {"api_id": b"another interface"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_proof_does_not_hold_for_other_inputs(changes: dict[str, Any]) -> None:
    """C1, D6: nothing that the proof covers can be exchanged."""
    with pytest.raises(InvalidSignatureError, match="does not fit headers, messages, indexes and key"):
        _verify_proof(_proof(), **changes)


def test_a_proof_of_a_signature_that_nobody_made_is_refused() -> None:
    """The challenge fits, since the forger follows the protocol; the pairing does not."""
    invented = SIGNATURE[:48] + (7).to_bytes(32, "big")
    forged = bbs.proof_gen(PUBLIC, invented, header=b"header", messages=MESSAGES, disclosed_indexes=[1, 3])
    with pytest.raises(InvalidSignatureError, match="the BBS proof is of a signature by another key"):
        _verify_proof(forged)


@pytest.mark.parametrize("indexes", [[3, 1], [1, 1], [1, 4], [-1, 1], [1, 2**63]])
def test_indexes_out_of_order_or_range_are_refused(indexes: list[int]) -> None:
    with pytest.raises(CryptographicSecurityError, match="expected ascending message indexes below 4"):
        _verify_proof(_proof(), disclosed_indexes=indexes)
    with pytest.raises(CryptographicSecurityError, match="expected ascending message indexes below 4"):
        _proof(disclosed_indexes=indexes)


def test_messages_without_indexes_are_refused() -> None:
    with pytest.raises(CryptographicSecurityError, match="2 messages are shown, but 1 indexes given"):
        _verify_proof(_proof(), disclosed_indexes=[1])


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_of_a_proof_is_refused(data: st.DataObject) -> None:
    """C1: no bit of the proof is free."""
    proof = bytearray(_proof(random_scalars=lambda count: list(range(7, 7 + count))))
    bit = data.draw(st.integers(0, 8 * len(proof) - 1))
    proof[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CryptographicSecurityError):
        _verify_proof(bytes(proof))


@settings(max_examples=30, deadline=None)
@given(bit=st.integers(0, 8 * 80 - 1))
def test_one_flipped_bit_of_a_signature_is_refused(bit: int) -> None:
    """C1: no bit of the signature is free."""
    signature = bytearray(SIGNATURE)
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CryptographicSecurityError):
        bbs.verify(PUBLIC, bytes(signature), header=b"header", messages=MESSAGES)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (OFF_SUBGROUP_G1, "expected a point of G1, found none"),
        (IDENTITY_G1, "other than the identity"),
        (b"\xe0" + bytes(47), "other than the identity"),
        (b"\xff" * 48, "other than the identity"),
        (b"\xc0" + bytes(46) + b"\x01", "other than the identity"),
        (bytes(48), "expected a point of G1, found none"),
        # The smallest x that is not below the field's prime.
        (
            bytes.fromhex(
                "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
                "1eabfffeb153ffffb9feffffffffaaab"
            ),
            "expected a point of G1, found none",
        ),
    ],
)
def test_points_outside_the_subgroup_are_refused(point: bytes, message: str) -> None:
    """C15: off the subgroup, the identity in any spelling, no point at all."""
    with pytest.raises(CryptographicSecurityError, match=message):
        bbs.verify(PUBLIC, point + SIGNATURE[48:], header=b"header", messages=MESSAGES)
    proof = _proof()
    for start in (0, 48, 96):
        with pytest.raises(CryptographicSecurityError, match=message):
            _verify_proof(proof[:start] + point + proof[start + 48 :])


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 5, 2**256 - 1])
def test_scalars_of_zero_or_beyond_the_order_are_refused(number: int) -> None:
    """C15: a scalar has one spelling."""
    octets = number.to_bytes(32, "big")
    expected = "expected a scalar of 32 bytes between 1 and r - 1"
    with pytest.raises(CryptographicSecurityError, match=expected):
        bbs.verify(PUBLIC, SIGNATURE[:48] + octets, header=b"header", messages=MESSAGES)
    proof = _proof()
    for start in range(144, len(proof), 32):
        with pytest.raises(CryptographicSecurityError, match=expected):
            _verify_proof(proof[:start] + octets + proof[start + 32 :])


@pytest.mark.parametrize("length", [0, 79, 81])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    signature = (SIGNATURE + b"\0")[:length]
    with pytest.raises(CryptographicSecurityError, match=f"expected 80 signature bytes, found {length}"):
        bbs.verify(PUBLIC, signature, header=b"header", messages=MESSAGES)


@pytest.mark.parametrize("length", [0, 31, 271, 273, 300])
def test_a_proof_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(CryptographicSecurityError, match="expected"):
        _verify_proof(_proof()[:length])


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (PUBLIC[:95], "expected 96 public key bytes, found 95"),
        (PUBLIC + b"\0", "expected 96 public key bytes, found 97"),
        (IDENTITY_G2, "other than the identity"),
        (b"\xe0" + bytes(95), "other than the identity"),
        (bytes(96), "expected a point of G2 as public key"),
        (bytes.fromhex("80" + "00" * 94 + "02"), "expected a point of G2 as public key"),
        # The second coordinate with a flag bit, and with the field's prime added: the same number modulo p.
        (PUBLIC[:48] + bytes([PUBLIC[48] | 0x20]) + PUBLIC[49:], "expected a point of G2 as public key"),
        (
            PUBLIC[:48] + (int.from_bytes(PUBLIC[48:], "big") + FIELD).to_bytes(48, "big"),
            "expected a point of G2 as public key",
        ),
    ],
)
def test_a_public_key_that_is_none_is_refused(key: bytes, message: str) -> None:
    """C14, C15: length, curve, subgroup, identity."""
    with pytest.raises(KeyMaterialError, match=message):
        bbs.verify(key, SIGNATURE, header=b"header", messages=MESSAGES)
    with pytest.raises(KeyMaterialError, match=message):
        bbs.proof_verify(key, _proof())


@pytest.mark.parametrize("secret", [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32, bytes(31)])
def test_a_secret_key_that_is_none_is_refused(secret: bytes) -> None:
    with pytest.raises(KeyMaterialError, match="expected a secret key of 32 bytes between 1 and r - 1"):
        bbs.sign(secret, PUBLIC)


def test_zero_randomness_is_refused() -> None:
    """C17: a broken random number generator does not give the signature away."""
    with pytest.raises(CryptographicSecurityError, match="expected random scalars other than zero"):
        _proof(random_scalars=lambda count: [0] * count)


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(CryptographicSecurityError, match="five random scalars and one for each hidden"):
        _proof(random_scalars=lambda count: [1] * (count - 1))


def test_system_randomness_differs_each_time() -> None:
    """C17."""
    numbers = bbs.calculate_random_scalars(20)
    assert len(set(numbers)) == 20
    assert all(0 <= number < ORDER for number in numbers)


def test_a_proof_that_claims_thousands_of_hidden_messages_is_refused_cheaply() -> None:
    proof = _proof()
    stretched = proof[:240] + b"\x01" * 32 * 3000 + proof[-32:]
    with pytest.raises(CryptographicSecurityError, match="3000 hidden messages, at most 2048 can be signed"):
        _verify_proof(stretched)
