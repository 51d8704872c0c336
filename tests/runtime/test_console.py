"""The pieces that all commands share: exit codes, one-line errors, passphrases, inert text."""

from __future__ import annotations

import errno
import getpass
import io
import json
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from runtime.console import (
    ExitCode,
    ask_yes_no,
    exit_code_for,
    inert_json,
    inert_text,
    print_error,
    print_json,
    print_line,
    read_input,
    read_new_passphrase,
    read_passphrase,
    reporting_errors,
    show_apart,
)
from vclib.errors import (
    ComplexityError,
    ConfigurationError,
    ContextIntegrityError,
    ContextNotAcceptedError,
    FetchError,
    HolderBindingError,
    InvalidChallengeError,
    InvalidSignatureError,
    MalformedValueError,
    RecordError,
    SealingError,
    StatusRetrievalError,
    StoreError,
    UnsupportedCryptosuiteError,
    UnsupportedSecuringMechanismError,
    VCError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidSignatureError, 1),
        (InvalidChallengeError, 1),
        (HolderBindingError, 1),
        (ConfigurationError, 2),
        (FetchError, 3),
        (StatusRetrievalError, 3),
        (UnsupportedCryptosuiteError, 3),
        (UnsupportedSecuringMechanismError, 3),
        (MalformedValueError, 4),
        (ContextNotAcceptedError, 4),
        (RecordError, 4),
        (StoreError, 5),
        (SealingError, 5),
        (ContextIntegrityError, 5),
    ],
)
def test_each_failure_has_its_documented_exit_code(error: type[VCError], code: int) -> None:
    assert exit_code_for(error("message")) == code


def _command(error: VCError, *, as_json: bool) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def run() -> None:
        with reporting_errors(as_json=as_json):
            raise error

    return app


def test_a_failure_is_one_line_without_a_traceback() -> None:
    result = CliRunner().invoke(_command(StoreError("first\nsecond \x1b[2J"), as_json=False))
    assert result.exit_code == ExitCode.STORE
    assert result.stderr == "error: [store] first<U+000A>second <U+001B>[2J\n"
    assert result.stdout == ""


def test_a_failure_as_json_names_code_message_and_type() -> None:
    result = CliRunner().invoke(_command(InvalidChallengeError("another challenge"), as_json=True))
    assert result.exit_code == ExitCode.REFUSED
    assert json.loads(result.stdout) == {
        "error": {
            "code": "challenge",
            "message": "another challenge",
            "type": "https://w3id.org/security#INVALID_CHALLENGE_ERROR",
        }
    }


def test_control_c_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stopped, reporting_errors():
        raise KeyboardInterrupt
    assert stopped.value.exit_code == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Aulus Agerius", "Aulus Agerius"),
        ("Gößinger Łukasz Ελένη 王 فاطمة", "Gößinger Łukasz Ελένη 王 فاطمة"),
        ("\x1b[31mred\x1b[0m", "<U+001B>[31mred<U+001B>[0m"),
        ("\u009b2J", "<U+009B>2J"),
        ("not \u202edesreveR", "not <U+202E>desreveR"),
        ("iso\u2066late\u2069", "iso<U+2066>late<U+2069>"),
        ("zero\u200bwidth\u200d\ufeff", "zero<U+200B>width<U+200D><U+FEFF>"),
        ("line\nline\r\tline\u2028", "line<U+000A>line<U+000D><U+0009>line<U+2028>"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("filler\u3164\u2800", "filler<U+3164><U+2800>"),
        ("half \ud800", "half <U+D800>"),
    ],
)
def test_text_of_strangers_is_shown_inert(text: str, shown: str) -> None:
    """J6: escape sequences, overrides, zero-width and invisible characters become visible."""
    assert inert_text(text) == shown


def test_stacked_marks_cannot_paint_over_other_lines() -> None:
    """J6."""
    assert inert_text("a" + "\u0301" * 6) == "a\u0301\u0301\u0301\u0301<U+0301><U+0301>"


def test_long_text_is_cut_and_says_so() -> None:
    """J5."""
    assert inert_text("x" * 12, limit=10) == "xxxxxxxxxx... (2 more characters)"


@given(st.text())
def test_json_made_inert_has_the_same_value(text: str) -> None:
    """J6: with --json the value is unchanged and the characters still cannot control the terminal."""
    written = inert_json(json.dumps({"name": text}, ensure_ascii=False))
    assert json.loads(written) == {"name": text}
    assert "\u202e" not in written
    assert "\x9b" not in written


def test_json_output_escapes_what_could_repaint_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    """J6."""
    print_json({"name": "\u202eevil \u00fc \U000e0041"})
    assert capsys.readouterr().out == '{\n  "name": "\\u202eevil \u00fc \\udb40\\udc41"\n}\n'


def test_a_printed_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("a\nb")
    print_error(StoreError("c\nd"))
    captured = capsys.readouterr()
    assert captured.out == "a<U+000A>b\n"
    assert captured.err == "error: [store] c<U+000A>d\n"


# --- passphrases --------------------------------------------------------------------------------


def _nobody(prompt: str) -> str:
    raise AssertionError(f"asked {prompt!r} although the passphrase was given")


def test_the_passphrase_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text("correct horse\nsecond line\n")
    file.chmod(0o600)
    assert read_passphrase("Passphrase", file=file, environment={}, ask=_nobody) == "correct horse"


