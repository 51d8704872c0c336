"""Bad input: one line that names it, an exit code, no traceback; nothing half-written, nothing lost.

K8 throughout: no message repeats a claim, a passphrase or a key.
"""

from __future__ import annotations

import copy
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import contexts
import issuer.service
from issuer import cli_minting
from runtime.atomic import write_file
from tests.flows.conftest import PASSPHRASE, ROOT, Site, as_process, in_process
from tests.world import VACCINATION, changed
from vclib.errors import StoreError
from vclib.strict_json import JSONValue

CHALLENGE = ("--challenge", "7JcQ2w", "--domain", "https://venue.example")
RECORD = json.dumps(VACCINATION)
DEEP = "[" * 5_000 + "]" * 5_000
HUGE = '{"a": "' + "x" * (65 * 1024 * 1024) + '"}'


def _mint(site: Site, *arguments: object, out: str = "out") -> Any:
    return in_process("issuer", "mint", *arguments, "--out", site.path(out), *site.issuer)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("", "record"),
        ("{", "parsing"),
        (RECORD[:-1], "parsing"),
        (RECORD.replace('"name"', '"name": "Other", "name"'), "parsing"),
        (RECORD.replace('"dose": 1', '"dose": 1e400'), "parsing"),
        (RECORD.replace('"dose": 1', '"dose": NaN'), "parsing"),
        (b"\xff\xfe" + RECORD.encode("utf-16-le"), "parsing"),
        (DEEP, "complexity"),
        (HUGE, "complexity"),
        ("name;age\nAulus;44\n", "record"),
        ("just some words", "record"),
        ('{"resourceType": "Bundle"}', "record"),
        ("[]", "record"),
        ("name,birthDate,vaccination.vaccine\n", "record"),
    ],
    ids=[
        "empty",
        "brace",
        "cut off",
        "key twice",
        "infinite",
        "not a number",
        "utf-16",
        "deep",
        "huge",
        "csv of others",
        "words",
        "empty bundle",
        "empty array",
        "heading alone",
    ],
)
def test_a_file_without_records_is_refused(site: Site, content: str | bytes, name: str) -> None:
    file = site.write("input", content)
    before = site.files()
    _mint(site, file, "--no-holder").assert_error(4, name)
    assert {path: site.files()[path] for path in before} == before
    assert not list(site.path("out").glob("*")) if site.path("out").exists() else True


@pytest.mark.parametrize(
    ("record", "element"),
    [
        (changed(VACCINATION, "vaccination", dose=3), "vaccination.dose"),
        (changed(VACCINATION, "vaccination", date="2999-01-01"), "vaccination.date"),
        (changed(VACCINATION, birthDate="2026-06-01"), "date of birth"),
        (changed(VACCINATION, "vaccination", dose=1.0), "vaccination.dose"),
        (changed(VACCINATION, "vaccination", country="XX"), "vaccination.country"),
        (changed(VACCINATION, fullyVaccinated=True), "fullyVaccinated"),
        (changed(VACCINATION, name="Aulus\u202eAgerius"), "name"),
        (changed(VACCINATION, name=None), "name"),
    ],
    ids=["dose 3 of 2", "future", "born later", "float", "country", "unknown member", "control", "missing"],
)
def test_an_impossible_record_is_refused_by_its_element(site: Site, record: Any, element: str) -> None:
    """F14."""
    ran = _mint(site, site.write("input.json", record), "--no-holder")
    assert (ran.code, ran.err) == (4, "")
    assert ran.out.startswith("refused record 1: ")
    assert element in ran.out
    assert "Agerius" not in ran.out
    assert in_process("issuer", "list", *site.home, "--json").json == {"credentials": []}


