"""Padded content has one of few lengths and comes back exactly."""

from __future__ import annotations

import pytest

from vclib.errors import SealingError
from wallet.padding import pad, unpad


@pytest.mark.parametrize(
    ("length", "padded"), [(0, 4096), (1, 4096), (4092, 4096), (4093, 8192), (8188, 8192), (70_000, 131_072)]
)
def test_lengths_become_powers_of_two(length: int, padded: int) -> None:
    """K1."""
    content = b"\xff" * length
    assert len(pad(content)) == padded
    assert unpad(pad(content)) == content


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\x00\x00\x00",
        bytes(4095),
        bytes(4095) + b"x",
        b"\x00\x01\x00\x00" + bytes(4092),
        b"\xff\xff\xff\xff" + bytes(4092),
        bytes(8192),
    ],
)
def test_other_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(SealingError, match="padded in another way"):
        unpad(padded)
