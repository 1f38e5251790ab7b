"""A hospital that has one of everything: what another hospital must never see, under the same DICOM UIDs."""

import secrets
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pydicom
from django.conf import settings
from tests.executing import here
from tests.flow.administration.entitling import make_publisher
from tests.flow.delivery.nodes import free_port
from tests.flow.tenancy.corrected import Corrected, correct_things
from tests.flow.tenancy.fetched import fetch_things
from tests.flow.tenancy.published import Published, publish_things
from tests.flow.tenancy.reported import Reported, report_things
from tests.flow.tenancy.tried import Tried, try_version
from tests.platform_database import Hospital, inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin, make_package
from tests.small_plugin import install_small_plugin
from tests.small_study import receive

from allward.delivery.actions import add_destination
from allward.delivery.models import Delivery
from allward.delivery.send import Peer
from allward.entitlements.actions import install_entitlement
from allward.execution.run_job import run_job
from allward.identity.actions import add_membership, add_user, issue_token
from allward.identity.models import ApiToken, Role
from allward.ingest.actions import add_sender_rule
from allward.registry.actions import import_build, install
from allward.registry.models import PluginVersion
from allward.registry.trust import trust_of
from allward.results.models import FindingRecord, Result
from allward.routing.actions import change_rule, enable_installation
from allward.routing.models import RoutingRule
from allward.runs.actions import RunOrder, cancel_run, schedule_run
from allward.runs.claims import claim_next
from allward.runs.models import AppRun
from allward.storage.place import storage
from allward.studies.models import Series, Study
from allward.tenancy.scope import Scope, within
from allward_dicom.phantom import PhantomPatient, PhantomSpec, write_abdomen_phantom
from allward_sdk.catalogue.publishing import Lifetimes
from allward_sdk.catalogue.repository import Repository
from allward_sdk.trust.envelope import sign_package
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key

MODELS = settings.ALLWARD.home / "models"
SLICES = 12
_BULK_BYTES = 70_000
"""More than the header walk keeps, so that the value is bulk data."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in, in three ways."""

    user_id: UUID
    username: str
    password: str
    token: str
    token_id: UUID


def make_person(hospital: Hospital, *roles: str) -> Person:
    """Make a user of a hospital with these roles, and a token."""
    username, password = f"u-{uuid4().hex[:12]}", secrets.token_urlsafe(9)
    with inside(hospital):
        user = add_user(username=username, display_name=f"Dr {username}", password=password)
        for role in roles:
            add_membership(user=user, role=role)
        token = issue_token(user=user, name=f"token of {username}")
        row = ApiToken.objects.get(user=user)
    return Person(user.pk, username, password, token, row.pk)


@dataclass(frozen=True, slots=True)
class Stocked:
    """A hospital with patients, studies, runs, results, destinations, deliveries, tokens and users."""

    word: str
    """Stands in every text of the hospital, and in its pixels' bulk data."""
    hospital: Hospital
    person: Person
    """Has every role, so that nothing but the hospital keeps them from anything."""
    files: list[Path]
    ae_title: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    study_id: UUID
    patient_ids: tuple[UUID, UUID]
    result_id: UUID
    finding_ids: tuple[UUID, ...]
    waiting_run_id: UUID
    ended_run_id: UUID
    destination_id: UUID
    delivery_id: UUID
    spare_token_id: UUID
    archive_id: UUID
    """Answers searches; nothing is fetched from it here."""
    retrieval_id: UUID
    package: Path
    """Of `version_id`."""
    version_id: UUID
    """A plug-in version that only this hospital knows, enabled in all of it; there was one before it."""
    installation_id: UUID
    """Of that version."""
    earlier_installation_id: UUID
    """Of the one before it: superseded."""
    rule_id: UUID
    """Runs the plug-in of both hospitals in the department."""
    entitlement: str
    """A token that this hospital has not taken in yet."""
    entitlement_id: UUID
    """Of one that it has."""
    catalogue: str
    """Folder of a catalogue that the hospital may follow; what it lists is nobody's secret."""
    catalogue_root: str
    """Text of its root.json."""
    listed_plugin: str
    """A plug-in that it lists in version 1.0.0."""
    published: Published
    """What it has as a vendor."""
    tried: Tried
    """What it has of acceptance."""
    reported: Reported
    """What it has of reports."""
    corrected: Corrected
    """What it has of corrections."""
    other_ids: tuple[UUID, ...] = field(repr=False)

    @property
    def code(self) -> str:
        """The hospital's code."""
        return self.hospital.code

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """Bytes that nobody else may ever be sent."""
        ids = (
            self.hospital.tenant_id, self.hospital.department_id, self.study_id, *self.patient_ids,
            self.result_id, *self.finding_ids, self.waiting_run_id, self.ended_run_id, self.destination_id,
            self.delivery_id, self.spare_token_id,
            self.archive_id, self.retrieval_id, self.version_id, self.installation_id,
            self.earlier_installation_id,
            self.rule_id, self.entitlement_id, self.person.user_id, self.person.token_id,
            *self.reported.secrets,
            *self.published.secrets, *self.tried.secrets, *self.corrected.secrets, *self.other_ids,
        )  # fmt: skip
        texts = [self.word, self.code, self.person.username, self.person.token]
        texts += [form for each in ids for form in (str(each), each.hex)]
        return tuple(text.encode() for text in texts)


