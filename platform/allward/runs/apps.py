"""Django's name for this room."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """The room `runs`."""

    name = "allward.runs"
    default_auto_field = "django.db.models.UUIDField"
