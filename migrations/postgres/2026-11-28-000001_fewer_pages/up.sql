-- What a login writes goes to pages that other logins write as well (docs/adr/0012). A code is found by
-- its grant, whose id ascends; one that an older binary made is redeemed by an older binary alone.
ALTER TABLE codes DROP CONSTRAINT codes_pkey;
ALTER TABLE codes ADD PRIMARY KEY (grant_id);
DROP INDEX codes_grant_id;

-- The grants of a session are found among those of its user.
DROP INDEX grants_sid;
-- The log is read by its newest entries.
DROP INDEX audit_events_user_id;
