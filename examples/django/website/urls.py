"""URLs of the site."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("notes/add/", views.add_note, name="add-note"),
    path("notes/delete/", views.delete_notes, name="delete-notes"),
    path("token/refresh/", views.refresh, name="refresh"),
    path("token/revoke/", views.revoke, name="revoke"),
    path("logout/", views.logout, name="logout"),
]
