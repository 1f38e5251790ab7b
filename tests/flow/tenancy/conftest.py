"""Two hospitals with one of everything, under the same DICOM UIDs, and the web process that serves them."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from tests.engine_process import running_engine
from tests.flow.tenancy.serving import serving
from tests.flow.tenancy.stocked import MODELS, Stocked, stock


@dataclass(frozen=True, slots=True)
class Two:
    """The hospital whose person asks, the one whose things are asked for, and where both are served."""

    mine: Stocked
    theirs: Stocked
    url: str


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Make them once for a module; tests that change the owner's things come last."""
    with running_engine(settings.ALLWARD.engine_socket, MODELS):
        mine = stock(tmp_path_factory.mktemp("mine"), "KESTREL", seed=11)
        theirs = stock(tmp_path_factory.mktemp("theirs"), "OSPREY", seed=77, like=mine)
        with serving() as url:
            yield Two(mine, theirs, url)
