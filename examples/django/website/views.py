"""The pages of the site."""

from urllib.parse import urlencode

import jwt
import requests
from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from social_core.exceptions import SocialAuthBaseException
from social_django.utils import load_backend, load_strategy

from .api import TIMEOUT, NotesApi


@require_GET
def home(request):
    """A login button; or who the user is, and their notes, read through the API."""
    if not request.user.is_authenticated:
        return render(request, "website/welcome.html")
    login = request.user.social_auth.get(provider="oidc")
    # social-core verified this token when it came; here it is only shown.
    claims = jwt.decode(login.extra_data["id_token"], options={"verify_signature": False})
    notes = None
    try:
        notes = NotesApi(request, login.get_access_token(load_strategy(request))).list()
    except (SocialAuthBaseException, requests.RequestException) as error:
        messages.error(request, f"The notes could not be read: {error}")
    return render(request, "website/home.html", {"claims": claims, "notes": notes})


@require_POST
@login_required
def add_note(request):
    """Adds a note through the API."""
    return _act(request, lambda api: api.add(request.POST.get("text", "")), "The note was added.")


@require_POST
@login_required
def delete_notes(request):
    """Deletes all notes through the API."""
    return _act(request, lambda api: api.clear(), "All notes were deleted.")


@require_POST
@login_required
def refresh(request):
    """Trades the refresh token for a new access token, as happens by itself on expiry."""
    login = request.user.social_auth.get(provider="oidc")
    try:
        login.refresh_token(load_strategy(request))
        messages.info(request, "The access token was refreshed.")
    except (SocialAuthBaseException, requests.RequestException) as error:
        messages.error(request, f"The access token was not refreshed: {error}")
    return redirect("home")


@require_POST
@login_required
def revoke(request):
    """Ends the grant: the refresh token and every access token that came from it (RFC 7009)."""
    login = request.user.social_auth.get(provider="oidc")
    provider = load_backend(load_strategy(request), "oidc", redirect_uri=None)
    token = login.extra_data["refresh_token"]
    try:
        requests.post(
            provider.revoke_token_url(token, login.uid),
            data={"token": token},
            auth=provider.get_key_and_secret(),
            timeout=TIMEOUT,
        ).raise_for_status()
        messages.info(request, "The tokens were revoked.")
    except (SocialAuthBaseException, requests.RequestException) as error:
        messages.error(request, f"The tokens were not revoked: {error}")
    return redirect("home")


@require_POST
@login_required
def logout(request):
    """Ends the session here, then at Keywright (OIDC RP-Initiated Logout)."""
    login = request.user.social_auth.get(provider="oidc")
    provider = load_backend(load_strategy(request), "oidc", redirect_uri=None)
    query = {
        "id_token_hint": login.extra_data["id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri("/"),
    }
    end_session(request)
    return redirect(f"{provider.oidc_config()['end_session_endpoint']}?{urlencode(query)}")


def _act(request, action, done):
    """Calls the API in the user's name, tells how it went, and goes home."""
    login = request.user.social_auth.get(provider="oidc")
    try:
        action(NotesApi(request, login.get_access_token(load_strategy(request))))
        messages.info(request, done)
    except (SocialAuthBaseException, requests.RequestException) as error:
        messages.error(request, f"That did not work: {error}")
    return redirect("home")
