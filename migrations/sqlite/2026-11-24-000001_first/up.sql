-- The whole data model. Ids and documents (JSON) are text, instants are unix seconds, hashes and
-- sealed values are binary. STRICT: SQLite refuses a value of another type.

CREATE TABLE versions (
    aggregate TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO versions (aggregate, version) VALUES ('keys', 1), ('resources', 1), ('clients', 1);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    sealed_private BLOB,
    announced_at INTEGER NOT NULL,
    activated_at INTEGER,
    retired_at INTEGER,
    removed_at INTEGER
) STRICT;

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    metadata TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled_at INTEGER,
    tokens_not_before INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE client_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX client_secrets_client_id ON client_secrets (client_id);
CREATE INDEX client_secrets_expires_at ON client_secrets (expires_at);

CREATE TABLE resources (
    identifier TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL UNIQUE,
    login TEXT NOT NULL UNIQUE,
    claims TEXT NOT NULL,
    "groups" TEXT NOT NULL,
    roles TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE credentials (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    set_by_user INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT;

CREATE TABLE identities (
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (provider, subject)
) STRICT;
CREATE INDEX identities_user_id ON identities (user_id);

CREATE TABLE sessions (
    sid TEXT NOT NULL PRIMARY KEY,
    cookie BLOB NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    methods TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE interactions (
    id TEXT NOT NULL PRIMARY KEY,
    browser BLOB NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX interactions_expires_at ON interactions (expires_at);

-- A grant outlives the session that it was made in, so sid is no foreign key.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    sid TEXT,
    session_bound INTEGER NOT NULL,
    subject TEXT NOT NULL,
    scopes TEXT NOT NULL,
    resources TEXT NOT NULL,
    claims TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    confirmation TEXT,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_reason TEXT
) STRICT;
CREATE INDEX grants_user_id ON grants (user_id, client_id);
CREATE INDEX grants_client_id ON grants (client_id);
CREATE INDEX grants_sid ON grants (sid);
CREATE INDEX grants_expires_at ON grants (expires_at);
CREATE INDEX grants_revoked_at ON grants (revoked_at);

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

CREATE TABLE refresh_tokens (
    grant_id TEXT NOT NULL PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
    family BLOB NOT NULL,
    token BLOB NOT NULL,
    generation INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    recent TEXT NOT NULL
) STRICT;

CREATE TABLE access_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT REFERENCES grants (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    claims TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX access_tokens_grant_id ON access_tokens (grant_id);
CREATE INDEX access_tokens_client_id ON access_tokens (client_id);
CREATE INDEX access_tokens_expires_at ON access_tokens (expires_at);

CREATE TABLE revoked_tokens (
    jti TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at);

-- What may be used once and comes from outside: assertion jtis, request URIs, DPoP proofs.
CREATE TABLE replays (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT;
CREATE INDEX replays_expires_at ON replays (expires_at);

-- An empty resource, scope or claim means: not about one.
CREATE TABLE consents (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    resource TEXT NOT NULL,
    scope TEXT NOT NULL,
    claim TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, client_id, resource, scope, claim)
) STRICT;
CREATE INDEX consents_client_id ON consents (client_id);

-- Events outlive whom they are about, so nothing here is a foreign key.
CREATE TABLE audit_events (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    request_id TEXT NOT NULL,
    user_id TEXT,
    client_id TEXT,
    grant_id TEXT,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_kind ON audit_events (kind, at);
CREATE INDEX audit_events_user_id ON audit_events (user_id, at);
CREATE INDEX audit_events_client_id ON audit_events (client_id, at);

CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    sealed_payload BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until INTEGER
) STRICT;
CREATE INDEX outbox_due_at ON outbox (due_at);

CREATE TABLE throttle (
    key TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX throttle_expires_at ON throttle (expires_at);