def test_a_passphrase_file_that_others_may_read_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """K8, K12."""
    file = tmp_path / "pass"
    file.write_text("correct horse")
    file.chmod(0o644)
    read_passphrase("Passphrase", file=file, environment={}, ask=_nobody)
    assert "other users of this computer may read" in capsys.readouterr().err


@pytest.mark.parametrize(("content", "message"), [(b"\nx", "is empty"), (b"\xff\xfe", "not UTF-8")])
def test_a_passphrase_file_without_a_passphrase_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "pass"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        read_passphrase("Passphrase", file=file, environment={}, ask=_nobody)


def test_the_passphrase_can_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("pässword\r\n".encode())))
    assert read_passphrase("Passphrase", file=Path("-"), environment={}, ask=_nobody) == "pässword"


def test_the_passphrase_can_come_from_the_environment() -> None:
    given_environment = {"DDCC_PASSPHRASE": "correct horse"}
    assert read_passphrase("P", file=None, environment=given_environment, ask=_nobody) == "correct horse"


def test_the_passphrase_is_asked_for_at_the_terminal() -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "correct horse"

    assert read_passphrase("Wallet passphrase", file=None, environment={}, ask=ask) == "correct horse"
    assert asked == ["Wallet passphrase: "]


def test_no_terminal_and_no_other_source_is_refused_by_name() -> None:
    def ask(prompt: str) -> str:
        raise getpass.GetPassWarning

    with pytest.raises(ConfigurationError, match="use --passphrase-file FILE or DDCC_PASSPHRASE"):
        read_passphrase("Wallet passphrase", file=None, environment={}, ask=ask)


def test_the_end_of_input_is_no_passphrase() -> None:
    def ask(prompt: str) -> str:
        raise EOFError

    with pytest.raises(ConfigurationError, match="nothing was typed"):
        read_passphrase("Wallet passphrase", file=None, environment={}, ask=ask)


def test_a_new_passphrase_is_asked_for_twice_and_must_agree() -> None:
    answers = iter(["correct horse", "correct house"])
    with pytest.raises(ConfigurationError, match="the two passphrases differ"):
        read_new_passphrase("New passphrase", file=None, environment={}, ask=lambda _: next(answers))
    answers = iter(["correct horse", "correct horse"])
    chosen = read_new_passphrase("New passphrase", file=None, environment={}, ask=lambda _: next(answers))
    assert chosen == "correct horse"


def test_a_short_new_passphrase_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 8 characters"):
        read_new_passphrase("New", file=None, environment={"DDCC_PASSPHRASE": "short"}, ask=_nobody)


@pytest.mark.parametrize(
    ("typed", "yes"),
    [
        ("y\n", True),
        ("YES\n", True),
        (" y \r\n", True),
        ("\n", False),
        ("", False),
        ("n\n", False),
        ("ja\n", False),
    ],
)
def test_only_yes_is_yes(
    typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert ask_yes_no("Sure?\x1b") is yes
    captured = capsys.readouterr()
    assert captured.err.startswith("Sure?<U+001B> [y/N] ")
    assert captured.out == ""


def test_input_is_bounded_from_a_file_and_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "in"
    file.write_bytes(b"12345")
    assert read_input(file, max_bytes=5) == b"12345"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"123456")))
    with pytest.raises(ComplexityError, match="standard input is larger"):
        read_input(Path("-"), max_bytes=5)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space"), "cannot write the output: the disk is full"),
        (PermissionError(errno.EACCES, "Denied", "a/b"), "cannot use a/b: permission denied"),
        (OSError(errno.ENAMETOOLONG, "Long", b"x"), "cannot use x: the name is too long"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    error: OSError, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as stopped, reporting_errors(as_json=True):
        raise error
    assert stopped.value.exit_code == ExitCode.STORE
    captured = capsys.readouterr()
    assert captured.err == f"error: [store] {message}\n"
    assert json.loads(captured.out)["error"]["message"] == message


def test_a_reader_that_went_away_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stopped, reporting_errors(as_json=True):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert stopped.value.exit_code == 141
    assert capsys.readouterr() == ("", "")


def test_a_message_with_bytes_that_are_no_text_is_json_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_error(StoreError("cannot read \udcff.json"), as_json=True)
    assert json.loads(capsys.readouterr().out)["error"]["message"] == "cannot read \\udcff.json"


def test_a_byte_order_mark_is_no_part_of_a_passphrase(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(b"\xef\xbb\xbfcorrect horse\r\n")
    file.chmod(0o600)
    assert read_passphrase("Passphrase", file=file, environment={}) == "correct horse"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_secret_lines_stand_on_a_page_that_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """K8: nothing is left in what can be scrolled back to."""
    out = _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal("\n"))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm")
    show_apart(["1  abandon"], "Enter: ", other_ways="--out FILE")
    before, _, rest = out.getvalue().partition("\x1b[?1049h")
    shown, _, after = rest.partition("\x1b[?1049l")
    assert (before, "abandon" in shown, after) == ("", True, "")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_secret_lines_are_not_shown_where_they_would_stay(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    """K8."""
    out = _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal("\n"))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", term)
    with pytest.raises(ConfigurationError, match="use --out FILE"):
        show_apart(["1  abandon"], "Enter: ", other_ways="--out FILE")
    assert out.getvalue() == ""
