from pathlib import Path

import pytest
from tests.unit.sdk.small_plugin import write_small_plugin


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    return write_small_plugin(tmp_path / "small")
