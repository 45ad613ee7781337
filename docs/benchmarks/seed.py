"""Fills a migrated database with users, sessions, grants and refresh tokens whose plaintext is known.

Everything is derived from a number, so that the driver can name the cookie or the token of user `n`
without reading anything back. Rows are written with SQL as the migrations have it.
"""
import base64
import hashlib
import json
import sqlite3
import subprocess
import time

PASSWORD = "correct horse battery staple"
# Of that password, at cost 12, as Keywright stored it.
PASSWORD_HASH = "kw1$2b$12$abcdefghijklmnopqrstuuRmjIb0cvKbqcPurWIjXDNtCVf8qc2xe"
CLIENT = "refresher"
DAY = 86_400
# A refresh token is not rotated hundreds of times a minute, so a few users have grants on several devices.
GRANTS = 10_000
# No recent rotation, padded as Keywright pads it (crates/storage/src/redeemables.rs).
RECENT = "[]".ljust(224)


def text(what, number, size=32):
    digest = hashlib.sha256(f"{what} {number}".encode()).digest()[:size]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def digest(value):
    return hashlib.sha256(value.encode()).digest()


def cookie(number):
    return text("cookie", number)


def login(number):
    return f"user{number:07}"


def grant(number):
    """Ids of grants ascend (crates/core/src/id.rs)."""
    return f"{number:08}{text('grant', number, 16)[8:]}"


def refresh_token(number):
    return ".".join([grant(number), text("family", number, 16), text("secret", number)])


def grants(count):
    """How many grants, each with a refresh token, `count` users have: grant `n` is one of user `n % count`."""
    return max(count, GRANTS)


def rows(count):
    """(table, columns, iterator of tuples) for each table."""
    now = int(time.time())
    claims = lambda n: json.dumps({"name": f"User {n}", "email": f"user{n}@example.org", "email_verified": True})
    user = lambda n: text("user", n, 16)
    methods = json.dumps([{"amr": "pwd", "at": now}])
    yield "users", ["id", "subject", "login", "claims", "groups", "roles", "origin", "created_at", "updated_at"], (
        (user(n), text("sub", n, 16), login(n), claims(n), '["staff"]', "[]", "cli", now, now) for n in range(count))
    yield "credentials", ["user_id", "kind", "data", "set_by_user", "updated_at"], (
        (user(n), "password", PASSWORD_HASH.encode(), False, now) for n in range(count))
    yield "sessions", ["sid", "cookie", "user_id", "methods", "user_agent", "created_at", "last_seen_at", "expires_at"], (
        (text("sid", n, 16), digest(cookie(n)), user(n), methods, "bench", now, now, now + 7 * DAY) for n in range(count))
    yield "grants", ["id", "user_id", "client_id", "sid", "session_bound", "subject", "scopes", "resources", "claims",
                     "auth_time", "acr", "amr", "actor", "created_at", "expires_at"], (
        (grant(n), user(n % count), CLIENT, text("sid", n % count, 16), True, text("sub", n % count, 16), '["es:read"]',
         '{"https://es256.example":["es:read"]}', "null", now, None, '["pwd"]', "null", now, now + 7 * DAY)
        for n in range(grants(count)))
    yield "refresh_tokens", ["grant_id", "family", "token", "generation", "idle_expires_at", "recent"], (
        (grant(n), digest(text("family", n, 16)), digest(text("secret", n)), 0, now + DAY, RECENT)
        for n in range(grants(count)))


def sqlite(path, count):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -2000000")
    for table, columns, values in rows(count):
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def copy_field(value):
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value).replace("\\", "\\\\")


def postgresql(psql, url, count):
    """Foreign keys are not checked one by one: the rows are consistent, and there are millions."""
    copies = "SET session_replication_role = replica; COPY %s (%s) FROM STDIN"
    for table, columns, values in rows(count):
        names = ", ".join(f'"{name}"' for name in columns)
        copy = subprocess.Popen([psql, url, "-q", "-c", copies % (table, names)], stdin=subprocess.PIPE, text=True)
        for row in values:
            copy.stdin.write("\t".join(map(copy_field, row)) + "\n")
        copy.stdin.close()
        if copy.wait():
            raise SystemExit(f"COPY {table} failed")
    subprocess.run([psql, url, "-q", "-c", "VACUUM ANALYZE"], check=True)
