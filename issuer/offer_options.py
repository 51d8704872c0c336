"""How the credential of an offer is to be minted, as JSON: what `POST /offers` takes and the store keeps.

The members are those of `MintOptions` that make sense before the holder is known:

    {"suite": "ecdsa-sd-2023", "plain": "eddsa-rdfc-2022", "validFrom": "2026-07-01T00:00:00Z",
     "validUntil": "2027-07-01T00:00:00Z", "validDays": 90, "mandatory": ["/hcid"], "withId": true,
     "withStatus": true, "relatedResource": true, "again": true}
"""

from __future__ import annotations

from datetime import datetime

from issuer.options import MintOptions
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

_FLAGS = {
    "withId": "with_id",
    "withStatus": "with_status",
    "relatedResource": "related_resource",
    "again": "again",
}
_KNOWN = {"suite", "plain", "validFrom", "validUntil", "validDays", "mandatory", *_FLAGS}
_MAX_POINTERS = 100


def options_from_json(body: JSONObject) -> MintOptions:
    """Return the options of their JSON; MalformedValueError names the member that is wrong or unknown."""
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        raise MalformedValueError(f"options.{unknown[0][:40]}: this option is not known here")
    return MintOptions(
        suite=_text(body, "suite"),
        plain=_text(body, "plain"),
        valid_from=_moment(body, "validFrom"),
        valid_until=_moment(body, "validUntil"),
        valid_days=_days(body),
        mandatory=_pointers(body),
        with_id=_flag(body, "withId"),
        with_status=_flag(body, "withStatus"),
        related_resource=_flag(body, "relatedResource"),
        again=_flag(body, "again"),
    )


def options_to_json(options: MintOptions) -> JSONObject:
    """Return the JSON of options; `options_from_json` gives the same back."""
    members: dict[str, JSONValue] = {
        "suite": options.suite,
        "plain": options.plain,
        "validFrom": format_datetime(options.valid_from) if options.valid_from else None,
        "validUntil": format_datetime(options.valid_until) if options.valid_until else None,
        "validDays": options.valid_days,
        "mandatory": list(options.mandatory) or None,
    }
    members |= {name: getattr(options, attribute) or None for name, attribute in _FLAGS.items()}
    return {name: value for name, value in members.items() if value is not None}


def _text(body: JSONObject, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise MalformedValueError(f"options.{name}: expected a text, found {json_type_name(value)}")
    return value


def _moment(body: JSONObject, name: str) -> datetime | None:
    if body.get(name) is None:
        return None
    try:
        return parse_datetime(body[name])
    except MalformedValueError as err:
        raise MalformedValueError(f"options.{name}: {err.message}") from err


def _days(body: JSONObject) -> int | None:
    value = body.get("validDays")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise MalformedValueError(
            f"options.validDays: expected a whole number, found {json_type_name(value)}"
        )
    return value


def _flag(body: JSONObject, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise MalformedValueError(f"options.{name}: expected a boolean, found {json_type_name(value)}")
    return value


def _pointers(body: JSONObject) -> tuple[str, ...]:
    value = body.get("mandatory", [])
    if not isinstance(value, list) or len(value) > _MAX_POINTERS:
        raise MalformedValueError(f"options.mandatory: expected at most {_MAX_POINTERS} JSON pointers")
    pointers = tuple(item for item in value if isinstance(item, str) and item.startswith("/"))
    if len(pointers) != len(value):
        raise MalformedValueError("options.mandatory: expected JSON pointers such as /hcid")
    return pointers
