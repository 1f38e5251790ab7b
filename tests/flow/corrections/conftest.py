"""A hospital with a CT and spots that an app found in it."""

from pathlib import Path

import pytest
from tests.flow.corrections.desk import Desk, new_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two spots, nobody's word on them yet."""
    return new_desk(tmp_path)
