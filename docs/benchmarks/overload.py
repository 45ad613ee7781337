#!/usr/bin/env python3
"""Measures what ten times too much load does, and writes overload.md.

    cargo build --release -p keywright
    docs/benchmarks/overload.py --binary target/release/keywright

Needs wrk, and a limit of open files of 12,000 or more (`ulimit -n`). Everything listens on loopback and ends with the
run, which takes about four minutes. `--quick` takes one, and writes nothing.
"""
import argparse
import concurrent.futures
import contextlib
import html
import http.client
import json
import os
import pathlib
import re
import resource
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request

import browser
import overload_report
import seed
from keywright import Keywright, accepted
from oauth import authorize_path, basic
from process import HERE, alone, wrk, write_lines

ALGORITHM = "RS256"
# Without them a flood from one address would be refused before it costs anything.
WITHOUT_THROTTLE = {f"KEYWRIGHT_THROTTLE__{name}": "0" for name in ("ACCOUNT_AND_NETWORK", "ACCOUNT", "NETWORK")}


class Witness:
    """Looks at a server while something else loads it.

    A few clients ask for tokens, each one after the other and patiently after a refusal: what they see is what everybody
    sees, told apart by status. Memory is sampled, and `/readyz` asked as a load balancer would.
    """

    def __init__(self, subject, clients):
        self.subject, self.body = subject, subject.robot_body(ALGORITHM)
        self.headers = {"Authorization": basic("robot"), "Content-Type": "application/x-www-form-urlencoded"}
        self.seen, self.ready, self.peak = [], [], 0
        self.over = threading.Event()
        watches = [self.sample, self.probe, *[self.ask] * clients]
        self.threads = [threading.Thread(target=watch) for watch in watches]

    def __enter__(self):
        self.before = counted(self.subject)
        self.cpu, self.began = self.subject.server.cpu(), time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.cpu = self.subject.server.cpu() - self.cpu
        self.seconds = time.monotonic() - self.began
        self.over.set()
        for thread in self.threads:
            thread.join()
        after = counted(self.subject)
        self.counted = {key: after[key] - self.before.get(key, 0) for key in after}

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.subject.port, timeout=60)
        while not self.over.is_set():
            began = time.monotonic()
            try:
                connection.request("POST", "/token", self.body, self.headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except OSError:
                connection.close()
                status = 0
            self.seen.append((status, (time.monotonic() - began) * 1000))
            if status != 200:
                self.over.wait(0.2)
        connection.close()

    def sample(self):
        while not self.over.wait(0.1):
            self.peak = max(self.peak, self.subject.server.memory())

    def probe(self):
        while not self.over.is_set():
            began = time.monotonic()
            self.ready.append((managed(self.subject, "/readyz")[0], (time.monotonic() - began) * 1000))
            self.over.wait(0.5)

    def tokens(self, status):
        """How many answers of the token endpoint had this status, whoever asked."""
        return sum(count for (route, found), count in self.counted.items() if (route, found) == ("/token", status))

    def row(self):
        accepted_ms = sorted(ms for status, ms in self.seen if status == 200)
        refused_ms = sorted(ms for status, ms in self.seen if status in (429, 503))
        answers = {status: self.tokens(status) for status in (200, 429, 503)}
        return {
            "offered": sum(answers.values()) / self.seconds, "accepted": answers[200] / self.seconds,
            "refused": (answers[429] + answers[503]) / max(sum(answers.values()), 1) * 100,
            "accepted_p50": quantile(accepted_ms, 0.5), "accepted_p99": quantile(accepted_ms, 0.99),
            "refused_p50": quantile(refused_ms, 0.5), "refused_p99": quantile(refused_ms, 0.99),
            "samples": len(self.seen), "lost": sum(status == 0 for status, _ in self.seen),
            "peak": self.peak, "after": self.subject.server.memory(),
            "ready": sum(status == 200 for status, _ in self.ready), "asked": len(self.ready),
            "ready_ms": max((ms for _, ms in self.ready), default=0.0),
        }


def quantile(ordered, share):
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def managed(subject, path):
    """Status and body at the management listener."""
    url = f"http://{subject.environment['KEYWRIGHT_MANAGEMENT__LISTEN']}{path}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""
    except OSError:
        return 0, ""


def counted(subject):
    """Answers by (route, status) since the start."""
    found = {}
    pattern = r'^keywright_http_requests_total\{route="([^"]*)",method="[^"]*",status="(\d+)"\} (\d+)'
    for route, status, count in re.findall(pattern, managed(subject, "/metrics")[1], re.M):
        key = (route, int(status))
        found[key] = found.get(key, 0) + int(count)
    return found


def token_load(subject, seconds, connections):
    return wrk(subject.server, "/token", seconds, "post.lua", connections=connections, BODY=subject.robot_body(ALGORITHM),
               AUTHORIZATION=basic("robot"))


@contextlib.contextmanager
def beside(*loads):
    """What else goes on: each of the functions on a thread of its own, waited for at the end."""
    with concurrent.futures.ThreadPoolExecutor(len(loads)) as pool:
        running = [pool.submit(load) for load in loads]
        yield running
        for load in running:
            load.result()


def too_many_requests(subject, seconds, each):
    """Token requests from this many connections of each of several wrk, which ask again at once."""
    loads = [lambda count=count: token_load(subject, seconds, count) for count in each]
    with Witness(subject, 8) as witness, beside(*loads):
        pass
    time.sleep(1)
    return {"connections": sum(each), **witness.row()}


def login_pages(subject, count):
    """Login pages with a wrong password filled in, for login.lua."""
    for number in range(count):
        _, headers, page = browser.ask(subject.base, "GET", authorize_path("site", "openid"))
        cookie = headers["set-cookie"].split(";")[0]
        action = html.unescape(re.search(r'action="([^"]+)"', page)[1])
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        form = {"csrf": csrf, "login": seed.login(number), "password": "a guess", "decision": "accept"}
        yield "\t".join([action, cookie, urllib.parse.urlencode(form)])


def login_flood(subject, seconds, connections):
    """Tokens alone, beside a flood of logins, and alone again."""
    lines = write_lines(subject.scratch, "logins", login_pages(subject, 200))
    first = token_load(subject, seconds, 64)
    flood = lambda: wrk(subject.server, "/", seconds + 2, "login.lua", connections=connections, LINES=lines)
    with Witness(subject, 0) as witness, beside(flood) as running:
        time.sleep(1)
        during = token_load(subject, seconds, 64)
        running[0].result()
    last = token_load(subject, seconds, 64)
    logins = {status: count for (route, status), count in witness.counted.items() if route == "/authorize/{id}/login"}
    return {
        "connections": connections, "alone": (first["rate"] + last["rate"]) / 2, "during": during["rate"],
        "p50_alone": first["p50"], "p99_alone": first["p99"], "p50": during["p50"], "p99": during["p99"],
        "hashed": logins.get(200, 0) / witness.seconds, "refused": (logins.get(503, 0) + logins.get(429, 0)) / witness.seconds,
        "peak": witness.peak, "ready": witness.row()["ready"], "asked": len(witness.ready),
    }


def connect(subject, ask=None):
    connection = socket.create_connection(("127.0.0.1", subject.port), timeout=60)
    if ask:
        connection.sendall(ask)
        connection.recv(65_536)
    return connection


CHEAP = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n\r\n"
DEAF = b"OPTIONS /token HTTP/1.1\r\nHost: x\r\n\r\n" * 1000


def idle_connections(subject, seconds, count):
    """Each has asked once and then keeps quiet."""
    before = subject.server.memory()
    connections = [connect(subject, CHEAP) for _ in range(count)]
    # What a burst leaves to do is not idleness.
    time.sleep(min(12, 2 + seconds))
    memory, cpu, began = subject.server.memory(), subject.server.cpu(), time.monotonic()
    time.sleep(seconds * 2)
    cpu = (subject.server.cpu() - cpu) / (time.monotonic() - began) * 100
    with Witness(subject, 0) as witness:
        during = token_load(subject, seconds, 64)
    for connection in connections:
        connection.close()
    return {"connections": count, "before": before, "memory": memory, "cpu": cpu, "rate": during["rate"], "p99": during["p99"],
            "ready": witness.row()["ready"], "asked": len(witness.ready)}


def deaf_clients(subject, seconds, count):
    """Each asks a thousand times in one breath, and again, and reads nothing."""
    before = subject.server.memory()
    connections = []
    for _ in range(count):
        connection = connect(subject)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        connections.append(connection)
    sent, end = 0, time.monotonic() + seconds
    with Witness(subject, 4) as witness:
        while time.monotonic() < end:
            for connection in connections:
                with contextlib.suppress(OSError):
                    sent += connection.send(DEAF)
            time.sleep(0.05)
    for connection in connections:
        connection.close()
    return {"connections": count, "before": before, "sent": sent / 2**20, **witness.row()}


def slow_heads(subject, seconds, count):
    """Each begins a request and sends a byte of it now and then."""
    connections = [connect(subject) for _ in range(count)]
    for connection in connections:
        connection.setblocking(False)
        connection.send(b"GET / HTTP/1.1\r\nX: ")

    def trickle():
        end = time.monotonic() + seconds + 1
        while time.monotonic() < end:
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.send(b"x")
            time.sleep(1)

    with Witness(subject, 0) as witness, beside(trickle):
        during = token_load(subject, seconds, 64)
    for connection in connections:
        connection.close()
    return {"connections": count, "rate": during["rate"], "p99": during["p99"], "peak": witness.peak,
            "ready": witness.row()["ready"], "asked": len(witness.ready)}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--lock", type=pathlib.Path, help="a file to hold a lock on (flock) while something is measured")
    parser.add_argument("--quick", action="store_true", help="two seconds each, a tenth of the connections; writes nothing")
    options = parser.parse_args()
    if options.quick:
        options.seconds = 2
    options.scale = 10 if options.quick else 1
    os.environ.update(WITHOUT_THROTTLE)
    options.accepted = accepted(options.binary) | set(WITHOUT_THROTTLE)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return options


def main():
    options = parse()
    subject = Keywright(options, "SQLite", 1000)
    seconds, results = options.seconds, {}
    measurements = {
        "saturation": lambda: {**too_many_requests(subject, seconds, [64])},
        "ten times the clients": lambda: too_many_requests(subject, seconds, [640]),
        "sixty times the clients": lambda: too_many_requests(subject, seconds, [2000, 2000]),
        "login flood": lambda: login_flood(subject, seconds, 64),
        "larger login flood": lambda: login_flood(subject, seconds, 640),
        "idle connections": lambda: idle_connections(subject, seconds, 10_000 // options.scale),
        "slow heads": lambda: slow_heads(subject, seconds, 5000 // options.scale),
        "deaf clients": lambda: deaf_clients(subject, seconds, 200 // options.scale),
    }
    for name, measure in measurements.items():
        with alone(options.lock):
            results[name] = measure()
        print(time.strftime("%H:%M:%S"), f"{name:24}", overload_report.line(results[name]), flush=True)
        # A server without a history, so that what is measured is not what came before.
        subject.server.stop()
        subject.start()
    subject.end()
    page = overload_report.page(results, options.seconds)
    if not options.quick:
        (HERE / "overload.json").write_text(json.dumps(results, indent=1) + "\n")
        overload_report.PAGE.write_text(page)


if __name__ == "__main__":
    sys.exit(main())
