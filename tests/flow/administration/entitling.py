"""A hospital with a plug-in that needs an entitlement, its publisher, and a clock that a test moves."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from securesystemslib.signer import CryptoSigner
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.entitlements.actions import install_entitlement
from allward.entitlements.queries import Held, held_by, time_for
from allward.kernel.clock import now
from allward.registry.actions import trust_key
from allward.registry.trust import trust_of
from allward.routing.route import route_study
from allward.runs.models import AppRun, DecisionTrace
from allward.studies.events import StudyCompleted
from allward_dicom.phantom import PhantomSpec
from allward_sdk.entitlement import Entitlement, issue
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key

MODELS = settings.ALLWARD.home / "models"
DAY = timedelta(days=1)
SPEC = PhantomSpec(slices=8, size=32, slice_spacing_mm=10.0)


class Clock:
    """The time of the whole process, which goes on from wherever it is put."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moved_by = timedelta()
        clock = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # no Moved, a plain one
                return datetime.now(tz=tz) + clock.moved_by

        monkeypatch.setattr("allward.kernel.clock.datetime", Moved)

    def put(self, at: datetime) -> None:
        self.moved_by = at - datetime.now(tz=UTC)

    def move(self, by: timedelta) -> None:
        self.moved_by += by


@dataclass(frozen=True)
class Publisher:
    """Who may sign tokens of `org.test.`."""

    signer: CryptoSigner
    key: PublisherKey

    def token(self, hospital: Hospital, **more: object) -> str:
        """Issue a token for a hospital; by default a licence of all plug-ins for thirty days."""
        told = {
            "id": uuid4(), "keyid": self.key.keyid, "plugin": "org.test.", "kind": "licence",
            "tenant": {"id": hospital.tenant_id, "code": hospital.code}, "issued_at": now(),
            "not_before": now() - timedelta(minutes=1), "expires": now() + 30 * DAY,
        }  # fmt: skip
        return issue(Entitlement.model_validate(told | more), self.signer)

    def becomes(self, hospital: Hospital, state: str) -> None:
        """Let a hospital hear that the key was rotated or revoked."""
        with inside(hospital):
            trust_key(replace(self.key, state=state, reason="test"))


def make_publisher(folder: Path, *prefixes: str) -> Publisher:
    path = folder / f"{uuid4().hex}.pem"
    public = new_key(path)
    key = PublisherKey.of(public, publisher="Test GmbH", prefixes=prefixes or ["org.test."])
    return Publisher(load_signer(path), key)


@dataclass(frozen=True)
class Ward:
    """A hospital with one plug-in that needs an entitlement, and a publisher whom it trusts."""

    hospital: Hospital
    publisher: Publisher
    plugin_id: str
    folder: Path

    def receive(self, seed: int = 1, *, images: int = 6) -> UUID:
        """Take the first images of a study in; the same seed is the same study."""
        folder = self.folder / f"study-{seed}"
        files = (
            sorted(folder.iterdir()) if folder.is_dir() else write_small_study(folder, seed=seed, spec=SPEC)
        )
        return receive(self.hospital, files[:images])

    def route(self, study_id: UUID) -> DecisionTrace:
        """Route a study as the pipeline does; return what was decided for its series."""
        with inside(self.hospital):
            route_study(StudyCompleted(study_id=study_id))
            (trace,) = DecisionTrace.objects.filter(study_id=study_id)
        return trace

    def runs(self) -> int:
        with inside(self.hospital):
            return AppRun.objects.count()

    def install(self, token: str) -> Held:
        with inside(self.hospital):
            return install_entitlement(token, trust_of(self.hospital.tenant_id))

    def licence(self, **more: object) -> Held:
        """Issue a token and take it in."""
        return self.install(self.publisher.token(self.hospital, **more))

    def held(self) -> list[Held]:
        tenant_id = self.hospital.tenant_id
        with inside(self.hospital):
            return held_by(tenant_id, trust_of(tenant_id), time_for(tenant_id))

    def states(self) -> list[str]:
        return [one.standing.state for one in self.held()]


def make_ward(folder: Path, *, entitlement: bool = True) -> Ward:
    hospital = make_hospital()
    publisher = make_publisher(folder)
    plugin_id = f"org.test.b{uuid4().hex[:12]}"
    plugin = SmallPlugin(plugin_id=plugin_id, entitlement=entitlement)
    install_small_plugin(hospital, folder, MODELS, plugin)
    with inside(hospital):
        trust_key(publisher.key)
    return Ward(hospital, publisher, plugin_id, folder)
