//! The log hears of an audit event once it is committed, and never of one that is not.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use keywright_core::account::login;
use keywright_core::error::Error;
use keywright_core::provider::{Caller, Provider};
use keywright_core::secret::Secret;
use keywright_core::store::StoreError;
use keywright_testkit::World;
use keywright_testkit::faulty::Faulty;
use keywright_testkit::held::Held;
use keywright_testkit::world::PASSWORD;
use serde_json::Value;
use tracing::Dispatch;

use crate::journey::{browser, populate, stranger};

/// What was logged, a line of JSON each.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The audit events that the log is told of while `act` runs.
fn told(act: impl FnOnce()) -> Vec<Value> {
    // With a single subscriber alive, a thread of another test, which has none, may be the first at a
    // log line and turn it off for everybody.
    static SECOND: OnceLock<Dispatch> = OnceLock::new();
    SECOND.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, act);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["target"] == "keywright::audit").collect()
}

fn enter(provider: &Provider, password: &str) -> Result<Secret, Error> {
    let attempt = login::look_up(provider, "alice", &stranger())?;
    let verdict = login::verify(provider, &attempt, &Secret::new(password));
    Ok(login::finish(provider, &attempt, &verdict, &browser(), "test")?.session)
}

fn caller() -> Caller {
    Caller { request_id: "the-request".into(), address: Some([192, 0, 2, 7].into()) }
}

#[test]
fn an_event_is_told_with_the_request_that_caused_it_also_when_that_is_refused() {
    World::each(|world| {
        populate(&world);
        let provider = world.provider.asked_by(caller());
        for (password, kind) in [(PASSWORD, "login.succeeded"), ("wrong", "login.failed")] {
            let told = told(|| drop(enter(&provider, password)));
            let [event] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((&event["kind"], &event["request"]), (&kind.into(), &"the-request".into()));
            assert!(event["details"].as_str().unwrap().contains("192.0.2.7"), "{event}");
        }
    });
}

#[test]
fn an_event_that_was_rolled_back_is_never_told() {
    World::each(|world| {
        populate(&world);
        let store = Faulty::around(world.scratch.database.clone());
        let provider = world.through(store.clone(), "faulty").asked_by(caller());
        for password in [PASSWORD, "wrong"] {
            let mut failed_after_the_event = 0;
            for steps in 0.. {
                store.fail_after(steps, StoreError::Unavailable);
                let told = told(|| drop(enter(&provider, password)));
                let Some(place) = store.heal() else {
                    assert_eq!(told.len(), 1);
                    break;
                };
                assert!(told.is_empty(), "told before it failed at {place}: {told:?}");
                failed_after_the_event += usize::from(place == "a commit");
            }
            assert_eq!(failed_after_the_event, 2, "a look, and the write itself");
        }
    });
}

#[test]
fn an_event_is_told_when_its_commit_is_durable_and_not_before() {
    World::each(|world| {
        populate(&world);
        let store = Held::around(world.scratch.database.clone());
        let provider = world.through(Arc::new(store.clone()), "held");
        let attempt = login::look_up(&provider, "alice", &stranger()).unwrap();
        store.hold();
        for (decide, count) in [(Held::fail as fn(&Held), 0), (Held::keep, 1)] {
            let (provider, ahead) = provider.asked_by(caller()).ahead();
            let mut before = Vec::new();
            let after = told(|| {
                before = told(|| {
                    let verdict = login::verify(&provider, &attempt, &Secret::new(PASSWORD));
                    login::finish(&provider, &attempt, &verdict, &browser(), "test").unwrap();
                    // As when a request panics: nobody is there to give an answer.
                    drop(ahead);
                    drop(provider);
                });
                decide(&store);
            });
            assert_eq!((before.len(), after.len()), (0, count), "{after:?}");
        }
    });
}
