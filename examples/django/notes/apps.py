"""The API: notes that belong to the subject of an access token."""

from django.apps import AppConfig


class NotesConfig(AppConfig):
    """Registers the API with Django."""

    name = "notes"
