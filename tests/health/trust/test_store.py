"""The trust store: signers by key identifier, issuers by DID, age, look-alikes; audits; what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from health.trust import (
    KeptList,
    Material,
    Pins,
    TrustList,
    TrustStore,
    audit,
    certificate_kid,
    kept_from_json,
    kept_to_json,
    look_alikes,
    mixes_scripts,
    pins_from_json,
    pins_to_json,
    read_list,
)
from tests.trust_lists import (
    NOW,
    SIGNING_DID,
    VACCINATION_USAGE,
    YEAR,
    Authority,
    Network,
    content,
    gateway_entry,
    method,
    signer_key,
)
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers

DAY = timedelta(days=1)
AUTHORITY = Authority()


def listed(*certificates: bytes, authority: Authority = AUTHORITY) -> TrustList:
    methods = (method(each, authority.certificate) for each in certificates)
    return read_list(Material({"a": content(Network().document(*methods))}), now=NOW)


def kept(trust_list: TrustList, *, name: str = "who", **members: object) -> KeptList:
    made = KeptList(name, "https://lists.example", trust_list, "signed", "00", NOW)
    return replace(made, **members)  # type: ignore[arg-type]  # members by name


def issuer(did: str = "did:web:moh.example", name: str = "Ministry", **members: object) -> TrustedIssuer:
    return replace(TrustedIssuer(did, name, frozenset({did})), **members)  # type: ignore[arg-type]


def test_a_signer_is_found_by_its_key_identifier() -> None:
    certificate = AUTHORITY.signer(usages=[VACCINATION_USAGE])
    store = TrustStore((kept(listed(certificate)),))
    [signer] = store.signers_for(certificate_kid(certificate), format="eu-dcc")
    assert signer.public_key == signer_key().public_key()
    assert (signer.certificate, signer.authority) == (certificate, AUTHORITY.certificate)
    assert (signer.country, signer.source, signer.kinds) == ("XAA", "who", frozenset({"vaccination"}))
    assert store.signers_for(b"12345678", format="eu-dcc") == ()


def test_a_signer_is_good_no_longer_than_its_authority() -> None:
    """The shell model: leaf and authority both have to be valid."""
    ending = Authority(number=3, valid_until=NOW + 3 * DAY, valid_from=NOW - 10 * DAY)
    certificate = ending.signer(valid_from=NOW - YEAR, valid_until=NOW + YEAR)
    [signer] = TrustStore((kept(listed(certificate, authority=ending)),)).signers_for(
        certificate_kid(certificate), format="eu-dcc"
    )
    assert (signer.valid_from, signer.valid_until) == (NOW - 10 * DAY, NOW + 3 * DAY)


def test_a_barred_certificate_is_nobodys_signer() -> None:
    certificate = AUTHORITY.signer()
    store = TrustStore((kept(listed(certificate, authority=Authority(number=2))),))
    assert store.signers_for(certificate_kid(certificate), format="eu-dcc") == ()


def test_a_list_may_count_for_one_format_only() -> None:
    """Threat I2."""
    certificate = AUTHORITY.signer()
    store = TrustStore((kept(listed(certificate), formats=frozenset({"icvp"})),))
    assert store.signers_for(certificate_kid(certificate), format="eu-dcc") == ()
    assert len(store.signers_for(certificate_kid(certificate), format="icvp")) == 1


def test_a_list_may_count_for_some_types_only() -> None:
    """Threat I2."""
    trust_list = TrustList(
        "dids", "", issuers=(issuer(), issuer("did:web:b.example", type_iris=frozenset({"a", "c"})))
    )
    issuers = TrustStore((kept(trust_list, types=frozenset({"a", "b"})),)).trusted_issuers()
    assert issuers.by_did["did:web:moh.example"].type_iris == {"a", "b"}
    assert issuers.by_did["did:web:b.example"].type_iris == {"a"}


def test_the_own_trust_file_counts_before_lists_and_repeats_are_told() -> None:
    own = TrustedIssuers.of([issuer(name="Ours")])
    theirs = TrustList("dids", "", issuers=(issuer(name="Theirs"), issuer("did:web:b.example", "Other")))
    store = TrustStore((kept(theirs),), own)
    found = store.trusted_issuers()
    assert [each.name for each in found.by_did.values()] == ["Ours", "Other"]
    assert store.repeated_dids() == ["did:web:moh.example"]


@pytest.mark.parametrize(
    ("dated", "ends", "expected"),
    [
        (None, None, NOW + 30 * DAY),
        (NOW - 10 * DAY, None, NOW + 20 * DAY),
        (NOW - 10 * DAY, NOW + 5 * DAY, NOW + 5 * DAY),
        (NOW - 100 * DAY, NOW + 300 * DAY, NOW + 30 * DAY),
    ],
    ids=["not dated", "dated", "ends", "ends late"],
)
def test_a_list_ages(dated: datetime | None, ends: datetime | None, expected: datetime) -> None:
    """Threats I4, M4: the same old list, shown for ever, does not stay young."""
    trust_list = TrustList("x", "", versions={"x": dated} if dated else {}, valid_until=ends)
    assert kept(trust_list).fresh_until(30 * DAY) == expected
    assert kept(trust_list).fresh_until(None) == ends


def test_names_that_look_alike_are_reported() -> None:
    """Threat I7."""
    cyrillic = "Мinistry of Health"
    store = TrustStore(
        (
            kept(
                TrustList(
                    "dids",
                    "",
                    issuers=(issuer(name="Ministry of Health"), issuer("did:web:b.example", cyrillic)),
                )
            ),
        )
    )
    assert store.look_alikes() == [("Ministry of Health", cyrillic)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ministry of Health", "Ministry 0f Hea1th"),
        ("Ministry of Health", "Ministry of Hеаlth"),
        ("Ministère de la Santé", "Ministere de la Sante"),
        ("moderna", "modema"),
        ("ΑΒΕ", "ABE"),
    ],
)
def test_look_alikes(first: str, second: str) -> None:
    """Threat I7."""
    assert look_alikes([first, second])[0] == (first, second)


def test_names_that_do_not_look_alike_are_not_reported() -> None:
    assert (
        look_alikes(
            ["Ministry of Health", "Ministry of Wealth", "Министерство здравоохранения", "衛生福利部"]
        )
        == []
    )
    assert look_alikes(["Ministry of Health", "ministry of  health"]) == []


def test_a_name_that_mixes_alphabets_is_reported_by_itself() -> None:
    """Threat I7."""
    assert look_alikes(["Мinistry"]) == [("Мinistry",)]
    assert not mixes_scripts("Ministry Министерство")


def test_an_audit_counts_by_country_what_has_expired() -> None:
    ended = AUTHORITY.signer(2, valid_until=NOW - DAY)
    later = AUTHORITY.signer(3, valid_from=NOW + DAY)
    methods = (
        method(AUTHORITY.signer(), AUTHORITY.certificate),
        method(ended, AUTHORITY.certificate),
        method(later, AUTHORITY.certificate, country="XBB"),
        method(AUTHORITY.certificate, usage="CSCA"),
    )
    trust_list = read_list(Material({"a": content(Network().document(*methods))}), now=NOW)
    found = audit(trust_list, at=NOW)
    assert (found.whole.total, found.whole.signers, found.whole.signers_expired) == (4, 3, 1)
    assert (found.whole.usable, found.whole.signers_not_yet) == (1, 1)
    assert [(each.country, each.signers, each.signers_expired) for each in found.countries] == [
        ("XAA", 2, 1),
        ("XBB", 1, 0),
    ]
    assert [each.kid for each in found.findings if each.code == "expired"] == [certificate_kid(ended)]
    told = found.to_json()
    assert (told["ageDays"], told["kind"]) == (1, "gdhcn")


def test_an_audit_tells_signers_whose_authority_has_expired() -> None:
    ended = Authority(number=3, valid_until=NOW - DAY)
    found = audit(listed(ended.signer(), authority=ended), at=NOW)
    assert (found.whole.signers_expired, found.whole.usable, found.whole.codes["authority-expired"]) == (
        0,
        0,
        1,
    )


def test_an_audit_of_a_list_without_certificates_is_empty() -> None:
    assert audit(TrustList("dids", "", issuers=(issuer(),)), at=NOW).whole.total == 0


def test_a_kept_list_is_read_as_it_was_written() -> None:
    trust_list = replace(
        listed(AUTHORITY.signer(), AUTHORITY.signer(2)),
        issuers=(
            issuer(type_iris=frozenset({"https://a.example/T"}), valid_from=NOW, valid_until=NOW + DAY),
        ),
        valid_from=NOW,
        valid_until=NOW + DAY,
        remarks=("one",),
    )
    written = kept(trust_list, formats=frozenset({"icvp"}), types=frozenset({"x"}), is_test=True)
    read = kept_from_json(parse_json_object(dump_json(kept_to_json(written))))
    assert read == written


def test_pins_are_read_as_they_were_written() -> None:
    pins = Pins(
        publisher=SIGNING_DID,
        publisher_document=Network().signing_document,
        publisher_key=b"-----BEGIN PUBLIC KEY-----\n",
        sha256="ab" * 32,
        anchors=(AUTHORITY.certificate,),
        contexts={"https://x.example/c": b"{}"},
    )
    assert pins_from_json(parse_json_object(dump_json(pins_to_json(pins)))) == pins


@pytest.mark.parametrize(
    "members", [{"format": 2}, {"certificates": 7}, {"authorities": ["?"]}, {"confirmed": 1}]
)
def test_what_was_not_written_by_this_program_is_refused(members: JSONObject) -> None:
    with pytest.raises(MalformedValueError):
        kept_from_json(kept_to_json(kept(listed(AUTHORITY.signer()))) | members)
    with pytest.raises(MalformedValueError):
        pins_from_json({"anchors": 7})


def test_a_list_of_a_test_system_marks_its_issuers_and_signers() -> None:
    """Threat I6."""
    certificate = AUTHORITY.signer()
    trust_list = replace(listed(certificate), issuers=(issuer(),))
    store = TrustStore((kept(trust_list, is_test=True),))
    assert store.trusted_issuers().by_did["did:web:moh.example"].is_test
    assert store.signers_for(certificate_kid(certificate), format="eu-dcc")[0].is_test
    assert store.test_lists == ("who",)


def test_an_entry_of_the_gateway_without_its_authority_is_nobodys_signer() -> None:
    trust_list = read_list(Material({"a": content([gateway_entry(AUTHORITY.signer())])}), now=NOW)
    assert TrustStore((kept(trust_list),)).signers_for(certificate_kid(AUTHORITY.signer()), format="x") == ()
