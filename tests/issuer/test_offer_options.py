"""issuer.openid.options: what an offer's options are in JSON, and what is none."""

from __future__ import annotations

import pytest

from issuer.openid.options import options_from_json, options_to_json
from issuer.options import MintOptions
from tests.world import START
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject

OPTIONS = MintOptions(
    suite="bbs-2023",
    plain="eddsa-rdfc-2022",
    valid_from=START,
    valid_days=90,
    mandatory=("/hcid",),
    with_status=True,
    again=True,
)
WRITTEN: JSONObject = {
    "cryptosuite": "bbs-2023",
    "plainCryptosuite": "eddsa-rdfc-2022",
    "validFrom": "2026-07-01T12:00:00Z",
    "validDays": 90,
    "mandatoryPointers": ["/hcid"],
    "withStatus": True,
    "again": True,
}


def test_options_are_written_and_read() -> None:
    assert options_to_json(OPTIONS) == WRITTEN
    assert options_from_json(WRITTEN) == OPTIONS
    assert options_from_json({}) == MintOptions()


@pytest.mark.parametrize("body", [{"other": 1}, {"cryptosuite": 1}, {"validDays": "90"}, {"withId": 1}])
def test_options_of_another_form_are_refused(body: JSONObject) -> None:
    with pytest.raises(MalformedValueError, match=f"options.{next(iter(body))}"):
        options_from_json(body)
