"""A hospital and real DICOM nodes for what leaves the house."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.flow.delivery.nodes import Orthanc, StoreScp, free_port
from tests.flow.delivery.scene import Scene, new_scene


@pytest.fixture
def hospital(tmp_path: Path) -> Scene:
    """A hospital of its own for each test, with a CT of a phantom and a radiologist."""
    return new_scene(tmp_path)


@pytest.fixture
def store_scp(tmp_path: Path) -> Iterator[Callable[..., StoreScp]]:
    """Start dcmtk's storescp, on a free port if none is given, with further options."""
    running: list[StoreScp] = []

    def start(*options: str, port: int | None = None) -> StoreScp:
        folder = tmp_path / f"received-{len(running)}"
        folder.mkdir()
        running.append(StoreScp(folder, port or free_port(), options))
        return running[-1]

    yield start
    for node in running:
        node.stop()


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """A real Orthanc; tests tell their objects apart by study."""
    node = Orthanc(tmp_path_factory.mktemp("orthanc"))
    yield node
    node.stop()
