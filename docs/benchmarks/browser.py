"""What needs more of a browser than wrk has: walking a login, by hand and in parallel."""
import html
import http.client
import json
import re
import threading
import time
import urllib.parse

import seed
from oauth import CALLBACK, CODE_BODY, authorize_path, basic


def ask(base, method, path, headers=None, form=None):
    """(status, headers, body) of one request; follows nothing."""
    url = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    body = urllib.parse.urlencode(form) if form else None
    headers = dict(headers or {})
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def redeem(base, client, code):
    form = dict(urllib.parse.parse_qsl(CODE_BODY), code=code)
    status, _, text = ask(base, "POST", "/token", {"Authorization": basic(client)}, form)
    if status != 200:
        raise SystemExit(f"no tokens: {status} {text}")
    return json.loads(text)


def code_in(location):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))["code"]


def access_tokens(subject, cookies):
    """An access token with `openid` and `email` for each session."""
    tokens = []
    for cookie in cookies:
        header = {"Cookie": subject.cookie % cookie}
        status, headers, text = ask(subject.server.base, "GET", authorize_path("site", "openid email rs:read"), header)
        if "location" not in headers:
            raise SystemExit(f"no code: {status} {text}")
        tokens.append(redeem(subject.server.base, "site", code_in(headers["location"]))["access_token"])
    return tokens


def login_once(base, number):
    """GET the login page, POST it."""
    _, headers, page = ask(base, "GET", authorize_path("site", "openid"))
    cookie = headers["set-cookie"].split(";")[0]
    action = html.unescape(re.search(r'action="([^"]+)"', page)[1])
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    form = {"csrf": csrf, "login": seed.login(number), "password": seed.PASSWORD, "decision": "accept"}
    status, headers, _ = ask(base, "POST", action, {"Cookie": cookie}, form)
    return status == 303 and "keywright-session" in headers.get("set-cookie", "")


def logins(subject, seconds, threads=8):
    """Logins of different users, each thread one after the other."""
    end = time.monotonic() + seconds
    took, failed, lock = [], [], threading.Lock()

    def work(first):
        number = first
        while time.monotonic() < end:
            began = time.monotonic()
            ok = login_once(subject.server.base, number % subject.count)
            with lock:
                (took if ok else failed).append(time.monotonic() - began)
            number += threads

    cpu, began = subject.server.cpu(), time.monotonic()
    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    elapsed, cpu = time.monotonic() - began, subject.server.cpu() - cpu
    took.sort()
    at = lambda share: took[min(int(len(took) * share), len(took) - 1)] * 1000
    return {"rate": len(took) / elapsed, "p50": at(0.5), "p99": at(0.99), "cpu_us": cpu / max(len(took), 1) * 1e6,
            "database_us": 0,
            "memory": subject.server.memory(), "failed": len(failed), "requests": len(took)}


def peer_login(peer, number):
    """Logs a user in at oidc-provider: session cookie, an access token for UserInfo, and a refresh token of the
    client `refresher`."""
    jar = {}
    first = authorize_path("site", "openid email", "/auth") + f"&login_hint={seed.login(number)}"
    token = redeem(peer.base, "site", code_in(follow(peer.base, first, jar)))["access_token"]
    second = authorize_path(seed.CLIENT, "es:read", "/auth") + "&resource=https%3A%2F%2Fes256.example"
    refresh = redeem(peer.base, seed.CLIENT, code_in(follow(peer.base, second, jar)))["refresh_token"]
    cookie = "; ".join(f"{name}={value}" for name, value in jar.items() if name.startswith("_session"))
    return {"cookie": cookie, "token": token, "refresh": refresh}


def follow(base, path, jar):
    """The redirect to the client at the end of all redirects; `jar` has the cookies."""
    for _ in range(10):
        cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
        status, headers, page = ask(base, "GET", path, {"Cookie": cookies})
        for line in headers.get_all("set-cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            jar[name] = value
        location = headers["location"]
        if not location:
            raise SystemExit(f"no redirect: {status} {page}")
        if location.startswith(CALLBACK):
            return location
        path = location.removeprefix(base)
    raise SystemExit("too many redirects")
