"""The trust lists of a verifier: kept whole, never replaced by older ones, read again while it runs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from health.formats import make_signer_certificate
from health.trust import (
    Material,
    OlderListError,
    Pins,
    Suspension,
    TestListError,
    TrustListError,
    UnsignedListError,
    WrongPublisherError,
    certificate_kid,
)
from tests import paper
from tests.registries import NOW, PUBLISHER, entity, signed
from tests.trust_lists import CONTEXT, CONTEXTS, SIGNING_DID, Authority, Network, content, method, pem
from tests.vclib.parties import party
from vclib.errors import (
    ConfigurationError,
    FetchError,
    FetchRefusedError,
    InvalidSignatureError,
    StoreError,
    VCError,
)
from vclib.keys import PrivateKey
from vclib.strict_json import JSONObject
from verifier.config import VerifierConfig
from verifier.trust_import import Wanted, import_list, read_contexts, read_material, refresh_list
from verifier.trust_lists import TrustFolder, TrustSource, load_store
from verifier.trust_suspensions import read_suspended, resume, suspend, suspended_path

URL = "https://registry.example/registry.json"
MINISTRY, CLINIC = party(22).did, party(23).did
PINS = Pins(publisher=PUBLISHER.did)


class Place:
    """A verifier's home, and a web server whose one document tests exchange."""

    def __init__(self, folder: Path) -> None:
        self.config = VerifierConfig(folder)
        self.folder = TrustFolder(self.config.trust_folder)
        self.served: JSONObject | None = signed(entity(MINISTRY))

    def fetch(self, url: str) -> bytes:
        if self.served is None:
            raise FetchError(f"{url} is down")
        return content(self.served)

    def take(
        self, *, name: str = "registry", pins: Pins = PINS, is_test: bool = False, now: datetime = NOW
    ) -> None:
        wanted = Wanted(name, URL, pins, is_test=is_test)
        import_list(
            wanted,
            self.folder,
            fetch=self.fetch,
            now=now,
            accept_test_lists=self.config.accept_test_lists,
        )

    def refresh(self, *, now: datetime = NOW) -> None:
        [source] = self.folder.sources()
        refresh_list(source, self.folder, fetch=self.fetch, now=now, accept_test_lists=False)

    def known(self) -> set[str]:
        return set(load_store(self.config).trusted_issuers().by_did)


def _certificate(key: PrivateKey, name: str) -> bytes:
    begins, ends = NOW - timedelta(days=60), NOW + timedelta(days=600)
    return make_signer_certificate(key, country="AT", name=name, begins=begins, ends=ends)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "venue")


def test_a_list_that_was_taken_in_is_believed_and_tells_where_it_is_from(place: Place) -> None:
    place.take()
    assert place.known() == {MINISTRY}
    [source] = place.folder.sources()
    assert (source.kept.location, source.kept.voucher) == (URL, f"signed by {PUBLISHER.did}")
    assert source.pins == PINS


def test_the_files_are_the_owners_only(place: Place) -> None:
    place.take()
    [path] = place.config.trust_folder.glob("*.json")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (signed(entity(CLINIC), validFrom="2026-05-01T00:00:00Z"), OlderListError),
        ({**signed(entity(CLINIC)), "proof": []}, VCError),
        (signed(entity(CLINIC), publisher=party(24)), WrongPublisherError),
        (signed(entity(MINISTRY)) | {"credentialSubject": [entity(CLINIC)]}, InvalidSignatureError),
        (None, FetchError),
    ],
    ids=["older", "unsigned", "of another publisher", "altered", "host down"],
)
def test_a_list_that_cannot_be_taken_leaves_the_last_good_one_which_ages(
    place: Place, document: JSONObject | None, error: type[VCError]
) -> None:
    """Threat I4."""
    place.take()
    place.served = document
    later = NOW + timedelta(days=40)
    with pytest.raises(error):
        place.refresh(now=later)
    assert place.known() == {MINISTRY}
    [source] = place.folder.sources()
    assert source.kept.confirmed == NOW
    fresh_until = source.kept.fresh_until(timedelta(days=30))
    assert fresh_until is not None
    assert fresh_until < later


