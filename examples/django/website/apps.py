"""The site: logs a user in through Keywright and calls the API in the user's name."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """Registers the site with Django."""

    name = "website"
