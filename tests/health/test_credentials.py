"""Records as credentials: the exact documents, the statements they make, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health import (
    Code,
    Identifier,
    credential_from_record,
    find_kind,
    kind_of,
    parse_record,
    read_record,
    record_from_credential,
)
from health.data_sets import Certificate, Person, VaccinationRecord
from vclib import jsonld
from vclib.errors import JSONLDError, RecordError
from vclib.strict_json import JSONObject

ISSUER = "did:key:z6MkrtYMJe2ZesvsnoSr8K1yVerjo6EhC2G5jxBDKrD284L2"
HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
_Issue = Callable[..., JSONObject]
_DDCC = "https://w3id.org/ddcc#"


def test_vaccination_credential_is_this_document(credential: _Issue, vaccination: JSONObject) -> None:
    assert credential(vaccination, holder=HOLDER) == {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"],
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": {"id": ISSUER, "name": "Ministry of Health"},
        "validFrom": "2022-07-27T06:15:00Z",
        "validUntil": "2022-07-30T06:15:00Z",
        "hcid": "1234567890",
        "schemaVersion": "DDCC:VS RC2",
        "credentialSubject": {
            "id": HOLDER,
            "type": "HealthSubject",
            "name": "Aulus Agerius",
            "birthDate": "2003-03-03",
            "personIdentifier": "999123456",
            "sex": "male",
            "vaccination": {
                "vaccine": "icd11:XM0GQ8",
                "brand": "icd11:XM3DT5",
                "manufacturer": "ema:ORG-100030215",
                "marketAuthorizationHolder": "ema:ORG-100031184",
                "lot": "123",
                "occurrence": "2021-05-06",
                "dose": 1,
                "totalDoses": 2,
                "protectedFrom": "2021-05-30",
                "country": "iso3166:CHE",
                "centre": "Vaccination Site",
                "healthWorker": "HW-77",
                "disease": "icd11:RA01",
                "nextDose": "2021-05-20",
            },
        },
    }


def test_test_result_credential_is_this_document(credential: _Issue, laboratory_result: JSONObject) -> None:
    assert credential(laboratory_result)["credentialSubject"] == {
        "type": "HealthSubject",
        "name": "Tan Chen Chen",
        "birthDate": "1990-01",
        "test": {
            "pathogen": "icd11:XN109",
            "testType": "loinc:LP6464-4",
            "specimenOrigin": "sct:258500001",
            "sampleCollected": "2022-07-27T14:15:00+08:00",
            "result": "icd11:QA02",
            "testCentre": "City Clinic",
            "testCountry": "iso3166:SGP",
        },
    }


def test_recovery_credential_is_this_document(credential: _Issue, recovery: JSONObject) -> None:
    assert credential(recovery)["credentialSubject"] == {
        "type": "HealthSubject",
        "name": "Gabriele Musterfrau-Gößinger",
        "birthDate": "1998-02-26",
        "recovery": {
            "disease": "sct:840539006",
            "firstPositive": "2021-04-20",
            "country": "iso3166:AUT",
        },
    }


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        # Measured when the context was designed: 29, 20 and 16 statements.
        ("vaccination", {"holder": HOLDER}, 29),
        ("laboratory_result", {}, 20),
        ("recovery", {}, 16),
    ],
)
def test_credential_makes_one_statement_an_element(
    credential: _Issue, kind: str, options: dict[str, object], count: int, request: pytest.FixtureRequest
) -> None:
    document = credential(request.getfixturevalue(kind), **options)
    assert len(jsonld.to_quads(document)) == count


def test_vaccination_makes_these_statements(credential: _Issue, vaccination: JSONObject) -> None:
    lines = jsonld.canonical_nquads(credential(vaccination, holder=HOLDER)).decode().splitlines()
    date = "^^<http://www.w3.org/2001/XMLSchema#date>"
    expected = {
        f"<{_DDCC}vaccine> <http://id.who.int/icd11/mms#XM0GQ8>",
        f"<{_DDCC}brand> <http://id.who.int/icd11/mms#XM3DT5>",
        f"<{_DDCC}manufacturer> <https://spor.ema.europa.eu/v1/organisations#ORG-100030215>",
        f"<{_DDCC}country> <urn:iso:std:iso:3166#CHE>",
        f'<{_DDCC}dose> "1"^^<http://www.w3.org/2001/XMLSchema#integer>',
        f'<{_DDCC}totalDoses> "2"^^<http://www.w3.org/2001/XMLSchema#integer>',
        f'<{_DDCC}occurrence> "2021-05-06"{date}',
        f'<{_DDCC}protectedFrom> "2021-05-30"{date}',
        f'<{_DDCC}nextDose> "2021-05-20"{date}',
        f'<{_DDCC}sex> "male"',
        '<https://schema.org/birthDate> "2003-03-03"',
        f'<{_DDCC}hcid> "1234567890"',
    }
    assert {text for text in expected if not any(text in line for line in lines)} == set()
    # Two codes of one system, and one node for the event: nothing else has a label.
    assert {word for line in lines for word in line.split() if word.startswith("_:")} == {
        "_:c14n0",
        "_:c14n1",
    }


@pytest.mark.parametrize("kind", ["vaccination", "laboratory_result", "recovery"])
def test_credential_is_its_own_compacted_form(
    credential: _Issue, kind: str, request: pytest.FixtureRequest
) -> None:
    """Selective disclosure selects from the compacted form, so pointers into the document must fit it."""
    document = credential(request.getfixturevalue(kind), holder=HOLDER)
    assert jsonld.compact(document, document["@context"]) == document


@pytest.mark.parametrize("kind", ["vaccination", "laboratory_result", "recovery"])
def test_record_comes_back_from_its_credential(
    credential: _Issue, now: datetime, kind: str, request: pytest.FixtureRequest
) -> None:
    source = request.getfixturevalue(kind)
    source["certificate"]["period"] = {"start": "2022-07-27", "end": "2030-01-31"}
    source["certificate"]["issuer"] = "Port Health Service"
    source["identifier"] = ["1|2", {"system": "urn:oid:2.999", "value": "3"}]
    record = parse_record(source, now=now)
    document = credential(source, holder=HOLDER, credential_id="urn:uuid:1")

    assert record_from_credential(document) == record
    # The record's own period and authority go before the issuer's.
    assert document["validFrom"] == "2022-07-27T00:00:00+14:00"
    assert document["validUntil"] == "2030-01-31T23:59:59-12:00"
    assert document["issuer"] == {"id": ISSUER, "name": "Ministry of Health"}
    assert document["authority"] == "Port Health Service"


def test_authority_is_the_issuer_s_name_where_no_other_is_asked_for(
    credential: _Issue, recovery: JSONObject
) -> None:
    recovery["certificate"]["issuer"] = "Port Health Service"
    document = credential(recovery, issuer_name=None)
    assert document["issuer"] == {"id": ISSUER, "name": "Port Health Service"}
    assert "authority" not in document


def test_issuer_without_a_name_is_its_identifier(credential: _Issue, recovery: JSONObject) -> None:
    document = credential(recovery, issuer_name=None)
    assert document["issuer"] == ISSUER
    assert jsonld.compact(document, document["@context"]) == document
    assert record_from_credential(document).certificate.issuer is None


def test_nothing_that_links_is_written_unless_asked_for(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination, valid_until=None)
    assert not {"id", "credentialStatus", "relatedResource", "validUntil"} & set(document)
    assert "id" not in document["credentialSubject"]


def test_status_entries_and_context_digest_are_written_if_given(
    credential: _Issue, recovery: JSONObject
) -> None:
    entry: JSONObject = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://issuer.example/status/1",
    }
    one = credential(recovery, status=[entry], context_digest="uEiCfkIyBJ-7rN1e5cX-Zfvgvl94rmHD15MHA5")
    assert one["credentialStatus"] == entry
    assert one["relatedResource"] == {
        "id": "https://w3id.org/ddcc/v1",
        "digestMultibase": "uEiCfkIyBJ-7rN1e5cX-Zfvgvl94rmHD15MHA5",
    }
    two = credential(recovery, status=[entry, entry | {"statusPurpose": "suspension"}])
    for document in (one, two):
        assert jsonld.compact(document, document["@context"]) == document
    assert len(two["credentialStatus"]) == 2


def test_validity_that_ends_before_it_begins_is_refused(credential: _Issue, recovery: JSONObject) -> None:
    recovery["certificate"]["period"] = {"end": "2022-07-01"}
    with pytest.raises(RecordError, match="ends after it begins"):
        credential(recovery)


def test_times_of_the_issuer_are_utc_with_whole_seconds(credential: _Issue, recovery: JSONObject) -> None:
    moment = datetime(2022, 7, 27, 8, 15, 0, 900000, tzinfo=UTC) + timedelta(hours=1)
    assert credential(recovery, valid_from=moment, valid_until=None)["validFrom"] == "2022-07-27T09:15:00Z"


@pytest.mark.parametrize(
    ("path", "element"),
    [
        (("hcid",), "certificate.hcid"),
        (("credentialSubject", "name"), "name"),
        (("credentialSubject", "vaccination", "lot"), "vaccination.lot"),
        (("credentialSubject", "vaccination"), "credentialSubject.vaccination"),
    ],
)
def test_withheld_element_is_named_when_a_whole_record_is_asked_for(
    credential: _Issue, path: tuple[str, ...], element: str, vaccination: JSONObject
) -> None:
    document = credential(vaccination)
    place = document
    for member in path[:-1]:
        place = place[member]
    del place[path[-1]]
    with pytest.raises(RecordError) as caught:
        record_from_credential(document)
    assert caught.value.element == element


@pytest.mark.parametrize(
    "contexts",
    [
        ["https://www.w3.org/ns/credentials/v2"],
        ["https://w3id.org/ddcc/v1", "https://www.w3.org/ns/credentials/v2"],
        [
            "https://www.w3.org/ns/credentials/v2",
            "https://w3id.org/ddcc/v1",
            {"lot": "https://x.example/dose"},
        ],
        "https://w3id.org/ddcc/v1",
    ],
)
def test_credential_under_other_contexts_is_not_read(
    credential: _Issue, contexts: object, vaccination: JSONObject
) -> None:
    """Under another context a member could mean something else and the signature still fit (A3)."""
    document = credential(vaccination) | {"@context": contexts}
    with pytest.raises(RecordError, match="expected the contexts"):
        record_from_credential(document)


def test_credential_of_another_type_is_not_read(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination) | {"type": ["VerifiableCredential"]}
    assert find_kind(document) is None
    with pytest.raises(RecordError, match="expected a credential of one of the types Vaccination"):
        kind_of(document)


def test_credential_of_two_of_our_types_is_of_neither(credential: _Issue, vaccination: JSONObject) -> None:
    types = ["VerifiableCredential", "VaccinationStatusCredential", "RecoveryCredential"]
    assert find_kind(credential(vaccination) | {"type": types}) is None


def test_credential_of_several_subjects_is_no_record(credential: _Issue, vaccination: JSONObject) -> None:
    """One record is about one person (A15)."""
    document = credential(vaccination)
    document["credentialSubject"] = [document["credentialSubject"], {"type": "HealthSubject"}]
    with pytest.raises(RecordError, match="credentialSubject: expected one object, found an array"):
        record_from_credential(document)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("credentialSubject",), "description"),
        (("credentialSubject", "vaccination"), "description"),
    ],
)
def test_member_that_no_element_has_is_refused(
    credential: _Issue, path: tuple[str, ...], name: str, vaccination: JSONObject
) -> None:
    document = credential(vaccination)
    place = document
    for member in path:
        place = place[member]
    place[name] = "more"
    with pytest.raises(RecordError, match="description: unknown member"):
        record_from_credential(document)


_PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_CODES = st.builds(
    Code,
    st.none()
    | st.sampled_from(["http://id.who.int/icd11/mms", "https://example.org/s", "urn:oid:2.999", "sct:x"])
    | _PRINTABLE,
    _PRINTABLE,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(brand=_CODES, maholder=_CODES, practitioner=st.builds(Identifier, st.none() | _PRINTABLE, _PRINTABLE))
def test_any_code_and_identifier_survive_json_ld(
    brand: Code, maholder: Code, practitioner: Identifier
) -> None:
    """Through expansion in safe mode and back: no value becomes a relative IRI or another code."""
    record = VaccinationRecord(
        person=Person(name="Aulus Agerius", birth_date="2003"),
        certificate=Certificate(hcid=Identifier(None, "1"), version="DDCC:VS RC2"),
        vaccine=Code("http://id.who.int/icd11/mms", "XM0GQ8"),
        brand=brand,
        maholder=maholder,
        practitioner=practitioner,
        lot="1",
        date="2021-05-06",
        dose=1,
        country=Code("urn:iso:std:iso:3166", "CHE"),
    )
    document = credential_from_record(record, issuer_id=ISSUER)
    compacted = jsonld.compact(document, document["@context"])
    assert compacted == document
    assert record_from_credential(compacted) == record


def test_no_two_terms_of_one_node_share_an_iri() -> None:
    """Values under such terms could be exchanged without breaking a signature."""
    text = resources.files("contexts").joinpath("ddcc-v1.jsonld").read_text(encoding="utf-8")
    scopes = 0

    def check(context: JSONObject) -> None:
        nonlocal scopes
        scopes += 1
        iris = [
            definition["@id"] if isinstance(definition, dict) else definition
            for term, definition in context.items()
            if not term.startswith("@")
        ]
        assert len(iris) == len(set(iris))
        assert context["@protected"] is True
        assert "@vocab" not in context
        for definition in context.values():
            if isinstance(definition, dict) and "@context" in definition:
                check(definition["@context"])

    check(json.loads(text)["@context"])
    assert scopes == 8


@pytest.mark.parametrize("value", ["Comirnaty", "RA01", "#RA01", "brands/1"])
def test_code_that_is_no_iri_is_refused_by_json_ld(
    credential: _Issue, value: str, vaccination: JSONObject
) -> None:
    """Plain text in the place of a code would be a relative IRI, and not be signed."""
    document = credential(vaccination)
    document["credentialSubject"]["vaccination"]["brand"] = value
    with pytest.raises(JSONLDError):
        jsonld.to_quads(document)


def test_reading_keeps_what_issuing_would_refuse(credential: _Issue, vaccination: JSONObject) -> None:
    document = credential(vaccination)
    document["credentialSubject"]["vaccination"]["dose"] = 3
    record = record_from_credential(document)
    assert isinstance(record, VaccinationRecord)
    assert record.dose == 3
    assert record == read_record(
        {
            **vaccination,
            "vaccination": {**vaccination["vaccination"], "dose": 3},
            "certificate": {
                **vaccination["certificate"],
                "issuer": "Ministry of Health",
                "period": {"start": "2022-07-27T06:15:00Z", "end": "2022-07-30T06:15:00Z"},
            },
        }
    )
