"""Why a trust list is not taken: each failure by its name, under the one tree of `vclib.errors`."""

from __future__ import annotations

from vclib.errors import VCError


class TrustListError(VCError):
    """A trust list is not one that may be believed; whatever was believed before stays."""

    code = "trust-list"


class UnsignedListError(TrustListError):
    """Nothing vouches for the list: no signature by a pinned publisher, no pinned digest, no authority."""

    code = "trust-list-unsigned"


class WrongPublisherError(TrustListError):
    """The list is signed by somebody other than the publisher who was pinned for it."""

    code = "trust-list-publisher"


class OlderListError(TrustListError):
    """The list is older than the one that is in force."""

    code = "trust-list-older"


class ExpiredListError(TrustListError):
    """The list has ended, or has not yet begun."""

    code = "trust-list-expired"


class TestListError(TrustListError):
    """The list is of a test or acceptance system, and nobody said that such may be used here."""

    code = "trust-list-test"
    # Not a test case: collectors of tests go by the name.
    __test__ = False
