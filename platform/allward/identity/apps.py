"""Django's name for this room."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The room `identity`."""

    name = "allward.identity"
    default_auto_field = "django.db.models.UUIDField"
