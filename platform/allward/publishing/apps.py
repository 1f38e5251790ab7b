"""Django's name for this room."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """The room `publishing`."""

    name = "allward.publishing"
    default_auto_field = "django.db.models.UUIDField"
