"""The site's side of the API: HTTP with the user's access token, nothing else."""

import requests
from django.urls import reverse

TIMEOUT = 10  # seconds


class NotesApi:
    """The notes API as one user sees it."""

    def __init__(self, request, access_token):
        self._url = request.build_absolute_uri(reverse("note-list"))
        self._headers = {"Authorization": f"Bearer {access_token}"}

    def list(self):
        """The user's notes, oldest first."""
        answer = requests.get(self._url, headers=self._headers, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def add(self, text):
        """Adds a note."""
        answer = requests.post(
            self._url, json={"text": text}, headers=self._headers, timeout=TIMEOUT
        )
        answer.raise_for_status()

    def clear(self):
        """Deletes all notes."""
        requests.delete(self._url, headers=self._headers, timeout=TIMEOUT).raise_for_status()
