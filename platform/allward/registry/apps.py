"""Django's name for this room."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The room `registry`."""

    name = "allward.registry"
    default_auto_field = "django.db.models.UUIDField"
