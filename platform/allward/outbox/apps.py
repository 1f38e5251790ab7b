"""Django's name for this room."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The room `outbox`."""

    name = "allward.outbox"
    default_auto_field = "django.db.models.UUIDField"
