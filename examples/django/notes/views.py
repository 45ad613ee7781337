"""The endpoints of the API."""

from rest_framework import mixins, viewsets
from rest_framework.permissions import IsAuthenticated

from .models import Note
from .permissions import NotesScope
from .serializers import NoteSerializer


class NoteViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """The caller's notes: list, add, delete."""

    serializer_class = NoteSerializer
    permission_classes = [IsAuthenticated, NotesScope]

    def get_queryset(self):
        return Note.objects.filter(owner=self.request.user.id)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user.id)
