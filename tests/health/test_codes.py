"""Words, value sets, maps and countries; expected values are from the published sets."""

from __future__ import annotations

import pytest

from health.codes import (
    MappedCode,
    Outcome,
    display,
    find_country,
    is_covid_result,
    map_code,
    outcome,
    read_rows,
    value_set,
)
from health.coding import ICD11, ISO3166, LOINC, SNOMED, Code, code_from_iri
from vclib.errors import RecordError

_EU_REGISTER = "https://ec.europa.eu/health/documents/community-register/html/"


@pytest.mark.parametrize(
    ("iri", "english", "french"),
    [
        ("icd11:RA01", "COVID-19", "COVID-19"),
        ("icd11:1D47", "Yellow fever", "Fièvre jaune"),
        ("icd11:XM8NQ0", "Comirnaty", "Comirnaty"),
        ("sct:260415000", "Not detected (negative)", "Non détecté (négatif)"),
        ("iso3166:CHE", "Switzerland", "Suisse"),
        ("iso3166:756", "Switzerland", "Suisse"),
        ("text:Local%20product", "Local product", "Local product"),
        ("ema:ORG-100030215", "Biontech Manufacturing GmbH", "Biontech Manufacturing GmbH"),
        (
            "http://id.who.int/icd/release/11/mms#JAM.AH.XF",
            "Swab from the back of the nose (nasopharynx)",
            "Écouvillon du nasopharynx",
        ),
        # Known by WHO's map only: the same product as XM8NQ0.
        ("sct:1031000172108", "Comirnaty", "Comirnaty"),
    ],
)
def test_codes_have_words_in_two_languages(iri: str, english: str, french: str) -> None:
    code = code_from_iri(iri)
    assert display(code, "en") == english
    assert display(code, "fr") == french


def test_unknown_code_has_no_words() -> None:
    assert display(Code(ICD11, "9Z99")) is None


def test_code_that_a_map_only_generalises_has_no_words() -> None:
    # LOINC 94500-6 maps to "nucleic acid test" as wider: its words would say less than the code.
    assert map_code(Code(LOINC, "94500-6"), to=ICD11) == MappedCode(Code(ICD11, "1334426561"), "wider")
    assert display(Code(LOINC, "94500-6")) is None


@pytest.mark.parametrize(
    ("name", "size", "member"),
    [
        ("result", 2, "icd11:QA02"),
        ("test-type", 2, "icd11:2056159157"),
        ("specimen", 5, "icd11:KAZ.AH.XD"),
        ("pathogen-sars-cov-2", 14, "icd11:XN161"),
        ("brand", 20, "icd11:XM3DT5"),
        ("vaccine", 38, "icd11:XM0GQ8"),
        ("disease-icvp", 2, "icd11:1C81"),
        ("eu-product", 39, "eu-register:EU%2F1%2F20%2F1528"),
        ("eu-holder", 31, "eu-manufacturer:Sinovac-Biotech"),
    ],
)
def test_value_sets_have_the_published_codes(name: str, size: int, member: str) -> None:
    codes = value_set(name)
    assert len(codes) == size
    assert code_from_iri(member) in codes


def test_value_set_of_another_name_is_refused() -> None:
    with pytest.raises(RecordError, match="expected one of the value sets brand"):
        value_set("brands")


def test_rejected_result_code_is_in_no_value_set_of_results() -> None:
    assert Code(ICD11, "RA01.1") not in value_set("result")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Code(_EU_REGISTER, "EU/1/20/1528"), "icd11:XM8NQ0"),
        (Code(_EU_REGISTER, "EU/1/20/1507"), "icd11:XM3DT5"),
        (Code("http://hl7.org/fhir/sid/cvx", "502"), "icd11:XM1G90"),
        (Code(SNOMED, "840533007"), "icd11:XN109"),
        (Code(LOINC, "LP217198-3"), "icd11:2056159157"),
    ],
)
def test_codes_are_mapped_into_icd_11(source: Code, target: str) -> None:
    assert map_code(source, to=ICD11) == MappedCode(code_from_iri(target), "equivalent")


def test_map_is_reversed_only_where_one_code_is_equivalent() -> None:
    assert map_code(Code(ICD11, "RA01"), to=SNOMED) == MappedCode(Code(SNOMED, "840539006"), "equivalent")
    # Three SNOMED codes say "not detected".
    assert map_code(Code(ICD11, "QA02"), to=SNOMED) is None
    # The map calls XM9T65 wider than the EU's product, so it does not lead back.
    assert map_code(Code(ICD11, "XM9T65"), to=_EU_REGISTER) is None


def test_antibody_test_is_not_mapped_to_a_nucleic_acid_test() -> None:
    assert map_code(Code(LOINC, "98069-8"), to=ICD11) is None


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("icd11:RA01.0", Outcome.DETECTED),
        ("icd11:QA02", Outcome.NOT_DETECTED),
        ("sct:260373001", Outcome.DETECTED),
        ("sct:260415000", Outcome.NOT_DETECTED),
        ("sct:1240591000000102", Outcome.NOT_DETECTED),
        ("icd11:RA01.1", Outcome.NOT_DETECTED),
        ("icd11:RA01", None),
        ("sct:419984006", None),
    ],
)
def test_result_codes_have_outcomes(iri: str, expected: Outcome | None) -> None:
    assert outcome(code_from_iri(iri)) is expected


def test_covid_results_are_told_from_general_ones() -> None:
    assert is_covid_result(Code(ICD11, "RA01.0"))
    assert is_covid_result(Code(SNOMED, "1240581000000104"))
    assert not is_covid_result(Code(SNOMED, "260373001"))
    assert not is_covid_result(Code(ICD11, "QA02"))


@pytest.mark.parametrize("code", ["CH", "CHE", "che", "756"])
def test_country_is_found_by_any_of_its_codes(code: str) -> None:
    country = find_country(code)
    assert country is not None
    assert (country.alpha2, country.alpha3, country.numeric) == ("CH", "CHE", "756")


@pytest.mark.parametrize("code", ["", "XX", "UTO", "CHEE", "ß"])
def test_code_of_no_country_finds_none(code: str) -> None:
    assert find_country(code) is None


def test_countries_are_all_of_iso_3166_and_kosovo() -> None:
    rows = read_rows("countries.tsv")
    assert len(rows) == 250
    assert len({row[1] for row in rows}) == 250
    assert [row[:3] for row in rows if not row[2]] == [["XK", "XKX", ""]]
    assert ISO3166 == "urn:iso:std:iso:3166"


@pytest.mark.parametrize("name", ["words.tsv", "labels.tsv", "tokens.tsv", "reasons.tsv"])
def test_every_word_is_there_in_both_languages_and_once(name: str) -> None:
    rows = read_rows(name)
    assert all(len(row) == 3 and all(row) for row in rows)
    assert len({row[0] for row in rows}) == len(rows)


def test_every_code_of_a_value_set_has_words() -> None:
    for _, iri in read_rows("value_sets.tsv"):
        assert display(code_from_iri(iri)) is not None, iri
