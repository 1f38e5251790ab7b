"""The demonstration of the embedded default: three hospitals, an account per role, a plug-in, a study."""

import json
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from allward.config.environment import Environment
from allward_sdk.errors import ManifestError, UntrustedError

DEPARTMENT = "imaging-research"

TENANTS = (
    ("central", "Central Hospital", "中心医院"),
    ("east", "East District Hospital", "东区医院"),
    ("west", "West District Hospital", "西区医院"),
)
"""A top hospital that reads for two base hospitals (医联体)."""

NETWORK_AE_TITLE = "NETWORK"
"""The gateway of the whole network: whose an image is, is told by calling AE title or institution name."""

PLUGINS = ("liver-ct", "lung-nodule-ct")
"""Packages below the state folder's `plugins/` that the demonstration installs, without their versions."""

log = logging.getLogger(__name__)

_SAMPLES = ("liver-ct/CRLM-CT-1004_CT.tar.xz", "chest-ct/CPTAC-LSCC_C3N-00247_CT.tar.xz")
"""Within the samples folder; licences allow them to be shown with their attribution."""

_ATTRIBUTION = (
    "CRLM-CT-1004, TCIA Colorectal-Liver-Metastases, CC BY 4.0; C3N-00247, TCIA CPTAC-LSCC, CC BY 3.0"
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the demonstration."""

    username: str
    role: str
    tenant: str
    display_name: str


ACCOUNTS = (
    Account("radiologist", "radiologist", "central", "王医生"),
    Account("surgeon", "surgeon", "central", "李医生"),
    Account("pathologist", "pathologist", "central", "赵医生"),
    Account("technologist", "technologist", "central", "陈技师"),
    Account("administrator", "tenant_administrator", "central", "刘管理员"),
    Account("vendor", "vendor", "central", "厂商代表"),
    Account("auditor", "auditor", "central", "钱审计员"),
    Account("operator", "platform_operator", "central", "运维工程师"),
    Account("radiologist-east", "radiologist", "east", "孙医生"),
    Account("radiologist-west", "radiologist", "west", "周医生"),
)


def accounts_file(environment: Environment) -> Path:
    """Return where the demo accounts' passwords are kept (mode 600)."""
    return environment.home / "demo-accounts.json"


def read_accounts(environment: Environment) -> list[dict[str, str]]:
    """Return the demo accounts with their passwords."""
    accounts: list[dict[str, str]] = json.loads(accounts_file(environment).read_text(encoding="utf-8"))
    return accounts


def sample_sources(environment: Environment) -> tuple[list[Path] | None, str]:
    """Return the sample studies that are here, and a line that says what will be shown.

    None means that there are none, and that a synthetic one is to be made; an empty folder of samples means
    that nothing is wanted.
    """
    beside = Path(__file__).parents[3].parent / "shared" / "data"
    for folder in [environment.samples] if environment.samples else [beside]:
        found = [folder / name for name in _SAMPLES if (folder / name).is_file()]
        if found:
            return found, _ATTRIBUTION
    if environment.samples and environment.samples.exists():
        empty = environment.samples.is_dir() and not any(environment.samples.iterdir())
        return [] if empty else [environment.samples], f"what lies in {environment.samples}"
    return None, "a synthetic phantom made by Allward; set ALLWARD_SAMPLES to a folder of real studies"


def provide_demo(environment: Environment) -> None:
    """Make hospitals, accounts and the first plug-in, once: what was changed or taken away since stays so."""
    from allward.tenancy.actions import add_tenant

    provided = environment.home / "demo-provided"
    made = {code: add_tenant(code=code, name_en=en, name_zh=zh) for code, en, zh in TENANTS}
    tenants = {code: tenant.pk for code, (tenant, _) in made.items()}
    if not provided.exists() or any(created for _, created in made.values()):
        _hospitals(tenants)
        _accounts(environment, tenants)
        provided.touch()
    _plugins(environment, tenants)


def _hospitals(tenants: dict[str, UUID]) -> None:
    from allward.ingest.actions import add_sender_rule
    from allward.tenancy.actions import add_department, grant_reading
    from allward.tenancy.models import DepartmentUse
    from allward.tenancy.scope import Scope, within

    for code, en, zh in TENANTS:
        with within(Scope.of_tenant(tenants[code], actor="provisioning")):
            department = add_department(
                code=DEPARTMENT, name_en="Imaging research", name_zh="影像科研", use=DepartmentUse.RESEARCH
            )
            matchers = [
                {"calling_ae_title": f"{code.upper()}_CT"},
                {"institution_name": en},
                {"institution_name": zh},
            ]
            for matcher in matchers:
                add_sender_rule(called_ae_title=NETWORK_AE_TITLE, department_id=department.pk, **matcher)
            if code == "central":
                add_sender_rule(called_ae_title="ALLWARD", department_id=department.pk)
            else:
                add_sender_rule(called_ae_title=f"ALLWARD_{code.upper()}", department_id=department.pk)
                grant_reading(
                    reader_tenant_id=tenants["central"], may_review=True, may_report=True, may_verify=True
                )


def _accounts(environment: Environment, tenants: dict[str, UUID]) -> None:
    from allward.identity.actions import add_membership, add_user, set_password
    from allward.tenancy.scope import Scope, within

    path = accounts_file(environment)
    known = {row["username"]: row for row in read_accounts(environment)} if path.is_file() else {}
    rows = []
    for account in ACCOUNTS:
        row = known.get(account.username) or {
            "role": account.role,
            "username": account.username,
            "password": secrets.token_urlsafe(9),
            "tenant": account.tenant,
        }
        rows.append(row)
    _write_private(path, json.dumps(rows, ensure_ascii=False, indent=1))
    for account, row in zip(ACCOUNTS, rows, strict=True):
        with within(Scope.of_tenant(tenants[account.tenant], actor="provisioning")):
            user = add_user(
                username=account.username,
                display_name=account.display_name,
                password=row["password"],
                is_demo=True,
            )
            if account.username not in known:  # the file of passwords is new: they must be the ones in it
                set_password(user, row["password"])
            add_membership(user=user, role=account.role)


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def _plugins(environment: Environment, tenants: dict[str, UUID]) -> None:
    """Install the newest package of each demo plug-in where no version of it has been installed yet."""
    from allward.config.installing import install_with_rules
    from allward.registry.actions import import_build
    from allward.registry.models import Installation
    from allward.tenancy.scope import Scope, within

    for stem in PLUGINS:
        path = _newest(environment.home / "plugins", stem)
        if path is None:
            log.warning(
                "no package %s-*.allward lies in %s/plugins; build it with make setup", stem, environment.home
            )
            continue
        for tenant_id in tenants.values():
            scope = Scope.of_tenant(tenant_id, actor="provisioning")
            try:
                with within(scope):
                    version = import_build(path, models_folder=environment.home / "models")
                    known = Installation.objects.filter(plugin_version__plugin_id=version.plugin_id).exists()
            except (ManifestError, UntrustedError) as error:
                log.warning("the plug-in stays as it is: %s", error)
                continue
            if not known:
                install_with_rules(version, scope, department=DEPARTMENT)


def _newest(folder: Path, stem: str) -> Path | None:
    """Return the package with the highest version, or None."""
    found = [
        (_numbers(path.stem.removeprefix(f"{stem}-")), path) for path in folder.glob(f"{stem}-*.allward")
    ]
    return max(found, default=((), None))[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
