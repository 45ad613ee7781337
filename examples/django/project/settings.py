"""Settings of a site that delegates login to Keywright and an API that trusts its tokens.

Everything about Keywright is in the two sections at the end: one for the site, one for the API.
"""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# A new key at every start ends all sessions. That is right for an example, wrong for a site.
SECRET_KEY = os.environ.get("SESSION_SECRET") or get_random_secret_key()
DEBUG = os.environ.get("NOTES_DEBUG") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "social_django",
    "notes",
    "website",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Turns a refused login into a message on the home page.
    "social_django.middleware.SocialAuthExceptionMiddleware",
]

ROOT_URLCONF = "project.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("NOTES_DATABASE", BASE_DIR / "notes.sqlite3"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# Cookies ignore the port: Keywright on the same host must not see ours overwrite its own.
SESSION_COOKIE_NAME = "notes_session"
CSRF_COOKIE_NAME = "notes_csrf"

LOGIN_URL = "home"
LOGIN_REDIRECT_URL = "home"

# --- The site: log users in through Keywright (social-auth-app-django) -------------------------

AUTHENTICATION_BACKENDS = ["social_core.backends.open_id_connect.OpenIdConnectAuth"]

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8080")

# Discovery finds every endpoint from the issuer alone.
SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = ISSUER
SOCIAL_AUTH_OIDC_KEY = os.environ.get("CLIENT_ID", "django-site")
SOCIAL_AUTH_OIDC_SECRET = os.environ.get("CLIENT_SECRET", "")
SOCIAL_AUTH_OIDC_USE_PKCE = True
# Asked for in addition to openid, profile and email. They belong to the API, so the access
# token is for the API.
SOCIAL_AUTH_OIDC_SCOPE = ["notes:read", "notes:write"]
# Kept beside the tokens, so that an expired access token is refreshed before it is used.
SOCIAL_AUTH_OIDC_EXTRA_DATA = ["expires_in", "scope"]
SOCIAL_AUTH_LOGIN_ERROR_URL = "/"
SOCIAL_AUTH_URL_NAMESPACE = "social"

# --- The API: accept Keywright's access tokens (djangorestframework-simplejwt) -----------------

SIMPLE_JWT = {
    "ALGORITHM": "RS256",
    "JWK_URL": f"{ISSUER}/jwks",
    "ISSUER": ISSUER,
    "AUDIENCE": os.environ.get("AUDIENCE", "https://notes.example/api"),
    "USER_ID_CLAIM": "user_id",
    # This project issues no tokens of its own.
    "SIGNING_KEY": None,
}

# Where, and as whom, to ask whether a token is still alive (RFC 7662).
INTROSPECTION = {
    "URL": f"{ISSUER}/introspect",
    "CLIENT_ID": os.environ.get("API_CLIENT_ID", "notes-api"),
    "CLIENT_SECRET": os.environ.get("API_CLIENT_SECRET", ""),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The token is the user: the API needs no row for somebody it has never seen.
        "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
