"""Records as JSON, whose canonical text an issuer keeps (RFC 8785)."""

from __future__ import annotations

from health import read_record, record_to_json
from vclib import jcs
from vclib.strict_json import JSONObject


def test_members_are_in_order_and_the_text_is_utf_8(recovery: JSONObject) -> None:
    recovery["certificate"] = {
        "hcid": {"system": "urn:x", "value": 'a"b'},
        "period": {"end": "2021-10-17", "start": "2021-05-01"},
    }
    text = (
        '{"birthDate":"1998-02-26","certificate":{"hcid":{"system":"urn:x","value":"a\\"b"},'
        '"period":{"end":"2021-10-17","start":"2021-05-01"},"version":"EU DCC 1.3.0"},'
        '"name":"Gabriele Musterfrau-Gößinger","recovery":{'
        '"country":{"code":"AUT","system":"urn:iso:std:iso:3166"},'
        '"disease":{"code":"840539006","system":"http://snomed.info/sct"},"firstPositive":"2021-04-20"}}'
    )
    assert jcs.canonicalize(record_to_json(read_record(recovery))) == text.encode()