def write_files(folder: Path, word: str, *, seed: int, like: list[Path] | None) -> list[Path]:
    """Write a study of two patients' worth; `like` gives the UIDs that it bears instead of its own."""
    files = []
    for number, slices in ((1, SLICES), (2, 1)):
        patient = PhantomPatient(
            name=f"{word}^Patient=模体^{word}", patient_id=f"{word}-{number}", issuer=f"{word}-HIS"
        )
        spec = PhantomSpec(
            slices=slices, size=64, slice_spacing_mm=10.0, accession_number=f"{word[:8]}{number}",
            institution_name=f"{word} HOSPITAL", patient=patient,
        )  # fmt: skip
        write_abdomen_phantom(folder / str(number), seed=seed + number, spec=spec)
        files += sorted((folder / str(number)).iterdir())
    for index, path in enumerate(files):
        _mark(path, word, like[index] if like else None)
    return files


def _mark(path: Path, word: str, like: Path | None) -> None:
    dataset = pydicom.dcmread(path)
    dataset.StudyDescription = dataset.SeriesDescription = f"{word} abdomen"
    block = dataset.private_block(0x0011, "ALLWARD TEST", create=True)
    block.add_new(0x01, "OB", (word.encode() * _BULK_BYTES)[:_BULK_BYTES])
    if like is not None:
        theirs = pydicom.dcmread(like)
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            setattr(dataset, name, getattr(theirs, name))
        dataset.file_meta.MediaStorageSOPInstanceUID = theirs.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)


