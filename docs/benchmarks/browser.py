"""What needs more of a browser than wrk has: walking a login, by hand and in parallel."""
import html
import http.client
import json
import re
import threading
import time
import urllib.parse

import run
import seed


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
    form = dict(urllib.parse.parse_qsl(run.CODE_BODY), code=code)
    status, _, text = ask(base, "POST", "/token", {"Authorization": run.basic(client)}, form)
    if status != 200:
        raise SystemExit(f"no tokens: {status} {text}")
    return json.loads(text)


def code_in(location):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))["code"]


def access_tokens(subject, cookies):
    """An access token with `openid` and `email` for each session."""
    tokens = []
    for cookie in cookies:
        header = {"Cookie": f"keywright-browser={'b' * 43}; keywright-session={cookie}"}
        status, headers, text = ask(subject.server.base, "GET", run.authorize_path("site", "openid email rs:read"), header)
        if "location" not in headers:
            raise SystemExit(f"no code: {status} {text}")
        tokens.append(redeem(subject.server.base, "site", code_in(headers["location"]))["access_token"])
    return tokens


def login_once(base, number):
    """GET the login page, POST it."""
    _, headers, page = ask(base, "GET", run.authorize_path("site", "openid"))
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
            "memory": subject.server.memory(), "failed": len(failed), "requests": len(took)}


def peer_sessions(peer, count):
    """Session cookies, access tokens and refresh tokens of `count` logins at oidc-provider's development pages."""
    cookies, tokens, refresh = [], [], []
    for number in range(count):
        jar, path = {}, run.authorize_path("site", "openid email offline_access").replace("/authorize", "/auth") + "&prompt=consent"
        method, form, location = "GET", None, None
        for _ in range(12):
            status, headers, page = ask(peer.base, method, path, {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())}, form)
            for line in headers.get_all("set-cookie") or []:
                name, value = line.split(";")[0].split("=", 1)
                jar[name] = value
            if "location" in headers:
                location = headers["location"]
                if location.startswith(run.CALLBACK):
                    break
                method, form, path = "GET", None, re.sub(r"^http://[^/]+", "", location)
                continue
            method, path = "POST", re.sub(r"^http://[^/]+", "", html.unescape(re.search(r'action="([^"]+)"', page)[1]))
            prompt = re.search(r'name="prompt" value="([^"]+)"', page)[1]
            form = {"prompt": prompt, "login": f"user{number}", "password": "x"}
        answer = redeem(peer.base, "site", code_in(location))
        cookies.append("; ".join(f"{name}={value}" for name, value in jar.items() if name.startswith("_session")))
        tokens.append(answer["access_token"])
        refresh.append(answer["refresh_token"])
    return cookies, tokens, refresh
