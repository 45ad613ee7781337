"""What a note looks like on the wire."""

from rest_framework import serializers

from .models import Note


class NoteSerializer(serializers.ModelSerializer):
    """A note without its owner: a caller only ever sees their own."""

    class Meta:
        model = Note
        fields = ["id", "text", "created"]
