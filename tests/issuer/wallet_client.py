"""A wallet for the tests of issuance: speaks OpenID4VCI to an application without a socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from fastapi import Depends, FastAPI

from health import parse_record
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.openid.issuance import Issuance
from issuer.openid.offering import CreatedOffer, IssuanceSettings
from issuer.openid.routes import oid4vci_router
from issuer.options import MintOptions
from issuer.service import Issuer
from issuer.store import IssuerStore
from protocols.jose import decrypt_jwe, encrypt_jwe, encryption_jwk
from protocols.oid4vci import PRE_AUTHORIZED_GRANT, build_di_vp_proof, build_jwt_proof
from runtime.database import sqlite_url
from runtime.web import create_app
from tests.asgi import Client
from tests.world import START, VACCINATION, Clock
from vclib.did import did_key
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object

ISSUER = "https://issuer.example"
VACCINATION_SD = "VaccinationStatusCredential-ecdsa-sd-2023"
VACCINATION_BBS = "VaccinationStatusCredential-bbs-2023"
FORM = "application/x-www-form-urlencoded"


def wallet_key(number: int) -> PrivateKey:
    return PrivateKey.from_secret_bytes(KeyType.P256, bytes([number]) * 32)


@dataclass
class Desk:
    """An issuer with its service, under a clock that tests move by hand."""

    folder: Path
    database_url: str = ""
    url: str = ISSUER
    settings: IssuanceSettings = field(default_factory=IssuanceSettings)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.keys = IssuerKeys(
            {
                key_type: PrivateKey.from_secret_bytes(key_type, bytes([1]) * 32)
                for key_type in (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)
            }
        )
        self.config = IssuerConfig(
            home=self.folder, name="Ministry of Health", url=self.url, dids=self.keys.dids
        )
        self.config.status_folder.mkdir(parents=True, exist_ok=True)
        self.store = IssuerStore.open(self.database_url or sqlite_url(self.folder / "issuer.sqlite"))
        self.issuer = Issuer(self.config, self.store, self.keys)
        self.issuance = Issuance(self.config, self.store, self.issuer, settings=self.settings)

    @property
    def app(self) -> FastAPI:
        app = create_app("issuer", version="0")
        access = (Depends(lambda: None),)
        app.include_router(oid4vci_router(self.issuance, clock=lambda: self.clock.now, offer_access=access))
        return app

    def offer(self, record: JSONObject = VACCINATION, **options: Any) -> CreatedOffer:
        """Offer a record; options of minting and of offering are told apart by name. Any: as they are."""
        own = {name: options.pop(name) for name in ("with_tx_code", "deferred", "minutes") if name in options}
        parsed = parse_record(record, now=self.clock.now)
        return self.issuance.offering.create(parsed, MintOptions(**options), now=self.clock.now, **own)


@dataclass
class Wallet:
    """What a wallet does, each step one request."""

    desk: Desk
    number: int = 11
    token: str | None = None

    def __post_init__(self) -> None:
        self.client = Client(self.desk.app)

    @property
    def key(self) -> PrivateKey:
        return wallet_key(self.number)

    @property
    def did(self) -> str:
        return did_key(self.key.public_key)

    @property
    def now(self) -> datetime:
        return self.desk.clock.now

    def get(self, url: str) -> httpx.Response:
        return self.client.get(urlsplit(url).path)

    def redeem(self, created: CreatedOffer, **fields: str | None) -> httpx.Response:
        """Ask for a token with what the offer says; fields are changed or, with None, left out."""
        grant = created.offer.pre_authorized
        assert grant is not None
        form: dict[str, str | None] = {
            "grant_type": PRE_AUTHORIZED_GRANT,
            "pre-authorized_code": grant.code,
            "tx_code": created.tx_code,
            **fields,
        }
        content = urlencode({name: value for name, value in form.items() if value is not None})
        response = self.client.ask("POST", "/token", content=content.encode(), headers={"content-type": FORM})
        if response.status_code == 200:
            self.token = response.json()["access_token"]
        return response

    def nonce(self) -> str:
        return str(self.client.ask("POST", "/nonce").json()["c_nonce"])

    def jwt_proof(self, *, number: int | None = None, **changes: Any) -> str:
        """Any: options of `build_jwt_proof`."""
        options: dict[str, Any] = {"issuer": self.desk.url, "now": self.now, **changes}
        if "nonce" not in options:
            options["nonce"] = self.nonce()
        return build_jwt_proof(wallet_key(number or self.number), **options)

    def di_vp_proof(self, **changes: Any) -> JSONObject:
        """Any: options of `build_di_vp_proof`."""
        options: dict[str, Any] = {
            "issuer": self.desk.url,
            "now": self.now,
            "cryptosuite": "ecdsa-rdfc-2019",
            **changes,
        }
        if "nonce" not in options:
            options["nonce"] = self.nonce()
        return build_di_vp_proof(self.key, **options)

    def post(
        self,
        path: str,
        body: JSONValue | bytes,
        *,
        token: str | None = "",
        media_type: str = "application/json",
    ) -> httpx.Response:
        """Send a body with this wallet's access token, another one, or (None) without any."""
        headers = {"content-type": media_type}
        if token is not None:
            headers["authorization"] = f"Bearer {token or self.token}"
        content = body if isinstance(body, bytes) else dump_json(body).encode()
        return self.client.ask("POST", path, content=content, headers=headers)

    def ask(self, *, configuration: str = VACCINATION_SD, **members: JSONValue) -> httpx.Response:
        """Ask for the credential with one `jwt` proof unless members say otherwise."""
        body: JSONObject = {"credential_configuration_id": configuration}
        if "proofs" not in members:
            body["proofs"] = {"jwt": [self.jwt_proof()]}
        body |= {name: value for name, value in members.items() if value is not None}
        return self.post("/credential", body)

    def ask_sealed(self, path: str, body: JSONObject, *, kid: str | None = None) -> httpx.Response:
        """Send a body encrypted to the issuer's key."""
        jwk = self.desk.issuance.encryption.jwk | ({"kid": kid} if kid else {})
        sealed = encrypt_jwe(dump_json(body).encode(), jwk, "A256GCM")
        return self.post(path, sealed.encode(), media_type="application/jwt")

    @property
    def response_encryption(self) -> JSONObject:
        jwk = encryption_jwk(self.encryption_key.public_key, kid="wallet-1")
        return {"jwk": jwk, "enc": "A128GCM"}

    @property
    def encryption_key(self) -> PrivateKey:
        return wallet_key(99)

    def open(self, response: httpx.Response) -> JSONObject:
        """Return the JSON of an encrypted answer."""
        assert response.headers["content-type"] == "application/jwt"
        return parse_json_object(decrypt_jwe(response.text, self.encryption_key, kid="wallet-1"))


def credentials_of(body: JSONObject) -> list[JSONObject]:
    """Return the credentials of an answer."""
    members = body["credentials"]
    assert isinstance(members, list)
    found: list[JSONObject] = []
    for member in members:
        assert isinstance(member, dict)
        credential = member["credential"]
        assert isinstance(credential, dict)
        found.append(credential)
    return found


def status_indexes(credentials: Sequence[JSONObject]) -> list[tuple[str, str]]:
    """Return list and index of every status entry of these credentials."""
    found: list[tuple[str, str]] = []
    for credential in credentials:
        entries = credential.get("credentialStatus", [])
        assert isinstance(entries, list)
        for entry in entries:
            assert isinstance(entry, dict)
            found.append((str(entry["statusListCredential"]), str(entry["statusListIndex"])))
    return found


LATER = timedelta(minutes=16)
__all__ = ["ISSUER", "LATER", "START", "Desk", "Wallet", "credentials_of", "status_indexes"]
