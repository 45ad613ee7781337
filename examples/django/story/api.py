"""The notes API as a caller with a token in hand sees it."""

import requests

TIMEOUT = 30  # seconds


class Api:
    """The notes endpoint of a running site."""

    def __init__(self, site_url):
        self._url = f"{site_url}/api/notes/"

    def read(self, token=None):
        """Lists notes; returns the status and the JSON document."""
        return _parts(requests.get(self._url, headers=_bearer(token), timeout=TIMEOUT))

    def write(self, token, text):
        """Adds a note; returns the status and the JSON document."""
        return _parts(
            requests.post(self._url, json={"text": text}, headers=_bearer(token), timeout=TIMEOUT)
        )

    def refuses(self, token, because):
        """Checks that the API answers 401 and says why; returns the reason."""
        status, document = self.read(token)
        reasons = [each["message"] for each in document.get("messages", [])]
        assert status == 401, f"the API answered {status} {document}"
        assert because in reasons, f"refused for {reasons}, not for {because!r}"
        return f"401 {because}"


def _bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def _parts(answer):
    return answer.status_code, answer.json()
