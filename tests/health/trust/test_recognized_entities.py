"""A registry as a credential: who signed it, whom it recognises for what, and where its links lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from health.trust import (
    ExpiredListError,
    Material,
    OlderListError,
    Pins,
    TrustListError,
    UnsignedListError,
    Verified,
    WrongPublisherError,
    check_not_older,
    verify_list,
)
from health.trust.recognized_entities import CONTEXT
from tests.registries import (
    NOW,
    PUBLISHER,
    REGISTRY,
    REGISTRY_TYPE,
    VACCINATION_TYPE,
    action,
    entity,
    registry,
    signed,
)
from tests.trust_lists import content
from tests.vclib.parties import party
from vclib.data_model import BASE_CONTEXT_V2
from vclib.did import resolver
from vclib.errors import ContextNotAcceptedError, FetchError, InvalidSignatureError, MalformedValueError
from vclib.strict_json import JSONObject

MINISTRY, CLINIC = party(22).did, party(23).did
PINS = Pins(publisher=PUBLISHER.did)


def verify(
    *documents: JSONObject,
    pins: Pins = PINS,
    now: datetime = NOW,
    fetch: Callable[[str], bytes] | None = None,
) -> Verified:
    material = Material({str(number): content(each) for number, each in enumerate(documents)}, fetch)
    return verify_list(material, pins, resolve=resolver(), now=now)


def names(verified: Verified) -> dict[str, frozenset[str] | None]:
    return {issuer.id: issuer.type_iris for issuer in verified.trust_list.issuers}


def test_an_entity_is_recognised_for_the_types_that_are_named() -> None:
    verified = verify(signed(entity(MINISTRY, action(VACCINATION_TYPE)), entity(CLINIC, name="Clinic")))
    assert names(verified) == {MINISTRY: frozenset({VACCINATION_TYPE}), CLINIC: None}
    assert verified.voucher == f"signed by {PUBLISHER.did}"


def test_other_dids_of_an_entity_are_its_own() -> None:
    [issuer] = verify(signed(entity(MINISTRY, sameAs=[CLINIC]))).trust_list.issuers
    assert issuer.dids == {MINISTRY, CLINIC}


def test_an_action_has_a_period_of_its_own() -> None:
    """Threat I3."""
    begins = action(validFrom="2026-07-02T00:00:00Z", validUntil="2026-08-01T00:00:00Z")
    [issuer] = verify(signed(entity(MINISTRY, begins))).trust_list.issuers
    assert not issuer.is_trusted_at(NOW)
    assert issuer.is_trusted_at(NOW + timedelta(days=2))


@pytest.mark.parametrize(
    "other",
    [
        action() | {"action": "verify"},
        action() | {"action": "anything"},
        action() | {"outputValidation": [{"id": "https://x.example/s.json", "type": "JsonSchema"}]},
        action() | {"outputValidation": []},
    ],
)
def test_what_cannot_be_evaluated_recognises_nobody_for_anything(other: JSONObject) -> None:
    """Threat I2."""
    recognised = names(verify(signed(entity(MINISTRY, other), entity(CLINIC))))
    assert recognised.get(MINISTRY, frozenset()) == frozenset()


def test_a_registry_that_nobody_signed_is_refused() -> None:
    """Threat I4."""
    with pytest.raises(UnsignedListError, match="not signed"):
        verify(registry(entity(MINISTRY)))


def test_a_registry_signed_by_another_key_is_refused() -> None:
    """Threat I4: a key outside its pinned root."""
    with pytest.raises(WrongPublisherError):
        verify(signed(entity(MINISTRY), publisher=party(24)))
    with pytest.raises(UnsignedListError, match="name the publisher"):
        verify(signed(entity(MINISTRY)), pins=Pins())


def test_a_registry_that_was_changed_is_refused() -> None:
    """Threat I4."""
    document = signed(entity(MINISTRY, name="Ministry"))
    with pytest.raises(InvalidSignatureError):
        verify({**document, "credentialSubject": [entity(CLINIC, name="Ministry")]})


@pytest.mark.parametrize("now", [datetime(2026, 5, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)])
def test_a_registry_outside_its_period_is_not_taken(now: datetime) -> None:
    """Threat I3."""
    with pytest.raises(ExpiredListError):
        verify(registry_of_another_time(), now=now)


def registry_of_another_time() -> JSONObject:
    # A proof from the future would be refused for that; this one was made before either moment.
    return PUBLISHER.sign(registry(entity(MINISTRY)), created=datetime(2026, 4, 1, tzinfo=UTC))


def test_an_older_registry_is_told_from_a_newer() -> None:
    """Threat I4: replaced by an older version."""
    new = verify(signed(entity(MINISTRY))).trust_list
    old = verify(signed(entity(CLINIC), validFrom="2026-05-01T00:00:00Z")).trust_list
    check_not_older(new, old)
    with pytest.raises(OlderListError):
        check_not_older(old, new)


def test_of_two_registries_that_begin_together_the_one_signed_later_is_newer() -> None:
    """Threat I4: whoever was taken off it does not come back with the one of before."""
    first = PUBLISHER.sign(registry(entity(CLINIC)), created=NOW - timedelta(days=2))
    second = PUBLISHER.sign(registry(entity(MINISTRY)), created=NOW - timedelta(days=1))
    with pytest.raises(OlderListError):
        check_not_older(verify(first).trust_list, verify(second).trust_list)


def test_a_registry_in_which_two_entities_have_one_did_is_refused() -> None:
    with pytest.raises(MalformedValueError, match="two trusted issuers"):
        verify(signed(entity(MINISTRY), entity(CLINIC, name="Clinic", sameAs=[MINISTRY])))


def test_a_registry_that_links_to_hundreds_of_others_is_refused() -> None:
    """Threat I5: the number of links is bounded, too."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return content(signed(entity(MINISTRY), id=url))

    links = [
        {"id": f"https://registry.example/{number}", "type": "RecognizedEntityCredential"}
        for number in range(300)
    ]
    with pytest.raises(TrustListError, match="more than 32 others"):
        verify(signed(entity(MINISTRY, recognizedIn=[*links])), fetch=fetch)
    assert len(asked) == 32


