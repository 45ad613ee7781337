#!/usr/bin/env python3
"""Measures Keywright and writes ../benchmarks.md. One run, one machine: the ratios count.

    cargo build --release -p keywright --example bare
    docs/benchmarks/run.py --binary target/release/keywright --bare target/release/examples/bare

Needs wrk, openssl and, for the rows that compare, Node with npm and a PostgreSQL below /usr/lib/postgresql.
Everything listens on loopback and ends with the run. `--quick` takes a minute, for trying a change.
"""
import argparse
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import browser
import report
import seed

HERE = pathlib.Path(__file__).parent
SECRET = "a-client-secret-of-at-least-32-characters"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = "http://127.0.0.1:9/cb"
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
TICK = os.sysconf("SC_CLK_TCK")

CONFIGURATION = """
issuer = "{issuer}"
listen = "127.0.0.1:{port}"
data_dir = "{data}"
[lifetimes]
access_token = "1h"
[[resources]]
identifier = "https://opaque.example"
name = "opaque"
format = "opaque"
scopes = [{{ name = "op:read", description = "Read" }}]
{resources}
[[clients]]
client_id = "robot"
client_secret = "{secret}"
grant_types = ["client_credentials"]
scope = "rs:read es:read ed:read op:read"
{clients}
"""
RESOURCE = """
[[resources]]
identifier = "https://{lower}.example"
name = "{name}"
algorithm = "{name}"
scopes = [{{ name = "{short}:read", description = "Read" }}]
"""
SITE = """
[[clients]]
client_id = "{id}"
client_secret = "{secret}"
first_party = true
redirect_uris = ["http://127.0.0.1:9/cb"]
grant_types = ["authorization_code", "refresh_token"]
id_token_signed_response_alg = "{algorithm}"
"""


