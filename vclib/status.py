"""Bitstring Status List 1.0: build a list, encode it, look up what it says about one credential.

One list says "set" or "not set" (or a small number) about at least 131,072 credentials, so that whoever
fetches it does not tell the issuer which credential is being looked at. Functions over values: fetching the
list, verifying its proof and remembering the newest one seen are the caller's part (`vclib.verification`,
the verifier's store). Source: https://www.w3.org/TR/vc-bitstring-status-list/.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from vclib.credentials import Credential
from vclib.data_model import BASE_CONTEXT_V2, STATUS, is_url, types_of, url_of
from vclib.datetimes import format_datetime
from vclib.encoding import decode_multibase, encode_multibase
from vclib.errors import (
    EncodingError,
    MalformedValueError,
    RangeError,
    StatusListLengthError,
    StatusVerificationError,
)
from vclib.strict_json import JSONObject, JSONValue, json_type_name

ENTRY_TYPE = "BitstringStatusListEntry"
LIST_TYPE = "BitstringStatusList"
LIST_CREDENTIAL_TYPE = "BitstringStatusListCredential"

# https://www.w3.org/TR/vc-bitstring-status-list/#statuspurpose
REVOCATION = "revocation"
SUSPENSION = "suspension"
REFRESH = "refresh"
MESSAGE = "message"

# "minimumNumberOfEntries", https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm
MINIMUM_ENTRIES = 131_072
# The standard has no upper bound. 8 MiB is 67 million entries of one bit: more than a country needs in one
# list, and little enough to be inflated by a stranger's wish (threat H3).
MAX_BITSTRING_BYTES = 8 * 1024 * 1024
# 2 to the power of this many messages have to be written out in the entry.
MAX_STATUS_SIZE = 8

# Base 10, one spelling for each number. Twenty digits are beyond any list.
_INDEX = re.compile(r"0|[1-9][0-9]{0,19}")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,8}")
# The zlib window bits that stand for "gzip member, and nothing else".
_GZIP = 31


@dataclass(frozen=True)
class StatusList:
    """The values of a list: `status_size` bits each, the first entry at the left-most bit.

    Immutable; `set` returns another list. RangeError for an index outside the list or a value too large.
    """

    bitstring: bytes
    status_size: int = 1

    def __len__(self) -> int:
        return len(self.bitstring) * 8 // self.status_size

    def get(self, index: int) -> int:
        """Return the value at `index`."""
        self._check(index)
        first = index * self.status_size
        last = first + self.status_size
        window = self.bitstring[first // 8 : (last + 7) // 8]
        return int.from_bytes(window) >> (-last % 8) & ((1 << self.status_size) - 1)

    def set(self, index: int, value: int = 1) -> StatusList:
        """Return the list with `value` at `index`."""
        return self.set_all({index: value})

    def set_all(self, values: Mapping[int, int]) -> StatusList:
        """Return the list with every index of `values` set to its value: one copy for many changes."""
        bits = bytearray(self.bitstring)
        for index, value in values.items():
            self._check(index)
            if not 0 <= value < 1 << self.status_size:
                raise RangeError(f"status value {value} does not fit into {self.status_size} bits")
            for offset in range(self.status_size):
                position = index * self.status_size + offset
                mask = 0x80 >> position % 8
                if value >> (self.status_size - 1 - offset) & 1:
                    bits[position // 8] |= mask
                else:
                    bits[position // 8] &= ~mask
        return StatusList(bytes(bits), self.status_size)

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise RangeError(f"status index {index} lies outside a list of {len(self)} entries")


@dataclass(frozen=True)
class StatusEntry:
    """A credential's place in a status list. `messages` maps a value to its message, where there are any."""

    purpose: str
    index: int
    list_url: str
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StatusResult:
    """What a list says about one credential.

    `is_set` for a value other than 0, `message` for the purpose "message" (or where messages are given).
    `list_valid_from` orders the versions of one list: a store that has seen a later one should warn (H7).
    `ttl` is how long the list may be kept before it is fetched again.
    """

    purpose: str
    value: int
    list_url: str
    message: str | None = None
    list_valid_from: datetime | None = None
    list_valid_until: datetime | None = None
    ttl: timedelta | None = None

    @property
    def is_set(self) -> bool:
        """Whether the value is another than 0."""
        return self.value != 0


def new_status_list(length: int = MINIMUM_ENTRIES, *, status_size: int = 1) -> StatusList:
    """Return a list of `length` entries (or a few more, to whole bytes), all 0.

    Raises StatusListLengthError for fewer than 131,072 entries, which could not hide anybody (threat H10),
    RangeError for a list or status size beyond our bounds.
    """
    if length < MINIMUM_ENTRIES:
        raise StatusListLengthError(f"expected at least {MINIMUM_ENTRIES} entries, found {length}")
    if not 1 <= status_size <= MAX_STATUS_SIZE:
        raise RangeError(f"expected a status size of 1 to {MAX_STATUS_SIZE} bits, found {status_size}")
    size = (length * status_size + 7) // 8
    if size > MAX_BITSTRING_BYTES:
        raise RangeError(f"a list of {size} bytes is larger than the limit of {MAX_BITSTRING_BYTES}")
    return StatusList(bytes(size), status_size)


