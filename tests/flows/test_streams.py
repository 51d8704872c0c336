"""Where the output goes, and what the shell hands in: closed, full, abandoned, of few characters, no text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, Ran, Site, in_process
from tests.world import VACCINATION, changed

FULL = Path("/dev/full")
UNREADABLE = os.fsdecode(b"\xff.json")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("DDCC_")}
    return own | {"PYTHONPATH": str(ROOT)}


def _shell(site: Site, command: str, **environment: str) -> Ran:
    """Run a line of shell in the site's folder, with `ddcc` as a command of its own."""
    own = _environment() | environment
    script = f'ddcc() {{ "{sys.executable}" -m ddcc "$@"; }}; {command}'
    done = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, timeout=120, check=False, cwd=site.folder, env=own
    )
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode())


LIST = "ddcc issuer list --home issuer"


@needs_full
@pytest.mark.parametrize("command", [LIST, f"{LIST} --json", "ddcc wallet --help", "ddcc verifier challenge"])
def test_an_output_that_cannot_be_written_is_a_failure(site: Site, command: str) -> None:
    """K5: a command whose result nobody has must not look like one that went well."""
    ran = _shell(site, f"{command} > /dev/full")
    ran.assert_error(5, "store")
    assert ran.err == "error: [store] cannot write the output: the disk is full\n"


@needs_full
def test_full_standard_error_changes_no_exit_code(site: Site) -> None:
    assert _shell(site, "ddcc verifier check nowhere.json 2> /dev/full").code == 5


@pytest.mark.parametrize("command", [LIST, "ddcc issuer mint --csv-template test"])
def test_a_reader_that_stopped_early_is_no_error(site: Site, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "ddcc", *command.split()[1:]]
    done = subprocess.run(
        words, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=site.folder, env=_environment()
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_like_the_null_device(site: Site, closed: str) -> None:
    ran = _shell(site, f"{LIST} {closed}")
    assert (ran.code, ran.err) == (0, "")


def test_an_error_is_not_told_on_standard_output_instead(site: Site) -> None:
    ran = _shell(site, "ddcc verifier check nowhere.json --json 2>&-")
    assert (ran.code, ran.json["error"]["code"]) == (5, "store")


def test_no_answer_can_come_from_a_closed_standard_input(site: Site) -> None:
    _, credential = site.mint()
    in_process("wallet", "add", credential, *site.alice)
    (held,) = in_process("wallet", "list", *site.alice, "--json").json["credentials"]
    own = "--wallet alice.ddcc --passphrase-file passphrase"
    ran = _shell(site, f"ddcc wallet remove {held['id']} {own} <&-")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert len(in_process("wallet", "list", *site.alice, "--json").json["credentials"]) == 1


def test_a_terminal_of_few_characters_shows_their_numbers(site: Site) -> None:
    site.write("vaccination.json", changed(VACCINATION, name="Zoë Ångström"))
    _, credential = site.mint()
    own = "--wallet alice.ddcc --passphrase-file passphrase"
    ran = _shell(site, f"ddcc wallet add {credential} {own}", PYTHONIOENCODING="ascii")
    assert ran.code == 0, ran.err
    assert "Zo\\xeb \\xc5ngstr\\xf6m" in ran.out
    asked = "--challenge 7JcQ2w --domain https://venue.example --for venue --yes"
    ran = _shell(site, f"ddcc wallet present {asked} --qr-terminal {own}", PYTHONIOENCODING="ascii")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: [configuration] this terminal cannot show a QR code: write a picture with --qr FILE\n"
    )


@pytest.mark.parametrize("as_json", [False, True])
def test_an_argument_that_is_no_text_is_named_by_its_place(as_json: bool) -> None:
    ran = in_process("verifier", "check", UNREADABLE, *(["--json"] if as_json else []))
    assert ran.code == 2
    assert ran.err == "error: [configuration] expected utf-8 text as argument 3; a file may be renamed\n"
    assert (json.loads(ran.out)["error"]["code"] == "configuration") if as_json else (ran.out == "")
