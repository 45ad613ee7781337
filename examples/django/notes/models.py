"""Notes."""

from django.db import models


class Note(models.Model):
    """A note. Its owner is the `sub` that Keywright knows the user by, not a row of ours."""

    owner = models.CharField(max_length=255, db_index=True)
    text = models.CharField(max_length=500)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.text
