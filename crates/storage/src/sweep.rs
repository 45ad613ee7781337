//! Removing what has ended, a bounded number of rows per table.

use diesel::RunQueryDsl as _;
use diesel::sql_types::BigInt;
use keywright_core::store::{StoreError, SweepTx};
use keywright_core::time::Timestamp;

use crate::transaction::Transaction;

/// One statement per table, with the instant (`$1`) and the limit (`$2`). Text, since Diesel
/// refuses a DELETE whose condition selects from the same table; both databases read `$1`.
const ENDED: &[&str] = &[
    "DELETE FROM interactions WHERE id IN (SELECT id FROM interactions
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM sessions WHERE sid IN (SELECT sid FROM sessions
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM access_tokens WHERE digest IN (SELECT digest FROM access_tokens
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM revoked_tokens WHERE jti IN (SELECT jti FROM revoked_tokens
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM replays WHERE (kind, value) IN (SELECT kind, value FROM replays
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM throttle WHERE key IN (SELECT key FROM throttle
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM client_secrets WHERE id IN (SELECT id FROM client_secrets
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
];

const SPENT: &[&str] = &[
    "DELETE FROM codes WHERE grant_id IN (SELECT grant_id FROM codes
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    // Codes, refresh state and opaque tokens go with their grant. With OR, one statement would read
    // every grant there is.
    "DELETE FROM grants WHERE id IN (SELECT id FROM grants
        WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM grants WHERE id IN (SELECT id FROM grants
        WHERE revoked_at < $1 ORDER BY revoked_at LIMIT $2)",
];

const AUDIT: &[&str] = &["DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events
        WHERE at < $1 ORDER BY at LIMIT $2)"];

impl SweepTx for Transaction<'_> {
    fn sweep(
        &mut self,
        now: Timestamp,
        spent: Timestamp,
        audit_before: Timestamp,
        limit: u32,
    ) -> Result<usize, StoreError> {
        let mut gone = 0;
        for (statements, before) in [(ENDED, now), (SPENT, spent), (AUDIT, audit_before)] {
            for statement in statements {
                gone += self.run(|c| {
                    diesel::sql_query(*statement)
                        .bind::<BigInt, _>(before.0)
                        .bind::<BigInt, _>(i64::from(limit))
                        .execute(c)
                })?;
            }
        }
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;
    use diesel::{Connection as _, QueryableByName, SqliteConnection, sql_query};

    use super::*;
    use crate::db::AnyConnection;
    use crate::migrate;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn no_statement_reads_a_whole_table() {
        let memory = SqliteConnection::establish(":memory:").unwrap();
        let mut connection = AnyConnection::Sqlite(memory);
        migrate::run(&mut connection).unwrap();
        for statement in ENDED.iter().chain(SPENT).chain(AUDIT) {
            let plan = sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
                .bind::<BigInt, _>(0)
                .bind::<BigInt, _>(500)
                .load::<Step>(&mut connection)
                .unwrap();
            let plan: Vec<String> = plan.into_iter().map(|step| step.detail).collect();
            assert!(plan.iter().any(|step| step.contains("at<?)")), "{statement}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("SCAN")), "{statement}: {plan:#?}");
        }
    }
}
