"""The table of URLs: the site at the root, the API under /api/, social-auth under /auth/."""

from django.urls import include, path

urlpatterns = [
    path("", include("website.urls")),
    path("api/", include("notes.urls")),
    path("auth/", include("social_django.urls", namespace="social")),
]
