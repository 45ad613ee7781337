//! What a verb prints: text for people, JSON for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use keywright_core::time::Timestamp;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables and sentences.
    Text,
    /// One JSON document.
    Json,
}

/// Where results go.
pub(super) struct Output<'w> {
    writer: &'w mut dyn Write,
    format: Format,
}

impl<'w> Output<'w> {
    /// Prints to `writer`.
    pub(super) fn new(writer: &'w mut dyn Write, format: Format) -> Self {
        Self { writer, format }
    }

    /// A sentence for people, or a document for programs.
    ///
    /// # Errors
    /// When the writer fails.
    pub(super) fn say(&mut self, text: &str, json: &Value) -> io::Result<()> {
        match self.format {
            Format::Text => writeln!(self.writer, "{text}"),
            Format::Json => writeln!(self.writer, "{json:#}"),
        }
    }

    /// A table for people with `columns`, each a heading and a member of every row; the rows as
    /// they are for programs.
    ///
    /// # Errors
    /// When the writer fails.
    pub(super) fn table(&mut self, columns: &[(&str, &str)], rows: Vec<Value>) -> io::Result<()> {
        if self.format == Format::Json {
            return writeln!(self.writer, "{:#}", Value::Array(rows));
        }
        let headings = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let cells = |row: &Value| columns.iter().map(|(_, name)| plain(&row[*name])).collect();
        let lines: Vec<Vec<String>> =
            std::iter::once(headings).chain(rows.iter().map(cells)).collect();
        let width = |column: usize| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<_> = (0..columns.len()).map(width).collect();
        for line in &lines {
            let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(self.writer, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    /// A table of what was found and a sentence for people, either of which may be missing; a
    /// document for programs.
    ///
    /// # Errors
    /// When the writer fails.
    pub(super) fn report(
        &mut self,
        columns: &[(&str, &str)],
        rows: Vec<Value>,
        sentence: Option<&str>,
        json: &Value,
    ) -> io::Result<()> {
        if self.format == Format::Json {
            return writeln!(self.writer, "{json:#}");
        }
        if !rows.is_empty() {
            self.table(columns, rows)?;
        }
        sentence.map_or(Ok(()), |sentence| writeln!(self.writer, "{sentence}"))
    }

    /// One thing: a line per member for people, the document for programs.
    ///
    /// # Errors
    /// When the writer fails.
    pub(super) fn record(&mut self, record: &Value) -> io::Result<()> {
        if self.format == Format::Json {
            return writeln!(self.writer, "{record:#}");
        }
        for (name, value) in record.as_object().into_iter().flatten() {
            writeln!(self.writer, "{name}: {}", plain(value))?;
        }
        Ok(())
    }
}

/// A value for people: control characters, which could move the cursor, are escaped.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => {
            let escape = |c: char| match c {
                c if c.is_control() => c.escape_default().to_string(),
                c => c.to_string(),
            };
            text.chars().map(escape).collect()
        }
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(plain).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// An instant in RFC 3339, UTC.
pub(super) fn instant(at: Timestamp) -> Value {
    rfc3339(at).map_or(Value::Null, Value::String)
}

/// The same in a text; empty for one that RFC 3339 cannot say.
pub(crate) fn readable_instant(at: Timestamp) -> String {
    rfc3339(at).unwrap_or_default()
}

fn rfc3339(at: Timestamp) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(at.0).ok()?.format(&Rfc3339).ok()
}
