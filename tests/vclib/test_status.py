"""Bitstring status lists: bits, their encoding, entries, and what a list says about an entry."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.credentials import Credential, parse_credential
from vclib.encoding import encode_multibase
from vclib.errors import (
    MalformedValueError,
    RangeError,
    StatusListLengthError,
    StatusVerificationError,
    VCError,
)
from vclib.status import (
    StatusEntry,
    StatusList,
    check_status,
    decode_list,
    encode_list,
    is_bitstring_entry,
    new_status_list,
    parse_status_entry,
    status_entry,
    status_list_credential,
)
from vclib.strict_json import JSONObject

URL = "https://example.com/credentials/status/3"
ISSUER = "did:example:12345"
MADE = datetime(2021, 4, 5, 14, 27, 40, tzinfo=UTC)

# Both examples of https://www.w3.org/TR/vc-bitstring-status-list/#data-model.
EXAMPLE_ENTRY: JSONObject = {
    "id": "https://example.com/credentials/status/3#94567",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://example.com/credentials/status/3",
}
EXAMPLE_LIST = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def _credential(status_list: StatusList, **changes: Any) -> Credential:
    members: dict[str, Any] = {
        "url": URL,
        "issuer": ISSUER,
        "purposes": ["revocation"],
        "valid_from": MADE,
    }
    return parse_credential(status_list_credential(status_list, **(members | changes)))


def _example(**subject: Any) -> Credential:
    """The specification's list credential with the subject's members changed; ... leaves one out."""
    document = status_list_credential(
        new_status_list(), url=URL, issuer=ISSUER, purposes=["revocation"], valid_from=MADE
    )
    members = {**document["credentialSubject"], **subject}
    document["credentialSubject"] = {name: value for name, value in members.items() if value is not ...}
    return parse_credential(document)


# --- bits -----------------------------------------------------------------------------------------


def test_the_first_entry_is_the_left_most_bit() -> None:
    """https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential, encodedList."""
    assert new_status_list().set(0).bitstring[:2] == b"\x80\x00"
    assert new_status_list().set(7).bitstring[:2] == b"\x01\x00"
    assert new_status_list().set(8).bitstring[:2] == b"\x00\x80"
    assert new_status_list().set(131071).bitstring[-1] == 0x01


def test_an_entry_of_several_bits_lies_at_its_index_times_its_size() -> None:
    status_list = new_status_list(status_size=2).set_all({0: 2, 1: 1, 3: 3})
    assert status_list.bitstring[:2] == b"\x93\x00"
    assert [status_list.get(index) for index in range(5)] == [2, 1, 0, 3, 0]


def test_an_entry_may_lie_across_bytes() -> None:
    status_list = new_status_list(status_size=3).set(2, 5)
    assert status_list.bitstring[:2] == b"\x02\x80"
    assert status_list.get(2) == 5


def test_setting_gives_another_list_and_leaves_the_old_one() -> None:
    old = new_status_list()
    new = old.set(5).set(6).set(5, 0)
    assert (old.get(5), new.get(5), new.get(6)) == (0, 0, 1)
    assert old == new_status_list()


@given(
    size=st.integers(1, 8),
    values=st.dictionaries(st.integers(0, 300), st.integers(0, 255), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_what_was_set_is_what_is_read(size: int, values: dict[int, int]) -> None:
    fitting = {index: value % (1 << size) for index, value in values.items()}
    status_list = StatusList(bytes(400), size).set_all(fitting)
    assert [status_list.get(index) for index in range(301)] == [fitting.get(index, 0) for index in range(301)]
    assert decode_list(encode_list(status_list), status_size=size) == status_list


@pytest.mark.parametrize("index", [-1, 131072, 2**70])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    """H5."""
    with pytest.raises(RangeError, match="outside a list of 131072 entries"):
        new_status_list().get(index)
    with pytest.raises(RangeError, match="outside a list of 131072 entries"):
        new_status_list().set(index)


@pytest.mark.parametrize(("size", "value"), [(1, 2), (2, 4), (1, -1)])
def test_a_value_that_does_not_fit_is_refused(size: int, value: int) -> None:
    with pytest.raises(RangeError, match="does not fit"):
        new_status_list(status_size=size).set(0, value)


# --- encoding -------------------------------------------------------------------------------------


def test_the_specifications_example_is_a_list_of_131072_unset_entries() -> None:
    status_list = decode_list(EXAMPLE_LIST)
    assert len(status_list) == 131072
    assert status_list == new_status_list()


def test_a_list_is_encoded_the_same_each_time() -> None:
    encoded = encode_list(new_status_list().set(94567))
    assert encoded == encode_list(new_status_list().set(94567))
    assert encoded[0] == "u"
    assert decode_list(encoded).get(94567) == 1


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (EXAMPLE_LIST[1:], "multibase prefix"),
        ("z" + EXAMPLE_LIST[1:], "multibase prefix"),
        (EXAMPLE_LIST + "=", "base64url"),
        (EXAMPLE_LIST + " ", "base64url"),
        ("", "multibase"),
        (None, "multibase"),
        (["u"], "multibase"),
        ("u", "cut off"),
        (encode_multibase(_gzip(bytes(16384))[:-1], base="u"), "cut off"),
        (encode_multibase(_gzip(bytes(16384))[:20], base="u"), "cut off"),
        (encode_multibase(_gzip(bytes(16384))[:-8] + bytes(8), base="u"), "damaged"),
        (encode_multibase(_gzip(bytes(16384))[:-4] + b"\x01\x40\x00\x00", base="u"), "damaged"),
        (encode_multibase(_gzip(bytes(16384)) + b"\x00", base="u"), "bytes follow"),
        (encode_multibase(_gzip(bytes(16384)) + _gzip(bytes(1)), base="u"), "bytes follow"),
        (encode_multibase(zlib.compress(bytes(16384)), base="u"), "damaged"),
        (encode_multibase(bytes(16384), base="u"), "damaged"),
    ],
)
def test_a_damaged_list_is_refused(encoded: object, message: str) -> None:
    """H4: no "u", other white space, cut off, a wrong check sum or length, trailing bytes, two members."""
    with pytest.raises(MalformedValueError, match=f"encodedList: .*{message}"):
        decode_list(encoded)


def test_a_list_that_inflates_without_end_is_stopped() -> None:
    """H3: 64 MiB of zeros in 64 kB; no more than the limit of 8 MiB is ever held."""
    bomb = encode_multibase(_gzip(bytes(64 * 1024 * 1024)), base="u")
    tracemalloc.start()
    with pytest.raises(StatusListLengthError, match="longer than 8388608 bytes"):
        decode_list(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 * 1024 * 1024


@pytest.mark.parametrize("length", [0, 8, 131071])
def test_a_list_too_short_to_hide_anyone_cannot_be_made(length: int) -> None:
    """H10."""
    with pytest.raises(StatusListLengthError, match="at least 131072 entries"):
        new_status_list(length)
    with pytest.raises(StatusListLengthError, match="at least 131072 entries"):
        status_list_credential(
            StatusList(bytes(length // 8)), url=URL, issuer=ISSUER, purposes=["revocation"], valid_from=MADE
        )


@pytest.mark.parametrize(("length", "size"), [(2**26 + 8, 1), (131072, 0), (131072, 9)])
def test_a_list_beyond_our_bounds_cannot_be_made(length: int, size: int) -> None:
    with pytest.raises(RangeError, match=r"larger than the limit|status size"):
        new_status_list(length, status_size=size)


# --- entries --------------------------------------------------------------------------------------


def test_the_specifications_example_entry_is_read() -> None:
    assert parse_status_entry(EXAMPLE_ENTRY) == StatusEntry("revocation", 94567, URL)


def test_an_entry_is_written_without_an_id() -> None:
    assert status_entry(StatusEntry("revocation", 94567, URL)) == {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": URL,
    }


def test_an_entry_with_messages_is_written_and_read() -> None:
    entry = StatusEntry("message", 3, URL, 2, {0: "valid", 1: "recalled", 2: "superseded", 3: "undefined"})
    written = status_entry(entry)
    assert written["statusSize"] == 2
    assert written["statusMessage"] == [
        {"status": "0x0", "message": "valid"},
        {"status": "0x1", "message": "recalled"},
        {"status": "0x2", "message": "superseded"},
        {"status": "0x3", "message": "undefined"},
    ]
    assert parse_status_entry(written) == entry


def test_an_entry_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(MalformedValueError, match="statusListIndex"):
        status_entry(StatusEntry("revocation", -1, URL))


@pytest.mark.parametrize(
    "index",
    ["-1", "+1", "007", "00", "1.0", "0x10", " 1", "1 ", "", "1e3", "९", "9" * 21, 94567, 0, None, ["1"]],
)
def test_an_index_that_is_no_decimal_string_is_refused(index: object) -> None:
    """H5: never read as index 0."""
    with pytest.raises(MalformedValueError, match="statusListIndex: expected a string of decimal digits"):
        parse_status_entry({**EXAMPLE_ENTRY, "statusListIndex": index})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"statusPurpose": 1}, "statusPurpose: expected a string"),
        ({"statusPurpose": ""}, "statusPurpose: expected a string"),
        ({"statusPurpose": ["revocation"]}, "statusPurpose: expected a string"),
        ({"statusListCredential": "status/3"}, "statusListCredential: expected one absolute URL"),
        ({"statusListCredential": None}, "statusListCredential: expected one absolute URL"),
        ({"id": URL}, "id: the id of a status entry must not be the URL of the list"),
        ({"statusSize": 0}, "statusSize: expected an integer of 1 to 8"),
        ({"statusSize": 9}, "statusSize: expected an integer of 1 to 8"),
        ({"statusSize": "2"}, "statusSize: expected an integer of 1 to 8"),
        ({"statusSize": True}, "statusSize: expected an integer of 1 to 8"),
        ({"statusSize": 2}, "statusMessage: expected a message for every value"),
        (
            {"statusMessage": [{"status": "0x0", "message": "a"}]},
            "statusMessage: expected a list of 2 messages",
        ),
        ({"statusMessage": {"status": "0x0", "message": "a"}}, "statusMessage: expected a list"),
        ({"statusMessage": [{"status": "0x0", "message": "a"}] * 2}, "statusMessage: expected each value"),
        (
            {"statusMessage": [{"status": "0", "message": "a"}, {"status": "0x1", "message": "b"}]},
            "statusMessage: expected objects such as",
        ),
        (
            {"statusMessage": [{"status": "0x0", "message": "a"}, {"status": "0x1"}]},
            "statusMessage: expected obj",
        ),
        ({"statusMessage": ["a", "b"]}, "statusMessage: expected objects such as"),
        ({"statusReference": "see below"}, "statusReference: expected one or more URLs"),
        ({"statusReference": ["https://example.org/", 3]}, "statusReference: expected one or more URLs"),
    ],
)
def test_a_malformed_entry_is_refused_by_its_member(changes: JSONObject, message: str) -> None:
    with pytest.raises(MalformedValueError, match=message):
        parse_status_entry(EXAMPLE_ENTRY | changes)


@pytest.mark.parametrize(
    ("declared", "known"),
    [
        ("BitstringStatusListEntry", True),
        (["BitstringStatusListEntry", "https://example.org/#Other"], True),
        ("https://www.w3.org/ns/credentials/status#BitstringStatusListEntry", True),
        ("StatusList2021Entry", False),
        ("https://example.org/#BitstringStatusListEntry", False),
    ],
)
def test_an_entry_is_recognised_by_its_type(declared: object, known: bool) -> None:
    """A8."""
    assert is_bitstring_entry({**EXAMPLE_ENTRY, "type": declared}) is known


# --- the list credential --------------------------------------------------------------------------


def test_a_list_credential_has_the_form_of_the_specifications_example() -> None:
    document = status_list_credential(
        new_status_list(),
        url=URL,
        issuer=ISSUER,
        purposes=["revocation"],
        valid_from=MADE,
        valid_until=MADE + timedelta(days=1),
        ttl=timedelta(minutes=5),
    )
    assert document == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "https://example.com/credentials/status/3",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:example:12345",
        "validFrom": "2021-04-05T14:27:40Z",
        "validUntil": "2021-04-06T14:27:40Z",
        "credentialSubject": {
            "id": "https://example.com/credentials/status/3#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": document["credentialSubject"]["encodedList"],
            "ttl": 300000,
        },
    }
    assert decode_list(document["credentialSubject"]["encodedList"]) == decode_list(EXAMPLE_LIST)


def test_an_unset_entry_is_not_set() -> None:
    result = check_status(parse_status_entry(EXAMPLE_ENTRY), _example(encodedList=EXAMPLE_LIST))
    assert (result.purpose, result.value, result.is_set, result.message) == ("revocation", 0, False, None)


def test_a_set_entry_is_set_and_its_neighbours_are_not() -> None:
    listed = _credential(new_status_list().set(94567))
    entry = parse_status_entry(EXAMPLE_ENTRY)
    assert check_status(entry, listed).is_set
    for neighbour in (94566, 94568):
        assert not check_status(StatusEntry("revocation", neighbour, URL), listed).is_set


def test_a_result_tells_how_old_the_list_is_and_how_long_it_may_be_kept() -> None:
    """H7: a store can compare this list with the newest it has seen."""
    listed = _credential(new_status_list(), valid_until=MADE + timedelta(days=7), ttl=timedelta(hours=1))
    result = check_status(parse_status_entry(EXAMPLE_ENTRY), listed)
    assert (result.list_url, result.list_valid_from) == (URL, MADE)
    assert (result.list_valid_until, result.ttl) == (MADE + timedelta(days=7), timedelta(hours=1))


def test_one_list_may_have_several_purposes() -> None:
    """H6."""
    listed = _credential(new_status_list().set(4), purposes=["revocation", "suspension"])
    for purpose in ("revocation", "suspension"):
        assert check_status(StatusEntry(purpose, 4, URL), listed).is_set
    with pytest.raises(StatusVerificationError, match="not one for 'message'"):
        check_status(StatusEntry("message", 4, URL), listed)


def test_a_message_belongs_to_its_value() -> None:
    messages = {0: "pending", 1: "accepted", 2: "rejected", 3: "undefined"}
    listed = _credential(new_status_list(status_size=2).set(9, 2), purposes=["message"])
    result = check_status(StatusEntry("message", 9, URL, 2, messages), listed)
    assert (result.value, result.message) == (2, "rejected")


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        (StatusEntry("suspension", 1, URL), StatusVerificationError, "not one for 'suspension'"),
        (
            StatusEntry("revocation", 1, URL + "0"),
            StatusVerificationError,
            "not .*status/30 that was asked for",
        ),
        (StatusEntry("revocation", 131072, URL), RangeError, "outside a list of 131072"),
        (StatusEntry("revocation", 10**19, URL), RangeError, "outside a list of 131072"),
        (StatusEntry("revocation", 1, URL, 2), StatusListLengthError, "65536 entries, fewer than 131072"),
    ],
)
def test_a_list_that_does_not_fit_the_entry_is_refused(
    entry: StatusEntry, error: type[VCError], message: str
) -> None:
    """H2, H5, H6, H10."""
    with pytest.raises(error, match=message):
        check_status(entry, _credential(new_status_list()))


@pytest.mark.parametrize(
    ("subject", "error", "message"),
    [
        ({"encodedList": ...}, MalformedValueError, "encodedList"),
        ({"encodedList": "uAAAA"}, MalformedValueError, "encodedList"),
        ({"statusPurpose": ...}, MalformedValueError, "statusPurpose: expected one or more strings"),
        ({"type": ...}, VCError, "type|statusPurpose"),
        ({"ttl": -1}, MalformedValueError, "ttl: expected milliseconds"),
        ({"ttl": "300000"}, MalformedValueError, "ttl: expected milliseconds"),
        (
            {"encodedList": encode_list(StatusList(bytes(1)))},
            StatusListLengthError,
            "8 entries, fewer than 131072",
        ),
    ],
)
def test_a_malformed_list_is_refused(subject: JSONObject, error: type[VCError], message: str) -> None:
    """H4, H10."""
    with pytest.raises(error, match=message):
        check_status(parse_status_entry(EXAMPLE_ENTRY), _example(**subject))


def test_a_credential_of_another_type_is_no_status_list(unsigned: Callable[..., JSONObject]) -> None:
    with pytest.raises(StatusVerificationError, match="not a BitstringStatusListCredential"):
        check_status(parse_status_entry(EXAMPLE_ENTRY), parse_credential(unsigned(id=URL)))


def test_a_list_credential_without_the_url_as_its_id_is_refused() -> None:
    """H2: without it, one list of an issuer could stand in for another."""
    document = status_list_credential(
        new_status_list(), url=URL, issuer=ISSUER, purposes=["revocation"], valid_from=MADE
    )
    del document["id"]
    with pytest.raises(StatusVerificationError, match="says it is None"):
        check_status(parse_status_entry(EXAMPLE_ENTRY), parse_credential(document))


def test_a_list_credential_has_one_list() -> None:
    document = status_list_credential(
        new_status_list(), url=URL, issuer=ISSUER, purposes=["revocation"], valid_from=MADE
    )
    document["credentialSubject"] = [document["credentialSubject"], {"id": "https://example.com/other"}]
    with pytest.raises(MalformedValueError, match="expected one status list"):
        check_status(parse_status_entry(EXAMPLE_ENTRY), parse_credential(document))
