//! `Store::promise` and what it keeps.

use std::panic::{AssertUnwindSafe, catch_unwind};

use keywright_core::error::{Error, ErrorCode, Refusal};
use keywright_core::store::{Mode, Outcome, Promise, Store as _, StoreError, StoreExt as _};
use keywright_core::time::Timestamp;
use keywright_testkit::database::each;

use crate::rows::{client, counter, message, read, user, write};

#[test]
fn a_refusal_leaves_no_trace() {
    each(|scratch| {
        let before = scratch.contents();
        let answer: Result<(), Error> = scratch.database.write(|tx| {
            tx.insert_client(&client("c1"))?;
            tx.put_setting("a", Some(b"b"))?;
            tx.insert_outbox(&message("m1"))?;
            Err(Error::refused(ErrorCode::InvalidGrant, "no"))
        });
        assert_eq!(answer.unwrap_err().code(), Some(ErrorCode::InvalidGrant));
        assert_eq!(scratch.contents(), before);
    });
}

#[test]
fn a_recorded_refusal_is_kept() {
    each(|scratch| {
        let answer: Result<(), Error> = scratch.database.write(|tx| {
            tx.claim_throttle(None, &counter("k", 1))?;
            Err(Error::RefusedAndRecorded(Refusal::new(ErrorCode::InvalidGrant, "replayed")))
        });
        assert_eq!(answer.unwrap_err().code(), Some(ErrorCode::InvalidGrant));
        assert_eq!(read(&scratch, |tx| tx.find_throttle("k")), Some(counter("k", 1)));
    });
}

#[test]
fn a_read_cannot_write() {
    each(|scratch| {
        let before = scratch.contents();
        let answer = scratch.database.read(|tx| Ok(tx.insert_user(&user("u1"))?));
        assert!(matches!(answer, Err(Error::Store(StoreError::Failed(_)))), "{answer:?}");
        assert_eq!(scratch.contents(), before);
    });
}

#[test]
fn a_write_that_is_swallowed_in_a_read_is_an_error_all_the_same() {
    each(|scratch| {
        let answer = scratch.database.read(|tx| {
            let _refused = tx.insert_user(&user("u1"));
            Ok(())
        });
        assert!(matches!(answer, Err(Error::Store(_))), "{answer:?}");
    });
}

#[test]
fn a_read_sees_one_snapshot() {
    each(|scratch| {
        let (before, after) = read(&scratch, |tx| {
            let before = tx.find_setting("s")?;
            write(&scratch, |tx| tx.put_setting("s", Some(b"new")));
            Ok((before, tx.find_setting("s")?))
        });
        assert_eq!((before, after), (None, None));
        assert_eq!(read(&scratch, |tx| tx.find_setting("s")), Some(b"new".to_vec()));
    });
}

#[test]
fn a_glance_is_one_question_and_no_write() {
    each(|scratch| {
        write(&scratch, |tx| tx.put_setting("s", Some(b"here")));
        let before = scratch.contents();
        let glanced = scratch.database.glance(|tx| Ok(tx.find_setting("s")?));
        assert_eq!(glanced.unwrap(), Some(b"here".to_vec()));
        let twice = scratch.database.glance(|tx| {
            tx.find_setting("s")?;
            Ok(tx.find_setting("s")?)
        });
        assert!(matches!(twice, Err(Error::Store(StoreError::Failed(_)))), "{twice:?}");
        let written = scratch.database.glance(|tx| Ok(tx.insert_user(&user("u1"))?));
        assert!(matches!(written, Err(Error::Store(StoreError::Failed(_)))), "{written:?}");
        assert_eq!(scratch.contents(), before);
    });
}

#[test]
fn a_conflict_leaves_the_transaction_usable() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        write(&scratch, |tx| {
            let refused = tx.insert_client(&client("c1"));
            assert!(matches!(refused, Err(StoreError::Conflict("client"))), "{refused:?}");
            tx.insert_client(&client("c2"))
        });
        assert_eq!(read(&scratch, |tx| tx.clients()).len(), 2);
    });
}

#[test]
fn a_transaction_in_which_a_statement_failed_cannot_commit() {
    each(|scratch| {
        scratch.execute("DROP TABLE outbox");
        let answer: Result<(), Error> = scratch.database.write(|tx| {
            tx.insert_client(&client("c1"))?;
            let failed = tx.insert_outbox(&message("m1"));
            assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
            let refused = tx.insert_client(&client("c2"));
            assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
            Ok(())
        });
        assert!(matches!(answer, Err(Error::Store(StoreError::Failed(_)))), "{answer:?}");
        assert!(read(&scratch, |tx| tx.clients()).is_empty());
        write(&scratch, |tx| tx.insert_client(&client("c3")));
    });
}

#[test]
fn a_statement_that_failed_is_told_whatever_the_body_makes_of_it() {
    each(|scratch| {
        scratch.execute("DROP TABLE outbox");
        for mode in [Mode::Glance, Mode::Read, Mode::Write] {
            for outcome in [Outcome::Commit, Outcome::Rollback] {
                let promised = scratch.database.promise(mode, &mut |tx| {
                    assert!(tx.due_outbox(Timestamp(0), 1).is_err());
                    outcome
                });
                let known = promised.and_then(Promise::wait);
                assert!(matches!(known, Err(StoreError::Failed(_))), "{mode:?}: {known:?}");
            }
        }
    });
}

#[test]
fn a_panic_rolls_back_and_the_database_goes_on() {
    each(|scratch| {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            write(&scratch, |tx| -> Result<(), StoreError> {
                tx.insert_client(&client("c1"))?;
                panic!("a bug in the body")
            });
        }));
        assert!(panicked.is_err());
        write(&scratch, |tx| tx.insert_client(&client("c2")));
        let clients = read(&scratch, |tx| tx.clients());
        assert_eq!(clients.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["c2"]);
    });
}

#[test]
fn a_second_process_sees_what_was_committed() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        let options = keywright_testkit::database::options();
        let other = keywright_storage::Database::open(&scratch.url, options).unwrap();
        let found = other.read(|tx| Ok(tx.clients()?)).unwrap();
        assert_eq!(found.len(), 1);
    });
}
