"""What the app knows runs where there is no Django."""

import subprocess
import sys

CODE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "rest_framework", "celery", "channels", "psycopg"}:
            raise ImportError(f"{name} is not to be imported here")

sys.meta_path.insert(0, Blocked())

from liver_planning.logic import couinaud, standard_volume

assert standard_volume.standard_volume(standard_volume.Body(170, 70), "urata").ml > 1000
assert "django" not in sys.modules
"""


def test_the_logic_runs_with_django_blocked():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
