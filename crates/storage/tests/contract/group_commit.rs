//! SQLite's writers share commits: nobody is told of a write that is not durable, and nobody
//! pays for another's mistake with a write that was acknowledged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex};

use keywright_core::error::{Error, ErrorCode};
use keywright_core::store::{Mode, Outcome, Store as _, StoreError, StoreExt as _};
use keywright_storage::Database;
use keywright_testkit::database::{ScratchDatabase, each, options};

use crate::rows::{client, read, write};

const THREADS: usize = 16;
const ROUNDS: usize = 20;

#[test]
fn every_acknowledged_write_of_many_writers_is_there_and_no_refused_one() {
    each(|scratch| {
        let start = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (start, scratch) = (&start, &scratch);
                scope.spawn(move || {
                    start.wait();
                    for round in 0..ROUNDS {
                        let id = format!("{thread}-{round}");
                        let refuse = (thread + round) % 3 == 0;
                        let answer = scratch.database.write(|tx| {
                            tx.insert_client(&client(&id))?;
                            if refuse {
                                return Err(Error::refused(ErrorCode::InvalidRequest, "no"));
                            }
                            Ok(())
                        });
                        assert_eq!(answer.is_err(), refuse, "{answer:?}");
                        // Another process sees it at once: it was committed, not only written.
                        let other = scratch.database.read(|tx| {
                            Ok(tx.find_client(&keywright_core::id::ClientId::new(&id))?)
                        });
                        assert_eq!(other.unwrap().is_some(), !refuse);
                    }
                });
            }
        });
        let expected = (0..THREADS)
            .flat_map(|thread| (0..ROUNDS).map(move |round| thread + round))
            .filter(|sum| sum % 3 != 0)
            .count();
        assert_eq!(read(&scratch, |tx| tx.clients()).len(), expected);
    });
}

#[test]
fn a_member_that_panics_takes_no_acknowledged_write_with_it() {
    each(|scratch| {
        let start = Barrier::new(THREADS);
        let acknowledged: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (start, scratch) = (&start, &scratch);
                    scope.spawn(move || {
                        start.wait();
                        (0..ROUNDS).filter_map(|round| attempt(scratch, thread, round)).collect()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|t| -> Vec<String> { t.join().unwrap() }).collect()
        });
        let mut found: Vec<String> =
            read(&scratch, |tx| tx.clients()).into_iter().map(|c| c.id.to_string()).collect();
        let mut acknowledged = acknowledged;
        found.sort();
        acknowledged.sort();
        assert_eq!(found, acknowledged);
        write(&scratch, |tx| tx.insert_client(&client("afterwards")));
    });
}

/// Writes a client, or panics now and then after having written; its id when acknowledged.
fn attempt(scratch: &ScratchDatabase, thread: usize, round: usize) -> Option<String> {
    let id = format!("{thread}-{round}");
    let answer = catch_unwind(AssertUnwindSafe(|| {
        scratch.database.write(|tx| {
            tx.insert_client(&client(&id))?;
            assert!((thread * ROUNDS + round) % 37 != 5, "a bug in the body");
            Ok(())
        })
    }));
    match answer {
        Ok(Ok(())) => Some(id),
        Ok(Err(Error::Store(StoreError::Unavailable(_)))) | Err(_) => None,
        Ok(Err(other)) => panic!("{other:?}"),
    }
}

#[test]
fn nothing_of_an_open_group_is_visible_to_a_reader() {
    let scratch = ScratchDatabase::sqlite();
    std::thread::scope(|scope| {
        let (inside, first_is_inside) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let scratch = &scratch;
        let first = scope.spawn(move || {
            write(scratch, |tx| {
                tx.insert_client(&client("first"))?;
                inside.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(())
            });
        });
        first_is_inside.recv().unwrap();
        assert!(read(scratch, |tx| tx.clients()).is_empty());
        go_on.send(()).unwrap();
        first.join().unwrap();
        assert_eq!(read(scratch, |tx| tx.clients()).len(), 1);
    });
}

#[test]
fn two_processes_write_to_one_file_without_losing_anything() {
    each(|scratch| {
        let other = Database::open(&scratch.url, options()).unwrap();
        std::thread::scope(|scope| {
            for (name, database) in [("a", &*scratch.database), ("b", &other)] {
                for thread in 0..4 {
                    scope.spawn(move || {
                        for round in 0..10 {
                            let row = client(&format!("{name}-{thread}-{round}"));
                            database.write(|tx| Ok(tx.insert_client(&row)?)).unwrap();
                        }
                    });
                }
            }
        });
        assert_eq!(read(&scratch, |tx| tx.clients()).len(), 80);
    });
}

#[test]
fn every_member_is_in_one_of_the_commits_that_are_told() {
    let scratch = ScratchDatabase::sqlite();
    let commits = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&commits);
    let database = Database::open(&scratch.url, options()).unwrap();
    let database = database.observed(Box::new(move |commit| seen.lock().unwrap().push(commit)));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let database = &database;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let row = client(&format!("{thread}-{round}"));
                    database.write(|tx| Ok(tx.insert_client(&row)?)).unwrap();
                }
            });
        }
    });
    let members = commits.lock().unwrap().iter().map(|commit| commit.members).sum::<usize>();
    assert_eq!(members, THREADS * ROUNDS);
}

#[test]
fn what_was_promised_is_there_for_everybody_once_it_is_known() {
    each(|scratch| {
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (scratch, tell) = (&scratch, tell.clone());
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let id = format!("{thread}-{round}");
                        let promise = scratch.database.promise(Mode::Write, &mut |tx| {
                            tx.insert_client(&client(&id)).unwrap();
                            Outcome::Commit
                        });
                        let tell = tell.clone();
                        promise.unwrap().when_known(move |known| tell.send((id, known)).unwrap());
                    }
                });
            }
            for _ in 0..THREADS * ROUNDS {
                let (id, known) = told.recv().unwrap();
                known.unwrap();
                let id = keywright_core::id::ClientId::new(id);
                assert!(read(&scratch, |tx| tx.find_client(&id)).is_some());
            }
        });
    });
}
