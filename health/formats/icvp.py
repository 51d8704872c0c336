"""ICVP, WHO's International Certificate of Vaccination or Prophylaxis, as a paper code carries it.

Two shapes are in use: the current model has the vaccination under `vx` and a template version under `v`; the
pilots have the vaccination under `v`. `vp` is a product of WHO's prequalification list, `tg` the disease as
ICD-11 has it; yellow fever and poliomyelitis are the diseases the certificate exists for today. It states no
dose number, so it maps to no DDCC record. Source: https://github.com/WorldHealthOrganization/smart-icvp
(DVCMin), https://github.com/WorldHealthOrganization/gdhcn-validator (pilots).
"""

from __future__ import annotations

from health.claims import Claim
from health.codes import Language
from health.data_sets import Record
from health.formats.certificate import Content, Subject
from health.formats.members import day, members_of, optional_text, partial_date, text
from health.formats.telling import tell
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject

NAME = "icvp"
_MAX_TEXT = 300


def read(payload: JSONObject) -> Subject:
    """Check a payload of either shape; MalformedValueError names the member."""
    name = text(payload, "n", max_length=_MAX_TEXT, path="")
    birth_date = partial_date(payload.get("dob"), "dob")
    current = payload.get("vx") is not None
    group = "vx" if current else "v"
    event = members_of(payload.get(group), group)
    path = f"{group}/"
    text(event, "vp", max_length=_MAX_TEXT, path=path)
    text(event, "bo", max_length=_MAX_TEXT, path=path)
    day(event, "dv" if current and "dt" not in event else "dt", path=path)
    if not any(optional_text(event, member, max_length=_MAX_TEXT, path=path) for member in ("cn", "is")):
        raise MalformedValueError(f"{path}: expected cn or is, who supervised the vaccination")
    period = tuple(day(event, member, path=path) if event.get(member) else None for member in ("vls", "vle"))
    return Subject("vaccination", name, birth_date, period=(period[0], period[1]))


def claims(payload: JSONObject, language: Language) -> list[Claim]:
    """Return every value of the payload."""
    return tell(NAME, payload, language)


def record(_: JSONObject) -> Record | None:
    """Return None: DDCC requires the number of the dose, which this certificate does not have."""
    return None


CONTENT = Content(NAME, read, claims, record)
