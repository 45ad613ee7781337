-- What every start asks of the users, answered without reading all of them: which ones the
-- configuration owns, and whether there is an administrator.
CREATE INDEX users_origin ON users (origin, login);
CREATE INDEX users_roles ON users (roles);
