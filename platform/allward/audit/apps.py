"""Django's name for this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The room `audit`."""

    name = "allward.audit"
    default_auto_field = "django.db.models.UUIDField"
