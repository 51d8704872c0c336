"""issuer.config: settings are read back as written, and a wrong one is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from issuer.config import IssuerConfig, home_folder, load_config, save_config
from vclib.errors import ConfigurationError, StoreError


def _config(home: Path) -> IssuerConfig:
    return IssuerConfig(
        home=home,
        name='Ministère de la "Santé" \\ 保健省',
        status_url="https://status.example/lists",
        mandatory=("/hcid",),
        dids={"P-256": "did:key:zDn1", "Ed25519": "did:key:z6M1"},
    )


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    config = _config(tmp_path)
    save_config(config)
    loaded = load_config(tmp_path, {})
    assert loaded == replace(config, database_url=f"sqlite:///{tmp_path}/issuer.sqlite", dids=loaded.dids)
    assert dict(loaded.dids) == config.dids


def test_existing_settings_are_never_written_over(tmp_path: Path) -> None:
    save_config(_config(tmp_path))
    with pytest.raises(StoreError, match="exists already"):
        save_config(_config(tmp_path))


def test_a_folder_without_an_issuer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="ddcc issuer init"):
        load_config(tmp_path, {})


def test_the_environment_names_another_database(tmp_path: Path) -> None:
    save_config(_config(tmp_path))
    loaded = load_config(tmp_path, {"DDCC_ISSUER_DATABASE": "postgresql+psycopg://db.example/issuer"})
    assert loaded.database_url == "postgresql+psycopg://db.example/issuer"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('suite = "ecdsa-sd-2023"', 'suite = "rot13"', "suite: expected ecdsa-sd-2023 or bbs-2023"),
        ('plain = "ecdsa-rdfc-2019"', 'plain = "bbs-2023"', "plain: expected ecdsa-rdfc-2019 or eddsa"),
        ("valid_days = 365", "valid_days = 0", "valid_days: expected 1 to 36500"),
        ("valid_days = 365", "valid_days = true", "valid_days: expected a whole number"),
        ("valid_days = 365", 'valid_days = "1"', "valid_days: expected a whole number"),
        ("status_valid_days = 30", "status_valid_days = -1", "status_valid_days: expected"),
        ('["/hcid"]', '["hcid"]', "mandatory: expected JSON pointers"),
        ('["/hcid"]', "[1]", "mandatory: expected a string"),
        ('["/hcid"]', '"/hcid"', "mandatory: expected a list"),
        ("https://status.example/lists", "http://status.example", "status_url: expected an https URL"),
        ("https://status.example/lists", "https://status.example/?id=1", "status_url: expected"),
        ("https://status.example/lists", "file:///etc", "status_url: expected"),
        ("valid_days", "vaild_days", "unknown setting 'vaild_days'"),
        ("name =", "# name =", "the setting 'name' is missing"),
        ("status_url =", "# status_url =", "the setting 'status_url' is missing"),
        ("[dids]", "[dids", "is not TOML"),
        ('"P-256" = "did:key:zDn1"', '"P-256" = 1', "dids.P-256: expected a string"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    save_config(_config(tmp_path))
    path = tmp_path / "issuer.toml"
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(ConfigurationError, match=message):
        load_config(tmp_path, {})


def test_settings_without_dids_are_refused(tmp_path: Path) -> None:
    save_config(_config(tmp_path))
    path = tmp_path / "issuer.toml"
    path.write_text(path.read_text().split("[dids]")[0])
    with pytest.raises(ConfigurationError, match="dids"):
        load_config(tmp_path, {})


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x\x1b[2J", "x" * 201])
def test_a_name_that_could_disturb_a_screen_is_refused(tmp_path: Path, name: str) -> None:
    """J6."""
    with pytest.raises(ConfigurationError, match="name: expected"):
        replace(_config(tmp_path), name=name)


def test_the_home_folder_is_the_option_then_the_environment_then_the_users_data(tmp_path: Path) -> None:
    environment = {"DDCC_ISSUER_HOME": "/a", "XDG_DATA_HOME": "/b"}
    assert home_folder(tmp_path, environment) == tmp_path
    assert home_folder(None, environment) == Path("/a")
    assert home_folder(None, {"XDG_DATA_HOME": "/b"}) == Path("/b/ddcc/issuer")


@pytest.mark.parametrize(("text", "required"), [("true", True), ("false", False)])
def test_settings_of_offers_come_from_the_environment(tmp_path: Path, text: str, required: bool) -> None:
    save_config(_config(tmp_path))
    environment = {"DDCC_ISSUER_ENCRYPTION_REQUIRED": text, "DDCC_ISSUER_OFFER_MINUTES": "60"}
    config = load_config(tmp_path, environment)
    assert (config.encryption_required, config.offer_minutes) == (required, 60)


@pytest.mark.parametrize(
    ("variable", "text"),
    [("ENCRYPTION_REQUIRED", "yes"), ("OFFER_MINUTES", "0"), ("OFFER_MINUTES", "43201")],
)
def test_settings_of_offers_that_make_no_sense_are_refused(tmp_path: Path, variable: str, text: str) -> None:
    save_config(_config(tmp_path))
    with pytest.raises(ConfigurationError, match=variable.lower()):
        load_config(tmp_path, {f"DDCC_ISSUER_{variable}": text})