def test_of_many_records_the_good_ones_are_minted(site: Site) -> None:
    """F15."""
    impossible, other = changed(VACCINATION, "vaccination", dose=9), changed(VACCINATION, name="B C")
    records: JSONValue = [VACCINATION, impossible, other, 7]
    ran = _mint(site, site.write("input.json", records), "--no-holder", "--json")
    assert ran.code == 4
    assert [Path(minted["file"]).name for minted in ran.json["minted"]] == [
        "input-1.vc.json",
        "input-3.vc.json",
    ]
    assert [refused["place"] for refused in ran.json["refused"]] == ["record 2", "record 4"]


def test_a_format_that_was_named_is_held_to(site: Site) -> None:
    ran = _mint(site, site.path("vaccination.json"), "--no-holder", "--format", "fhir")
    ran.assert_error(4, "record")
    assert "resourceType Bundle" in ran.err


def test_a_file_of_too_many_records_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """J4."""
    monkeypatch.setattr(cli_minting, "MAX_RECORDS", 2)
    ran = _mint(site, site.write("input.json", [VACCINATION] * 3), "--no-holder")
    ran.assert_error(4, "complexity")
    assert "expected at most 2 records, found more; split the file" in ran.err


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_signed(site: Site) -> None:
    ran = _mint(site, site.write("x" * 250 + ".json", VACCINATION), "--no-holder")
    ran.assert_error(5, "store")
    assert ran.err.endswith(".vc.json is too long: rename the file; nothing was changed\n")
    assert in_process("issuer", "list", *site.home, "--json").json["credentials"] == []