def linked(did: str, url: str) -> JSONObject:
    return entity(did, recognizedIn={"id": url, "type": "RecognizedEntityCredential"})


def test_a_linked_registry_is_verified_and_gives_only_the_entity_with_the_link() -> None:
    """Threat I5: each link is checked on its own."""
    further = signed(
        entity(MINISTRY, action(VACCINATION_TYPE)), entity(CLINIC), id="https://registry.example/more"
    )
    root = entity(MINISTRY, action("https://w3id.org/ddcc#TestResultCredential")) | {
        "recognizedIn": {"id": "https://registry.example/more", "type": "RecognizedEntityCredential"}
    }
    recognised = names(verify(signed(root), further))
    assert recognised == {
        MINISTRY: frozenset({VACCINATION_TYPE, "https://w3id.org/ddcc#TestResultCredential"})
    }


def test_a_linked_registry_of_a_stranger_is_refused_unless_he_is_recognised_to_publish() -> None:
    """Threat I5."""
    stranger = party(25)
    url = "https://elsewhere.example/list"
    further = signed(entity(MINISTRY), publisher=stranger, id=url)
    with pytest.raises(WrongPublisherError):
        verify(signed(linked(MINISTRY, url)), further)
    # Everything does not include publishing registries.
    with pytest.raises(WrongPublisherError):
        verify(signed(linked(MINISTRY, url), entity(stranger.did, name="Other")), further)
    publisher = entity(stranger.did, action(REGISTRY_TYPE), name="Region")
    assert names(verify(signed(linked(MINISTRY, url), publisher), further)) == {MINISTRY: None}


def test_links_in_a_circle_are_refused() -> None:
    """Threat I5."""
    further = signed(linked(MINISTRY, REGISTRY), id="https://registry.example/more")
    with pytest.raises(TrustListError, match="in a circle"):
        verify(signed(linked(MINISTRY, "https://registry.example/more")), further)


