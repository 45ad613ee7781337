"""Which scope a request needs."""

from rest_framework.permissions import SAFE_METHODS, BasePermission


class NotesScope(BasePermission):
    """Reading needs `notes:read`, everything else `notes:write` (RFC 6749 section 3.3)."""

    message = "The access token lacks the scope for this."

    def has_permission(self, request, view):
        wanted = "notes:read" if request.method in SAFE_METHODS else "notes:write"
        return request.auth is not None and wanted in request.auth.get("scope", "").split()
