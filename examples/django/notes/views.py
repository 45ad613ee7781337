"""The endpoints of the API."""

from rest_framework import mixins, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from .models import Note
from .permissions import LiveToken, NotesScope
from .serializers import NoteSerializer


class NoteViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """The caller's notes: list, add, delete one, delete all."""

    serializer_class = NoteSerializer
    permission_classes = [IsAuthenticated, NotesScope]

    def get_permissions(self):
        deletes = self.action in ("destroy", "clear")
        return [*super().get_permissions(), *([LiveToken()] if deletes else [])]

    def get_queryset(self):
        return Note.objects.filter(owner=self.request.user.id)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user.id)

    def clear(self, request):
        """Deletes all of the caller's notes."""
        self.get_queryset().delete()
        return Response(status=204)
