"""`allward hospital`, `user` and `sender`: what an installation without demo accounts begins with."""

import hashlib
import secrets
import ssl
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

ROLES = (
    "radiologist", "surgeon", "pathologist", "technologist", "tenant_administrator", "vendor", "auditor",
    "platform_operator",
)  # fmt: skip


def register_hospital(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward hospital`."""
    parser = subparsers.add_parser("hospital", help="add and list the hospitals of this platform")
    actions = parser.add_subparsers(required=True)
    add = actions.add_parser("add", help="add a hospital with its first department")
    add.add_argument("code", help="short name in lower case, such as central")
    add.add_argument("--en", required=True, help="name in English")
    add.add_argument("--zh", required=True, help="name in Chinese")
    add.add_argument(
        "--department", default="imaging", help="code of its first department (default: imaging)"
    )
    add.add_argument(
        "--use", choices=("clinical", "research"), default="clinical", help="use of that department"
    )
    add.set_defaults(run=add_hospital)
    actions.add_parser("list", help="list them").set_defaults(run=list_hospitals)


def register_user(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward user`."""
    parser = subparsers.add_parser("user", help="add people, and give them another password")
    actions = parser.add_subparsers(required=True)
    add = actions.add_parser("add", help="add a person to a hospital; a password is made and printed once")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="as the pages show it")
    add.add_argument("--tenant", required=True, help="code of the hospital")
    add.add_argument("--role", choices=ROLES, required=True)
    add.set_defaults(run=add_person)
    change = actions.add_parser("password", help="make another password, and print it once")
    change.add_argument("username")
    change.set_defaults(run=change_password)


def register_sender(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward sender`."""
    parser = subparsers.add_parser("sender", help="say whose the images are that a DICOM node sends")
    actions = parser.add_subparsers(required=True)
    add = actions.add_parser("add", help="images that match everything given belong to the hospital")
    add.add_argument("--tenant", required=True, help="code of the hospital")
    add.add_argument("--department", default=None, help="code of the department")
    add.add_argument("--called", default="", help="called AE title")
    add.add_argument("--calling", default="", help="calling AE title")
    add.add_argument("--institution", default="", help="(0008,0080) Institution Name")
    add.add_argument(
        "--certificate", type=Path, default=None, metavar="PEM", help="shown by the sender, over TLS"
    )
    add.set_defaults(run=add_sender)


def add_hospital(arguments: Namespace) -> int:
    """Add a hospital and its first department."""
    from allward.config.commands.start import say, start_django

    start_django()
    from allward.tenancy.actions import add_department, add_tenant
    from allward.tenancy.scope import Scope, within

    tenant, created = add_tenant(code=arguments.code, name_en=arguments.en, name_zh=arguments.zh)
    with within(Scope.of_tenant(tenant.pk, actor="allward hospital")):
        department = add_department(
            code=arguments.department, name_en="Imaging", name_zh="影像科", use=arguments.use
        )
    say(f"{tenant.code} {'is added' if created else 'was there'}, with department {department.code}")
    say(f"next: allward user add NAME --tenant {tenant.code} --role radiologist --name '…'")
    say(f"      allward sender add --tenant {tenant.code} --called ALLWARD")
    return 0


def list_hospitals(_: Namespace) -> int:
    """Print code and names of every hospital."""
    from allward.config.commands.start import say, start_django

    start_django()
    from allward.tenancy.models import Tenant

    for tenant in Tenant.objects.order_by("code"):
        say(f"{tenant.code:<16} {tenant.name_en}  {tenant.name_zh}")
    return 0


def add_person(arguments: Namespace) -> int:
    """Add a person to a hospital."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.identity.actions import add_membership, add_user
    from allward.identity.models import User
    from allward.tenancy.scope import Scope, within

    tenant = tenant_of_code(arguments.tenant)
    known = User.objects.filter(username=arguments.username).exists()
    password = secrets.token_urlsafe(12)
    with within(Scope.of_tenant(tenant.pk, actor="allward user")):
        user = add_user(username=arguments.username, display_name=arguments.name, password=password)
        add_membership(user=user, role=arguments.role)
    say(
        f"{user.username} is {arguments.role} in {tenant.code}" + ("" if known else f"; password: {password}")
    )
    return 0


def change_password(arguments: Namespace) -> int:
    """Give a person another password; whoever is signed in under the old one is signed out."""
    from allward.config.commands.start import say, start_django

    start_django()
    from allward.identity.actions import set_password
    from allward.identity.models import User
    from allward_sdk.errors import BadInputError

    user = User.objects.filter(username=arguments.username).first()
    if user is None:
        raise BadInputError(f"there is no user {arguments.username!r}")
    password = secrets.token_urlsafe(12)
    set_password(user, password)
    say(f"{user.username}; password: {password}")
    return 0


def add_sender(arguments: Namespace) -> int:
    """State whose images a node sends."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.ingest.actions import add_sender_rule
    from allward.tenancy.models import Department
    from allward.tenancy.scope import Scope, within
    from allward_sdk.errors import BadInputError

    if not (arguments.called or arguments.calling or arguments.institution or arguments.certificate):
        raise BadInputError(
            "say what tells these images: --called, --calling, --institution or --certificate"
        )
    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward sender")):
        departments = Department.objects.filter(tenant_id=tenant.pk)
        if arguments.department:
            departments = departments.filter(code=arguments.department)
        department = departments.order_by("code").first()
        if department is None:
            raise BadInputError(f"{tenant.code} has no department {arguments.department!r}")
        add_sender_rule(
            called_ae_title=arguments.called,
            calling_ae_title=arguments.calling,
            institution_name=arguments.institution,
            certificate_sha256=_certificate_sha256(arguments.certificate),
            department_id=department.pk,
        )
    say(f"these images belong to {tenant.code}, department {department.code}")
    return 0


def _certificate_sha256(path: Path | None) -> str:
    """Return the digest of the first certificate in a PEM file; empty without a file."""
    from allward_sdk.errors import BadInputError

    if path is None:
        return ""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    try:
        text = path.read_text(encoding="ascii")
        first = begin + text.split(begin, 1)[1].split(end, 1)[0] + end
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    except (IndexError, ValueError) as error:
        raise BadInputError(f"{path} holds no certificate in PEM form") from error
