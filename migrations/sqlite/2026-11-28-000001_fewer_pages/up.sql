-- What a login writes goes to pages that other logins write as well (docs/adr/0012). A code is found by
-- its grant, whose id ascends; one that an older binary made cannot be redeemed any more.
DROP TABLE codes;
CREATE TABLE codes (
    grant_id TEXT NOT NULL PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    redirect_uri_given INTEGER NOT NULL,
    nonce TEXT,
    challenge TEXT,
    confirmation TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    redeemed_at INTEGER
) STRICT;
CREATE INDEX codes_expires_at ON codes (expires_at);

-- The grants of a session are found among those of its user.
DROP INDEX grants_sid;
-- The log is read by its newest entries.
DROP INDEX audit_events_user_id;
