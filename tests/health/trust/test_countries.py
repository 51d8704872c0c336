"""Countries of signers: two countries can contradict each other, and nothing else can."""

from __future__ import annotations

import pytest

from health.trust.countries import ANY_COUNTRY, country_code, may_sign_for


@pytest.mark.parametrize(
    ("signer", "stated"),
    [
        ("AT", "AT"),
        ("AUT", "AT"),
        ("MLT", "mt"),
        ("GR", "EL"),
        ("EL", "GRC"),
        ("GB", "UK"),
        ("GB", "XI"),
        ("GB", "JE"),
        ("DK", "FO"),
        ("FR", "NC"),
        ("EU", "EU"),
    ],
)
def test_a_signer_may_sign_for_its_country_however_it_is_spelt_and_its_territories(
    signer: str, stated: str
) -> None:
    assert may_sign_for(signer, stated)


@pytest.mark.parametrize(
    ("signer", "stated"),
    [("AT", "DE"), ("AUT", "DE"), ("FO", "DK"), ("EU", "DE"), ("DE", "EU"), ("GB", "GR"), ("DK", "JE")],
)
def test_a_signer_may_not_sign_for_another_country(signer: str, stated: str) -> None:
    assert not may_sign_for(signer, stated)


@pytest.mark.parametrize(
    ("signer", "stated"),
    [
        ("AT", None),
        # As codes of France, Georgia and the ICVP's pilots have been seen.
        ("FR", "CNAM"),
        ("GE", "Ministry of IDPs"),
        ("CH", "XL"),
        # Certificates without a country, and WHO's codes of participants that are none.
        ("", "AT"),
        ("XXA", "AT"),
        ("WHO", "AT"),
    ],
)
def test_what_names_no_country_contradicts_none(signer: str, stated: str | None) -> None:
    assert may_sign_for(signer, stated)


def test_the_relying_party_may_name_further_countries() -> None:
    assert may_sign_for("CH", "LI", frozenset({"LI"}))
    assert may_sign_for("CH", "LI", frozenset({ANY_COUNTRY}))
    assert not may_sign_for("CH", "AT", frozenset({"LI"}))


def test_a_country_is_known_by_its_codes() -> None:
    assert [country_code(text) for text in ("LI", "lie", "EL", "eu", "nowhere")] == [
        "LI",
        "LI",
        "GR",
        "EU",
        None,
    ]
