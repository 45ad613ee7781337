//! The sweep beside a server that is at work.

use keywright_testkit::database::{ScratchDatabase, each};
use reqwest::blocking::Client;

use crate::sandbox::Sandbox;

const BACKLOG: i64 = 20_000;

/// More requests than are answered while a backlog is swept.
const REQUESTS: usize = 50_000;

const CONFIGURATION: &str = "
master_key_file = 'key'
database.url_file = 'url'
[[clients]]
client_id = 'robot'
client_secret = 'the-secret-of-the-robot-which-is-long'
grant_types = ['client_credentials']
";

/// Rows that ended long ago, in two tables.
fn leave_a_backlog(scratch: &ScratchDatabase) {
    let numbers = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers
         WHERE n < {BACKLOG})"
    );
    for insert in [
        "INSERT INTO revoked_tokens (jti, expires_at) SELECT 'j' || n, n FROM numbers",
        "INSERT INTO replays (kind, value, expires_at) SELECT 'jti', 'r' || n, n FROM numbers",
    ] {
        scratch.execute(&format!("{numbers} {insert}"));
    }
}

#[test]
fn a_backlog_is_removed_while_requests_are_answered() {
    each(|scratch| {
        leave_a_backlog(&scratch);
        let sandbox = Sandbox::configured(CONFIGURATION);
        sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
        sandbox.write("url", &scratch.url);
        let server = sandbox.serve();
        let client = Client::builder().timeout(std::time::Duration::from_secs(5)).build().unwrap();
        let all = 2 * usize::try_from(BACKLOG).unwrap();
        let swept = || server.metric("keywright_sweep_rows_total").unwrap();
        let mut answered = 0;
        while swept() < f64::from(u32::try_from(all).unwrap()) {
            let form = [("grant_type", "client_credentials")];
            let request = client.post(format!("{}/token", server.url)).form(&form);
            let secret = Some("the-secret-of-the-robot-which-is-long");
            let answer = request.basic_auth("robot", secret).send().unwrap();
            assert_eq!(answer.status(), 200, "while the sweep is at work");
            answered += 1;
            assert!(answered < REQUESTS, "only {} of {all} rows went", swept());
        }
        assert!(answered > 1);
        let failures = server.metric("keywright_job_failures_total{job=\"sweep\"}");
        assert_eq!(failures, Some(0.0));
        let left = scratch.contents();
        for table in ["revoked_tokens", "replays"] {
            assert_eq!(left[table], "", "{table}");
        }
    });
}
