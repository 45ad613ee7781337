//! Opening and migrating.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::id::GrantId;
use keywright_core::store::{StoreError, StoreExt as _};
use keywright_storage::{Database, Options, Schema};
use keywright_testkit::database::{Engine, ScratchDatabase, each, options};
use tempfile::TempDir;

use crate::rows::{at, client, code, grant, populate, write};

/// The same text on both engines.
const DOWN: &str = include_str!("../../../../migrations/postgres/2026-11-24-000001_first/down.sql");

#[test]
fn an_unknown_scheme_is_refused_and_makes_no_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("x.db");
    for url in [
        format!("mysql://{}", path.display()),
        format!("file://{}", path.display()),
        path.display().to_string(),
        format!("SQLITE://{}", path.display()),
        format!("sqlite://{}?mode=rw", path.display()),
        "sqlite://:memory:".to_owned(),
        "sqlite://".to_owned(),
        "host=127.0.0.1 port=1 dbname=x".to_owned(),
        String::new(),
    ] {
        let opened = Database::open(&url, options());
        assert!(matches!(opened, Err(StoreError::Failed(_))), "{url:?}: {opened:?}");
    }
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn an_error_about_the_url_does_not_repeat_its_password() {
    let Err(error) = Database::open("mysql://me:hunter2@db/x", options()) else {
        panic!("opened");
    };
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn a_server_that_is_down_is_unavailable() {
    let opened = Database::open("postgres://x@127.0.0.1:1/x", options());
    assert!(matches!(opened, Err(StoreError::Unavailable(_))), "{opened:?}");
}

#[test]
fn a_new_sqlite_file_is_for_its_owner_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("new.db");
    let database = Database::open(&format!("sqlite://{}", path.display()), options()).unwrap();
    database.migrate().unwrap();
    database.write(|tx| Ok(tx.insert_client(&client("c1"))?)).unwrap();
    for entry in directory.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
}

#[test]
fn a_sqlite_file_in_a_missing_folder_is_a_failure_that_names_it() {
    let opened = Database::open("sqlite:///nowhere/at/all.db", options());
    let Err(StoreError::Failed(text)) = opened else { panic!("{opened:?}") };
    assert!(text.contains("/nowhere/at/all.db"), "{text}");
}

#[test]
fn opening_does_not_migrate_and_migrating_reports_what_it_did() {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite://{}", directory.path().join("new.db").display());
    let database = Database::open(&url, options()).unwrap();
    assert!(database.read(|tx| Ok(tx.clients()?)).is_err());
    let pending = database.pending_migrations().unwrap();
    assert!(!pending.is_empty());
    assert_eq!(database.migrate().unwrap(), pending);
    assert!(database.read(|tx| Ok(tx.clients()?)).unwrap().is_empty());
    assert!(database.pending_migrations().unwrap().is_empty());
}

#[test]
fn migrating_again_does_nothing() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        let before = scratch.contents();
        assert_eq!(scratch.database.migrate().unwrap(), Vec::<String>::new());
        assert_eq!(scratch.contents(), before);
    });
}

#[test]
fn a_schema_of_a_newer_binary_is_left_alone() {
    each(|scratch| {
        scratch
            .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')");
        let before = scratch.contents();
        for answer in [scratch.database.migrate(), scratch.database.pending_migrations()] {
            let Err(StoreError::Failed(text)) = answer else { panic!("{answer:?}") };
            assert!(text.contains("20990101000000"), "{text}");
        }
        assert_eq!(scratch.contents(), before);
    });
}

#[test]
fn an_upgrade_keeps_every_row_but_the_codes_of_the_last_minutes() {
    each(|scratch| {
        populate(&scratch);
        let before = scratch.contents();
        scratch.execute(match scratch.engine {
            Engine::Sqlite => {
                include_str!("../../../../migrations/sqlite/2026-11-28-000001_fewer_pages/down.sql")
            }
            Engine::Postgres => include_str!(
                "../../../../migrations/postgres/2026-11-28-000001_fewer_pages/down.sql"
            ),
        });
        scratch.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261128000001'");
        assert_eq!(scratch.database.migrate().unwrap(), ["2026-11-28-000001_fewer_pages"]);
        let after = scratch.contents();
        for (table, rows) in before {
            let kept = !["codes", "__diesel_schema_migrations"].contains(&table.as_str());
            assert!(!kept || after[&table] == rows, "{table}: {}", after[&table]);
        }
        write(&scratch, |tx| {
            tx.insert_grant(&grant("g2", Some("u1"), "c1"))?;
            tx.insert_code(&code(2, "g2"))
        });
        assert!(write(&scratch, |tx| tx.claim_code(&GrantId::new("g2"), at(3))));
    });
}