def test_a_missing_file_is_named(site: Site) -> None:
    ran = _mint(site, site.path("nowhere.json"), "--no-holder")
    ran.assert_error(5, "store")
    assert "nowhere.json: no such file" in ran.err


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--holder", "Alice"),
        ("--holder", "did:web:wallet.example"),
        ("--no-holder", "--suite", "rot13"),
        ("--no-holder", "--plain", "bbs-2023"),
        ("--no-holder", "--valid-until", "tomorrow"),
        ("--no-holder", "--valid-days", "0"),
        ("--no-holder", "--format", "xml"),
        ("--no-holder", "--mandatory", "hcid"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_signed(
    site: Site, options: tuple[str, ...]
) -> None:
    ran = _mint(site, site.path("vaccination.json"), *options)
    if "--mandatory" in options:
        assert (ran.code, ran.out.startswith("refused record 1")) == (4, True)
    else:
        ran.assert_error(2, "configuration")
    assert in_process("issuer", "list", *site.home, "--json").json == {"credentials": []}


def test_a_home_without_an_issuer_is_named(tmp_path: Path) -> None:
    in_process("issuer", "list", "--home", tmp_path).assert_error(2, "configuration")


def test_settings_that_are_no_toml_are_named(site: Site) -> None:
    site.path("issuer/issuer.toml").write_text("name = ")
    in_process("issuer", "list", *site.home).assert_error(2, "configuration")


def test_a_wrong_usage_has_its_exit_code(site: Site) -> None:
    for arguments in (("issuer",), ("issuer", "mint", "--nonsense"), ("verifier", "check"), ("nonsense",)):
        ran = in_process(*arguments)
        assert ran.code == 2
        assert "Traceback" not in ran.err + ran.out


def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(site: Site) -> None:
    """K7."""
    wrong = site.write("wrong", "incorrect horse battery")
    wrong.chmod(0o600)
    before = site.files()
    ran = in_process(
        *("issuer", "mint", site.path("vaccination.json"), "--no-holder", "--out", site.path("out")),
        *("--home", site.path("issuer"), "--passphrase-file", wrong),
    )
    ran.assert_error(5, "sealing")
    assert "incorrect" not in ran.err
    assert {path: site.files()[path] for path in before} == before


def test_altered_keys_are_noticed(site: Site) -> None:
    """K2."""
    path = site.path("issuer/keys.sealed")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    _mint(site, site.path("vaccination.json"), "--no-holder").assert_error(5, "sealing")


def test_keys_that_others_could_read_are_protected_and_reported(site: Site) -> None:
    """K12."""
    path = site.path("issuer/keys.sealed")
    path.chmod(0o644)
    ran = _mint(site, site.path("vaccination.json"), "--no-holder")
    assert ran.code == 0
    assert "warning: other users of this computer could read" in ran.err
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_database_is_named(site: Site) -> None:
    """M11."""
    site.write("issuer/issuer.sqlite", b"not a database" * 1000)
    in_process("issuer", "list", *site.home).assert_error(5, "store")


@pytest.mark.parametrize("lost", ["gone", "empty"])
def test_a_lost_database_is_not_begun_anew(site: Site, lost: str) -> None:
    """M11: a new one would hand out status numbers twice and publish lists without any revocation."""
    record_id, _ = site.mint()
    assert in_process("issuer", "revoke", record_id, *site.issuer).code == 0
    published = site.path("issuer/status/revocation-1.json").read_bytes()
    database = site.path("issuer/issuer.sqlite")
    for path in site.path("issuer").glob("issuer.sqlite*"):
        path.unlink()
    if lost == "empty":
        database.write_bytes(b"")
    for ran in (
        in_process("issuer", "list", *site.home),
        _mint(site, site.path("test.json"), "--no-holder"),
        in_process("issuer", "publish", *site.issuer),
    ):
        ran.assert_error(5, "store")
        assert str(database) in ran.err
    assert database.exists() is (lost == "empty")
    assert site.path("issuer/status/revocation-1.json").read_bytes() == published


def test_lost_keys_are_named(site: Site) -> None:
    site.path("issuer/keys.sealed").unlink()
    ran = _mint(site, site.path("vaccination.json"), "--no-holder")
    ran.assert_error(5, "store")
    assert "cannot read" in ran.err
    assert "keys.sealed: no such file" in ran.err


def test_a_changed_audit_log_is_found(site: Site) -> None:
    """M9."""
    site.mint()
    with sqlite3.connect(site.path("issuer/issuer.sqlite")) as database:
        database.execute("UPDATE audit_entries SET details = '{}'")
    database.close()
    ran = in_process("issuer", "audit", "verify", *site.home)
    ran.assert_error(5, "store")
    assert "audit entry 1 (mint) was changed" in ran.err


@pytest.mark.parametrize("command", ["status", "show", "revoke", "suspend", "reinstate"])
def test_an_id_that_names_nothing_is_refused(site: Site, command: str) -> None:
    own = site.issuer if command in ("revoke", "suspend", "reinstate") else site.home
    in_process("issuer", command, "zzzzzz", *own).assert_error(5, "store")


def test_a_revocation_cannot_be_taken_back(site: Site) -> None:
    record_id, _ = site.mint()
    in_process("issuer", "revoke", record_id, *site.issuer)
    in_process("issuer", "reinstate", record_id, *site.issuer).assert_error(2, "configuration")


def _limit(size: int) -> Callable[[], None]:
    """What a full disk does: from `size` bytes on, no file can be written. Python ignores the signal."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 16 * 1024])
def test_a_full_disk_mints_nothing_and_loses_nothing(site: Site, size: int) -> None:
    """K4, K5: the database's journal cannot grow."""
    arguments = ("issuer", "mint", site.path("vaccination.json"), "--no-holder", "--out", site.path("out"))
    ran = as_process(*arguments, *site.issuer, before=_limit(size))
    assert (ran.code, ran.out) == (5, ""), ran
    assert "Traceback" not in ran.err
    assert ran.err.startswith("error: [store] ")
    assert in_process("issuer", "list", *site.home, "--json").json == {"credentials": []}
    assert list(site.path("out").iterdir()) == []
    # The disk has room again: nothing has to be repaired.
    assert in_process(*arguments, *site.issuer).code == 0
    assert in_process("issuer", "audit", "verify", *site.home, "--json").json["entries"] == 1


def test_a_full_disk_keeps_the_status_as_it_was(site: Site) -> None:
    """K5."""
    record_id, _ = site.mint()
    before = site.path("issuer/status/revocation-1.json").read_bytes()
    ran = as_process("issuer", "revoke", record_id, *site.issuer, before=_limit(16))
    assert ran.code == 5
    assert "Traceback" not in ran.err
    assert site.path("issuer/status/revocation-1.json").read_bytes() == before
    (told,) = in_process("issuer", "status", record_id, *site.home, "--json").json["credentials"]
    assert told["state"] == "valid"


def test_a_credential_whose_file_cannot_be_written_is_delivered_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the folder for credentials is full: what was signed is kept, and not minted again."""

    def full_for_credentials(path: Path, content: bytes, **options: Any) -> None:
        if path.name.endswith(".vc.json"):
            raise StoreError(f"cannot write {path}: the disk is full; nothing was changed")
        write_file(path, content, **options)

    monkeypatch.setattr(issuer.service, "write_file", full_for_credentials)
    ran = _mint(site, site.path("vaccination.json"), "--no-holder")
    ran.assert_error(5, "store")
    assert "the disk is full; what was signed is kept: `ddcc issuer deliver" in ran.err
    monkeypatch.undo()
    delivered = in_process("issuer", "deliver", "--out", site.path("later"), *site.home, "--json")
    assert [Path(file).name for file in delivered.json["files"]] == ["vaccination.vc.json"]
    assert in_process("wallet", "add", site.path("later/vaccination.vc.json"), *site.alice).code == 0
    assert len(in_process("issuer", "list", *site.home, "--json").json["credentials"]) == 1
    again = in_process("issuer", "deliver", "--out", site.path("later"), *site.home, "--json")
    assert again.json["files"] == []


def test_credentials_that_wait_are_mentioned(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes, **_options: Any) -> None:
        raise StoreError(f"cannot write {path}: the disk is full; nothing was changed")

    site.mint("test", "--no-holder")
    monkeypatch.setattr(issuer.service, "write_file", full)
    _mint(site, site.path("vaccination.json"), "--no-holder").assert_error(5, "store")
    monkeypatch.undo()
    ran = _mint(site, site.path("vaccination.json"), "--no-holder", out="other")
    assert (ran.code, "minted before as" in ran.out) == (4, True)
    assert "1 credential was signed and not written: `ddcc issuer deliver" in ran.err


@pytest.mark.parametrize("size", [0, 300, 20_000])
def test_an_issuer_that_could_not_be_made_is_not_left_half_made(tmp_path: Path, size: int) -> None:
    """K4, K5: keys, then database, then settings; each fails once."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "passphrase").chmod(0o600)
    init = ("issuer", "init", "--name", "Ministry", "--home", tmp_path / "issuer")
    own = ("--passphrase-file", tmp_path / "passphrase")
    ran = as_process(*init, *own, before=_limit(size))
    assert (ran.code, ran.out) == (5, "")
    assert "Traceback" not in ran.err
    assert [path.name for path in (tmp_path / "issuer").iterdir() if path.is_file()] == []
    assert in_process(*init, *own).code == 0


def test_existing_files_are_not_written_over(site: Site) -> None:
    site.path("out").mkdir()
    site.path("out/vaccination.vc.json").write_text("mine")
    ran = _mint(site, site.path("vaccination.json"), "--no-holder")
    ran.assert_error(5, "store")
    assert site.path("out/vaccination.vc.json").read_text() == "mine"
    assert in_process("issuer", "list", *site.home, "--json").json == {"credentials": []}
    assert _mint(site, site.path("vaccination.json"), "--no-holder", "--force").code == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "parsing"),
        (b"{", "parsing"),
        (b'{"type": "VerifiablePresentation", "type": "Other"}', "parsing"),
        (b"\xff\xff", "parsing"),
        (DEEP.encode(), "complexity"),
        (HUGE.encode(), "complexity"),
        (b'{"resourceType": "Bundle"}', "malformed-value"),
        (b"HC1:6BFOXN", "encoding"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "parsing"),
    ],
    ids=[
        "empty",
        "brace",
        "key twice",
        "no utf-8",
        "deep",
        "huge",
        "other json",
        "broken paper",
        "broken png",
    ],
)
def test_what_is_no_presentation_is_bad_input(site: Site, content: bytes, name: str) -> None:
    """J1, J3, J4."""
    in_process("verifier", "check", site.write("input", content), *site.checking).assert_error(4, name)


