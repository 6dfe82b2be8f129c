"""A real OpenID provider (django-oauth-toolkit) in a process of its own, on a free loopback port.

``python provider.py FOLDER``: the folder holds ``key.pem`` and ``told.json`` (people with their
passwords, the client with its secret and the address it may send people back to). The first line
on standard output is the port.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

LOGIN = """<form method="post">{% csrf_token %}<input type="hidden" name="next" value="{{ next }}">
{{ form.as_p }}<button>in</button></form>"""


def configure(folder: Path) -> None:
    settings.configure(
        SECRET_KEY="a provider of the tests and nothing else, long enough",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "provider.sqlite3"}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.locmem.Loader",
                            {"registration/login.html": LOGIN},
                        )
                    ],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGIN_URL="/login/",
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": (folder / "key.pem").read_text(),
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "who", "profile": "name", "email": "address"},
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
            "REQUEST_APPROVAL_PROMPT": "auto",
        },
    )
    django.setup()


def people_and_client(folder: Path) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from oauth2_provider.models import get_application_model

    call_command("migrate", verbosity=0)
    told = json.loads((folder / "told.json").read_text())
    for name, password in told["people"].items():
        get_user_model().objects.create_user(name, f"{name}@example.invalid", password)
    get_application_model().objects.create(
        name="duokua",
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        client_type="confidential",
        authorization_grant_type="authorization-code",
        redirect_uris=told["back"],
        algorithm="RS256",
        skip_authorization=True,
    )


def addresses() -> list[Any]:
    from django.contrib.auth.views import LoginView
    from django.urls import include, path

    oauth = include("oauth2_provider.urls", namespace="oauth2_provider")
    return [path("login/", LoginView.as_view()), path("o/", oauth)]


def validator() -> type:
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Validator(OAuth2Validator):  # type: ignore[misc]
        """Tells the user name and the address of mail."""

        oidc_claim_scope = None

        def get_additional_claims(self, request: Any) -> dict[str, Any]:
            return {"preferred_username": request.user.username, "email": request.user.email}

    return Validator


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the first line is the port."""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main() -> None:
    folder = Path(sys.argv[1])
    configure(folder)
    globals().update(urlpatterns=addresses(), Validator=validator())
    from django.core.wsgi import get_wsgi_application

    people_and_client(folder)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
