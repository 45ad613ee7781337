CREATE INDEX audit_events_user_id ON audit_events (user_id, at);
CREATE INDEX grants_sid ON grants (sid);
DROP TABLE codes;
CREATE TABLE codes (
    digest BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
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
CREATE INDEX codes_grant_id ON codes (grant_id);
CREATE INDEX codes_expires_at ON codes (expires_at);
