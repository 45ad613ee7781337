//! Two processes on one PostgreSQL race over HTTP.

use std::collections::BTreeSet;
use std::sync::Barrier;

use keywright_testkit::database::ScratchDatabase;
use serde_json::Value;

use crate::sandbox::{Sandbox, Server};
use crate::visitor::{Reply, Visitor, configuration, is_active, redeem, refresh};

/// Requests at once: as many to each process.
const CROWD: usize = 32;

const ROUNDS: usize = 4;

/// Two servers over one database, and the directory of their configuration.
struct Replicas {
    servers: [Server; 2],
    sandbox: Sandbox,
    _database: ScratchDatabase,
}

/// None when there is no PostgreSQL here.
fn replicas(more: &str) -> Option<Replicas> {
    let database = ScratchDatabase::postgres()?;
    let head = "master_key_file = 'key'\ndatabase.url_file = 'url'\n";
    let sandbox = Sandbox::configured(&format!("{head}{}{more}", configuration()));
    sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    sandbox.write("url", &database.url);
    let servers = [sandbox.serve(), sandbox.serve()];
    Some(Replicas { servers, sandbox, _database: database })
}

impl Replicas {
    /// Sends the same request many times at once, half of them to each process.
    fn at_once(&self, send: impl Fn(&str) -> Reply + Sync) -> Vec<Reply> {
        let barrier = Barrier::new(CROWD);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CROWD)
                .map(|number| {
                    let url = &self.servers[number % 2].url;
                    let (barrier, send) = (&barrier, &send);
                    scope.spawn(move || {
                        barrier.wait();
                        send(url)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }
}

#[test]
fn two_processes_redeem_a_code_once_and_its_replays_end_the_grant() {
    let Some(replicas) = replicas("") else { return };
    let visitor = Visitor::new();
    for round in 0..ROUNDS {
        let code = visitor.code(&replicas.servers[round % 2].url, "openid");
        let answers = replicas.at_once(|url| redeem(&visitor.http, url, &code).unwrap());
        let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|reply| reply.status == 200);
        assert_eq!(good.len(), 1);
        for refusal in bad {
            assert_eq!((refusal.status, &refusal.json()["error"]), (400, &"invalid_grant".into()));
        }
        for server in &replicas.servers {
            assert!(!is_active(&visitor.http, &server.url, &good[0].member("access_token")));
        }
    }
}

#[test]
fn two_processes_answer_a_refresh_token_with_the_same_successor() {
    let Some(replicas) = replicas("") else { return };
    let visitor = Visitor::new();
    let mut current = visitor.refresh_token(&replicas.servers[0].url);
    for _ in 0..ROUNDS {
        let answers = replicas.at_once(|url| refresh(&visitor.http, url, &current).unwrap());
        let successors: BTreeSet<_> = answers.iter().map(|a| a.member("refresh_token")).collect();
        assert_eq!(successors.len(), 1);
        current = successors.into_iter().next().unwrap();
    }
}

fn keys(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.run(&["keys", "list", "-o", "json"]).json().as_array().unwrap().clone()
}

#[test]
fn two_processes_that_start_and_many_that_rotate_at_once_make_one_key_each_time() {
    let Some(replicas) = replicas("") else { return };
    let sandbox = &replicas.sandbox;
    assert_eq!(keys(sandbox).len(), 2, "one key of each algorithm");
    let barrier = Barrier::new(6);
    let announced: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let verb = ["keys", "rotate", "--algorithm", "ES256", "-o", "json"];
                    sandbox.run(&verb).json().as_array().unwrap().len()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(announced, 1);
    let kids: BTreeSet<String> =
        keys(sandbox).iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kids.len(), 3);
    for server in &replicas.servers {
        let published = || {
            let keys = server.get("/jwks")["keys"].as_array().unwrap().clone();
            keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
        };
        // Each polls once a second; a look takes far less than that.
        assert!((0..100_000).any(|_| published() == kids), "not published by both");
    }
}