def encode_list(status_list: StatusList) -> str:
    """Return `encodedList`: multibase base64url ("u") of the gzip-compressed bitstring, reproducibly."""
    return encode_multibase(gzip.compress(status_list.bitstring, compresslevel=9, mtime=0), base="u")


def decode_list(encoded: object, *, status_size: int = 1) -> StatusList:
    """Return the list that `encodedList` holds.

    Raises MalformedValueError for anything but "u" and one complete gzip member with a right check sum, and
    StatusListLengthError for more than MAX_BITSTRING_BYTES; no more than that is ever inflated.
    """
    try:
        compressed = decode_multibase(encoded, bases="u")
    except EncodingError as err:
        raise MalformedValueError(f"encodedList: {err.message}") from err
    inflater = zlib.decompressobj(wbits=_GZIP)
    try:
        bitstring = inflater.decompress(compressed, MAX_BITSTRING_BYTES + 1)
    except zlib.error as err:
        raise MalformedValueError("encodedList: expected gzip-compressed bytes, found damaged ones") from err
    if len(bitstring) > MAX_BITSTRING_BYTES:
        raise StatusListLengthError(f"the status list is longer than {MAX_BITSTRING_BYTES} bytes")
    if not inflater.eof:
        raise MalformedValueError("encodedList: the gzip-compressed bytes are cut off")
    if inflater.unused_data:
        raise MalformedValueError("encodedList: bytes follow the gzip-compressed bitstring")
    return StatusList(bitstring, status_size)


def status_entry(entry: StatusEntry) -> JSONObject:
    """Return `entry` as a credential's `credentialStatus` object.

    It has no id of its own: an id would be one more handle to recognise the credential by.
    """
    written: JSONObject = {
        "type": ENTRY_TYPE,
        "statusPurpose": entry.purpose,
        "statusListIndex": str(entry.index),
        "statusListCredential": entry.list_url,
    }
    if entry.size > 1:
        written["statusSize"] = entry.size
    if entry.messages:
        written["statusMessage"] = [
            {"status": hex(value), "message": entry.messages[value]} for value in sorted(entry.messages)
        ]
    parse_status_entry(written)
    return written


def is_bitstring_entry(entry: JSONObject) -> bool:
    """Say whether a `credentialStatus` object is of the type that this module knows."""
    return bool({ENTRY_TYPE, STATUS + ENTRY_TYPE} & set(types_of(entry, "credentialStatus.")))


def parse_status_entry(entry: JSONObject) -> StatusEntry:
    """Return a `credentialStatus` object as a StatusEntry; MalformedValueError names the member."""
    purpose = entry.get("statusPurpose")
    if not isinstance(purpose, str) or not purpose:
        raise MalformedValueError("statusPurpose: expected a string")
    index = entry.get("statusListIndex")
    if not isinstance(index, str) or _INDEX.fullmatch(index) is None:
        raise MalformedValueError(
            "statusListIndex: expected a string of decimal digits, without leading zeros"
        )
    list_url = url_of(entry, "statusListCredential", "")
    if entry.get("id") == list_url:
        raise MalformedValueError("id: the id of a status entry must not be the URL of the list")
    size = entry.get("statusSize", 1)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_STATUS_SIZE:
        raise MalformedValueError(f"statusSize: expected an integer of 1 to {MAX_STATUS_SIZE}")
    reference = entry.get("statusReference")
    if "statusReference" in entry and not all(
        is_url(item) for item in (reference if isinstance(reference, list) else [reference])
    ):
        raise MalformedValueError("statusReference: expected one or more URLs")
    return StatusEntry(purpose, int(index), list_url, size, _messages(entry, size))


def status_list_credential(
    status_list: StatusList,
    *,
    url: str,
    issuer: JSONValue,
    purposes: Sequence[str],
    valid_from: datetime,
    valid_until: datetime | None = None,
    ttl: timedelta | None = None,
) -> JSONObject:
    """Return the unsigned status list credential that is to be published at `url`.

    `issuer` is written as given (a URL, or an object with an id). `valid_until` bounds how long a withheld
    newer list can go unnoticed. Raises StatusListLengthError for a list that is too short.
    """
    if len(status_list) < MINIMUM_ENTRIES:
        raise StatusListLengthError(f"expected at least {MINIMUM_ENTRIES} entries, found {len(status_list)}")
    subject: JSONObject = {
        "id": f"{url}#list",
        "type": LIST_TYPE,
        "statusPurpose": purposes[0] if len(purposes) == 1 else list(purposes),
        "encodedList": encode_list(status_list),
    }
    if ttl is not None:
        subject["ttl"] = int(ttl.total_seconds() * 1000)
    credential: JSONObject = {
        "@context": [BASE_CONTEXT_V2],
        "id": url,
        "type": ["VerifiableCredential", LIST_CREDENTIAL_TYPE],
        "issuer": issuer,
        "validFrom": format_datetime(valid_from),
    }
    if valid_until is not None:
        credential["validUntil"] = format_datetime(valid_until)
    return credential | {"credentialSubject": subject}


