DROP INDEX users_roles;
DROP INDEX users_origin;
