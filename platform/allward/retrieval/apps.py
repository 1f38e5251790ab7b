"""Django's name for this room."""

from django.apps import AppConfig


class RetrievalConfig(AppConfig):
    """The room `retrieval`."""

    name = "allward.retrieval"
    default_auto_field = "django.db.models.UUIDField"
