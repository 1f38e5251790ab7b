"""Django's name for this room."""

from django.apps import AppConfig


class ShadowConfig(AppConfig):
    """The room `shadow`."""

    name = "allward.shadow"
    default_auto_field = "django.db.models.UUIDField"
