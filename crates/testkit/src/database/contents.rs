//! Whole databases as text, to compare.

use std::collections::BTreeMap;

use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl as _, SqliteConnection};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Tables and their rows, from a SQLite file.
pub(super) fn of_sqlite(
    connection: &mut SqliteConnection,
) -> QueryResult<BTreeMap<String, String>> {
    let tables: Vec<Line> = diesel::sql_query(
        "SELECT name AS line FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .load(connection)?;
    let mut contents = BTreeMap::new();
    for Line { line: table } in tables {
        let columns: Vec<Line> = diesel::sql_query(format!(
            "SELECT 'quote(\"' || name || '\")' AS line FROM pragma_table_info('{table}')"
        ))
        .load(connection)?;
        let columns: Vec<String> = columns.into_iter().map(|column| column.line).collect();
        let rows = diesel::sql_query(format!(
            "SELECT {} AS line FROM \"{table}\" ORDER BY line",
            columns.join(" || ',' || ")
        ))
        .load(connection)?;
        contents.insert(table, joined(rows));
    }
    Ok(contents)
}

/// Tables and their rows, from the first schema of the search path.
pub(super) fn of_postgres(connection: &mut PgConnection) -> QueryResult<BTreeMap<String, String>> {
    let tables: Vec<Line> = diesel::sql_query(
        "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = current_schema()",
    )
    .load(connection)?;
    let mut contents = BTreeMap::new();
    for Line { line: table } in tables {
        let rows = diesel::sql_query(format!(
            "SELECT row::text AS line FROM \"{table}\" AS row ORDER BY line"
        ))
        .load(connection)?;
        contents.insert(table, joined(rows));
    }
    Ok(contents)
}

/// What SQLite's own checks of a file find.
pub(super) fn damage(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let found: Vec<Line> = diesel::sql_query(
        "SELECT integrity_check AS line FROM pragma_integrity_check
         WHERE integrity_check <> 'ok'
         UNION ALL
         SELECT \"table\" || ' refers to what is not there' FROM pragma_foreign_key_check",
    )
    .load(connection)?;
    Ok(found.into_iter().map(|found| found.line).collect())
}

fn joined(rows: Vec<Line>) -> String {
    rows.into_iter().map(|row| row.line + "\n").collect()
}