def stock(folder: Path, word: str, *, seed: int, like: "Stocked | None" = None) -> Stocked:
    """Make a hospital with everything in it; an engine must be running."""
    hospital = make_hospital()
    title = f"A{uuid4().hex[:12]}".upper()
    files = write_files(folder, word, seed=seed, like=like.files if like else None)
    version = install_small_plugin(hospital, folder, MODELS)
    with inside(hospital):
        add_sender_rule(called_ae_title=title, department_id=hospital.department_id)
        peer = Peer("127.0.0.1", free_port(), "PACS", "ALLWARD")
        destination = add_destination(
            name=f"{word} PACS", peer=peer, sends_unreviewed=True, for_research=True
        )
    study_id = receive(hospital, files[:SLICES])
    receive(hospital, files[SLICES:])
    _work_off()
    person = make_person(hospital, *Role.values)
    spare = make_person(hospital, Role.VENDOR)
    lives = (
        _two_lives(hospital, folder, seed)
        | _entitled(hospital, folder)
        | fetch_things(hospital, word)
        | _catalogue(folder, seed)
    )
    tried = try_version(hospital, version, word, study_id=study_id)
    waiting, ended = _further_runs(hospital, study_id, version, person)
    with inside(hospital):
        result_id = Result.objects.get(study_id=study_id).pk
        other = Study.objects.exclude(pk=study_id).exclude(modalities__contains=["SEG"]).get()
    reported = report_things(hospital, word, result_id=result_id, other_study_id=other.pk)
    with inside(hospital):
        study = Study.objects.get(pk=study_id)
        second = Study.objects.exclude(pk=study_id).exclude(modalities__contains=["SEG"]).get()
        result = Result.objects.get(pk=result_id)
        findings = FindingRecord.objects.filter(result=result).order_by("ordinal")
        delivery = Delivery.objects.order_by("created_at")[0]
        Delivery.objects.filter(pk=delivery.pk).update(state="failed")
        one = pydicom.dcmread(files[SLICES // 2], stop_before_pixels=True)
        return Stocked(
            word=word, hospital=hospital, person=replace(person), files=files, ae_title=title,
            study_instance_uid=study.study_instance_uid,
            series_instance_uid=str(one.SeriesInstanceUID), sop_instance_uid=str(one.SOPInstanceUID),
            study_id=study.pk, patient_ids=(study.patient_id, second.patient_id), result_id=result.pk,
            finding_ids=tuple(findings.values_list("pk", flat=True)), waiting_run_id=waiting,
            ended_run_id=ended, destination_id=destination.pk, delivery_id=delivery.pk,
            spare_token_id=_second_token(hospital, person), **lives,
            published=publish_things(hospital, folder, PluginVersion.objects.get(pk=lives["version_id"])),
            tried=tried,
            reported=reported,
            corrected=correct_things(hospital, version, study_id=study_id, reader_id=person.user_id),
            other_ids=(result.run_id, second.pk, spare.user_id),
        )  # fmt: skip


def _work_off() -> None:
    """Let the quiet time pass, run the pipeline and every job that waits, until all is still."""
    time.sleep(0.4)
    run_pipeline()
    while (claimed := claim_next(worker="test")) is not None:
        run_job(claimed, here())
        run_pipeline()


def _two_lives(hospital: Hospital, folder: Path, seed: int) -> dict[str, Any]:
    """Two versions of the hospital's own, the second enabled after the first; their rule runs nothing."""
    with inside(hospital):
        rule_id = RoutingRule.objects.get().pk
    installation_ids = []
    for minor in (0, 1):
        path = make_package(folder, SmallPlugin(version=f"{seed}.{minor}.0"))
        with inside(hospital):
            version = import_build(path, models_folder=MODELS)
            installation = enable_installation(install(version=version, department=None).pk)
            installation_ids.append(installation.pk)
            for rule in RoutingRule.objects.filter(installation=installation):
                change_rule(rule, enabled=False)
    return {
        "package": storage().path(version.storage_key),
        "version_id": version.pk,
        "installation_id": installation_ids[1],
        "earlier_installation_id": installation_ids[0],
        "rule_id": rule_id,
    }


def _entitled(hospital: Hospital, folder: Path) -> dict[str, Any]:
    """A publisher of the hospital's own, a token of it that is taken in, and one that is not."""
    publisher = make_publisher(folder)
    publisher.becomes(hospital, "active")
    with inside(hospital):
        held = install_entitlement(publisher.token(hospital), trust_of(hospital.tenant_id))
    return {"entitlement": publisher.token(hospital), "entitlement_id": held.row.pk}


def _catalogue(folder: Path, seed: int) -> dict[str, Any]:
    """A vendor's catalogue with one version."""
    plugin = f"org.vendor{seed}.bright"
    key = PublisherKey.of(new_key(folder / "listed.pem"), publisher="V", prefixes=[f"org.vendor{seed}."])
    repository = Repository(folder / "stick", folder / "role-keys")
    repository.create(Lifetimes())
    repository.set_publishers([key])
    plain = make_package(folder / "plain", SmallPlugin(plugin_id=plugin))
    repository.add_package(sign_package(plain, load_signer(folder / "listed.pem"), folder / "signed"))
    return {
        "catalogue": str(folder / "stick"),
        "catalogue_root": (folder / "stick" / "metadata" / "1.root.json").read_text(),
        "listed_plugin": plugin,
    }


def _second_token(hospital: Hospital, person: Person) -> UUID:
    from allward.identity.models import User

    with inside(hospital):
        issue_token(user=User.objects.get(pk=person.user_id), name="spare")
        row: ApiToken = ApiToken.objects.get(user_id=person.user_id, name="spare")
    return row.pk


def _further_runs(
    hospital: Hospital, study_id: UUID, version: PluginVersion, person: Person
) -> tuple[UUID, UUID]:
    """One run that waits, and one that was canceled."""
    scope = Scope.of_tenant(hospital.tenant_id, actor=person.username)
    runs: list[AppRun] = []
    with within(scope):
        series = Series.objects.filter(study_id=study_id, modality="CT").get()
        for digest in ("1" * 64, "2" * 64):
            order = RunOrder(
                app="any_imaging", app_version="0.1.0", series=series, input_digest=digest,
                plugins={"any_imaging.segmentation": version}, priority=2, research_only=True,
            )  # fmt: skip
            runs.append(schedule_run(order)[0])
        cancel_run(run_id=runs[1].pk)
    run_pipeline()
    return runs[0].pk, runs[1].pk
