"""Django's name for this room."""

from django.apps import AppConfig


class AcceptanceConfig(AppConfig):
    """The room `acceptance`."""

    name = "allward.acceptance"
    default_auto_field = "django.db.models.UUIDField"