def test_a_newer_list_replaces_the_older_and_an_unchanged_one_is_confirmed(place: Place) -> None:
    place.take()
    place.refresh(now=NOW + timedelta(days=1))
    assert place.folder.sources()[0].kept.confirmed == NOW + timedelta(days=1)
    place.served = signed(entity(CLINIC), validFrom="2026-06-15T00:00:00Z")
    place.refresh()
    assert place.known() == {CLINIC}


def test_a_name_that_is_taken_by_another_list_is_refused(place: Place) -> None:
    """Threat I4: another publisher cannot take a list's place, whatever was pinned for it."""
    place.take()
    place.served = signed(entity(CLINIC), publisher=party(24))
    with pytest.raises(TrustListError, match="is taken by a list of"):
        place.take(pins=Pins(publisher=party(24).did))
    place.folder.remove("registry")
    place.take(pins=Pins(publisher=party(24).did))
    assert place.known() == {CLINIC}


def test_a_running_verifier_sees_a_change_at_once(place: Place) -> None:
    place.take()
    trust = TrustSource(place.config)
    issuers = trust.now().issuers
    assert issuers is not None
    assert issuers.is_known(MINISTRY)
    place.served = signed(entity(CLINIC), validFrom="2026-06-15T00:00:00Z")
    place.refresh()
    # What one check was given stays as it was.
    assert issuers.is_known(MINISTRY)
    issuers = trust.now().issuers
    assert issuers is not None
    assert (issuers.is_known(MINISTRY), issuers.is_known(CLINIC)) == (False, True)


def test_a_running_verifier_without_any_list_sees_the_first_import(place: Place) -> None:
    trust = TrustSource(place.config)
    assert (trust.now().issuers, trust.now().signers) == (None, None)
    place.take()
    issuers = trust.now().issuers
    assert issuers is not None
    assert issuers.is_known(MINISTRY)
    assert trust.now().signers is not None


