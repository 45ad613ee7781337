"""A site that logs its users in with Keywright and calls an API in their name.

The browser gets one cookie, signed by Flask: what a login under way must match, and the name of a
session that is kept here together with its tokens. The cookie is `SameSite=Lax`, so a form on
another site cannot act for a user. Behind https, set SESSION_COOKIE_SECURE.
"""

import os
import secrets

import requests
from authlib.common.errors import AuthlibBaseError
from flask import Flask, flash, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError

from notes_client import NotesApi
from provider import Provider

ISSUER = os.environ["ISSUER"]
PORT = int(os.environ.get("PORT", "3000"))
BASE = f"http://127.0.0.1:{PORT}"
REDIRECT_URI = os.environ.get("REDIRECT_URI", f"{BASE}/callback")

site = Flask(__name__)
site.config.update(
    SECRET_KEY=os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32),
    SESSION_COOKIE_NAME="python_session",
    SESSION_COOKIE_SAMESITE="Lax",
)
provider = Provider(site, ISSUER, os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
api = NotesApi(os.environ["API_URL"])

# Tokens by session id. Memory is right for an example, wrong for a site with two processes.
logins = {}


def current():
    """The login of this browser, or None."""
    return logins.get(session.get("id"))


def act(action, done):
    """Does something with the user's tokens, tells how it went, and goes home."""
    login = current()
    if login is not None:
        try:
            action(login)
            flash(done)
        except (AuthlibBaseError, requests.RequestException) as error:
            flash(f"That did not work: {error}")
    return redirect(url_for("home"), 303)


@site.get("/")
def home():
    """A login button; or who the user is, and their notes, read through the API."""
    login = current()
    if login is None:
        return render_template("welcome.html")
    notes = []
    try:
        notes = api.list(login["tokens"]["access_token"])
    except requests.RequestException as error:
        flash(f"The notes could not be read: {error}")
    return render_template("home.html", user=login["user"], notes=notes)


@site.post("/login")
def log_in():
    """Sends the browser to Keywright."""
    answer = provider.begin(REDIRECT_URI)
    answer.status_code = 303
    return answer


@site.get("/callback")
def callback():
    """Takes the answer: checks state, redeems the code, checks the ID token."""
    try:
        login = provider.finish()
    except (AuthlibBaseError, JoseError, requests.RequestException) as error:
        flash(f"The login did not work: {error}")
    else:
        # A new name, so that nobody can log a user in to a session that they know.
        logins.pop(session.pop("id", None), None)
        session["id"] = secrets.token_urlsafe(32)
        logins[session["id"]] = login
    return redirect(url_for("home"), 303)


@site.post("/notes")
def add_note():
    """Adds a note through the API."""
    text = request.form.get("text", "")
    return act(lambda login: api.add(login["tokens"]["access_token"], text), "The note was added.")


@site.post("/notes/delete")
def delete_notes():
    """Deletes all notes through the API."""
    return act(lambda login: api.clear(login["tokens"]["access_token"]), "All notes were deleted.")


@site.post("/refresh")
def refresh():
    """Trades the refresh token for new tokens."""

    def renew(login):
        login["tokens"] = provider.refresh(login["tokens"])

    return act(renew, "The access token was refreshed.")


@site.post("/revoke")
def revoke():
    """Ends the grant."""
    return act(lambda login: provider.revoke(login["tokens"]), "The tokens were revoked.")


@site.post("/logout")
def log_out():
    """Ends the session here, then at Keywright (OIDC RP-Initiated Logout)."""
    login = logins.pop(session.pop("id", None), None)
    if login is None:
        return redirect(url_for("home"), 303)
    return redirect(provider.logout(login["tokens"], f"{BASE}/"), 303)


if __name__ == "__main__":
    site.run("127.0.0.1", PORT)
