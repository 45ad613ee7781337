//! Migrations: embedded, applied all or none, under a lock.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection as _;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{QueryDsl as _, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use keywright_core::store::{Mode, StoreError};

use crate::db::AnyConnection;
use crate::failure;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Whether the tables are what this binary knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// They are.
    Current,
    /// Migrations are missing: how many.
    Behind(usize),
    /// A newer binary changed them: a migration that this one does not know.
    Ahead(String),
}

diesel::table! {
    /// Where Diesel notes what was applied.
    #[sql_name = "__diesel_schema_migrations"]
    applied_migrations (version) {
        version -> Text,
    }
}

/// Held to the end of the transaction. Two schemas of one server do not wait for each other.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtext('keywright migrations ' || current_schema()))";

/// Applies what is pending; its names. SQLite's lock is the write transaction itself.
pub(crate) fn run(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    connection.begin(Mode::Write).map_err(|e| failure::store_error(&e))?;
    let applied = match connection {
        AnyConnection::Sqlite(sqlite) => apply(sqlite, &SQLITE),
        AnyConnection::Postgres(postgres) => postgres
            .batch_execute(LOCK)
            .map_err(|e| failure::store_error(&e))
            .and_then(|()| apply(postgres, &POSTGRES)),
    };
    let ended = if applied.is_ok() { connection.commit() } else { connection.rollback() };
    let names = applied?;
    ended.map_err(|e| failure::store_error(&e))?;
    Ok(names)
}

/// What is pending.
pub(crate) fn pending(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    connection.begin(Mode::Write).map_err(|e| failure::store_error(&e))?;
    let names = match connection {
        AnyConnection::Sqlite(sqlite) => missing(sqlite, &SQLITE).map(|found| names_of(&found)),
        AnyConnection::Postgres(postgres) => {
            missing(postgres, &POSTGRES).map(|found| names_of(&found))
        }
    };
    connection.rollback().map_err(|e| failure::store_error(&e))?;
    names
}

/// Compares what was applied with what is known; writes nothing, unlike [`pending`].
pub(crate) fn schema(connection: &mut AnyConnection) -> Result<Schema, StoreError> {
    let known = match connection {
        AnyConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        AnyConnection::Postgres(_) => versions::<Pg>(&POSTGRES),
    }?;
    let applied: Vec<String> = applied_migrations::table
        .select(applied_migrations::version)
        .load(connection)
        .map_err(|e| failure::store_error(&e))?;
    let strange = applied.iter().find(|version| !known.contains(version));
    Ok(match strange {
        Some(version) => Schema::Ahead(version.clone()),
        None if applied.len() < known.len() => Schema::Behind(known.len() - applied.len()),
        None => Schema::Current,
    })
}

fn versions<DB: Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, StoreError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(|e| failed(&*e))?;
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn apply<C, DB>(connection: &mut C, source: &EmbeddedMigrations) -> Result<Vec<String>, StoreError>
where
    DB: Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let missing = missing(connection, source)?;
    for migration in &missing {
        connection.run_migration(migration).map_err(|e| failed(&*e))?;
    }
    Ok(names_of(&missing))
}

/// The migrations that were not applied, oldest first; an error when some were applied that
/// this binary does not know.
fn missing<C, DB>(
    connection: &mut C,
    source: &EmbeddedMigrations,
) -> Result<Vec<Box<dyn Migration<DB>>>, StoreError>
where
    DB: Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let applied = connection.applied_migrations().map_err(|e| failed(&*e))?;
    let mut known = source.migrations().map_err(|e| failed(&*e))?;
    known.sort_by_key(|migration| migration.name().to_string());
    if let Some(strange) =
        applied.iter().find(|version| !known.iter().any(|m| m.name().version() == **version))
    {
        return Err(StoreError::Failed(format!(
            "the schema was migrated by a newer Keywright: it has migration {strange}, which this \
             binary does not know"
        )));
    }
    known.retain(|migration| !applied.contains(&migration.name().version()));
    Ok(known)
}

fn names_of<DB: Backend>(migrations: &[Box<dyn Migration<DB>>]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_string()).collect()
}

fn failed(error: &dyn std::error::Error) -> StoreError {
    StoreError::Failed(format!("migration: {error}"))
}
