CREATE INDEX audit_events_user_id ON audit_events (user_id, at);
CREATE INDEX grants_sid ON grants (sid);
CREATE INDEX codes_grant_id ON codes (grant_id);
ALTER TABLE codes DROP CONSTRAINT codes_pkey;
ALTER TABLE codes ADD PRIMARY KEY (digest);
