//! One declared table: its members are taken out one by one, and what is left is unknown.

use std::path::Path;

use keywright_core::secret::Secret;
use serde::de::DeserializeOwned;

use crate::config::problem;
use crate::config::reader::Reader;
use crate::config::value::Raw;

/// A table under reading.
pub(super) struct Table<'r> {
    reader: &'r mut Reader,
    place: String,
    members: toml::Table,
    known: Vec<String>,
}

impl<'r> Table<'r> {
    pub(super) fn new(reader: &'r mut Reader, place: String, members: toml::Table) -> Self {
        Self { reader, place, members, known: Vec::new() }
    }

    /// Takes a member out.
    pub(super) fn take(&mut self, name: &str) -> Option<toml::Value> {
        self.known.push(name.to_owned());
        self.members.remove(name)
    }

    /// Takes a member out and reads it as `T`.
    pub(super) fn member<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.take(name)?;
        let read = value.try_into::<T>();
        read.map_err(|error| self.problem(name, error.message())).ok()
    }

    /// Takes a member out that is secret: what is wrong with it does not show it.
    pub(super) fn hidden(&mut self, name: &str) -> Option<Secret> {
        let text = Raw::Toml(self.take(name)?).text();
        text.map_err(|why| self.problem(name, why)).map(Secret::new).ok()
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        if !self.members.contains_key(name) {
            self.known.push(name.to_owned());
            self.problem(name, "is missing; add it");
            return None;
        }
        self.member(name)
    }

    /// Replaces a span of time by its seconds, in place.
    pub(super) fn span(&mut self, name: &str) {
        let Some(value) = self.members.remove(name) else {
            return;
        };
        match Raw::Toml(value).seconds() {
            Ok(span) => {
                self.members.insert(name.to_owned(), toml::Value::Integer(span.0));
            }
            Err(why) => {
                self.known.push(name.to_owned());
                self.problem(name, why);
            }
        }
    }

    /// Reads a whole document of `members` into `T`, each member on its own first so that
    /// every wrong one is reported. `required` are placeholders for members without default.
    pub(super) fn document<T: DeserializeOwned>(
        &mut self,
        members: &[&str],
        required: &toml::Table,
    ) -> Option<T> {
        let mut document = required.clone();
        let mut sound = true;
        for name in members {
            let Some(value) = self.take(name) else {
                continue;
            };
            let mut alone = required.clone();
            alone.insert((*name).to_owned(), value.clone());
            match alone.try_into::<T>() {
                Ok(_) => {
                    document.insert((*name).to_owned(), value);
                }
                Err(error) => {
                    sound = false;
                    self.problem(name, error.message());
                }
            }
        }
        if sound { document.try_into().ok() } else { None }
    }

    /// A secret: `name` itself, `name_file` (a path) or `name_env` (a variable).
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        let direct = self.hidden(name);
        let file = self.member::<String>(&format!("{name}_file"));
        let variable = self.member::<String>(&format!("{name}_env"));
        let place = format!("{}: {name}", self.place);
        let given = [direct.is_some(), file.is_some(), variable.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            self.problem(name, "is given more than once; keep one of the text, _file and _env");
        }
        if let Some(path) = file {
            return self.reader.secret_file(place, Path::new(&path));
        }
        match variable {
            Some(variable) => self.reader.secret_variable(place, &variable),
            None => direct,
        }
    }

    /// Notes a problem with a member.
    pub(super) fn problem(&mut self, name: &str, sentence: impl AsRef<str>) {
        self.reader.problem(format!("{}: {name}", self.place), sentence.as_ref());
    }

    /// Reports every member that nobody took.
    pub(super) fn finish(self) {
        for name in self.members.keys() {
            let sentence = problem::unknown(name, self.known.iter().map(String::as_str));
            self.reader.problem(format!("{}: {name}", self.place), sentence);
        }
    }
}
