"""Django's name for this room."""

from django.apps import AppConfig


class EntitlementsConfig(AppConfig):
    """The room `entitlements`."""

    name = "allward.entitlements"
    default_auto_field = "django.db.models.UUIDField"
