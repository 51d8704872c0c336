"""Records on paper: what is drawn is read back by the verifier, from the text and from the picture."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from health import Record, parse_record
from health.formats import PaperSigner, read_certificate, read_signer_certificates, write_paper
from health.trust import SignerSet
from issuer.cli import app
from runtime.paper import CODE_SIDE, Page, draw_page, missing_glyphs
from runtime.qr import make_paper_qr, read_qr
from tests.paper import CERTIFICATE, KEY, NOW, OTHER_KEY, RECOVERY, claims, code
from vclib.errors import KeyMaterialError, RangeError, RecordError
from vclib.policy import Outcome
from vclib.strict_json import parse_json_object
from verifier.service import Question, Verifier

_EXAMPLES = Path(__file__).parents[2] / "examples"
_SIGNER = PaperSigner(KEY, CERTIFICATE)


def _record(name: str) -> Record:
    return parse_record(parse_json_object((_EXAMPLES / name).read_bytes()), now=NOW)


@pytest.mark.parametrize("name", ["vaccination-covid-19.json", "test-pcr-negative.json"])
def test_a_record_on_paper_is_accepted_and_is_the_same_record(name: str) -> None:
    record = _record(name)
    text = write_paper(record, _SIGNER, issued=NOW, expires=NOW + timedelta(days=30))
    picture = make_paper_qr(text).png(scale=4)
    assert read_qr(picture) == text
    verifier = Verifier(signers=SignerSet.of(read_signer_certificates(CERTIFICATE, source="test")))
    result = verifier.check_content(picture, Question(), now=NOW)
    assert result.verdict.outcome is Outcome.ACCEPTED
    read = read_certificate(text).record
    assert read is not None
    assert (read.person.name, read.kind) == (record.person.name, record.kind)
    assert read.certificate.hcid.value == record.certificate.hcid.value


def test_a_recovery_is_refused_by_name() -> None:
    record = read_certificate(code(claims(1, RECOVERY | {"dob": "1998-02-26"}))).record
    assert record is not None
    with pytest.raises(RecordError, match="no recovery certificate"):
        write_paper(record, _SIGNER, issued=NOW, expires=NOW + timedelta(days=1))


def test_paper_does_not_outlive_its_signer() -> None:
    text = write_paper(
        _record("vaccination-covid-19.json"), _SIGNER, issued=NOW, expires=NOW + timedelta(days=9999)
    )
    assert read_certificate(text).valid_until == _SIGNER.ends


def test_a_certificate_of_another_key_signs_nothing() -> None:
    with pytest.raises(KeyMaterialError, match="another key"):
        PaperSigner(OTHER_KEY, CERTIFICATE)


def test_the_code_is_of_error_correction_q_and_falls_back_to_m() -> None:
    assert make_paper_qr("A" * 500).error_correction == "Q"
    assert make_paper_qr("A" * 2000).error_correction == "M"
    assert make_paper_qr("A" * 500).version < make_paper_qr("A" * 1000).version
    with pytest.raises(RangeError, match="do not fit"):
        make_paper_qr("A" * 4000)


def test_the_page_is_one_pdf_page_and_names_what_it_cannot_print() -> None:
    page = Page("Title", "Titre", [("Name", "Ελένη Дмитро محمد")], ["note"])
    pdf = draw_page(make_paper_qr("HC1:" + "A" * 500), page)
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") == 1
    assert draw_page(make_paper_qr("HC1:" + "A" * 500), page) == pdf
    assert missing_glyphs(["Ελένη Дмитро"]) == ""
    assert missing_glyphs(["王 X"]) == "王"
    assert 35 <= CODE_SIDE * 2**0.5 <= 60


def test_the_commands_make_a_signer_and_print_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDCC_PASSPHRASE", "correct horse")
    home, out = str(tmp_path / "issuer"), tmp_path / "out"

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--home", home])
        return result.exit_code, result.stdout

    vaccination = str(_EXAMPLES / "vaccination-covid-19.json")
    assert run("init", "--name", "Ministry of Health")[0] == 0
    mint = ("mint", vaccination, "--format", "hc1", "--out", str(out))
    assert run(*mint)[0] == 2  # there is no signer yet
    assert run("signer", "make", "--country", "AT")[0] == 0
    ended, told = run(*mint, "--json")
    assert ended == 0
    (printed,) = json.loads(told)["printed"]
    assert printed["errorCorrection"] == "Q"
    text, png, pdf = (Path(file) for file in printed["files"])
    assert read_qr(png.read_bytes()) == text.read_text().strip("\n")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert run(*mint, "--force", "--holder", "did:key:z6Mk")[0] == 2  # nothing on paper is bound
    assert run(*mint)[0] == 5  # the files are there already
    assert run(*mint, "--force")[0] == 0
    recovery = ("mint", str(_EXAMPLES / "recovery-covid-19.json"), "--format", "hc1", "--out", str(out))
    assert run(*recovery)[0] == 4
    assert run("audit", "verify")[0] == 0
    ended, log = run("audit", "--json")
    assert ended == 0
    assert log.count('"print"') == 2
    assert "Sandovar" not in log
    signer = Path(home) / "signer.pem"
    assert run("signer", "import", str(signer))[0] == 0
    other = tmp_path / "other.der"
    other.write_bytes(CERTIFICATE)
    assert run("signer", "import", str(other))[0] == 2
