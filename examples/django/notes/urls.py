"""URLs of the API."""

from django.urls import path

from .views import NoteViewSet

urlpatterns = [
    path(
        "notes/",
        NoteViewSet.as_view({"get": "list", "post": "create", "delete": "clear"}),
        name="note-list",
    ),
    path("notes/<int:pk>/", NoteViewSet.as_view({"delete": "destroy"}), name="note-detail"),
]
