//! What being ready means: the database answers and has our tables, every enabled algorithm has
//! a key that signs, and the snapshot is fresh.

use keywright_core::provider::Provider;
use keywright_http::Check;
use keywright_storage::{Database, Schema};

/// Looks at all of it; may block.
pub(crate) fn look(provider: &Provider, database: &Database) -> Vec<Check> {
    let (answers, tables) = match database.schema() {
        Ok(Schema::Current) => (None, None),
        Ok(Schema::Behind(count)) => (None, Some(format!("{count} migrations are missing"))),
        Ok(Schema::Ahead(version)) => (None, Some(format!("{version} is of a newer version"))),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            let unknown = "the database does not answer";
            (Some(unknown.to_owned()), Some(unknown.to_owned()))
        }
    };
    vec![
        Check { name: "database", problem: answers },
        Check { name: "migrations", problem: tables },
        Check { name: "keys", problem: keys(provider) },
        Check { name: "snapshot", problem: snapshot(provider) },
    ]
}

fn keys(provider: &Provider) -> Option<String> {
    let (snapshot, _) = provider.last_snapshot();
    let silent = |algorithm: &&_| snapshot.keys.active_kid(**algorithm).is_none();
    let algorithm = provider.algorithms().iter().find(silent)?;
    Some(format!("no key signs with {algorithm}"))
}

fn snapshot(provider: &Provider) -> Option<String> {
    let stale = provider.fresh_snapshot().is_none();
    stale.then(|| "keys and resources were not confirmed for too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use keywright_core::time::Seconds;
    use keywright_testkit::World;

    /// What is not as it should be.
    fn problems(world: &World) -> Vec<&'static str> {
        let checks = look(&world.provider, &world.scratch.database);
        checks.iter().filter(|check| check.problem.is_some()).map(|check| check.name).collect()
    }

    #[test]
    fn a_fresh_provider_is_ready() {
        World::each(|world| assert_eq!(problems(&world), [""; 0]));
    }

    #[test]
    fn tables_of_a_newer_version_a_missing_key_and_a_stale_snapshot_are_each_a_no() {
        World::each(|world| {
            world.clock.advance(Seconds(6));
            assert_eq!(problems(&world), ["snapshot"]);
            world.provider.poll().unwrap();
            assert_eq!(problems(&world), [""; 0]);
            let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
            world.scratch.execute(newer);
            assert_eq!(problems(&world), ["migrations"]);
            world.scratch.execute(
                "DELETE FROM signing_keys WHERE algorithm = 'ES256';
                 UPDATE versions SET version = version + 1",
            );
            world.provider.poll().unwrap();
            assert_eq!(problems(&world), ["migrations", "keys"]);
        });
    }

    #[test]
    fn a_database_without_our_tables_is_a_no() {
        let world = World::new();
        world.scratch.execute("DROP TABLE __diesel_schema_migrations");
        assert_eq!(problems(&world), ["database", "migrations"]);
    }
}
