"""The main job on the command line: mint, hold, present, verify, with files between the three parties."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, Site, as_process, in_process

CHALLENGE = "7JcQ2w"
VENUE = "https://venue.example"
ASKED = ("--challenge", CHALLENGE, "--domain", VENUE)


def _present(site: Site, *options: object) -> Path:
    out = site.path("presented.json")
    ran = in_process("wallet", "present", *ASKED, "--out", out, "--yes", "--force", *options, *site.alice)
    assert ran.code == 0, ran.err
    return out


def test_real_processes_mint_hold_present_and_verify(site: Site) -> None:
    """The whole way once, each step a process of its own."""
    out = site.path("out")
    minted = as_process(
        *("issuer", "mint", site.path("vaccination.json"), "--holder", site.dids[0], "--out", out),
        *site.issuer,
    )
    assert (minted.code, minted.err) == (0, "")
    credential = out / "vaccination.vc.json"
    assert as_process("wallet", "add", credential, *site.alice).code == 0
    picture = site.path("venue.png")
    presented = as_process(
        "wallet", "present", "--for", "venue", *ASKED, "--qr", picture, "--yes", *site.alice
    )
    assert presented.code == 0, presented.err
    checked = as_process("verifier", "check", picture, *ASKED, *site.checking)
    assert checked.code == 0, checked.err
    assert checked.out.startswith("ACCEPTED\n")
    assert "Aulus Agerius" in checked.out
    assert "PT123F" not in checked.out
    record_id = minted.out.split()[1]
    assert as_process("issuer", "revoke", record_id, "--reason", "spoilt", *site.issuer).code == 0
    refused = as_process("verifier", "check", picture, *ASKED, *site.checking)
    assert (refused.code, refused.out.split("\n")[0]) == (1, "REFUSED")
    assert "[revoked]" in refused.out


@pytest.mark.parametrize(
    ("situation", "shown", "hidden"),
    [
        ("venue", {"/credentialSubject/name", "/credentialSubject/vaccination/dose"}, {"/hcid"}),
        (
            "border",
            {"/credentialSubject/vaccination/brand", "/credentialSubject/vaccination/country"},
            {"/credentialSubject/vaccination/lot", "/credentialSubject/sex"},
        ),
        ("clinic", {"/hcid", "/credentialSubject/sex", "/credentialSubject/vaccination/lot"}, set()),
    ],
)
def test_each_situation_discloses_what_it_needs(
    site: Site, situation: str, shown: set[str], hidden: set[str]
) -> None:
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    ran = in_process(
        "verifier", "check", _present(site, "--for", situation), *ASKED, *site.checking, "--json"
    )
    (checked,) = ran.json["credentials"]
    pointers = {claim["pointer"] for claim in checked["claims"]}
    assert shown <= pointers
    assert pointers.isdisjoint(hidden)


def test_the_json_result_tells_everything_that_was_checked(site: Site) -> None:
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    ran = in_process("verifier", "check", _present(site, "--for", "venue"), *ASKED, *site.checking, "--json")
    result = ran.json
    (checked,) = result["credentials"]
    assert (ran.code, result["outcome"], result["reasons"]) == (0, "accepted", [])
    assert result["signedBy"] == [site.dids[0]]
    assert (checked["binding"], checked["holder"]) == ("bound", site.dids[0])
    assert (checked["validity"], checked["cryptosuites"]) == ("valid", ["ecdsa-sd-2023"])
    assert [(entry["purpose"], entry["set"]) for entry in checked["status"]] == [
        ("revocation", False),
        ("suspension", False),
    ]


def test_a_presentation_is_read_from_standard_input(site: Site) -> None:
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    content = _present(site, "--for", "venue").read_bytes()
    assert in_process("verifier", "check", "-", *ASKED, *site.checking, stdin=content).code == 0


def test_a_saved_challenge_is_answered_once(site: Site) -> None:
    """E1."""
    door = ("--home", site.path("door"))
    sent = in_process("verifier", "challenge", "--save", "--domain", VENUE, *door, "--json").json
    asked = ("--challenge", sent["challenge"])
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    out = site.path("answer.json")
    in_process(
        *("wallet", "present", "--for", "venue", *asked, "--domain", VENUE, "--out", out, "--yes"),
        *site.alice,
    )
    assert in_process("verifier", "check", out, *asked, *door, *site.checking).code == 0
    again = in_process("verifier", "check", out, *asked, *door, *site.checking)
    assert again.code == 1
    assert "answered before" in again.out


def test_challenges_are_long_and_never_the_same() -> None:
    challenges = {in_process("verifier", "challenge").out.strip() for _ in range(20)}
    assert len(challenges) == 20
    assert min(map(len, challenges)) >= 20


def test_a_wallet_refuses_somebody_elses_credential(site: Site) -> None:
    _, credential = site.mint()
    ran = in_process("wallet", "add", credential, *site.mallory)
    assert ran.code == 1
    assert "error: [holder-binding]" in ran.err


def test_a_suspended_credential_is_refused_until_it_is_reinstated(site: Site) -> None:
    record_id, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    presented = _present(site, "--for", "venue")
    assert in_process("issuer", "suspend", record_id[:6], *site.issuer).code == 0
    suspended = in_process("verifier", "check", presented, *ASKED, *site.checking)
    assert (suspended.code, "[suspended]" in suspended.out) == (1, True)
    assert in_process("issuer", "reinstate", record_id, *site.issuer).code == 0
    assert in_process("verifier", "check", presented, *ASKED, *site.checking).code == 0


def test_status_and_list_tell_what_became_of_a_credential(site: Site) -> None:
    record_id, _ = site.mint()
    in_process("issuer", "revoke", record_id, "--reason", "wrong batch", *site.issuer)
    (told,) = in_process("issuer", "status", record_id, *site.home, "--json").json["credentials"]
    assert told["state"] == "revoked"
    assert "wrong batch" in in_process("issuer", "status", *site.home).out
    listed = in_process("issuer", "list", *site.home).out
    assert listed.startswith(f"{record_id}  revoked")
    assert "Aulus" not in listed
    shown = in_process("issuer", "show", record_id, *site.home).json
    assert shown["record"]["name"] == "Aulus Agerius"


def test_the_audit_log_is_printed_and_verified(site: Site) -> None:
    """M9."""
    site.mint()
    assert "mint" in in_process("issuer", "audit", *site.home).out
    (entry,) = in_process("issuer", "audit", *site.home, "--json").json["log"]
    assert (entry["sequence"], entry["event"]) == (1, "mint")
    verified = in_process("issuer", "audit", "verify", *site.home, "--json").json
    assert verified["entries"] == 1
    known = ("--known-hash", verified["newestHash"])
    assert in_process("issuer", "audit", "verify", *known, *site.home).code == 0
    in_process("issuer", "audit", "verify", "--known-hash", "0" * 63 + "1", *site.home).assert_error(
        5, "store"
    )


def test_status_lists_are_published_anew(site: Site) -> None:
    site.mint()
    ran = in_process("issuer", "publish", *site.issuer, "--json")
    names = [Path(file).name for file in ran.json["files"]]
    assert names == ["revocation-1.json", "suspension-1.json"]


def test_a_csv_table_is_minted_row_by_row_and_bad_rows_are_named(site: Site) -> None:
    """F15, F14: three rows of examples/vaccinations-with-faults.csv cannot be true."""
    table = ROOT / "examples" / "vaccinations-with-faults.csv"
    out = site.path("out")
    ran = in_process("issuer", "mint", table, "--no-holder", "--out", out, *site.issuer)
    assert ran.code == 4
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines].count("minted") == 2
    assert [line.split(":")[0] for line in lines if line.startswith("refused")] == [
        "refused line 3",
        "refused line 4",
        "refused line 5",
    ]
    assert sorted(path.name for path in out.iterdir()) == [
        "vaccinations-with-faults-1.vc.json",
        "vaccinations-with-faults-5.vc.json",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "vaccination-covid-19.json",
        "vaccination-yellow-fever.json",
        "vaccination-measles.json",
        "test-pcr-negative.json",
        "recovery-covid-19.json",
        "vaccinations.csv",
        "tests.csv",
        "recoveries.csv",
        "fhir/vaccination.json",
        "fhir/test.json",
    ],
)
@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_every_example_becomes_credentials_that_a_wallet_keeps(site: Site, name: str, suite: str) -> None:
    whose = ("--no-holder",) if suite == "ecdsa-sd-2023" else ()
    ran = in_process(
        *("issuer", "mint", ROOT / "examples" / name, "--suite", suite, *whose),
        *("--out", site.path("out"), *site.issuer, "--json"),
    )
    assert (ran.code, ran.json["refused"]) == (0, [])
    files = [minted["file"] for minted in ran.json["minted"]]
    assert in_process("wallet", "add", *files, *site.alice).code == 0


def test_a_row_may_name_its_own_holder(site: Site) -> None:
    template = in_process("issuer", "mint", "--csv-template", "recovery").out
    assert template.endswith("holder\r\n")
    columns = template.strip().split(",")
    values = {
        "name": "Gabriele Musterfrau",
        "birthDate": "1998-02-26",
        "recovery.disease": "sct:840539006",
        "recovery.firstPositive": "2024-04-20",
        "recovery.country": "AUT",
        "certificate.hcid": "R-1",
        "holder": site.dids[0],
    }
    row = ",".join(values.get(column, "") for column in columns)
    table = site.write("recoveries.csv", f"{template}{row}\r\n")
    out = site.path("out")
    assert in_process("issuer", "mint", table, "--out", out, *site.issuer).code == 0
    credential = json.loads((out / "recoveries.vc.json").read_bytes())
    assert credential["credentialSubject"]["id"] == site.dids[0]


def test_a_configured_mandatory_pointer_cannot_be_withheld(site: Site) -> None:
    path = site.path("issuer/issuer.toml")
    path.write_text(path.read_text().replace("mandatory = []", 'mandatory = ["/hcid"]'))
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    ran = in_process("verifier", "check", _present(site, "--for", "venue"), *ASKED, *site.checking)
    assert ran.code == 0
    assert "1234567890" in ran.out


def test_init_makes_an_issuer_that_mints(tmp_path: Path) -> None:
    """With what Argon2id costs in earnest, once."""
    (tmp_path / "passphrase").write_text("correct horse battery")
    (tmp_path / "passphrase").chmod(0o600)
    own = ("--home", tmp_path / "issuer", "--passphrase-file", tmp_path / "passphrase")
    ran = in_process("issuer", "init", "--name", "Ministry of Health", *own, "--json")
    assert ran.code == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "issuer").iterdir()}
    assert modes["keys.sealed"] == modes["issuer.sqlite"] == modes["issuer.toml"] == 0o600
    record = ROOT / "examples" / "recovery-covid-19.json"
    minted = in_process("issuer", "mint", record, "--suite", "bbs-2023", "--out", tmp_path, *own)
    assert minted.code == 0
    assert "cannot be revoked" in minted.out
    in_process("issuer", "init", "--name", "Other", *own).assert_error(5, "store")


def test_the_issuer_keeps_no_copy_of_what_it_handed_out(site: Site) -> None:
    """K1: a credential bound to no key could be presented by whoever steals the database."""
    _, credential = site.mint("vaccination", "--suite", "bbs-2023")
    proofs = json.loads(credential.read_bytes())["proof"]
    for file in site.path("issuer").glob("issuer.sqlite*"):
        assert all(proof["proofValue"].encode() not in file.read_bytes() for proof in proofs)


def test_help_and_version_load_nothing_heavy() -> None:
    """The command answers at once: no JSON-LD, cryptography or database is imported for it."""
    program = (
        "import sys, ddcc.cli\n"
        "try: ddcc.cli.run(['--help'])\n"
        "finally: print(sorted({'pyld', 'cryptography', 'sqlalchemy', 'PIL', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "issuer" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
    assert in_process("--version").out.startswith("ddcc ")


@pytest.mark.parametrize(
    "command",
    [
        ("issuer", "init"),
        ("issuer", "mint"),
        ("issuer", "deliver"),
        ("issuer", "list"),
        ("issuer", "show"),
        ("issuer", "status"),
        ("issuer", "revoke"),
        ("issuer", "suspend"),
        ("issuer", "reinstate"),
        ("issuer", "publish"),
        ("issuer", "trust-entry"),
        ("issuer", "audit"),
        ("issuer", "audit", "verify"),
        ("verifier", "check"),
        ("verifier", "challenge"),
        ("wallet", "init"),
        ("wallet", "add"),
        ("wallet", "list"),
        ("wallet", "show"),
        ("wallet", "remove"),
        ("wallet", "history"),
        ("wallet", "passwd"),
        ("wallet", "present"),
        ("wallet", "export"),
        ("wallet", "backup"),
        ("wallet", "restore"),
        ("wallet", "did", "list"),
        ("wallet", "did", "new"),
        ("did", "resolve"),
        ("demo",),
    ],
)
def test_every_command_has_json_and_help_with_an_example_and_exit_codes(command: tuple[str, ...]) -> None:
    ran = in_process(*command, "--help")
    assert ran.code == 0
    assert "--json" in ran.out
    assert "Example: ddcc" in ran.out
    assert "Exit codes:" in ran.out


def test_the_settings_in_force_are_told_without_secrets(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DDCC_ISSUER_DATABASE", "postgresql+psycopg://issuer:geheim@db.example/issuer")
    told = in_process("issuer", "config", *site.home, "--json")
    assert told.json["settings"]["database_url"] == {
        "value": "postgresql+psycopg://issuer:***@db.example/issuer",
        "source": "environment",
    }
    lines = in_process("issuer", "config", *site.home).out
    assert "suite                ecdsa-sd-2023  (file)" in lines
    assert "geheim" not in told.out + lines
