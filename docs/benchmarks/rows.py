"""What is measured, the same for every server, and what one answer of it must look like.

A row is a function of the server and of the turn (rows are measured several times) that measures. Before the
first turn one answer is asked for by hand and looked at: a server that answers quickly with something
else has not been measured.
"""
import base64
import json

import browser
import seed
from oauth import ALGORITHMS, CODE_BODY, basic
from process import per_flow

FLOWS = {"RS256": "site", "ES256": "site-es"}


def client_credentials(algorithm):
    return lambda subject, turn: subject.load(
        subject.paths["token"], "post.lua", BODY=subject.robot_body(algorithm), AUTHORIZATION=basic("robot"))


def introspection(subject, turn):
    return subject.load(subject.paths["introspection"], "each.lua", LINES=subject.tokens, KIND="introspect", AUTHORIZATION=basic("site"))


def userinfo(subject, turn):
    return subject.load(subject.paths["userinfo"], "each.lua", LINES=subject.tokens, KIND="bearer")


def refresh(subject, turn):
    return subject.load(subject.paths["token"], "refresh.lua", LINES=subject.refresh[turn], AUTHORIZATION=basic(seed.CLIENT))


def code_flow(algorithm):
    client = FLOWS[algorithm]
    return lambda subject, turn: per_flow(subject.load(
        "/", "code.lua", LINES=subject.cookies, AUTHORIZE=subject.authorize(client, algorithm), TOKEN=subject.paths["token"],
        BODY=CODE_BODY, AUTHORIZATION=basic(client), COOKIE=subject.cookie))


ROWS = {
    "discovery": lambda subject, turn: subject.load("/.well-known/openid-configuration"),
    "JWKS": lambda subject, turn: subject.load("/jwks"),
    **{f"client_credentials, {name}": client_credentials(name) for name in [*ALGORITHMS, "opaque"]},
    "introspection": introspection,
    "UserInfo": userinfo,
    "refresh with rotation": refresh,
    **{f"code flow with a session, {name}": code_flow(name) for name in FLOWS},
}
LOGIN = "login with a password"


def look(subject):
    """Asks each question once, and ends the run at an answer that is not what the row is about."""
    for name in [*ALGORITHMS, "opaque"]:
        answer = ask(subject, "token", basic("robot"), subject.robot_body(name))
        expect(kind(answer["access_token"]) == name, name, answer)
    with open(subject.tokens) as lines:
        token = lines.readline().strip()
    answer = ask(subject, "introspection", basic("site"), f"token={token}")
    expect(answer["active"] is True, "introspection", answer)
    answer = ask(subject, "userinfo", f"Bearer {token}", None)
    expect(answer["sub"] and answer["email"], "UserInfo", answer)
    with open(subject.cookies) as lines:
        cookie = lines.readline().strip()
    for name, client in FLOWS.items():
        path = subject.authorize(client, name)
        _, headers, _ = browser.ask(subject.base, "GET", path, {"Cookie": subject.cookie % cookie})
        answer = browser.redeem(subject.base, client, browser.code_in(headers["location"]))
        kinds = {kind(answer["access_token"]), kind(answer["id_token"])}
        expect(kinds == {name} and answer["refresh_token"], f"code flow, {name}", answer)


def ask(subject, path, authorization, body):
    form = dict(pair.split("=", 1) for pair in body.split("&")) if body else None
    status, _, text = browser.ask(subject.base, "POST" if form else "GET", subject.paths[path], {"Authorization": authorization}, form)
    expect(status == 200, path, text)
    return json.loads(text)


def expect(holds, what, answer):
    if not holds:
        raise SystemExit(f"{what}: not the answer that is to be measured: {answer}")


def kind(token):
    """The algorithm of a JWT, or `opaque`."""
    parts = token.split(".")
    try:
        return json.loads(base64.urlsafe_b64decode(parts[0] + "=="))["alg"] if len(parts) == 3 else "opaque"
    except ValueError:
        return "opaque"
