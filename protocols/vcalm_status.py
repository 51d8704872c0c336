"""The VC API's messages about status: change what a list says of a credential, begin another list.

Sources: https://w3c.github.io/vcalm/#update-status, https://w3c.github.io/vcalm/#create-status-list. Not
here: which purposes an issuer keeps lists for, HTTP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from protocols.vcalm_reading import check_members, object_member, options_member
from vclib.errors import MalformedValueError
from vclib.status import ENTRY_TYPE
from vclib.strict_json import JSONObject, json_type_name

_MAX_ID = 500
_PURPOSE = re.compile("[A-Za-z][A-Za-z0-9]{0,31}")
_INDEX = re.compile("0|[1-9][0-9]{0,19}")


@dataclass(frozen=True)
class StatusChange:
    """POST /credentials/status: the value of one credential's entry for one purpose.

    `index` and `list_url` are what the caller believes the entry to be; who keeps the list compares them.
    """

    credential_id: str
    purpose: str
    status: bool
    index: int | None = None
    list_url: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> StatusChange:
        """Return the request of a body; raises MalformedValueError.

        `indexAllocator` names who gave the credential its index. Here that is always the issuer itself, so it
        is read and not used.
        """
        check_members(body, {"credentialId", "credentialStatus", "status", "indexAllocator"})
        entry = object_member(body, "credentialStatus")
        if entry.get("type") != ENTRY_TYPE:
            raise MalformedValueError(f"credentialStatus.type: expected {ENTRY_TYPE}")
        status = body.get("status")
        if not isinstance(status, bool):
            raise MalformedValueError(f"status: expected a boolean, found {json_type_name(status)}")
        _optional_text(body, "indexAllocator")
        index = _optional_text(entry, "statusListIndex")
        if index is not None and not _INDEX.fullmatch(index):
            raise MalformedValueError("statusListIndex: expected a number in base 10, as a string")
        return cls(
            _text(body, "credentialId"),
            _purpose(entry, "credentialStatus.statusPurpose"),
            status,
            None if index is None else int(index),
            _optional_text(entry, "statusListCredential"),
        )


@dataclass(frozen=True)
class NewStatusList:
    """POST /status-lists: begin a list for a purpose."""

    purpose: str

    @classmethod
    def from_json(cls, body: JSONObject) -> NewStatusList:
        """Return the request of a body; raises MalformedValueError, UnknownOptionError.

        An `id` is refused: the URL of a list is the issuer's to give, because it serves it.
        """
        check_members(body, {"statusPurpose", "options"})
        options_member(body, set(), ())
        return cls(_purpose(body, "statusPurpose"))


def _purpose(members: JSONObject, name: str) -> str:
    purpose = _text(members, "statusPurpose")
    if not _PURPOSE.fullmatch(purpose):
        raise MalformedValueError(f"{name}: expected a purpose such as revocation, found {purpose[:40]!r}")
    return purpose


def _text(members: JSONObject, name: str) -> str:
    value = _optional_text(members, name)
    if value is None:
        raise MalformedValueError(f"{name}: expected a string, found none")
    return value


def _optional_text(members: JSONObject, name: str) -> str | None:
    if name not in members:
        return None
    value = members[name]
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID:
        raise MalformedValueError(f"{name}: expected a string of 1 to {_MAX_ID} characters")
    return value
