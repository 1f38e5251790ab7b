"""Django's name for this room."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """The room `tenancy`."""

    name = "allward.tenancy"
    default_auto_field = "django.db.models.UUIDField"
