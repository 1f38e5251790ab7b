"""What the commands that need the platform's database share: starting Django, finding a hospital, output."""

import json
import sys
from typing import TYPE_CHECKING, Any

from allward.config.environment import Environment
from allward_sdk.errors import BadInputError

if TYPE_CHECKING:
    from allward.tenancy.models import Tenant


def start_django() -> Environment:
    """Load the settings and return the environment that they were made from."""
    import django
    from django.conf import settings

    django.setup()
    environment: Environment = settings.ALLWARD
    return environment


def tenant_of_code(code: str) -> "Tenant":
    """Return the hospital of this code.

    Raises
    ------
    BadInputError
        If there is none; the message names those that there are.
    """
    from allward.tenancy.models import Tenant

    tenant = Tenant.objects.filter(code=code).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.order_by("code").values_list("code", flat=True)) or "none yet"
        raise BadInputError(f"there is no hospital {code!r}; known are: {known}")
    return tenant


def say(text: str) -> None:
    """Write a line to the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(data: Any) -> None:
    """Write JSON to the terminal."""
    say(json.dumps(data, ensure_ascii=False, indent=1, default=str))