class DecodeList(Protocol):
    """`decode_list`, or what remembers its results."""

    def __call__(self, encoded: object, *, status_size: int) -> StatusList:
        """Return the list that `encoded` holds; raises what `decode_list` raises."""
        ...


def check_status(
    entry: StatusEntry,
    list_credential: Credential,
    *,
    minimum_entries: int = MINIMUM_ENTRIES,
    decode: DecodeList = decode_list,
) -> StatusResult:
    """Return what a list credential, whose proof was verified already, says about `entry`.

    The standard's validate algorithm from its third step on; the id of the credential must be the URL
    that `entry` names, so that one list of an issuer cannot stand in for another. Raises
    StatusVerificationError, StatusListLengthError, RangeError, MalformedValueError.
    """
    subject = _list_subject(entry, list_credential)
    # 3. The entry's purpose must be one of the list's.
    purpose = subject.get("statusPurpose")
    purposes = purpose if isinstance(purpose, list) else [purpose]
    if not purposes or not all(isinstance(item, str) for item in purposes):
        raise MalformedValueError("statusPurpose: expected one or more strings in the status list")
    if entry.purpose not in purposes:
        raise StatusVerificationError(f"the list is not one for {entry.purpose!r}")
    # 4. to 6. Expand the bitstring.
    status_list = decode(subject.get("encodedList"), status_size=entry.size)
    # 7. Enough entries for a credential to hide among.
    if len(status_list) < minimum_entries:
        raise StatusListLengthError(f"the list has {len(status_list)} entries, fewer than {minimum_entries}")
    # 8. to 13. The value at the index.
    value = status_list.get(entry.index)
    return StatusResult(
        purpose=entry.purpose,
        value=value,
        list_url=entry.list_url,
        message=entry.messages.get(value),
        list_valid_from=list_credential.valid_from,
        list_valid_until=list_credential.valid_until,
        ttl=_ttl(subject),
    )


def _list_subject(entry: StatusEntry, list_credential: Credential) -> JSONObject:
    if STATUS + LIST_CREDENTIAL_TYPE not in list_credential.type_iris:
        raise StatusVerificationError(f"what the list's URL leads to is not a {LIST_CREDENTIAL_TYPE}")
    if list_credential.id != entry.list_url:
        raise StatusVerificationError(
            f"the status list says it is {list_credential.id}, not {entry.list_url} that was asked for"
        )
    if len(list_credential.subjects) != 1:
        raise MalformedValueError("credentialSubject: expected one status list")
    subject = list_credential.subjects[0]
    if not {LIST_TYPE, STATUS + LIST_TYPE} & set(types_of(subject, "credentialSubject.")):
        raise MalformedValueError(f"credentialSubject.type: expected {LIST_TYPE}")
    return subject


def _messages(entry: JSONObject, size: int) -> Mapping[int, str]:
    """Return `statusMessage` as value -> message: one for each possible value, obligatory above one bit."""
    if "statusMessage" not in entry:
        if size > 1:
            raise MalformedValueError("statusMessage: expected a message for every value, found none")
        return MappingProxyType({})
    written = entry["statusMessage"]
    if not isinstance(written, list) or len(written) != 1 << size:
        raise MalformedValueError(f"statusMessage: expected a list of {1 << size} messages")
    messages: dict[int, str] = {}
    for item in written:
        members = item if isinstance(item, dict) else {}
        status, message = members.get("status"), members.get("message")
        if not (isinstance(status, str) and _HEXADECIMAL.fullmatch(status) and isinstance(message, str)):
            raise MalformedValueError('statusMessage: expected objects such as {"status":"0x0","message":""}')
        messages[int(status, 16)] = message
    if messages.keys() != set(range(1 << size)):
        raise MalformedValueError(f"statusMessage: expected each value of 0 to {(1 << size) - 1} once")
    return MappingProxyType(messages)


def _ttl(subject: JSONObject) -> timedelta | None:
    value = subject.get("ttl")
    if "ttl" not in subject:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedValueError(f"ttl: expected milliseconds, found {json_type_name(value)}")
    return timedelta(milliseconds=value)
