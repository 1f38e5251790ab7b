"""Small phantom series that the DICOM tests share."""

from pathlib import Path

import pytest

from allward_dicom.phantom import Fault, PhantomSpec, write_abdomen_phantom
from allward_dicom.volume import SeriesVolume, read_volume

SMALL = PhantomSpec(slices=12, size=64)


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    write_abdomen_phantom(folder, seed=1, spec=SMALL)
    return folder


@pytest.fixture(scope="session")
def phantom_files(phantom_folder) -> list[Path]:
    return sorted(phantom_folder.iterdir())


@pytest.fixture(scope="session")
def phantom_volume(phantom_files) -> SeriesVolume:
    return read_volume(phantom_files)


@pytest.fixture
def faulty_files(tmp_path):
    def write(fault: Fault) -> list[Path]:
        write_abdomen_phantom(tmp_path, seed=1, spec=PhantomSpec(slices=12, size=64, fault=fault))
        return sorted(tmp_path.iterdir())

    return write
