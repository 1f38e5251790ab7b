"""Files of the state folder that several processes rely on: written whole or not at all, with mode 600."""

import json
import os
import secrets
import tempfile
from pathlib import Path

from allward.config import values
from allward.config.environment import secret_key_file, services_file
from allward.config.variables import ConfigurationError


def write_private(path: Path, text: str) -> None:
    """Replace a file's content in one step; only its owner may read it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def prepare_home(home: Path) -> None:
    """Create the state folder, its name and its secret key where they are missing.

    Raises
    ------
    ConfigurationError
        If the folder cannot be written.
    """
    try:
        for folder in (home, home / "run", home / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private(values.socket_folder(home))
        _keep(home / "home-id", secrets.token_hex(8))
        _keep(secret_key_file(home), secrets.token_urlsafe(48))
    except OSError as error:
        raise ConfigurationError(
            f"The state folder {home} cannot be written ({error.strerror}): set ALLWARD_HOME to another one "
            f'(docs/configuration.md, section "State folder").'
        ) from error


def make_private(folder: Path, *, user_id: int | None = None, group_id: int = -1) -> None:
    """Make a folder that only one user (and root) may enter, or see that it is one.

    Parameters
    ----------
    user_id : to whom it shall belong, if not to the present user

    Raises
    ------
    ConfigurationError
        If somebody else made it first: in `/tmp`, anybody may.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user_id is not None:
        os.chown(folder, user_id, group_id, follow_symlinks=False)
    wanted = os.geteuid() if user_id is None else user_id
    if folder.is_symlink() or folder.lstat().st_uid != wanted:
        raise ConfigurationError(
            f"{folder} belongs to somebody else: remove it, or set ALLWARD_HOME to another folder."
        )
    folder.chmod(0o700)


def home_id(home: Path) -> str:
    """Return the random name of a state folder, which stays when the folder moves."""
    return (home / "home-id").read_text().strip()


def read_services(home: Path) -> dict[str, str]:
    """Return the addresses of the embedded services as they were last written."""
    try:
        found: dict[str, str] = json.loads(services_file(home).read_text())
    except FileNotFoundError:
        return {}
    return found


def add_services(home: Path, **addresses: str) -> None:
    """Write addresses of embedded services beside those that are there."""
    write_private(services_file(home), json.dumps({**read_services(home), **addresses}, indent=2) + "\n")


def _keep(path: Path, text: str) -> None:
    if not path.exists():
        write_private(path, text + "\n")
