//! The database as an operator sees it, not as the protocol does: version, settings, damage.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{QueryResult, QueryableByName, sql_query};

use crate::db::AnyConnection;

/// How many kinds of damage are listed: one is enough to act.
const DAMAGES: usize = 5;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// Product, version and the settings that matter, in a sentence.
    pub description: String,
    /// The clock of another machine that the database runs on, in seconds since 1970.
    pub clock: Option<i64>,
    /// Settings with which something that was committed could be lost.
    pub risks: Vec<String>,
    /// Whether what is asked of it crosses a network unencrypted.
    pub in_the_clear: bool,
    /// Why it cannot be worked with.
    pub damage: Vec<String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Looks; changes nothing.
pub(crate) fn run(connection: &mut AnyConnection) -> QueryResult<Examination> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            file(|query| Ok(lines(sql_query(query).load::<Line>(sqlite)?)))
        }
        AnyConnection::Postgres(postgres) => {
            server(|query| Ok(lines(sql_query(query).load::<Line>(postgres)?)))
        }
    }
}

fn lines(rows: Vec<Line>) -> Vec<String> {
    rows.into_iter().map(|row| row.text).collect()
}

type Ask<'a> = &'a mut dyn FnMut(&str) -> QueryResult<Vec<String>>;

fn one(ask: Ask<'_>, query: &str) -> QueryResult<String> {
    Ok(ask(query)?.into_iter().next().unwrap_or_default())
}

fn file(mut ask: impl FnMut(&str) -> QueryResult<Vec<String>>) -> QueryResult<Examination> {
    let version = one(&mut ask, "SELECT sqlite_version() AS text")?;
    let journal = one(&mut ask, "SELECT journal_mode AS text FROM pragma_journal_mode")?;
    let synchronous =
        one(&mut ask, "SELECT CAST(synchronous AS TEXT) AS text FROM pragma_synchronous")?;
    let mut damage = ask("SELECT quick_check AS text FROM pragma_quick_check")?;
    damage.retain(|line| line != "ok");
    damage.truncate(DAMAGES);
    let mut risks = Vec::new();
    if journal != "wal" {
        risks.push(format!("the journal mode is {journal}, not wal: its disk does not allow it"));
    }
    // 2 is FULL, 3 EXTRA.
    if !matches!(synchronous.as_str(), "2" | "3") {
        risks.push("it does not wait for the disk".to_owned());
    }
    let description = format!("SQLite {version}, journal {journal}, synchronous {synchronous}");
    Ok(Examination { description, clock: None, risks, in_the_clear: false, damage })
}

fn server(mut ask: impl FnMut(&str) -> QueryResult<Vec<String>>) -> QueryResult<Examination> {
    let mut setting =
        |name: &str| one(&mut ask, &format!("SELECT current_setting('{name}') AS text"));
    let version = setting("server_version")?;
    let commit = setting("synchronous_commit")?;
    let fsync = setting("fsync")?;
    let encoding = setting("server_encoding")?;
    let standby = one(&mut ask, "SELECT pg_is_in_recovery()::text AS text")?;
    let clock = one(&mut ask, "SELECT floor(extract(epoch FROM clock_timestamp()))::text AS text")?;
    // Without addresses it is a socket of this machine, with two equal ones it stays there, too.
    let in_the_clear = one(
        &mut ask,
        "SELECT (NOT ssl AND inet_client_addr() IS DISTINCT FROM inet_server_addr())::text AS text \
         FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    )?;
    let mut risks = Vec::new();
    for (name, value) in [("synchronous_commit", &commit), ("fsync", &fsync)] {
        if value == "off" {
            risks.push(format!("{name} is off"));
        }
    }
    if encoding != "UTF8" {
        risks.push(format!("its encoding is {encoding}, not UTF8: some names cannot be stored"));
    }
    let mut damage = Vec::new();
    if standby == "true" {
        damage.push("it is a standby, which cannot be written to".to_owned());
    }
    let description = format!("PostgreSQL {version}, synchronous_commit {commit}, fsync {fsync}");
    let in_the_clear = in_the_clear == "true";
    Ok(Examination { description, clock: clock.parse().ok(), risks, in_the_clear, damage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_in_the_clear_is_told_of() {
        for (answer, told) in [("true", true), ("false", false)] {
            let examined = server(|query| {
                let text = if query.contains("pg_stat_ssl") { answer } else { "" };
                Ok(vec![text.to_owned()])
            });
            assert_eq!(examined.unwrap().in_the_clear, told);
        }
    }
}
