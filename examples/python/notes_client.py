"""The API as the site calls it: HTTP with the user's access token, nothing else."""

import requests

TIMEOUT = 10  # seconds


class NotesApi:
    """The notes API behind one address."""

    def __init__(self, base):
        self._url = f"{base}/notes"

    def list(self, token):
        """The user's notes, oldest first."""
        return self._call("GET", token).json()

    def add(self, token, text):
        """Adds a note."""
        self._call("POST", token, json={"text": text})

    def clear(self, token):
        """Deletes all notes."""
        self._call("DELETE", token)

    def _call(self, method, token, **more):
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, self._url, headers=headers, timeout=TIMEOUT, **more)
        answer.raise_for_status()
        return answer
