"""The app's logic runs where there is no Django, and brings its tables with it."""

import subprocess
import sys

CODE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "rest_framework", "celery", "channels", "psycopg"}:
            raise ImportError(f"{name} is not to be imported here")

sys.meta_path.insert(0, Blocked())

from lung_nodule.logic.followup import lung_rads_status, track
from lung_nodule.logic.guidelines import choose, lung_rads, measured
from lung_nodule.logic.risk import brock, herder, mayo

facts = {"screening": True, "known_lung_cancer": False}
assert choose.choose_guideline(facts, choose.TABLES).guideline.id == "lung_rads_2022"
assert "django" not in sys.modules
"""


def test_the_logic_runs_with_django_blocked():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
