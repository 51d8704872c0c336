"""Status in the procedure: each list verified like a credential, and nothing unchecked read as good news."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.vclib.parties import Party
from vclib.environment import Environment
from vclib.errors import (
    FetchError,
    MalformedValueError,
    RangeError,
    StatusError,
    StatusListLengthError,
    StatusRetrievalError,
    StatusVerificationError,
    VCError,
)
from vclib.status import (
    StatusEntry,
    StatusList,
    StatusResult,
    new_status_list,
    status_entry,
    status_list_credential,
)
from vclib.strict_json import JSONObject
from vclib.verification import NotChecked, VerifiedCredential, verify_credential

Maker = Callable[..., JSONObject]
MakeEnvironment = Callable[..., Environment]

URL = "https://status.moh.example/3"
OTHER_URL = "https://status.moh.example/4"
MADE = datetime(2026, 6, 30, tzinfo=UTC)


def _list(signer: Party, status_list: StatusList, **changes: Any) -> JSONObject:
    members: dict[str, Any] = {
        "url": URL,
        "issuer": signer.did,
        "purposes": ["revocation"],
        "valid_from": MADE,
        "valid_until": MADE + timedelta(days=7),
    }
    return signer.sign(status_list_credential(status_list, **(members | changes)))


def _entry(purpose: str = "revocation", index: int = 94567, url: str = URL) -> JSONObject:
    return status_entry(StatusEntry(purpose, index, url))


@pytest.fixture
def verify(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> Callable[..., VerifiedCredential]:
    """Verify a credential of the ministry with these status entries against these lists."""

    def run(lists: dict[str, JSONObject], *entries: JSONObject, **settings: Any) -> VerifiedCredential:
        document = ministry.sign(unsigned(credentialStatus=list(entries)))
        return verify_credential(document, environment(**({"fetch_status": lists.__getitem__} | settings)))

    return run


def _error(verified: VerifiedCredential) -> VCError:
    (status,) = verified.status
    assert isinstance(status, NotChecked)
    return status.error


def test_a_credential_that_is_not_revoked_is_not(ministry: Party, verify: Callable[..., Any]) -> None:
    (status,) = verify({URL: _list(ministry, new_status_list().set(94566))}, _entry()).status
    assert isinstance(status, StatusResult)
    assert (status.purpose, status.is_set, status.list_valid_from) == ("revocation", False, MADE)


def test_a_revoked_credential_is_genuine_and_revoked(ministry: Party, verify: Callable[..., Any]) -> None:
    (status,) = verify({URL: _list(ministry, new_status_list().set(94567))}, _entry()).status
    assert isinstance(status, StatusResult)
    assert status.is_set


def test_each_status_is_told_by_its_name(ministry: Party, verify: Callable[..., Any]) -> None:
    """H8."""
    lists = {
        URL: _list(ministry, new_status_list()),
        OTHER_URL: _list(ministry, new_status_list().set(7), url=OTHER_URL, purposes=["suspension"]),
    }
    verified = verify(lists, _entry(), _entry("suspension", 7, OTHER_URL))
    assert [(status.purpose, status.is_set) for status in verified.status] == [
        ("revocation", False),
        ("suspension", True),
    ]


def test_one_list_is_fetched_once_for_several_purposes(ministry: Party, verify: Callable[..., Any]) -> None:
    """H12: a list is fetched whole and once; its URL says nothing about the holder."""
    asked: list[str] = []
    document = _list(ministry, new_status_list(), purposes=["revocation", "suspension"])

    def fetch(url: str) -> JSONObject:
        asked.append(url)
        return document

    verify({}, _entry(), _entry("suspension", 7), fetch_status=fetch)
    assert asked == [URL]


def _fail(error: VCError) -> Callable[[str], JSONObject]:
    def fetch(url: str) -> JSONObject:
        raise error

    return fetch


@pytest.mark.parametrize(
    "fetch_status", [None, _fail(StatusRetrievalError("no list")), _fail(FetchError("no list"))]
)
def test_a_list_that_cannot_be_fetched_leaves_the_status_unchecked(
    verify: Callable[..., Any], fetch_status: object
) -> None:
    """H1."""
    verified = verify({}, _entry(), fetch_status=fetch_status)
    assert isinstance(_error(verified), (StatusRetrievalError, FetchError))


def _tampered(document: JSONObject) -> JSONObject:
    subject: Any = document["credentialSubject"]
    fresh: Any = status_list_credential(
        new_status_list(), url=URL, issuer="did:example:x", purposes=["revocation"], valid_from=MADE
    )["credentialSubject"]
    return {**document, "credentialSubject": {**subject, "encodedList": fresh["encodedList"]}}


def test_a_list_that_was_changed_is_not_believed(ministry: Party, verify: Callable[..., Any]) -> None:
    """H2: the bit of a revoked credential was cleared on the way."""
    document = _tampered(_list(ministry, new_status_list().set(94567)))
    error = _error(verify({URL: document}, _entry()))
    assert isinstance(error, StatusVerificationError)
    assert error.type == "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"


def test_an_unsigned_list_is_not_believed(ministry: Party, verify: Callable[..., Any]) -> None:
    """H2."""
    document = _list(ministry, new_status_list())
    del document["proof"]
    error = _error(verify({URL: document}, _entry()))
    assert isinstance(error, StatusVerificationError)
    assert "no proof" in error.message


def test_a_list_of_somebody_else_is_not_believed(mallory: Party, verify: Callable[..., Any]) -> None:
    """H2."""
    error = _error(verify({URL: _list(mallory, new_status_list())}, _entry()))
    assert isinstance(error, StatusVerificationError)
    assert "another issuer" in error.message


def test_a_list_in_the_issuers_name_by_another_key_is_not_believed(
    ministry: Party, mallory: Party, verify: Callable[..., Any]
) -> None:
    """H2, C7."""
    document = _list(mallory, new_status_list(), issuer=ministry.did)
    error = _error(verify({URL: document}, _entry()))
    assert isinstance(error, StatusVerificationError)
    assert "no proof was made by a key of the issuer" in error.message


def test_a_list_of_the_issuers_other_did_is_believed(
    ministry: Party, ministry_bbs: Party, mallory: Party, verify: Callable[..., Any]
) -> None:
    """H2: a named delegate."""
    lists = {URL: _list(mallory, new_status_list())}
    verified = verify(lists, _entry(), issuer_keys=lambda _: [ministry.did, mallory.did])
    assert isinstance(verified.status[0], StatusResult)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"valid_from": MADE - timedelta(days=30), "valid_until": MADE}, "the status list itself is expired"),
        ({"valid_from": datetime(2026, 7, 2, tzinfo=UTC)}, "the status list itself is not-yet-valid"),
        ({"url": OTHER_URL}, "says it is https://status.moh.example/4"),
        ({"purposes": ["suspension"]}, "not one for 'revocation'"),
    ],
)
def test_a_list_out_of_its_time_place_or_purpose_is_not_believed(
    ministry: Party, verify: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    """H2, H6."""
    error = _error(verify({URL: _list(ministry, new_status_list(), **changes)}, _entry()))
    assert isinstance(error, StatusVerificationError)
    assert message in error.message


def test_a_short_list_is_told_as_one_that_hides_nobody(ministry: Party, verify: Callable[..., Any]) -> None:
    """H10."""
    document = status_list_credential(
        new_status_list(), url=URL, issuer=ministry.did, purposes=["revocation"], valid_from=MADE
    )
    # Eight entries, as encode_list(StatusList(b"\\x00")) writes them.
    document["credentialSubject"]["encodedList"] = "uH4sIAAAAAAACA2MAAI3vAtIBAAAA"
    lists = {URL: ministry.sign(document)}
    error = _error(verify(lists, _entry(index=3)))
    assert isinstance(error, StatusListLengthError)
    assert error.type == "https://www.w3.org/ns/credentials/status-list#STATUS_LIST_LENGTH_ERROR"
    assert isinstance(verify(lists, _entry(index=3), minimum_status_entries=8).status[0], StatusResult)


def test_an_index_beyond_the_list_is_a_range_error(ministry: Party, verify: Callable[..., Any]) -> None:
    """H5."""
    error = _error(verify({URL: _list(ministry, new_status_list())}, _entry(index=131072)))
    assert isinstance(error, RangeError)
    assert error.type == "https://www.w3.org/TR/vc-data-model#RANGE_ERROR"


@pytest.mark.parametrize("index", ["-1", "007", "+7", "1.0"])
def test_a_malformed_index_refuses_the_credential(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment, index: str
) -> None:
    """H5."""
    document = ministry.sign(unsigned(credentialStatus=_entry() | {"statusListIndex": index}))
    with pytest.raises(MalformedValueError, match="statusListIndex"):
        verify_credential(document, environment())


def test_a_kind_of_status_that_is_not_known_is_unchecked_and_not_passed_over(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> None:
    """H1."""
    entry = {"id": "https://moh.example/ocsp/1", "type": "https://example.org/#OnlineStatus"}
    verified = verify_credential(ministry.sign(unsigned(credentialStatus=entry)), environment())
    assert type(_error(verified)) is StatusError


def test_lists_are_fetched_up_to_a_bound(ministry: Party, verify: Callable[..., Any]) -> None:
    """G11."""
    urls = [f"https://status.moh.example/{number}" for number in range(10)]
    asked: list[str] = []

    def fetch(url: str) -> JSONObject:
        asked.append(url)
        raise StatusRetrievalError("no list")

    verified = verify({}, *[_entry(url=url) for url in urls], fetch_status=fetch, max_fetches=4)
    assert asked == urls[:4]
    assert "one look-up more than the 4 allowed" in verified.status[4].error.message