def test_a_file_that_is_destroyed_while_a_verifier_runs_leaves_what_was_in_force(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Threat I4."""
    place.take()
    trust = TrustSource(place.config)
    (place.config.trust_folder / "registry.json").write_text("{}")
    assert set(trust.files().store.trusted_issuers().by_did) == {MINISTRY}
    assert "those in force stay" in caplog.text
    assert "expected a trust list" in (trust.problem or "")
    with pytest.raises(ConfigurationError, match=r"registry\.json: expected a trust list"):
        TrustSource(place.config)


def test_two_who_take_lists_in_at_once_leave_the_newest(place: Place) -> None:
    place.take()
    newest = 15
    documents = [
        signed(entity(MINISTRY), validFrom=f"2026-06-{day:02}T00:00:00Z") for day in range(2, newest + 1)
    ]
    refused: list[str] = []

    def take(document: JSONObject) -> None:
        other = Place(place.config.home)
        other.served = document
        try:
            other.take()
        except OlderListError as err:
            refused.append(err.code)

    threads = [threading.Thread(target=take, args=(each,)) for each in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [source] = place.folder.sources()
    assert source.kept.trust_list.produced == datetime(2026, 6, newest, tzinfo=NOW.tzinfo)
    assert [*place.config.trust_folder.glob("*.tmp")] == []


def test_a_list_of_a_test_system_is_refused_in_production(place: Place) -> None:
    """Threat I6."""
    with pytest.raises(TestListError, match="accept_test_lists"):
        place.take(is_test=True)
    assert place.folder.sources() == ()


def test_a_verifier_does_not_start_with_a_test_list_that_nobody_accepted(place: Place) -> None:
    """Threat I6: the setting was taken back, the list stayed."""
    place.config = replace(place.config, accept_test_lists=True)
    place.take(is_test=True)
    [mark] = TrustSource(place.config).now().marks
    assert (mark.code, mark.detail) == ("test-lists", "registry")
    with pytest.raises(TestListError, match="registry: of a test system"):
        TrustSource(replace(place.config, accept_test_lists=False))


def test_a_verifier_without_test_lists_marks_nothing(place: Place) -> None:
    place.take()
    assert TrustSource(place.config).now().marks == ()


def test_paper_signers_come_from_the_lists_too(place: Place, tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "who.json").write_bytes(
        content(Network().document(method(authority.signer(), authority.certificate)))
    )
    pins = Pins(publisher=SIGNING_DID, publisher_document=Network().signing_document, contexts=CONTEXTS)
    wanted = Wanted("who", str(tmp_path / "who.json"), pins, frozenset({"eu-dcc"}))
    import_list(wanted, place.folder, fetch=None, now=NOW, accept_test_lists=False)
    signers = TrustSource(place.config).now().signers
    assert signers is not None
    assert len(signers.signers_for(certificate_kid(authority.signer()), format="eu-dcc")) == 1
    assert signers.signers_for(certificate_kid(authority.signer()), format="icvp") == ()


def test_a_certificate_in_the_home_is_a_signer_as_long_as_it_lies_there(place: Place) -> None:
    """Self-signed ones too, which no authority vouches for: whoever put it there does."""
    trust = TrustSource(place.config)
    assert trust.now().signers is None
    folder = place.config.home / "signers"
    folder.mkdir(parents=True)
    (folder / "at.pem").write_bytes(pem(paper.CERTIFICATE))
    now = trust.now()
    assert now.issuers is None
    assert now.signers is not None
    [signer] = now.signers.signers_for(paper.KID, format="eu-dcc")
    assert signer.name == "Ministry of Health"
    suspend(place.config, paper.KID.hex(), "its key leaked")
    suspended = trust.now().signers
    assert suspended is not None
    [refused] = suspended.signers_for(paper.KID, format="eu-dcc")
    assert refused.suspended == "its key leaked"
    resume(place.config, paper.KID.hex())
    place.take()
    beside = trust.now()
    assert beside.issuers is not None
    assert beside.signers is not None
    assert len(beside.signers.signers_for(paper.KID, format="eu-dcc")) == 1
    (folder / "broken.pem").write_text("-----BEGIN CERTIFICATE-----")
    assert trust.now().signers is not None
    assert "broken.pem" in (trust.problem or "")
    (folder / "broken.pem").unlink()
    (folder / "at.pem").unlink()
    left = trust.now().signers
    assert left is not None
    assert left.signers_for(paper.KID, format="eu-dcc") == ()


def test_a_verifier_does_not_start_without_the_signers_that_it_was_told_of(place: Place) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        TrustSource(replace(place.config, signers=place.config.home / "nowhere"))


def test_the_own_trust_file_is_read_beside_the_lists(place: Place) -> None:
    place.take()
    place.config.trust_path.write_bytes(content({"issuers": [{"id": CLINIC, "name": "Clinic"}]}))
    assert place.known() == {MINISTRY, CLINIC}


def test_without_lists_and_file_nobody_was_said_to_be_trusted(place: Place) -> None:
    assert TrustSource(place.config).now().issuers is None


def test_a_folder_is_one_list(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.pem").write_bytes(pem(authority.signer()))
    (tmp_path / "two.der").write_bytes(authority.certificate)
    (tmp_path / "notes.txt").write_text("not a list")
    material = read_material(str(tmp_path), None)
    assert sorted(material.documents) == ["a/one.pem", "two.der"]
    # As `sha256sum` of the files in the order of their names, put through it again.
    assert material.sha256 != Material({"two.der": authority.certificate}).sha256


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found none"):
        read_material(str(tmp_path), None)


@pytest.mark.parametrize("location", [URL, "did:web:lists.example:v2:trustlist"])
def test_nothing_is_fetched_offline(location: str) -> None:
    with pytest.raises(FetchRefusedError):
        read_material(location, None)


def test_a_did_web_is_read_from_its_server() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return b"{}"

    read_material("did:web:lists.example:v2:trustlist", fetch)
    assert asked == ["https://lists.example/v2/trustlist/did.json"]


def test_contexts_are_compared_with_their_digest(tmp_path: Path) -> None:
    served: Callable[[str], bytes] = CONTEXTS.__getitem__
    digest = hashlib.sha256(CONTEXTS[CONTEXT]).hexdigest()
    assert read_contexts({CONTEXT: f"sha256:{digest}"}, served) == CONTEXTS
    (tmp_path / "c.jsonld").write_bytes(CONTEXTS[CONTEXT])
    assert read_contexts({CONTEXT: str(tmp_path / "c.jsonld")}, None) == CONTEXTS
    with pytest.raises(WrongPublisherError, match="its digest is"):
        read_contexts({CONTEXT: "sha256:" + "0" * 64}, served)
    with pytest.raises(ConfigurationError, match="64 hexadecimal digits"):
        read_contexts({CONTEXT: "sha256:abc"}, served)
    with pytest.raises(FetchRefusedError):
        read_contexts({CONTEXT: f"sha256:{digest}"}, None)


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "x" * 65])
def test_a_name_that_is_no_plain_word_is_refused(place: Place, name: str) -> None:
    with pytest.raises(ConfigurationError, match="the name of a list"):
        place.take(name=name)


def test_an_unknown_list_cannot_be_removed(place: Place) -> None:
    with pytest.raises(ConfigurationError, match="there is no trust list"):
        place.folder.remove("who")


def test_a_list_that_nothing_vouches_for_is_not_kept(place: Place) -> None:
    with pytest.raises(UnsignedListError):
        place.take(pins=Pins())
    assert place.folder.sources() == ()


def test_a_signer_is_suspended_by_its_key_identifier_and_seen_at_once(place: Place, tmp_path: Path) -> None:
    """Threat I3."""
    authority = Authority()
    (tmp_path / "signers.pem").write_bytes(pem(authority.signer()) + pem(authority.certificate))
    pins = Pins(anchors=(authority.certificate,))
    wanted = Wanted("signers", str(tmp_path / "signers.pem"), pins, countries=frozenset({"LI"}))
    import_list(wanted, place.folder, fetch=None, now=NOW, accept_test_lists=False)
    trust, kid = TrustSource(place.config), certificate_kid(authority.signer())

    def found() -> list[tuple[str, frozenset[str]]]:
        signers = trust.now().signers
        assert signers is not None
        return [(each.suspended, each.countries) for each in signers.signers_for(kid, format="eu-dcc")]

    assert found() == [("", frozenset({"LI"}))]
    suspend(place.config, kid.hex().upper(), "its key leaked")
    assert found() == [("its key leaked", frozenset({"LI"}))]
    resume(place.config, kid.hex())
    assert found() == [("", frozenset({"LI"}))]


def test_a_suspended_key_stays_so_under_another_certificate_of_the_home(place: Place) -> None:
    """Threat I3: whoever has the key makes a new certificate of it, with another key identifier."""
    place.config.signers_path.mkdir(parents=True)
    first, renewed, other = (
        _certificate(key, name) for key, name in ((paper.KEY, "A"), (paper.KEY, "B"), (paper.OTHER_KEY, "C"))
    )
    (place.config.signers_path / "first.der").write_bytes(first)
    trust, kid = TrustSource(place.config), certificate_kid(first).hex()

    def why(certificate: bytes) -> list[str]:
        signers = trust.now().signers
        assert signers is not None
        found = signers.signers_for(certificate_kid(certificate), format="eu-dcc")
        return [each.suspended for each in found]

    keys = trust.files().keys_of(kid)
    suspend(place.config, kid, "its key leaked", keys=keys)
    # The certificate that was suspended is gone, and its key comes back.
    (place.config.signers_path / "first.der").unlink()
    (place.config.signers_path / "renewed.der").write_bytes(renewed)
    (place.config.signers_path / "other.der").write_bytes(other)
    assert why(renewed) == [f"its key leaked (the key of {kid})"]
    assert why(other) == [""]
    # Said again where the certificate is not there any more, the key is not forgotten.
    assert suspend(place.config, kid, "it was stolen").keys == keys
    assert why(renewed) == [f"it was stolen (the key of {kid})"]
    resume(place.config, kid)
    assert why(renewed) == [""]


def test_who_ends_a_suspension_hears_of_others_that_have_the_same_key(place: Place) -> None:
    """Threat I3: the key stays suspended, and nobody is told that it counts again."""
    keys = frozenset({"ab" * 32})
    suspend(place.config, "aa11", "its key leaked", keys=keys)
    suspend(place.config, "bb22", "its key leaked", keys=keys)
    assert resume(place.config, "bb22") == ["aa11"]
    assert resume(place.config, "aa11") == []


def test_a_suspended_key_stays_so_in_every_list(place: Place, tmp_path: Path) -> None:
    """Threat I3: also where the certificate that was suspended is of another list, or of the home."""
    authority = Authority()
    (tmp_path / "signers.pem").write_bytes(pem(authority.signer()) + pem(authority.certificate))
    pins = Pins(anchors=(authority.certificate,))
    wanted = Wanted("signers", str(tmp_path / "signers.pem"), pins)
    import_list(wanted, place.folder, fetch=None, now=NOW, accept_test_lists=False)
    trust, listed = TrustSource(place.config), certificate_kid(authority.signer())
    suspend(place.config, "0123456789abcdef", "its key leaked", keys=trust.files().keys_of(listed.hex()))
    signers = trust.now().signers
    assert signers is not None
    [signer] = signers.signers_for(listed, format="eu-dcc")
    assert signer.suspended == "its key leaked (the key of 0123456789abcdef)"


def test_a_suspension_that_was_written_without_keys_is_read_as_before(place: Place) -> None:
    suspended_path(place.config).parent.mkdir(parents=True, exist_ok=True)
    suspended_path(place.config).write_text('{"suspended": {"0123456789abcdef": "its key leaked"}}')
    assert read_suspended(place.config).by_id == {"0123456789abcdef": Suspension("its key leaked")}
    suspend(place.config, MINISTRY, "it was closed")
    written = json.loads(suspended_path(place.config).read_text())
    assert written == {"suspended": {"0123456789abcdef": "its key leaked", MINISTRY: "it was closed"}}


def test_what_the_verifier_suspends_counts_although_another_file_is_broken(place: Place) -> None:
    """Threat I3: whoever learns that a key leaked must not have to mend a certificate first."""
    place.take()
    trust = TrustSource(place.config)
    place.config.signers_path.mkdir()
    (place.config.signers_path / "broken.pem").write_text("no certificate")

    def why() -> str:
        issuers = trust.now().issuers
        assert issuers is not None
        return issuers.by_did[MINISTRY].suspended

    assert (why(), "broken.pem" in (trust.problem or "")) == ("", True)
    suspend(place.config, MINISTRY, "its key leaked")
    assert why() == "its key leaked"
    # One that cannot be read itself leaves those in force.
    suspended_path(place.config).write_text("{")
    assert why() == "its key leaked"
    suspended_path(place.config).unlink()
    (place.config.signers_path / "broken.pem").unlink()
    assert (why(), trust.problem) == ("", None)


def test_a_named_signer_is_suspended_although_another_file_is_broken(place: Place) -> None:
    """Threat I3."""
    place.config.signers_path.mkdir(parents=True)
    (place.config.signers_path / "signer.der").write_bytes(paper.CERTIFICATE)
    trust = TrustSource(place.config)
    (place.config.signers_path / "broken.pem").write_text("no certificate")
    suspend(place.config, paper.KID.hex(), "its key leaked")
    signers = trust.now().signers
    assert signers is not None
    assert [each.suspended for each in signers.signers_for(paper.KID, format="eu-dcc")] == ["its key leaked"]


def test_suspensions_of_the_same_moment_all_count(place: Place) -> None:
    entries = [f"{number:016x}" for number in range(16)]
    threads = [threading.Thread(target=suspend, args=(place.config, each, "leaked")) for each in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_suspended(place.config).by_id) == entries


@pytest.mark.parametrize(
    "entry",
    ["", "moh.example", "abc", "0x1234", "did:", "did:web:moh.example#key-1", "did:web:moh.example "],
)
def test_what_is_no_entry_cannot_be_suspended(place: Place, entry: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a DID (or a key identifier|without)"):
        suspend(place.config, entry, "why")


def test_a_suspension_needs_a_reason_and_ends_once(place: Place) -> None:
    with pytest.raises(ConfigurationError, match="--reason"):
        suspend(place.config, MINISTRY, " ")
    with pytest.raises(ConfigurationError, match="is not suspended here"):
        resume(place.config, MINISTRY)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"suspended": []}',
        '{"suspended": {"did:web:a.example": ""}}',
        '{"suspended": {"0123": {"keys": []}}}',
        '{"suspended": {"0123": {"reason": "why"}}}',
        '{"suspended": {"0123": {"reason": "why", "keys": ["abcd"]}}}',
        '{"suspended": {"0123": {"reason": "why", "keys": [], "until": "tomorrow"}}}',
    ],
)
def test_a_file_of_suspensions_that_is_none_stops_a_verifier(place: Place, text: str) -> None:
    """Rather than let somebody in whom it meant to keep out."""
    place.take()
    (place.config.home / "suspended.json").write_text(text)
    with pytest.raises(ConfigurationError):
        load_store(place.config)
