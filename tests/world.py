"""A simulator for flows: a real issuer, a real verifier and wallets, under a clock that tests move by hand.

`World` joins the services that the commands use, with the issuer's database in memory and keys that are the
same in every run, so that a flow reads as a story: mint, present, change one thing, check. Only files and
passphrases are missing; the tests of the commands have those.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from health import parse_record
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.options import MintOptions
from issuer.report import trust_entry
from issuer.service import Issuer, Minted, MintRequest, NotMinted
from issuer.store import IssuerStore
from tests.tables import tables_as_before
from vclib.errors import VCError
from vclib.keys import KeyType, PrivateKey
from vclib.policy import TrustedIssuers
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject, parse_json_object
from verifier.service import CheckResult, Question, Verifier
from verifier.store import VerifierStore
from wallet.holdings import HeldKey
from wallet.presenting import Candidate, PresentationPlan, Request, plan, sign

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
CHALLENGE = "3q2-7w"
VENUE = "https://venue.example"

VACCINATION: JSONObject = {
    "name": "Aulus Agerius",
    "birthDate": "2003-03-03",
    "identifier": "999123456",
    "sex": "male",
    "vaccination": {
        "vaccine": "icd11:XM0GQ8",
        "brand": "icd11:XM3DT5",
        "manufacturer": {"system": "https://spor.ema.europa.eu/v1/organisations", "code": "ORG-100031184"},
        "lot": "PT123F",
        "date": "2026-05-06",
        "dose": 1,
        "totalDoses": 2,
        "country": "CHE",
        "centre": "Vaccination Site",
        "disease": "icd11:RA01",
    },
    "certificate": {"hcid": "1234567890"},
}
TEST: JSONObject = {
    "name": "Tan Chen Chen",
    "birthDate": "1990-01",
    "test": {
        "pathogen": "icd11:XN109",
        "type": "loinc:LP6464-4",
        "origin": "sct:258500001",
        "date": "2026-06-30T14:15:00+08:00",
        "result": "icd11:QA02",
        "centre": "City Clinic",
        "country": "SGP",
    },
    "certificate": {"hcid": "TR-0001"},
}
RECOVERY: JSONObject = {
    "name": "Gabriele Musterfrau-Gößinger",
    "birthDate": "1998-02-26",
    "recovery": {"disease": "sct:840539006", "firstPositive": "2026-04-20", "country": "AUT"},
    "certificate": {"hcid": "URN:UVCI:01:AT:858CC18CFCF5965EF82F60E493349AA5#K"},
}


def changed(record: JSONObject, event: str | None = None, **members: object) -> JSONObject:
    """Return a copy of a record with other members, in its event if one is named."""
    other = copy.deepcopy(record)
    target = other[event] if event else other
    assert isinstance(target, dict)
    target |= members  # type: ignore[arg-type]  # tests also put in what is no JSON for a record
    return other


@dataclass
class Clock:
    """The time of the world, moved by hand."""

    now: datetime = START

    def advance(self, **duration: float) -> None:
        """Let time pass: `advance(days=400)`."""
        self.now += timedelta(**duration)


@dataclass
class Person:
    """Somebody with a wallet: one key, some credentials."""

    key: HeldKey
    clock: Clock

    @property
    def did(self) -> str:
        return self.key.did

    def plan(
        self,
        *credentials: JSONObject,
        challenge: str | None = CHALLENGE,
        domain: str | None = VENUE,
        situation: str | None = "venue",
        pointers: Sequence[str] = (),
    ) -> PresentationPlan:
        """Return what would be presented; the wallet takes every credential for its own."""
        candidates = [
            Candidate(str(number), document, _bound_to(document))
            for number, document in enumerate(credentials)
        ]
        request = Request(challenge, domain, situation, tuple(pointers))
        own = {did for candidate in candidates for did in candidate.bound_to} | {self.did}
        return plan(candidates, request, own_dids=sorted(own))

    def present(
        self,
        *credentials: JSONObject,
        challenge: str | None = CHALLENGE,
        domain: str | None = VENUE,
        situation: str | None = "venue",
        pointers: Sequence[str] = (),
    ) -> JSONObject:
        """Return a presentation signed with this person's key, whoever the credentials belong to."""
        planned = self.plan(
            *credentials, challenge=challenge, domain=domain, situation=situation, pointers=pointers
        )
        if planned.signers in ((), (self.did,)):
            return sign(planned, [self.key], now=self.clock.now)
        # A thief's wallet asks nobody: somebody else's credential under its own signature.
        return add_proof(
            {**planned.document, "holder": self.did},
            cryptosuite=self.key.cryptosuite,
            key=self.key.private_key,
            verification_method=self.key.verification_method,
            purpose=AUTHENTICATION,
            created=self.clock.now,
            challenge=challenge,
            domain=domain,
        )