def test_a_chain_of_links_a_thousand_long_is_refused() -> None:
    """Threat I5: depth is bounded."""
    asked: list[str] = []

    def endless(url: str) -> bytes:
        asked.append(url)
        return content(signed(linked(MINISTRY, f"https://registry.example/{len(asked) + 1}"), id=url))

    with pytest.raises(TrustListError, match="more than 3 deep"):
        verify(signed(linked(MINISTRY, "https://registry.example/1")), fetch=endless)
    assert len(asked) == 3


def test_a_link_that_leads_elsewhere_or_nowhere_is_refused() -> None:
    def down(url: str) -> bytes:
        raise FetchError(f"{url} is down")

    root = signed(linked(MINISTRY, "https://registry.example/more"))
    other = content(signed(entity(MINISTRY), id="https://registry.example/other"))
    with pytest.raises(TrustListError, match="leads to the registry"):
        verify(root, fetch=lambda _: other)
    with pytest.raises(FetchError):
        verify(root, fetch=down)
    with pytest.raises(TrustListError, match="was not given"):
        verify(root)
    without = content(signed(entity(CLINIC), id="https://registry.example/more"))
    with pytest.raises(TrustListError, match="does not have"):
        verify(root, fetch=lambda _: without)


@pytest.mark.parametrize(
    "subject",
    [
        {"id": MINISTRY, "type": "RecognizedEntity", "recognizedTo": action()},
        {"type": "RecognizedEntity", "name": "Ministry", "recognizedTo": action()},
        entity(MINISTRY, action(), action(validFrom="2026-07-02T00:00:00Z")),
    ],
    ids=["no name", "no id", "two periods"],
)
def test_an_entity_that_is_not_whole_is_refused(subject: JSONObject) -> None:
    with pytest.raises(MalformedValueError):
        verify(signed(subject))


def test_a_registry_that_could_be_withdrawn_is_refused_where_nobody_can_tell() -> None:
    status: Mapping[str, str] = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": "https://registry.example/status",
    }
    with pytest.raises(TrustListError, match="withdrawn, or nobody could tell"):
        verify(signed(entity(MINISTRY), credentialStatus={**status}))


def test_a_registry_under_other_contexts_is_refused_for_its_words_could_mean_anything() -> None:
    contexts = [BASE_CONTEXT_V2, CONTEXT, "https://w3id.org/ddcc/v1"]
    with pytest.raises(ContextNotAcceptedError):
        verify(signed(entity(MINISTRY), **{"@context": contexts}))


def test_a_registry_may_suspend_an_entity_and_say_why() -> None:
    """Threat I3."""
    verified = verify(
        signed(entity(MINISTRY, suspended="under investigation"), entity(CLINIC, name="Clinic"))
    )
    told = {issuer.id: issuer.suspended for issuer in verified.trust_list.issuers}
    assert told == {MINISTRY: "under investigation", CLINIC: ""}


def test_an_entity_is_suspended_whichever_of_two_registries_says_so() -> None:
    further = "https://registry.example/further"
    linked = signed(entity(MINISTRY, suspended="key lost"), id=further)
    first = signed(
        entity(MINISTRY, recognizedIn={"id": further, "type": "RecognizedEntityCredential"}, recognizedTo=[])
    )
    assert [issuer.suspended for issuer in verify(first, linked).trust_list.issuers] == ["key lost"]


def test_a_suspended_publisher_s_registries_are_not_followed() -> None:
    further = "https://registry.example/further"
    other = party(24)
    publishes = entity(other.did, action(REGISTRY_TYPE), name="Other", suspended="withdrew")
    link = entity(
        MINISTRY, recognizedIn={"id": further, "type": "RecognizedEntityCredential"}, recognizedTo=[]
    )
    with pytest.raises(WrongPublisherError):
        verify(signed(publishes, link), signed(entity(MINISTRY), publisher=other, id=further))
