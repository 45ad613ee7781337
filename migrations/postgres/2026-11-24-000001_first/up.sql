-- The whole data model. Ids and documents (JSON) are text, instants are unix seconds, hashes and
-- sealed values are binary. "C" collation: order by bytes, the same on every server.

CREATE TABLE versions (
    aggregate TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO versions (aggregate, version) VALUES ('keys', 1), ('resources', 1), ('clients', 1);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    sealed_private BYTEA,
    announced_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT,
    removed_at BIGINT
);

CREATE TABLE clients (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    metadata TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled_at BIGINT,
    tokens_not_before BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE client_secrets (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX client_secrets_client_id ON client_secrets (client_id);
CREATE INDEX client_secrets_expires_at ON client_secrets (expires_at);

CREATE TABLE resources (
    identifier TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    document TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE users (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL UNIQUE,
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    claims TEXT NOT NULL,
    "groups" TEXT NOT NULL,
    roles TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE credentials (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    data BYTEA NOT NULL,
    set_by_user BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

CREATE TABLE identities (
    provider TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (provider, subject)
);
CREATE INDEX identities_user_id ON identities (user_id);

CREATE TABLE sessions (
    sid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    cookie BYTEA NOT NULL UNIQUE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    methods TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE interactions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    browser BYTEA NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX interactions_expires_at ON interactions (expires_at);

-- A grant outlives the session that it was made in, so sid is no foreign key.
CREATE TABLE grants (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    sid TEXT COLLATE "C",
    session_bound BOOLEAN NOT NULL,
    subject TEXT NOT NULL,
    scopes TEXT NOT NULL,
    resources TEXT NOT NULL,
    claims TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    confirmation TEXT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT
);
CREATE INDEX grants_user_id ON grants (user_id, client_id);
CREATE INDEX grants_client_id ON grants (client_id);
CREATE INDEX grants_sid ON grants (sid);
CREATE INDEX grants_expires_at ON grants (expires_at);
CREATE INDEX grants_revoked_at ON grants (revoked_at);

CREATE TABLE codes (
    digest BYTEA NOT NULL PRIMARY KEY,
    grant_id TEXT COLLATE "C" NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    redirect_uri_given BOOLEAN NOT NULL,
    nonce TEXT,
    challenge TEXT,
    confirmation TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
);
CREATE INDEX codes_grant_id ON codes (grant_id);
CREATE INDEX codes_expires_at ON codes (expires_at);

CREATE TABLE refresh_tokens (
    grant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
    family BYTEA NOT NULL,
    token BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    recent TEXT NOT NULL
);

CREATE TABLE access_tokens (
    digest BYTEA NOT NULL PRIMARY KEY,
    grant_id TEXT COLLATE "C" REFERENCES grants (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    claims TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_grant_id ON access_tokens (grant_id);
CREATE INDEX access_tokens_client_id ON access_tokens (client_id);
CREATE INDEX access_tokens_expires_at ON access_tokens (expires_at);

CREATE TABLE revoked_tokens (
    jti TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at);

-- What may be used once and comes from outside: assertion jtis, request URIs, DPoP proofs.
CREATE TABLE replays (
    kind TEXT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX replays_expires_at ON replays (expires_at);

-- An empty resource, scope or claim means: not about one.
CREATE TABLE consents (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    resource TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    claim TEXT COLLATE "C" NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id, resource, scope, claim)
);
CREATE INDEX consents_client_id ON consents (client_id);

-- Events outlive whom they are about, so nothing here is a foreign key.
CREATE TABLE audit_events (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    request_id TEXT NOT NULL,
    user_id TEXT,
    client_id TEXT,
    grant_id TEXT,
    details TEXT NOT NULL
);
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_kind ON audit_events (kind, at);
CREATE INDEX audit_events_user_id ON audit_events (user_id, at);
CREATE INDEX audit_events_client_id ON audit_events (client_id, at);

CREATE TABLE outbox (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    sealed_payload BYTEA NOT NULL,
    due_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until BIGINT
);
CREATE INDEX outbox_due_at ON outbox (due_at);

CREATE TABLE throttle (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX throttle_expires_at ON throttle (expires_at);
