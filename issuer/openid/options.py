"""How the credential of an offer is to be minted, as JSON: what `POST /offers` takes and the store keeps.

The members are those of `POST /mint` (`issuer.requests`). Not here: whether they fit an offer (`offering`).
"""

from __future__ import annotations

from issuer.options import MintOptions
from issuer.requests import MintBody
from vclib.datetimes import format_datetime
from vclib.strict_json import JSONObject, JSONValue

_FLAGS = {
    "unbound": "unbound",
    "withId": "with_id",
    "withStatus": "with_status",
    "withHolder": "with_holder",
    "relatedResource": "related_resource",
    "again": "again",
}


def options_from_json(body: JSONObject) -> MintOptions:
    """Return the options of their JSON; MalformedValueError names the member that is wrong or unknown."""
    return MintBody.from_json({"record": {}, "options": body}).options


def options_to_json(options: MintOptions) -> JSONObject:
    """Return the JSON of options; `options_from_json` gives the same back."""
    members: dict[str, JSONValue] = {
        "cryptosuite": options.suite,
        "plainCryptosuite": options.plain,
        "holder": options.holder,
        "validFrom": format_datetime(options.valid_from) if options.valid_from else None,
        "validUntil": format_datetime(options.valid_until) if options.valid_until else None,
        "validDays": options.valid_days,
        "mandatoryPointers": list(options.mandatory) or None,
    }
    members |= {name: getattr(options, attribute) or None for name, attribute in _FLAGS.items()}
    return {name: value for name, value in members.items() if value is not None}
