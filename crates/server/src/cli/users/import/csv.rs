//! CSV (RFC 4180) with a heading; cells become the values that JSON would have.

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::line::Line;
use super::row::{self, Sort};
use crate::failure::Failure;

/// Reads every record.
///
/// # Errors
/// When the heading is unreadable, or names a column that is unknown or there twice.
pub(super) fn read(text: &[u8], ignored: &[String]) -> Result<Vec<Line>, Failure> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text);
    let heading = reader.headers().map_err(|error| unreadable(&error.to_string()))?;
    let heading: Vec<String> = heading.iter().map(|name| name.trim().to_owned()).collect();
    check_heading(&heading, ignored)?;
    let mut lines = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| unreadable(&error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        lines.push(Line { number, members: members(&heading, &record) });
    }
    Ok(lines)
}

fn unreadable(why: &str) -> Failure {
    Failure::new(format!("cannot read the file as CSV: {why}"))
        .hint("its first line names the columns, in UTF-8, separated by commas")
}

fn check_heading(heading: &[String], ignored: &[String]) -> Result<(), Failure> {
    let mut known = Vec::new();
    for name in heading.iter().filter(|name| !ignored.contains(name)) {
        let Some((canonical, _)) = row::member(name) else {
            return Err(Failure::new(format!("the column {name:?} is unknown"))
                .hint(format!("known are {}; leave others out with --ignore", row::names())));
        };
        if known.contains(&canonical) {
            return Err(Failure::new(format!("there are two columns for {canonical}"))
                .hint("leave one out with --ignore"));
        }
        known.push(canonical);
    }
    if known.contains(&row::LOGIN) {
        return Ok(());
    }
    Err(unreadable("no column is called login or username"))
}

fn members(heading: &[String], record: &ByteRecord) -> Result<Map<String, Value>, String> {
    if record.len() != heading.len() {
        let (cells, columns) = (record.len(), heading.len());
        return Err(format!("has {cells} cells where the heading has {columns}"));
    }
    let cell = |(name, cell): (&String, &[u8])| {
        let text = std::str::from_utf8(cell).map_err(|_| format!("{name}: is not UTF-8"))?;
        Ok((name.clone(), value(name, text)))
    };
    heading.iter().zip(record).map(cell).collect()
}

/// What does not read as its column's sort stays a text, and is refused as such.
fn value(name: &str, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match row::member(name).map(|(_, sort)| sort) {
        _ if text.is_empty() => Value::Null,
        Some(Sort::Truth) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "1" => Value::Bool(true),
            "false" | "f" | "no" | "0" => Value::Bool(false),
            _ => as_text(),
        },
        Some(Sort::List) => {
            text.split(';').map(str::trim).filter(|item| !item.is_empty()).collect()
        }
        Some(Sort::Object) => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        Some(Sort::Text) | None => as_text(),
    }
}
