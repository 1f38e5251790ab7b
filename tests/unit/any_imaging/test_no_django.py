"""The app's logic runs where there is no Django."""

import subprocess
import sys

CODE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "rest_framework", "celery", "channels", "psycopg"}:
            raise ImportError(f"{name} is not to be imported here")

sys.meta_path.insert(0, Blocked())

from pathlib import Path
import numpy as np
from allward_runner.apps import load_app
from allward_runner.case import Case, SlotOutput
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import read_manifest

app = load_app("any_imaging")
labels = np.zeros((6, 8, 8), np.uint8)
labels[2:4, 2:6, 2:6] = 1
case = Case(np.zeros(labels.shape, np.int16), Geometry(labels.shape, np.eye(4), "1"), "1.2", "1.2.3")
manifest = read_manifest(Path(sys.argv[1]) / "plugins" / "liver_ct" / "plugin.toml")
output = SlotOutput(manifest, "d" * 64, labels, ("liver", "lesions"))
result = app.assess(case, {"any_imaging.segmentation": output})
assert result.findings[0].measurements[0].value == 0.032, result
assert "django" not in sys.modules
import allward_runner.commands, allward_engine.__main__
assert "django" not in sys.modules
"""


def test_the_logic_runs_with_django_blocked():
    from tests.samples import ROOT

    done = subprocess.run(
        [sys.executable, "-c", CODE, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
