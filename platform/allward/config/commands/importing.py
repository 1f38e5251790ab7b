"""`allward import PATH`: images from a file, a folder, a zip or a tar into the archive of one hospital."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from allward_sdk.errors import BadInputError, TemporaryError

if TYPE_CHECKING:
    from allward.ingest.importing import ImportSummary
    from allward.tenancy.models import Tenant

_MOST_SHOWN = 20


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward import`."""
    parser = subparsers.add_parser("import", help="import DICOM from a file, folder, zip or tar")
    parser.add_argument("path", type=Path, nargs="+", help="file, folder, .zip, .tar, .tar.gz or .tar.xz")
    parser.add_argument(
        "--tenant", help="code of the hospital (default: the only one, or the demo's central)"
    )
    parser.set_defaults(run=run_import)


def run_import(arguments: Namespace) -> int:
    """Import and print a summary; 1 if nothing could be imported."""
    from allward.config.commands.start import say, start_django

    start_django()
    tenant = _tenant(arguments.tenant)
    stored = False
    for path in arguments.path:
        summary = import_path(path, tenant=tenant, source="import")
        stored |= summary.any_stored
        say(
            f"{path}: {summary.new} new, {summary.known} known, {summary.conflicts} in conflict,"
            f" {len(summary.refused)} refused, {len(summary.study_ids)} studies changed in {tenant.code}"
        )
        for name, reason in summary.refused[:_MOST_SHOWN]:
            say(f"  {name}: {reason}")
        if len(summary.refused) > _MOST_SHOWN:
            say(f"  and {len(summary.refused) - _MOST_SHOWN} more")
    return 0 if stored else 1


def import_path(path: Path, *, tenant: "Tenant", source: str) -> "ImportSummary":
    """Import everything below `path` for a hospital.

    Raises
    ------
    BadInputError
        If there is nothing at `path`.
    TemporaryError
        If the database is away or the disk is full.
    """
    from django.db import OperationalError

    from allward.ingest.importing import import_files
    from allward.ingest.place import spool

    try:
        return import_files(path, tenant_id=tenant.pk, source=source, spool=spool())
    except FileNotFoundError as error:
        raise BadInputError(f"there is nothing at {path}") from error
    except OperationalError as error:
        raise TemporaryError(
            "the database cannot be reached: start the platform with `allward up` and import again"
        ) from error


def _tenant(code: str | None) -> "Tenant":
    from allward.config.commands.start import tenant_of_code
    from allward.tenancy.models import Tenant

    if code is not None:
        return tenant_of_code(code)
    known = list(Tenant.objects.order_by("created_at")[:2])
    return known[0] if len(known) == 1 else tenant_of_code("central")