def _presented(site: Site) -> dict[str, Any]:
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    ran = in_process("wallet", "present", "--for", "venue", *CHALLENGE, "--yes", *site.alice)
    assert ran.code == 0, ran.err
    document: dict[str, Any] = ran.json
    return document


def _verdict(site: Site, document: Any) -> tuple[int, list[str]]:
    ran = in_process(
        "verifier", "check", site.write("presented.json", document), *CHALLENGE, *site.checking, "--json"
    )
    assert "Traceback" not in ran.err
    return ran.code, [reason["code"] for reason in ran.json["reasons"]]


@pytest.fixture(scope="module")
def kept_site(built_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that minted a credential bound to nobody, and exported it whole and in part."""
    folder = tmp_path_factory.mktemp("kept") / "site"
    shutil.copytree(built_site.folder, folder)
    site = Site(folder, built_site.dids)
    _, minted = site.mint("vaccination", "--no-holder")
    in_process("wallet", "add", minted, *site.alice)
    (held,) = in_process("wallet", "list", *site.alice, "--json").json["credentials"]
    chosen = ("--disclose", "/credentialSubject/name")
    for name, options in (("whole.json", ()), ("derived.json", chosen)):
        ran = in_process("wallet", "export", held["id"], *options, "--out", site.path(name), *site.alice)
        assert ran.code == 0, ran.err
    return site


Change = Callable[[dict[str, Any]], None]


def _change_claim(credential: dict[str, Any]) -> None:
    credential["credentialSubject"]["name"] = "Mallory"


def _add_unknown_member(credential: dict[str, Any]) -> None:
    credential["credentialSubject"]["fullyVaccinted"] = True


def _add_context(credential: dict[str, Any]) -> None:
    credential["@context"].append("https://contexts.example/v1")


def _add_inline_context(credential: dict[str, Any]) -> None:
    credential["@context"].append({"name": "https://schema.org/alternateName"})


def _repeat_as_iri(credential: dict[str, Any]) -> None:
    credential["https://www.w3.org/2018/credentials#validUntil"] = "2999-01-01T00:00:00Z"


def _drop_validity(credential: dict[str, Any]) -> None:
    del credential["validUntil"]


def _drop_status(credential: dict[str, Any]) -> None:
    del credential["credentialStatus"]


def _drop_proof(credential: dict[str, Any]) -> None:
    del credential["proof"]


def _empty_proof(credential: dict[str, Any]) -> None:
    credential["proof"] = []


def _text_as_proof(credential: dict[str, Any]) -> None:
    credential["proof"] = "trust me"


def _unknown_suite(credential: dict[str, Any]) -> None:
    credential["proof"]["cryptosuite"] = "ecdsa-sd-2019"


def _other_suite(credential: dict[str, Any]) -> None:
    credential["proof"]["cryptosuite"] = "eddsa-rdfc-2022"


def _other_key(credential: dict[str, Any]) -> None:
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    credential["proof"]["verificationMethod"] = f"{did}#{did.removeprefix('did:key:')}"


def _other_purpose(credential: dict[str, Any]) -> None:
    credential["proof"]["proofPurpose"] = "authentication"


def _made_tomorrow(credential: dict[str, Any]) -> None:
    credential["proof"]["created"] = "2999-01-01T00:00:00Z"


def _cut_off_signature(credential: dict[str, Any]) -> None:
    credential["proof"]["proofValue"] = credential["proof"]["proofValue"][:-4]


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        (_change_claim, 1, "forged"),
        (_add_unknown_member, 1, "malformed"),
        (_add_context, 1, "context-not-accepted"),
        (_add_inline_context, 1, "context-not-accepted"),
        (_repeat_as_iri, 1, "malformed"),
        (_drop_validity, 1, "forged"),
        (_drop_status, 1, "forged"),
        (_drop_proof, 1, "unsigned"),
        (_empty_proof, 1, "malformed"),
        (_text_as_proof, 1, "malformed"),
        (_unknown_suite, 3, "not-supported"),
        (_other_suite, 1, "malformed"),
        (_other_key, 1, "malformed"),
        (_other_purpose, 1, "wrong-purpose"),
        (_made_tomorrow, 1, "proof-expired"),
        (_cut_off_signature, 1, "forged"),
    ],
)
@pytest.mark.parametrize("derived", [False, True], ids=["whole", "derived"])
def test_a_credential_changed_in_one_place_is_refused(
    kept_site: Site, change: Change, code: int, reason: str, derived: bool
) -> None:
    """A3, A6, A7, C1, C2, C4, C5, C10, C20: told apart, and never accepted."""
    genuine = kept_site.path("derived.json" if derived else "whole.json")
    assert in_process("verifier", "check", genuine, *kept_site.checking).code == 0
    credential = json.loads(genuine.read_bytes())
    change(credential)
    changed_file = kept_site.write("changed.json", credential)
    ran = in_process("verifier", "check", changed_file, *kept_site.checking, "--json")
    assert (ran.code, [each["code"] for each in ran.json["reasons"]]) == (code, [reason])
    assert ran.json["credentials"] == []


def _in_credential(change: Change) -> Change:
    return lambda presentation: change(presentation["verifiableCredential"][0])


def _present_for_another_purpose(presentation: dict[str, Any]) -> None:
    presentation["proof"]["proofPurpose"] = "assertionMethod"


def _flip_signature(presentation: dict[str, Any]) -> None:
    value = presentation["proof"]["proofValue"]
    presentation["proof"]["proofValue"] = value[:20] + ("2" if value[20] != "2" else "3") + value[21:]


def _drop_challenge(presentation: dict[str, Any]) -> None:
    del presentation["proof"]["challenge"]


def _several_challenges(presentation: dict[str, Any]) -> None:
    presentation["proof"]["challenge"] = [presentation["proof"]["challenge"], "other"]


def _other_holder(presentation: dict[str, Any]) -> None:
    presentation["holder"] = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


def _drop_presentation_proof(presentation: dict[str, Any]) -> None:
    del presentation["proof"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_in_credential(_change_claim), "forged"),
        (_in_credential(_drop_proof), "forged"),
        (_present_for_another_purpose, "wrong-purpose"),
        (_flip_signature, "forged"),
        (_other_holder, "forged"),
        (_drop_challenge, "wrong-challenge"),
        (_several_challenges, "wrong-challenge"),
        (_drop_presentation_proof, "wrong-challenge"),
    ],
)
def test_a_presentation_changed_in_one_place_is_refused(site: Site, change: Change, reason: str) -> None:
    """C1, C5, E3: the holder's signature covers the credentials as well."""
    genuine = _presented(site)
    assert _verdict(site, genuine) == (0, [])
    change(genuine)
    assert _verdict(site, genuine) == (1, [reason])


def test_a_poison_graph_is_refused_quickly(site: Site) -> None:
    """B1: under accepted contexts; two subjects with many vaccinations that nothing tells apart."""
    genuine = _presented(site)
    credential = genuine["verifiableCredential"][0]
    subject = {"type": "HealthSubject", "vaccination": [{"dose": 1}] * 12}
    credential["credentialSubject"] = [subject, copy.deepcopy(subject)]
    code, codes = _verdict(site, genuine)
    assert (code, codes) == (1, ["too-large"])


def test_many_statements_are_refused(site: Site) -> None:
    """B4."""
    genuine = _presented(site)
    credential = genuine["verifiableCredential"][0]
    credential["credentialSubject"] = [
        {"type": "HealthSubject", "name": f"Person {number}"} for number in range(15_000)
    ]
    code, codes = _verdict(site, genuine)
    assert (code, codes) == (1, ["too-large"])


@pytest.mark.parametrize(
    ("options", "code", "name"),
    [
        (("--at", "yesterday"), 2, "configuration"),
        (("--trust", "TRUST"), 2, "configuration"),
        (("--trust", "DEEP"), 2, "configuration"),
        (("--trust", "missing.json"), 5, "store"),
        (("--status", "CUT"), 4, "parsing"),
        (("--status", "LIST"), 4, "malformed-value"),
        (("--status", "missing.json"), 5, "store"),
    ],
)
def test_a_verifiers_own_mistake_is_told_apart_from_a_bad_presentation(
    site: Site, options: tuple[str, str], code: int, name: str
) -> None:
    document = site.write("presented.json", {"type": "VerifiablePresentation"})
    site.write("TRUST", {"issuers": [{"id": "Ministry"}]})
    site.write("LIST", {"no": "id"})
    site.write("DEEP", DEEP)
    site.write("CUT", "{")
    argument = options[1] if options[1] in ("yesterday", "missing.json") else site.path(options[1])
    ran = in_process("verifier", "check", document, options[0], argument, "--offline")
    ran.assert_error(code, name)
    assert options[1] in ran.err


def test_issuer_texts_cannot_control_the_terminal(site: Site) -> None:
    """J6: a name with an escape sequence, signed by a careless issuer that is trusted."""
    _, credential = site.mint("vaccination", "--no-holder")
    document = json.loads(credential.read_bytes())
    document["credentialSubject"]["name"] = "\x1b[2J\u202eAulus"
    ran = in_process("verifier", "check", site.write("evil.json", document), *site.checking)
    assert "\x1b" not in ran.out + ran.err
    assert "\u202e" not in ran.out + ran.err


def test_a_name_that_a_terminal_cannot_show_ends_nothing(site: Site) -> None:
    record = changed(VACCINATION, name="林安然")
    _, credential = site.mint("vaccination", "--no-holder")
    ran = _mint(site, site.write("record.json", record), "--no-holder")
    assert (ran.code, credential.name) == (0, "vaccination.vc.json")
    in_process("wallet", "add", site.path("out/record.vc.json"), *site.alice)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "ddcc", "wallet", "list", *map(str, site.alice)],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u6797\\u5b89\\u7136" in done.stdout


def test_nothing_starts_with_an_altered_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """A10."""

    def altered() -> None:
        raise contexts.ContextDigestError("ddcc-v1.jsonld is not the file that was pinned")

    monkeypatch.setattr(contexts, "verify_all", altered)
    in_process("verifier", "challenge").assert_error(5, "context-integrity")
    assert in_process("--version").code == 0


def test_no_passphrase_or_claim_is_in_any_message(site: Site) -> None:
    """K8: of the failures above, those closest to secrets."""
    broken = site.write("broken.json", RECORD.replace('"dose": 1', '"dose": "Aulus Agerius"'))
    outputs = [
        _mint(site, broken, "--no-holder"),
        _mint(site, site.write("cut.json", RECORD[:-5]), "--no-holder"),
        in_process("verifier", "check", site.write("half.json", RECORD), *site.checking),
    ]
    for ran in outputs:
        assert ran.code == 4
        assert PASSPHRASE not in ran.out + ran.err
        assert "Agerius" not in ran.out + ran.err
        assert "Vaccination Site" not in ran.out + ran.err
