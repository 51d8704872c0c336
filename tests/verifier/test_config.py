"""verifier.config and verifier.settings: one object, from file and environment, with its sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from vclib.errors import ConfigurationError
from verifier.cli_serve import check_exposure, effective_settings
from verifier.config import VerifierConfig, load_config, service_config
from verifier.settings import write_settings_file


def written(home: Path, text: str) -> VerifierConfig:
    (home / "verifier.toml").write_text(text, encoding="utf-8")
    config = load_config(home, {})
    assert config is not None
    return config


def test_settings_come_from_the_file_and_the_rest_are_defaults(tmp_path: Path) -> None:
    config = written(tmp_path, 'name = "Venue"\nurl = "https://venue.example/check"\nrequire_holder = true\n')
    assert (config.name, config.url, config.require_holder, config.require_status) == (
        "Venue",
        "https://venue.example/check",
        True,
        False,
    )
    assert (config.status_refresh, config.tokens_for) == (300, "exchanges")


def test_the_domain_is_the_origin_of_the_url_unless_another_is_set(tmp_path: Path) -> None:
    assert (
        written(tmp_path, 'url = "https://venue.example:8443/check"').domain == "https://venue.example:8443"
    )
    assert written(tmp_path, 'domain = "venue.example"').domain == "venue.example"
    assert written(tmp_path, "").domain is None


def test_the_environment_counts_more_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "verifier.toml").write_text('name = "Venue"\nstatus_refresh = 60\n', encoding="utf-8")
    environment = {
        "DDCC_VERIFIER_NAME": "Door",
        "DDCC_VERIFIER_REQUIRE_HOLDER": "true",
        "DDCC_VERIFIER_STATUS_REFRESH": "90",
        "DDCC_VERIFIER_TRUST_FILE": "/etc/trust.json",
    }
    config = load_config(tmp_path, environment)
    assert config is not None
    assert (config.name, config.require_holder, config.status_refresh) == ("Door", True, 90)
    assert config.trust_path == Path("/etc/trust.json")
    assert config.sources["name"] == "DDCC_VERIFIER_NAME"
    assert config.sources["status_refresh"] == "DDCC_VERIFIER_STATUS_REFRESH"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('nmae = "x"', "unknown setting 'nmae'"),
        ("name = 5", "name: expected a text"),
        ('require_holder = "yes"', "require_holder: expected true or false"),
        ("status_refresh = -1", "status_refresh: expected a whole number"),
        ("challenge_seconds = 0", "challenge_seconds: expected a number above 0"),
        ('tokens_for = "nobody"', "tokens_for: expected one of everything, exchanges, nothing"),
        ('url = "http://venue.example"', "url: expected https"),
        ('url = "https://venue.example/"', "url: expected https"),
        ('url = "https://user@venue.example"', "url: expected https"),
        ('url = "https://venue.example?x=1"', "url: expected https"),
        ('url = "https://[venue"', "is not a URL"),
        ('name = "a\\u0007b"', "name: expected at most"),
        ("status_max_age = 10", "max_age is at least as long"),
        ("name = ", "is not TOML"),
    ],
)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        written(tmp_path, text)


@pytest.mark.parametrize(
    ("setting", "value"), [("REQUIRE_STATUS", "1"), ("STATUS_REFRESH", "ten"), ("URL", "venue.example")]
)
def test_a_variable_that_is_wrong_is_named(tmp_path: Path, setting: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"(?i){setting}: expected"):
        load_config(tmp_path, {f"DDCC_VERIFIER_{setting}": value})


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    assert written(tmp_path, 'url = "http://localhost:8442"').domain == "http://localhost:8442"
    check_exposure("127.0.0.1", tls=False, behind_proxy=False)
    check_exposure("0.0.0.0", tls=True, behind_proxy=False)
    check_exposure("0.0.0.0", tls=False, behind_proxy=True)
    with pytest.raises(ConfigurationError, match="can be reached from other machines"):
        check_exposure("0.0.0.0", tls=False, behind_proxy=False)


def test_a_service_needs_a_name_and_a_url(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a service needs name and url"):
        service_config(tmp_path, {})
    with pytest.raises(ConfigurationError, match="name the verifier's folder"):
        service_config(None, {})
    write_settings_file(tmp_path / "verifier.toml", {"name": 'The "Venue"', "url": "https://venue.example"})
    assert service_config(tmp_path, {}).name == 'The "Venue"'


def test_effective_settings_show_their_sources_and_no_password(tmp_path: Path) -> None:
    config = load_config(
        tmp_path, {"DDCC_VERIFIER_DATABASE": "postgresql+psycopg://door:open-sesame@db.example/verifier"}
    )
    assert config is not None
    shown = effective_settings(config)
    assert shown["database_url"] == {
        "value": "postgresql+psycopg://door:***@db.example/verifier",
        "source": "DDCC_VERIFIER_DATABASE",
    }
    assert shown["status_refresh"] == {"value": 300, "source": "default"}
    assert "open-sesame" not in str(shown)
