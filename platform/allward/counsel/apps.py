"""Django's name for this room."""

from django.apps import AppConfig


class CounselConfig(AppConfig):
    """The room `counsel`."""

    name = "allward.counsel"
    default_auto_field = "django.db.models.UUIDField"
