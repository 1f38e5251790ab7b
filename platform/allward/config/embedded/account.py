"""Which operating system user runs the embedded services, and where their files lie.

PostgreSQL refuses to run as root, and a root user's folders are closed to anybody else. So for root
everything goes below `/var/lib/allward`, which an unprivileged user can reach; no folder above is opened up.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from allward.config import values
from allward.config.embedded.state_folder import home_id, make_private
from allward.config.variables import ConfigurationError

ROOT_STATE = Path("/var/lib/allward")
"""Where services of a root user keep their files (Filesystem Hierarchy Standard 3.0, section 5.8)."""


@dataclass(frozen=True)
class ServiceAccount:
    """The user that runs the services; `user_id` is None where it is simply the present user."""

    user_id: int | None
    group_id: int | None
    state: Path
    sockets: Path

    @classmethod
    def of_home(cls, home: Path) -> "ServiceAccount":
        """Return the account and the folders for a state folder, creating the folders.

        Raises
        ------
        ConfigurationError
            If root has no unprivileged user to hand the services to, or a folder is not to be trusted.
        """
        if os.geteuid() != 0:
            sockets = values.socket_folder(home, longest_name=len(".s.PGSQL.5432.lock"))
            account = cls(None, None, home / "services", sockets)
            account.own_folder(account.state)
        else:
            state = ROOT_STATE / home_id(home)
            _root_folder(state)
            user = _unprivileged_user(state / "postgres")
            account = cls(user.pw_uid, user.pw_gid, state, state / "sockets")
        account.own_folder(account.sockets)
        return account

    def own_folder(self, folder: Path) -> None:
        """Make a folder that only this account (and root) may enter."""
        make_private(folder, user_id=self.user_id, group_id=-1 if self.group_id is None else self.group_id)

    def own_file(self, path: Path, text: str) -> None:
        """Write a file that only this account (and root) may read."""
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            if self.user_id is not None and self.group_id is not None:
                os.fchown(file.fileno(), self.user_id, self.group_id)
        os.replace(temporary, path)

    def reachable(self, package: Path, parts: tuple[str, ...]) -> Path:
        """Return a folder with these parts of an installed package that the account can read.

        For root they are copied once, root-owned, so that a service cannot change its own program.

        Parameters
        ----------
        package : the folder that the parts are relative to
        parts : files or folders to have; their relative places stay
        """
        if self.user_id is None:
            return package
        copy = ROOT_STATE / f"programs-{_fingerprint(package, parts)}"
        _root_folder(ROOT_STATE)
        with (ROOT_STATE / "programs.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for interrupted in ROOT_STATE.glob("programs-new-*"):
                shutil.rmtree(interrupted)
            if not copy.is_dir():
                _copy_parts(package, parts, copy)
        return copy


def _root_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.chmod(0o755)
    except OSError as error:
        message = f"{folder} cannot be written ({error.strerror}): as root, the embedded services need it."
        raise ConfigurationError(message) from error


def _unprivileged_user(existing: Path) -> pwd.struct_passwd:
    """Choose who runs the services: the owner of what is there, else `postgres`, else `nobody`."""
    if existing.exists():
        return pwd.getpwuid(existing.stat().st_uid)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ConfigurationError(
        "As root, the embedded services need a user `postgres` or `nobody` on this machine."
    )


def _fingerprint(package: Path, parts: tuple[str, ...]) -> str:
    """Tell one version of a program from another by the size and time of its files."""
    digest = hashlib.sha256()
    for part in parts:
        for path in sorted([package / part, *(package / part).rglob("*")]):
            status = path.stat()
            digest.update(f"{path.relative_to(package)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _copy_parts(package: Path, parts: tuple[str, ...], copy: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(dir=copy.parent, prefix="programs-new-"))
    for part in parts:
        source, target = package / part, unfinished / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    unfinished.chmod(0o755)
    unfinished.rename(copy)
