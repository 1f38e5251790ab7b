"""What a state folder needs before its processes start: tables, hospitals, accounts, the first plug-in.

Everything here may run any number of times; what is there already stays.
"""

import logging
import shutil
from pathlib import Path

from allward.config.demo import accounts_file, provide_demo, read_accounts, sample_sources
from allward.config.environment import Environment

log = logging.getLogger(__name__)


def provision(environment: Environment) -> None:
    """Bring the database and the storage to where the processes can start."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0, interactive=False, skip_checks=True)
    if environment.demo:
        provide_demo(environment)


def welcome(environment: Environment) -> str:
    """Return what `allward up` prints once everything is ready."""
    lines = [
        "",
        "  Allward 全院 is ready.",
        "",
        f"  Pages     http://{environment.http_host}:{environment.http_port}/",
        f"  DICOM     {environment.ae_title} at {environment.dimse_host}:{environment.dimse_port}",
    ]
    if environment.dimse_tls is not None:
        port = environment.dimse_tls.port
        lines.append(f"            {environment.ae_title} at {environment.dimse_host}:{port}, over TLS")
    lines.append(f"  State     {environment.home}")
    if environment.demo:
        lines += ["", f"  Accounts (kept in {accounts_file(environment)}):"]
        lines += [
            f"    {account['username']:<18} {account['password']:<20} {account['role']}, {account['tenant']}"
            for account in read_accounts(environment)
        ]
        lines += [
            "",
            f"  Sample    {sample_sources(environment)[1]}",
            "",
            "  Try       sign in as radiologist, open the study on top; j: next finding, a: accept, ?: keys",
            f"            storescu -aec {environment.ae_title} +sd"
            f" {environment.dimse_host} {environment.dimse_port} FOLDER   sends a CT of your own",
        ]
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])


def load_samples(environment: Environment) -> None:
    """Import the sample study of the demonstration, once; one that was interrupted is completed."""
    if not environment.demo:
        return
    import django

    django.setup()
    from allward.config.commands.importing import import_path
    from allward.tenancy.models import Tenant

    loaded = environment.home / "samples-loaded"
    if loaded.exists():
        return
    central = Tenant.objects.get(code="central")
    sources, _ = sample_sources(environment)
    for path in [_phantom(environment)] if sources is None else sources:
        import_path(path, tenant=central, source="samples")
    loaded.touch()


def _phantom(environment: Environment) -> Path:
    from allward_dicom.phantom import write_abdomen_phantom

    folder = environment.home / "phantom"
    if not folder.is_dir():
        half = environment.home / "phantom.part"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        write_abdomen_phantom(half, seed=1)
        half.rename(folder)
    return folder
