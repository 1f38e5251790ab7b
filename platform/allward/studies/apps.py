"""Django's name for this room."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """The room `studies`."""

    name = "allward.studies"
    default_auto_field = "django.db.models.UUIDField"