def basic(client):
    import base64
    return "Basic " + base64.b64encode(f"{client}:{SECRET}".encode()).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that is measured from outside: CPU and memory as the kernel counts them."""

    def __init__(self, command, port, **options):
        self.base = f"http://127.0.0.1:{port}"
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{command[0]} ended with {self.process.returncode}")
                time.sleep(0.002)
        self.start_ms = (time.monotonic() - began) * 1000

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def wrk(server, path, seconds, script=None, connections=64, **environment):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    if script:
        command += ["-s", str(HERE / "load" / script)]
    cpu = server.cpu()
    done = subprocess.run(command + [server.base + path], capture_output=True, text=True, check=True,
                          env={**os.environ, **environment})
    cpu = server.cpu() - cpu
    text = done.stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    quantile = lambda name: re.search(rf"{name}%\s+([\d.]+)(us|ms|s)", text)
    milliseconds = lambda found: float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        "p50": milliseconds(quantile(50)), "p99": milliseconds(quantile(99)),
        "cpu_us": cpu / max(requests, 1) * 1e6, "memory": server.memory(),
        "failed": int(failed[1]) if failed else 0, "requests": requests,
    }


def authorize_path(client, scope):
    return (f"/authorize?client_id={client}&response_type=code&scope={scope.replace(' ', '%20')}"
            f"&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_challenge={CHALLENGE}&code_challenge_method=S256&state=x")


CODE_BODY = f"grant_type=authorization_code&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_verifier={VERIFIER}"


def write_lines(directory, name, lines):
    path = directory / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


class Keywright:
    """A server on a fresh database with `count` users, sessions, grants and refresh tokens."""

    def __init__(self, options, engine, count):
        self.seconds, self.count, self.engine = options.seconds, count, engine
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="keywright-bench."))
        self.port = free_port()
        self.database = options.postgresql.fresh() if engine == "PostgreSQL" else None
        self.write_configuration()
        self.command = [str(options.binary), "serve", "--config", str(self.scratch / "keywright.toml")]
        self.log = open(self.scratch / "log", "w")
        environment = {**os.environ, "KEYWRIGHT_MANAGEMENT__LISTEN": "", "KEYWRIGHT_LIMITS__ENABLED": "false"}
        if self.database:
            environment["KEYWRIGHT_DATABASE__URL"] = self.database
            environment["KEYWRIGHT_MASTER_KEY"] = "A" * 43 + "="
        self.environment = {k: v for k, v in environment.items() if k in options.accepted or not k.startswith("KEYWRIGHT_")}
        self.start()
        self.server.stop()
        if self.database:
            seed.postgresql(options.postgresql.psql, self.database, count, 12)
        else:
            seed.sqlite(self.scratch / "data" / "keywright.db", count, 12)
        self.start()

    def write_configuration(self):
        resources = "".join(RESOURCE.format(lower=name.lower(), name=name, short=name.lower()[:2]) for name in ALGORITHMS)
        sites = [("site", "RS256"), ("site-es", "ES256"), (seed.CLIENT, "ES256")]
        clients = "".join(SITE.format(id=name, secret=SECRET, algorithm=algorithm) for name, algorithm in sites)
        (self.scratch / "keywright.toml").write_text(CONFIGURATION.format(
            issuer=f"http://127.0.0.1:{self.port}", port=self.port, data=self.scratch / "data", secret=SECRET,
            resources=resources, clients=clients))

    def start(self):
        self.server = Server(self.command, self.port, stderr=self.log, env=self.environment)
        self.idle_memory = self.server.memory()

    def wrk(self, *arguments, **keywords):
        return wrk(self.server, *arguments, **keywords)

    def rows(self):
        """(name, measurement) for each row; the reads and the signing do not depend on the database."""
        sample = min(self.count, 2000)
        cookies = write_lines(self.scratch, "cookies", (seed.cookie(n * (self.count // sample)) for n in range(sample)))
        tokens = write_lines(self.scratch, "tokens", browser.access_tokens(self, [seed.cookie(n) for n in range(200)]))
        # From the far end, so that no session is used twice.
        refresh = write_lines(self.scratch, "refresh", (seed.refresh_token(self.count - 1 - n) for n in range(min(sample, 500))))
        yield "discovery", self.wrk("/.well-known/openid-configuration", self.seconds)
        yield "JWKS", self.wrk("/jwks", self.seconds)
        for name in [*ALGORITHMS, "opaque"]:
            body = f"grant_type=client_credentials&scope={name.lower()[:2]}:read"
            yield f"client_credentials, {name}", self.wrk("/token", self.seconds, "post.lua", BODY=body, AUTHORIZATION=basic("robot"))
        yield "introspection", self.wrk("/introspect", self.seconds, "each.lua", LINES=tokens, KIND="introspect", AUTHORIZATION=basic("site"))
        yield "UserInfo", self.wrk("/userinfo", self.seconds, "each.lua", LINES=tokens, KIND="bearer")
        yield "refresh with rotation", self.wrk("/token", self.seconds, "refresh.lua", LINES=refresh, AUTHORIZATION=basic(seed.CLIENT))
        for name, client in [("RS256", "site"), ("ES256", "site-es")]:
            scope = "openid rs:read" if client == "site" else "openid es:read"
            flow = self.wrk("/", self.seconds, "code.lua", LINES=cookies, AUTHORIZE=authorize_path(client, scope), TOKEN="/token",
                            BODY=CODE_BODY, AUTHORIZATION=basic(client), COOKIE=f"keywright-browser={'b' * 43}; keywright-session=%s")
            yield f"code flow with a session, {name}", per_flow(flow)
        yield "login with a password", browser.logins(self, self.seconds)

    def end(self):
        self.server.stop()
        self.log.close()
        shutil.rmtree(self.scratch)


def per_flow(measured):
    """Two requests are one flow."""
    return {**measured, "rate": measured["rate"] / 2, "cpu_us": measured["cpu_us"] * 2, "p50": measured["p50"] * 2}


class Peer:
    """oidc-provider from npm with its in-memory adapter."""

    def __init__(self, seconds):
        self.seconds = seconds
        if not (HERE / "peer/node_modules").is_dir():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE / "peer", check=True)
        port = free_port()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="keywright-peer."))
        self.server = Server(["node", str(HERE / "peer/server.mjs"), str(port)], port, stderr=subprocess.DEVNULL)
        self.base, self.idle_memory = self.server.base, self.server.memory()

    def rows(self):
        cookies, tokens, refresh = browser.peer_sessions(self, 64)
        lines = {name: write_lines(self.scratch, name, values) for name, values in
                 [("cookies", cookies), ("tokens", tokens), ("refresh", refresh)]}
        run = lambda path, script=None, **environment: wrk(self.server, path, self.seconds, script, **environment)
        yield "discovery", run("/.well-known/openid-configuration")
        yield "JWKS", run("/jwks")
        for name in ALGORITHMS:
            body = f"grant_type=client_credentials&scope=es:read&resource=https://{name.lower()}.example"
            yield f"client_credentials, {name}", run("/token", "post.lua", BODY=body, AUTHORIZATION=basic("robot"))
        yield "client_credentials, opaque", run("/token", "post.lua", BODY="grant_type=client_credentials", AUTHORIZATION=basic("robot"))
        yield "introspection", run("/token/introspection", "each.lua", LINES=lines["tokens"], KIND="introspect", AUTHORIZATION=basic("site"))
        yield "UserInfo", run("/me", "each.lua", LINES=lines["tokens"], KIND="bearer")
        yield "refresh with rotation", run("/token", "refresh.lua", LINES=lines["refresh"], AUTHORIZATION=basic("site"))
        flow = run("/", "code.lua", LINES=lines["cookies"], AUTHORIZE=authorize_path("site", "openid").replace("/authorize", "/auth"),
                   TOKEN="/token", BODY=CODE_BODY, AUTHORIZATION=basic("site"), COOKIE="%s")
        yield "code flow with a session, RS256", per_flow(flow)

    def end(self):
        self.server.stop()
        shutil.rmtree(self.scratch)


class Postgresql:
    """A scratch cluster that syncs, on loopback."""

    def __init__(self):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.psql = f"{self.bin}/psql"
        self.scratch = tempfile.mkdtemp(prefix="keywright-pg.")
        self.port, self.made = free_port(), 0
        if os.getuid() == 0:
            shutil.chown(self.scratch, "postgres")
        self.run("initdb", "-D", f"{self.scratch}/data", "-U", "keywright", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.run("pg_ctl", "-D", f"{self.scratch}/data", "-l", f"{self.scratch}/log", "-w", "-o",
                 f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.scratch} -c shared_buffers=256MB -c max_wal_size=4GB", "start")

    def run(self, program, *arguments):
        command = [f"{self.bin}/{program}", *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def fresh(self):
        self.made += 1
        name = f"bench{self.made}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "keywright", name)
        return f"postgres://keywright@127.0.0.1:{self.port}/{name}"

    def end(self):
        self.run("pg_ctl", "-D", f"{self.scratch}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.scratch)


def openssl_speed(seconds):
    """Signatures per second of all cores together."""
    cores = len(os.sched_getaffinity(0))
    found = {}
    for name, algorithm in [("RS256", "rsa2048"), ("ES256", "ecdsap256"), ("EdDSA", "ed25519")]:
        text = subprocess.run(["openssl", "speed", "-multi", str(cores), "-seconds", str(seconds), algorithm],
                              capture_output=True, text=True, check=True).stdout
        found[name] = float(text.strip().splitlines()[-1].split()[-2])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--bare", type=pathlib.Path, help="the bare actix-web handler (example `bare`)")
    parser.add_argument("--sizes", default="1000,100000,1000000")
    parser.add_argument("--engines", default="SQLite,PostgreSQL")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--quick", action="store_true", help="SQLite, 1000 users, 3 s a row; prints and writes nothing")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.engines, options.seconds, options.no_peer = "1000", "SQLite", 3, True
    known = subprocess.run([options.binary, "config", "default"], capture_output=True, text=True, check=True).stdout
    options.accepted = {"KEYWRIGHT_DATABASE__URL", "KEYWRIGHT_MASTER_KEY"}
    if "[management]" in known:
        options.accepted.add("KEYWRIGHT_MANAGEMENT__LISTEN")
    if "[limits]" in known:
        options.accepted.add("KEYWRIGHT_LIMITS__ENABLED")
    results = {"openssl": openssl_speed(min(options.seconds, 5)), "keywright": {}, "peer": {}, "start": {}}
    engines = options.engines.split(",")
    options.postgresql = Postgresql() if "PostgreSQL" in engines else None
    say = lambda where, name, row: print(f"{where:24} {name:34} " + " ".join(
        f"{key}={value:,.1f}" if isinstance(value, float) else f"{key}={value}" for key, value in row.items()), flush=True)
    if options.bare:
        port = free_port()
        bare = Server([str(options.bare), str(port)], port)
        results["bare"] = wrk(bare, "/", options.seconds)
        say("bare actix-web", "GET", results["bare"])
        bare.stop()
    for engine in engines:
        for count in map(int, options.sizes.split(",")):
            subject = Keywright(options, engine, count)
            where = f"{engine}, {count:,}"
            results["start"][where] = {"start_ms": subject.server.start_ms, "memory": subject.idle_memory}
            say(where, "start", results["start"][where])
            for name, row in subject.rows():
                results["keywright"].setdefault(name, {})[where] = row
                say(where, name, row)
            subject.end()
    if not options.no_peer:
        peer = Peer(options.seconds)
        for name, row in peer.rows():
            results["peer"][name] = row
            say("oidc-provider", name, row)
        peer.end()
    if options.postgresql:
        options.postgresql.end()
    if not options.quick:
        (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        (HERE.parent / "benchmarks.md").write_text(report.page(results))


if __name__ == "__main__":
    sys.exit(main())
