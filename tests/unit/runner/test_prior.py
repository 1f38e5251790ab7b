"""An app on files beside an earlier study: whose that is, and what of it the app is given."""

from dataclasses import dataclass

import pydicom
import pytest
from pydicom.uid import generate_uid
from tests.unit.runner.test_run import SPEC, write_plugin

from allward_dicom.phantom import write_abdomen_phantom
from allward_engine.local import open_models, run_locally
from allward_runner.case import Case
from allward_runner.plugins import open_plugin
from allward_runner.prior import find_prior
from allward_runner.run import run_app
from allward_runner.series import choose_series, find_series, read_series
from allward_sdk.cli import main
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Wants
from any_imaging.logic.app import SLOT, AnyImaging

WANTS = Wants(modality=("CT",), min_slices=10)


def study(folder, seed, **changed):
    """Write a study of an abdomen whose headers say what is asked for."""
    folder.mkdir()
    write_abdomen_phantom(folder, seed=seed, spec=SPEC)
    uids = generate_uid(), generate_uid()
    for path in folder.rglob("*.dcm"):
        image = pydicom.dcmread(path)
        image.StudyInstanceUID, image.SeriesInstanceUID = uids
        for keyword, value in {"PatientID": "P1", "IssuerOfPatientID": "HIS", **changed}.items():
            setattr(image, keyword, value)
        image.save_as(path)
    return folder


def header_of(folder):
    return find_series(folder).series[0].header


@pytest.fixture
def today(tmp_path):
    return study(tmp_path / "today", 1)


def test_an_earlier_study_of_the_same_number_and_issuer_is_taken(tmp_path, today):
    prior = study(tmp_path / "prior", 2)
    found = find_prior(prior, header_of(today), WANTS, confirmed=False)
    assert len(found.paths) == SPEC.slices


@pytest.mark.parametrize(
    "changed", [{"PatientID": "P2"}, {"IssuerOfPatientID": "OTHER"}, {"IssuerOfPatientID": ""}]
)
def test_another_number_is_refused_until_a_person_says_that_it_is_the_same_patient(tmp_path, today, changed):
    prior = study(tmp_path / "prior", 2, **changed)
    with pytest.raises(BadInputError, match=r"not known to be the same patient's.*--same-patient"):
        find_prior(prior, header_of(today), WANTS, confirmed=False)
    assert find_prior(prior, header_of(today), WANTS, confirmed=True)


def test_two_studies_without_a_number_are_not_taken_for_one_patient(tmp_path):
    one, other = (study(tmp_path / name, n, PatientID="") for n, name in enumerate(("a", "b"), 1))
    with pytest.raises(BadInputError, match="the numbers are none and none"):
        find_prior(one, header_of(other), WANTS, confirmed=False)


def test_a_study_is_not_its_own_prior(today):
    with pytest.raises(BadInputError, match="same study"):
        find_prior(today, header_of(today), WANTS, confirmed=False)


def test_a_prior_that_no_plugin_wants_is_refused(tmp_path, today):
    prior = study(tmp_path / "prior", 2)
    with pytest.raises(BadInputError, match="cannot be compared with"):
        find_prior(prior, header_of(today), Wants(modality=("CT",), min_slices=99), confirmed=False)


def test_an_app_that_compares_with_nothing_says_so(today, tmp_path, capsys):
    arguments = ["--input", str(today), "--prior", str(today), "--output", str(tmp_path / "out")]
    assert main(["app", "run", "any_imaging", *arguments]) != 0
    assert "compares with no prior" in capsys.readouterr().err


@dataclass(frozen=True, slots=True)
class Beside(AnyImaging):
    """An app that keeps what it was given."""

    given: list[Case] | None = None

    def assess(self, case, outputs):
        assert self.given is not None
        self.given.append(case)
        return AnyImaging.assess(self, case, outputs)


def test_the_app_is_given_the_prior_with_what_the_same_plugins_found_in_it(tmp_path, today):
    plugin = open_plugin(write_plugin(tmp_path / "bright"), tmp_path / "scratch")
    models = open_models(plugin.models, device="cpu", threads=1)
    volumes = [
        read_series(choose_series(find_series(folder), WANTS)[0], WANTS)
        for folder in (today, study(tmp_path / "prior", 2))
    ]
    app = Beside(given=[])

    def segment(request, voxels_kji):
        return run_locally(request, voxels_kji, models=models)

    run_app(app, volumes[0], {SLOT: plugin}, segment, prior=volumes[1])
    case = app.given[0]
    assert len(app.given) == 1
    assert case.series_instance_uid == volumes[0].series_instance_uid
    assert case.prior.case.series_instance_uid == volumes[1].series_instance_uid
    assert case.prior.outputs[SLOT].labels_kji.any()
    assert case.prior.findings is None
