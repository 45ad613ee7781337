#!/usr/bin/env python3
"""Measures Keywright and writes ../benchmarks.md. One run, one machine: the ratios count.

    cargo build --release -p keywright --bin keywright --example bare
    docs/benchmarks/run.py --binary target/release/keywright --bare target/release/examples/bare

Needs wrk, openssl and, for the rows that compare, Node with npm and a PostgreSQL below /usr/lib/postgresql.
Everything listens on loopback and ends with the run, which takes about twenty minutes; the machine should have
nothing else to do. `--quick` takes a minute, tries every part of it once, and writes nothing.
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import browser
import footprint
import report
import rows
from keywright import Keywright, accepted
from peer import Peer
from postgresql import Postgresql
from process import HERE, Server, alone, free_port, median, wrk

MILLION = 1_000_000

# What `openssl speed` calls them.
SIGNATURES = {"client_credentials, RS256": "rsa2048", "client_credentials, ES256": "ecdsap256", "client_credentials, EdDSA": "ed25519"}
DOCUMENTS = ["discovery", "JWKS"]
# Documents are held against a handler that does hardly less, so their ratio takes more turns to be seen.
TURNS_OF_DOCUMENTS = 3


def openssl_speed(algorithm, seconds):
    """Signatures per second of all cores together."""
    cores = len(os.sched_getaffinity(0))
    text = subprocess.run(["openssl", "speed", "-multi", str(cores), "-seconds", str(seconds), algorithm],
                          capture_output=True, text=True, check=True).stdout
    words = text.strip().splitlines()[-1].split()
    # Times end in "s"; after the last of them come signatures and verifications per second.
    last = max(n for n, word in enumerate(words) if word[-1] == "s" and word[0].isdigit())
    return float(words[last + 1])


def say(place, name, row):
    figures = (f"{key}={report.number(value)}" if isinstance(value, float) else f"{key}={value:,}" for key, value in row.items())
    print(f"{time.strftime('%H:%M:%S')} {place:22} {name:32}", *figures, flush=True)


class Run:
    """The options, and what was found so far."""

    def __init__(self, options):
        self.options = options
        self.failed = []
        self.results = {"turns": options.turns, "seconds": options.seconds, "keywright": {}, "against": {}, "peer": {}, "footprint": {}}

    def alone(self):
        return alone(self.options.lock)

    def keep(self, into, place, name, row, may_fail=0.0):
        into[name] = row
        say(place, name, row)
        if row.get("failed", 0) > may_fail * row.get("requests", 0):
            self.failed.append(f"{place}, {name}: {row['failed']} failed")

    def bare(self):
        """The bare handler, if there is one to compare with."""
        if not self.options.bare:
            return contextlib.nullcontext()
        port = free_port()
        return contextlib.closing(Server([str(self.options.bare), str(port)], port))

    def reference(self, name, bare):
        """Per second, what a row is held against."""
        if name in SIGNATURES:
            return openssl_speed(SIGNATURES[name], self.options.seconds)
        if bare and name in DOCUMENTS:
            return wrk(bare, "/", self.options.seconds)["rate"]
        return None

    def engine(self, engine):
        """All sizes at once, in turn at each row and with what it is held against, so that what the machine does meanwhile
        hits all of them."""
        with contextlib.ExitStack() as started:
            bare = started.enter_context(self.bare())
            subjects = [started.enter_context(contextlib.closing(Keywright(self.options, engine, count)))
                        for count in self.options.sizes]
            self.measure(engine, subjects, bare)

    def measure(self, engine, subjects, bare):
        with self.alone():
            self.footprint(subjects)
        for subject in subjects:
            subject.prepare(self.options.turns)
            rows.look(subject)
        measured = {**rows.ROWS, rows.LOGIN: lambda subject, _turn: browser.logins(subject, self.options.seconds)}
        for name, measure in measured.items():
            with self.alone():
                for subject in subjects:
                    subject.warm()
                runs, references = [], []
                for turn in range(self.options.turns * (TURNS_OF_DOCUMENTS if name in DOCUMENTS else 1)):
                    references.append(self.reference(name, bare) if engine == "SQLite" else None)
                    runs.append([measure(subject, turn) for subject in subjects])
            if all(references):
                ratios = [of_turn[0]["rate"] / reference for of_turn, reference in zip(runs, references)]
                against = {"rate": statistics.median(references), "ratio": statistics.median(ratios)}
                self.results["against"][name] = against
                say("against", name, against)
            for subject, of_subject in zip(subjects, zip(*runs)):
                into = self.results["keywright"].setdefault(subject.place, {})
                self.keep(into, subject.place, name, median(of_subject))
        if engine == "SQLite":
            with self.alone():
                self.after_much_work(subjects[0])
        for subject in subjects:
            self.failed += [f"{subject.place}, in the log: {line}" for line in subject.complaints()]

    def footprint(self, subjects):
        for subject in subjects:
            start = footprint.starts(subject, 5)
            self.results["footprint"][subject.place] = {"start_ms": start}
        for subject, idle in zip(subjects, footprint.idle(subjects, self.options.idle)):
            self.results["footprint"][subject.place].update(idle)
            say(subject.place, "start, idle", self.results["footprint"][subject.place])

    def after_much_work(self, subject):
        """On a server that has just started."""
        subject.server.stop()
        subject.start()
        into = self.results["footprint"][subject.place]
        self.keep(into, subject.place, "after", footprint.memory_after(subject, self.options.tokens))

    def peer(self):
        with contextlib.closing(Peer(self.options.seconds)) as peer:
            self.results["peer_idle"] = peer.idle_memory
            peer.prepare(self.options.turns)
            rows.look(peer)
            for name, measure in rows.ROWS.items():
                with self.alone():
                    runs = []
                    for turn in range(self.options.turns):
                        peer.prepare(self.options.turns)
                        runs.append(measure(peer, turn))
                # Its adapter may forget what is still in use.
                self.keep(self.results["peer"], peer.place, name, median(runs), may_fail=0.01)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--bare", type=pathlib.Path, help="the bare actix-web handler (example `bare`)")
    parser.add_argument("--sizes", default="1000,100000,1000000", help="users; what one seeds is in each of the databases")
    parser.add_argument("--engines", default="SQLite,PostgreSQL")
    parser.add_argument("--seconds", type=int, default=2, help="of each turn of a row")
    parser.add_argument("--turns", type=int, default=3, help="how often each row is measured; the median counts")
    parser.add_argument("--tokens", type=int, default=MILLION, help="issued before memory is looked at again")
    parser.add_argument("--idle", type=int, default=60, help="seconds during which nothing is asked")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--lock", type=pathlib.Path, help="a file to hold a lock on (flock) while something is measured")
    parser.add_argument("--quick", action="store_true", help="1000 users, one turn of a second; prints and writes nothing")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.seconds, options.turns, options.tokens, options.idle = "1000", 1, 1, 20_000, 1
    options.sizes = sorted(map(int, options.sizes.split(",")))
    options.engines = options.engines.split(",")
    options.accepted = accepted(options.binary)
    return options


def main():
    options = parse()
    run, began = Run(options), time.monotonic()
    with contextlib.ExitStack() as started:
        if "PostgreSQL" in options.engines:
            options.postgresql = started.enter_context(contextlib.closing(Postgresql()))
        for engine in options.engines:
            run.engine(engine)
    if not options.no_peer:
        run.peer()
    run.results["minutes"] = (time.monotonic() - began) / 60
    page = report.page(run.results)
    if not options.quick:
        (HERE / "results.json").write_text(json.dumps(run.results, indent=1) + "\n")
        report.PAGE.write_text(page)
    for line in run.failed:
        print(line)
    print(f"{'FAILED' if run.failed else 'done'} after {run.results['minutes']:.1f} minutes")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
