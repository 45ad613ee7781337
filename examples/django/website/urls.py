"""URLs of the site."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("notes/add/", views.add_note, name="add-note"),
    path("token/refresh/", views.refresh, name="refresh"),
    path("logout/", views.logout, name="logout"),
]