@dataclass
class World:
    """An issuer, a verifier that trusts it, and people; `folder` takes the published status lists."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    name: str = "Ministry of Health"
    seed: int = 1

    def __post_init__(self) -> None:
        keys = IssuerKeys(
            {
                key_type: PrivateKey.from_secret_bytes(key_type, bytes([self.seed]) * 32)
                for key_type in (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)
            }
        )
        self.keys = keys
        self.config = IssuerConfig(
            home=self.folder, name=self.name, status_url="https://status.example/lists", dids=keys.dids
        )
        self.config.status_folder.mkdir(parents=True, exist_ok=True)
        with tables_as_before():
            self.store = IssuerStore.open("sqlite://")
        self.issuer = Issuer(self.config, self.store, keys)
        self.trusted: TrustedIssuers | None = TrustedIssuers.from_json(trust_entry(self.config))
        self.memory: VerifierStore | None = None
        self.last_minted: Minted | None = None

    def person(self, number: int) -> Person:
        """Return the person whose key is made of this number, e.g. 11."""
        private_key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([number]) * 32)
        return Person(HeldKey("main", private_key, START), self.clock)

    def try_mint(
        self, record: JSONObject, holder: Person | None = None, **options: object
    ) -> Minted | NotMinted:
        """Mint one record and return what became of it."""
        asked = replace(MintOptions(holder=holder.did if holder else None), **options)  # type: ignore[arg-type]
        try:
            parsed = parse_record(record, now=self.clock.now)
        except VCError as err:
            return NotMinted("record 1", err)
        request = MintRequest("record 1", parsed, None, "record.vc.json")
        (result,) = self.issuer.mint([request], asked, now=self.clock.now)
        return result

    def mint(self, record: JSONObject, holder: Person | None = None, **options: object) -> JSONObject:
        """Mint one record and return the credential; fails the test if it is refused."""
        result = self.try_mint(record, holder, **options)
        assert isinstance(result, Minted), result.error
        self.last_minted = result
        return result.credential

    @property
    def last_record_id(self) -> str:
        """The issuer's id of what was minted last."""
        assert self.last_minted is not None
        return self.last_minted.record_id

    @property
    def status_lists(self) -> Mapping[str, JSONObject]:
        """The published status lists by URL."""
        lists = [parse_json_object(path.read_bytes()) for path in self.config.status_folder.glob("*.json")]
        return {str(document["id"]): document for document in lists}

    def send_challenge(self, challenge: str, domain: str = VENUE) -> None:
        """Let the verifier remember a challenge; from now on it accepts no others."""
        if self.memory is None:
            with tables_as_before():
                self.memory = VerifierStore.open("sqlite://")
        self.memory.save_challenge(challenge, domain, self.clock.now + timedelta(minutes=10))

    def check(
        self,
        document: JSONObject,
        *,
        challenge: str | None = CHALLENGE,
        domain: str | None = VENUE,
        require_holder: bool = False,
        require_status: bool = False,
        at: datetime | None = None,
        status_lists: Mapping[str, JSONObject] | None = None,
    ) -> CheckResult:
        """Let the verifier judge what was presented."""
        verifier = Verifier(
            self.trusted, self.status_lists if status_lists is None else status_lists, None, self.memory
        )
        question = Question(challenge, domain, require_holder, require_status)
        return verifier.check(document, question, now=at or self.clock.now)


def reasons(result: CheckResult) -> list[str]:
    """Return the codes of all reasons of a result, in their order."""
    return [reason.code for reason in result.verdict.all_reasons]


def disclosed(result: CheckResult) -> dict[str, str]:
    """Return what the one credential of a result says, by JSON pointer."""
    (checked,) = result.credentials
    return {claim.pointer: claim.display for claim in checked.claims}


def _bound_to(document: JSONObject) -> tuple[str, ...]:
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    return (str(subject["id"]),) if "id" in subject else ()
