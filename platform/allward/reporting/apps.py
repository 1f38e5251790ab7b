"""Django's name for this room."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """The room `reporting`."""

    name = "allward.reporting"
    default_auto_field = "django.db.models.UUIDField"