#[test]
fn processes_that_migrate_at_once_migrate_once() {
    each(|scratch| {
        scratch.execute(DOWN);
        scratch.execute("DROP TABLE __diesel_schema_migrations");
        assert!(scratch.contents().is_empty());
        let databases: Vec<Database> =
            (0..4).map(|_| Database::open(&scratch.url, options()).unwrap()).collect();
        let pending = databases[0].pending_migrations().unwrap().len();
        let applied: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = databases
                .iter()
                .map(|database| scope.spawn(|| database.migrate().unwrap().len()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(applied, pending);
        write(&scratch, |tx| tx.insert_client(&client("c1")));
    });
}

#[test]
fn a_pool_with_no_free_connection_is_unavailable() {
    each(|scratch| {
        let patience = Duration::from_millis(500);
        let narrow = Options { connections: 1, connection_timeout: patience, ..options() };
        let database = Database::open(&scratch.url, narrow).unwrap();
        database
            .read(|_| {
                let second = database.read(|_| Ok(()));
                assert!(
                    matches!(second, Err(Error::Store(StoreError::Unavailable(_)))),
                    "{second:?}"
                );
                Ok(())
            })
            .unwrap();
        database.read(|_| Ok(())).unwrap();
    });
}

#[test]
fn a_lock_that_another_process_holds_is_unavailable() {
    each(|scratch| {
        let patience = Duration::from_millis(50);
        let hasty = Options { lock_timeout: patience, ..options() };
        let other = Database::open(&scratch.url, hasty).unwrap();
        write(&scratch, |tx| tx.put_setting("s", Some(b"1")));
        write(&scratch, |tx| {
            tx.put_setting("s", Some(b"2"))?;
            let blocked = other.write(|tx| Ok(tx.put_setting("s", Some(b"3"))?));
            assert!(
                matches!(blocked, Err(Error::Store(StoreError::Unavailable(_)))),
                "{blocked:?}"
            );
            Ok(())
        });
        other.write(|tx| Ok(tx.put_setting("s", Some(b"4"))?)).unwrap();
    });
}

/// A database whose connections bear a name, and how the server closes them.
fn closable<'s>(scratch: &'s ScratchDatabase, name: &'static str) -> (Database, impl Fn() + 's) {
    let url = format!("{}&application_name={name}", scratch.url);
    let close = move || {
        scratch.execute(&format!(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
             WHERE application_name = '{name}'"
        ));
    };
    (Database::open(&url, options()).unwrap(), close)
}

#[test]
fn connections_that_the_server_closed_are_replaced_unseen() {
    let Some(scratch) = ScratchDatabase::postgres() else {
        return;
    };
    let (database, close) = closable(&scratch, "victim");
    database.write(|tx| Ok(tx.insert_client(&client("c1"))?)).unwrap();
    close();
    database.write(|tx| Ok(tx.insert_client(&client("c2"))?)).unwrap();
    assert_eq!(database.read(|tx| Ok(tx.clients()?)).unwrap().len(), 2);
}

#[test]
fn a_glance_at_a_connection_that_the_server_closed_is_taken_at_another() {
    let Some(scratch) = ScratchDatabase::postgres() else {
        return;
    };
    let (database, close) = closable(&scratch, "glanced");
    let asked = Cell::new(0);
    let glance = || {
        database.glance(|tx| {
            asked.set(asked.get() + 1);
            Ok(tx.clients()?.len())
        })
    };
    assert_eq!((glance().unwrap(), asked.get()), (0, 1));
    close();
    assert_eq!((glance().unwrap(), asked.get()), (0, 3));
}

#[test]
fn a_connection_that_breaks_inside_a_transaction_is_unavailable_and_keeps_nothing() {
    let Some(scratch) = ScratchDatabase::postgres() else {
        return;
    };
    let (database, close) = closable(&scratch, "broken");
    let answer = database.write(|tx| {
        tx.insert_client(&client("c1"))?;
        close();
        Ok(())
    });
    assert!(matches!(answer, Err(Error::Store(StoreError::Unavailable(_)))), "{answer:?}");
    assert!(database.read(|tx| Ok(tx.clients()?)).unwrap().is_empty());
}

#[test]
fn a_running_server_sees_that_its_tables_are_of_another_version() {
    each(|scratch| {
        let schema = || scratch.database.schema().unwrap();
        assert_eq!(schema(), Schema::Current);
        let before = scratch.contents();
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
        scratch.execute(newer);
        assert_eq!(schema(), Schema::Ahead("99990101000000".into()));
        scratch.execute("DELETE FROM __diesel_schema_migrations");
        assert!(matches!(schema(), Schema::Behind(count) if count > 0));
        let mut after = scratch.contents();
        let migrations = "__diesel_schema_migrations".to_owned();
        after.insert(migrations.clone(), before[&migrations].clone());
        assert_eq!(after, before, "looking writes nothing");
    });
}

#[test]
fn the_pool_tells_what_is_open_and_what_is_idle() {
    each(|scratch| {
        let read = scratch.database.read(|_| Ok(scratch.database.pool()));
        let (meanwhile, afterwards) = (read.unwrap(), scratch.database.pool());
        assert_eq!(meanwhile.open - meanwhile.idle, 1, "{meanwhile:?}");
        assert_eq!(afterwards.open, afterwards.idle, "{afterwards:?}");
        assert_eq!(afterwards.limit, options().connections);
    });
}
