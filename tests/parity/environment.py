"""Where the tools lie that importers are compared with; `make parity` puts them there."""

from pathlib import Path

import pytest

PYTHON = Path("var/parity/venv/bin/python").absolute()

needs_environment = pytest.mark.skipif(
    not PYTHON.exists(), reason="PyTorch, nnU-Net and MONAI are not here; `make parity` brings them"
)
