"""Django's name for this room."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """The room `results`."""

    name = "allward.results"
    default_auto_field = "django.db.models.UUIDField"
