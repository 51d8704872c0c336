"""Label maps: shuffled by the issuer, checked by the verifier. Threats D6, D12."""

from __future__ import annotations

import pytest

from vclib.cryptosuites.labels import (
    check_hmac_key,
    hmac_label_map_factory,
    new_hmac_key,
    replacement_label_map_factory,
    shuffled_label_map_factory,
)
from vclib.errors import ProofGenerationError, ProofVerificationError

# The key and the labels of the vectors of vc-di-ecdsa and vc-di-bbs ("prc").
KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF")
CANONICAL = {"x": "c14n0", "y": "c14n1", "z": "c14n2"}


def test_hmac_labels_are_the_published_ones() -> None:
    assert hmac_label_map_factory(KEY)(CANONICAL) == {
        "x": "u4YIOZn1MHES1Z4Ij2hWZG3R4dEYBqg5fHTyDEvYhC38",
        "y": "u3Lv2QpFgo-YAegc1cQQKWJFW2sEjQF6FfuZ0VEoMKHg",
        "z": "uVkUuBrlOaELGVQWJD4M_qW5bcKEHWGNbOrPA_qAOKKw",
    }


def test_shuffled_labels_are_the_published_ones() -> None:
    assert shuffled_label_map_factory(KEY)(CANONICAL) == {"x": "b1", "y": "b0", "z": "b2"}


def test_the_order_of_the_entries_does_not_matter() -> None:
    backwards = dict(reversed(CANONICAL.items()))
    assert shuffled_label_map_factory(KEY)(backwards) == shuffled_label_map_factory(KEY)(CANONICAL)


def test_another_key_gives_other_labels() -> None:
    """D12: neither labels nor their order can be recognized in another credential."""
    other = bytes(32)
    first, second = hmac_label_map_factory(KEY)(CANONICAL), hmac_label_map_factory(other)(CANONICAL)
    assert set(first.values()).isdisjoint(second.values())
    canonical = {str(number): f"c14n{number}" for number in range(20)}
    shuffles = {tuple(shuffled_label_map_factory(bytes([n] * 32))(canonical).values()) for n in range(20)}
    assert len(shuffles) == 20
    assert all(sorted(shuffle) == sorted(f"b{number}" for number in range(20)) for shuffle in shuffles)


def test_hmac_keys_are_random_and_of_the_length_of_the_digest() -> None:
    keys = {new_hmac_key() for _ in range(20)}
    assert len(keys) == 20
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize("length", [0, 31, 33])
def test_an_hmac_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ProofGenerationError, match=f"expected an HMAC key of 32 bytes, found {length}"):
        check_hmac_key(bytes(length))


def test_a_verifier_replaces_the_labels() -> None:
    factory = replacement_label_map_factory({"c14n0": "b7", "c14n1": "b2"})
    assert factory({"p": "c14n1", "q": "c14n0"}) == {"p": "b2", "q": "b7"}


@pytest.mark.parametrize(
    "label_map",
    [
        {},
        {"c14n0": "b7"},
        {"c14n0": "b7", "c14n2": "b2"},
        {"c14n0": "b7", "c14n1": "b2", "c14n2": "b3"},
    ],
)
def test_a_label_map_that_does_not_fit_the_blank_nodes_is_refused(label_map: dict[str, str]) -> None:
    factory = replacement_label_map_factory(label_map)
    with pytest.raises(ProofVerificationError, match="does not fit the blank nodes of the document"):
        factory({"p": "c14n1", "q": "c14n0"})


def test_one_label_for_two_blank_nodes_is_refused() -> None:
    factory = replacement_label_map_factory({"c14n0": "b7", "c14n1": "b7"})
    with pytest.raises(ProofVerificationError, match="gives one label to two blank nodes"):
        factory({"p": "c14n1", "q": "c14n0"})
