"""Django's name for this room."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """The room `routing`."""

    name = "allward.routing"
    default_auto_field = "django.db.models.UUIDField"
