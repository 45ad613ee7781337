"""What a request needs: a scope, and for what cannot be undone a token that is still alive."""

import requests
from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework_simplejwt.exceptions import InvalidToken

TIMEOUT = 10  # seconds


class NotesScope(BasePermission):
    """Reading needs `notes:read`, everything else `notes:write` (RFC 6749 section 3.3)."""

    message = "The access token lacks the scope for this."

    def has_permission(self, request, view):
        wanted = "notes:read" if request.method in SAFE_METHODS else "notes:write"
        return request.auth is not None and wanted in request.auth.get("scope", "").split()


class LiveToken(BasePermission):
    """The token is good by its signature, so it may have been revoked since: asks Keywright."""

    def has_permission(self, request, view):
        asked = settings.INTROSPECTION
        answer = requests.post(
            asked["URL"],
            data={"token": request.auth.token},
            auth=(asked["CLIENT_ID"], asked["CLIENT_SECRET"]),
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        if not answer.json()["active"]:
            raise InvalidToken("The access token was revoked.")
        return True
