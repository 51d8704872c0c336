"""Base45 as RFC 9285 prints it, and nothing that is almost base45."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vclib.base45 import decode_base45, encode_base45
from vclib.errors import EncodingError

# RFC 9285 sections 4.3 and 4.4.
EXAMPLES = [
    (b"AB", "BB8"),
    (b"Hello!!", "%69 VD92EX0"),
    (b"base-45", "UJCLQE7W581"),
    (b"ietf!", "QED8WEX0"),
    (b"", ""),
]


@pytest.mark.parametrize(("data", "text"), EXAMPLES)
def test_the_examples_of_rfc_9285_hold_both_ways(data: bytes, text: str) -> None:
    assert encode_base45(data) == text
    assert decode_base45(text) == data


@given(st.binary(max_size=200))
def test_every_byte_string_comes_back(data: bytes) -> None:
    assert decode_base45(encode_base45(data)) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A", "cannot be a whole number of bytes"),
        ("BB8A", "cannot be a whole number of bytes"),
        ("GGW", "group at character 0 is too large"),  # RFC 9285 section 6: 65536
        (":::", "group at character 0 is too large"),
        ("BB8V5", "group at character 3 is too large"),  # 256: one byte holds 255, "U5"
        ("bb8", "found another character"),
        ("BB8\n", "cannot be a whole number"),
        ("BB\n", "found another character"),
        ("BB_", "found another character"),
        ("ＢB8", "found another character"),
    ],
)
def test_what_is_not_base45_is_refused(text: str, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        decode_base45(text)
