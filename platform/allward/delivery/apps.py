"""Django's name for this room."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The room `delivery`."""

    name = "allward.delivery"
    default_auto_field = "django.db.models.UUIDField"
