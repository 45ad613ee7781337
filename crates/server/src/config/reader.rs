//! Options out of four layers (flag, environment, file, default), with every problem on the way.
//!
//! Whoever reads an option thereby makes its name known; [`Reader::finish`] reports the names
//! that nobody read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use keywright_core::secret::Secret;
use keywright_core::time::Seconds;

use super::problem::{self, Problem};
use super::value::Raw;

/// What every environment variable of ours begins with.
pub(crate) const PREFIX: &str = "KEYWRIGHT_";

/// Arrays of tables, read by `declared`.
pub(super) const DECLARED: [&str; 3] = ["clients", "resources", "users"];

/// Where a value was found; the greater wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Default,
    File,
    Environment,
    Flag,
}

/// Whether the default file gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It does.
    Fixed,
    /// It shows an example.
    Optional,
}

struct Found {
    layer: Layer,
    place: String,
    raw: Raw,
}

/// What a configuration is made of.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// Flags: option and value.
    pub(crate) flags: BTreeMap<&'static str, String>,
    /// The process environment; only names with our prefix count.
    pub(crate) environment: BTreeMap<String, String>,
    /// The file and its text, if there is one.
    pub(crate) file: Option<(PathBuf, String)>,
}

/// Reads options and collects problems.
pub(crate) struct Reader {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<String, String>,
    path: PathBuf,
    file: toml::Table,
    defaults: toml::Table,
    known: BTreeMap<&'static str, Presence>,
    taken: Vec<String>,
    secret_files: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Reader {
    /// A reader over `sources` and the default file.
    pub(crate) fn new(sources: Sources, defaults: &str) -> Self {
        let mut problems = Vec::new();
        let mut parse = |place: &Path, text: &str| {
            text.parse::<toml::Table>().unwrap_or_else(|error| {
                let place = place.display().to_string();
                problems.push(Problem { place, sentence: syntax(text, &error) });
                toml::Table::new()
            })
        };
        let (path, text) = sources.file.unwrap_or_default();
        let file = parse(&path, &text);
        let defaults = parse(Path::new("default.toml"), defaults);
        Self {
            flags: sources.flags,
            environment: sources.environment,
            path,
            file,
            defaults,
            known: BTreeMap::new(),
            taken: Vec::new(),
            secret_files: Vec::new(),
            problems,
        }
    }

    /// An option that always has a value. A wrong one is a problem and reads as its type's
    /// default, which nobody sees because [`Reader::finish`] then refuses.
    pub(crate) fn fixed<T: Default>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Raw) -> Result<T, String>,
    ) -> T {
        self.known.insert(key, Presence::Fixed);
        self.read(key, read).unwrap_or_default()
    }

    /// A span of time that always has a value, as [`Reader::fixed`].
    pub(crate) fn span(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Raw) -> Result<Seconds, String>,
    ) -> Seconds {
        self.known.insert(key, Presence::Fixed);
        self.read(key, read).unwrap_or(Seconds::ZERO)
    }

    /// An option without a fixed default.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Raw) -> Result<T, String>,
    ) -> Option<T> {
        self.known.insert(key, Presence::Optional);
        self.read(key, read)
    }

    /// A secret, given as `key` or as a path in `file_key`.
    pub(crate) fn secret(&mut self, key: &'static str, file_key: &'static str) -> Option<Secret> {
        self.known.insert(key, Presence::Optional);
        self.known.insert(file_key, Presence::Optional);
        let (direct, path) = (self.find(key), self.find(file_key));
        match (direct, path) {
            (Some(direct), Some(path)) if direct.layer == path.layer => {
                let sentence = format!("given twice, here and as {}; remove one", path.place);
                self.problem(direct.place, sentence);
                None
            }
            (Some(direct), path) if path.as_ref().is_none_or(|p| p.layer < direct.layer) => {
                self.convert(&direct, Raw::text).map(Secret::new)
            }
            (_, Some(path)) => {
                let name = self.convert(&path, Raw::text)?;
                self.secret_file(path.place, Path::new(&name))
            }
            (_, None) => None,
        }
    }

    /// The text of a file that holds a secret, without the line break at its end.
    pub(crate) fn secret_file(&mut self, place: String, path: &Path) -> Option<Secret> {
        self.secret_files.push(path.to_owned());
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']))),
            Err(error) => {
                let sentence = format!("cannot read {}: {error}", path.display());
                self.problem(place, sentence);
                None
            }
        }
    }

    /// The files that secrets were read from.
    pub(crate) fn secret_files(&self) -> Vec<PathBuf> {
        self.secret_files.clone()
    }

    /// The value of an environment variable that the file names, which therefore is known.
    pub(crate) fn secret_variable(&mut self, place: String, name: &str) -> Option<Secret> {
        self.taken.push(name.to_owned());
        let value = self.environment.get(name).map(Secret::new);
        if value.is_none() {
            self.problem(place, format!("the environment variable {name} is not set; set it"));
        }
        value
    }

    /// The tables of a declared kind, with their places.
    pub(crate) fn declared(&mut self, kind: &'static str) -> Vec<(String, toml::Table)> {
        let Some(value) = self.file.remove(kind) else {
            return Vec::new();
        };
        let tables: Option<Vec<_>> = value
            .as_array()
            .map(|items| items.iter().filter_map(|item| item.as_table().cloned()).collect());
        match tables {
            Some(tables) if value.as_array().is_some_and(|items| items.len() == tables.len()) => {
                let place = |i| format!("{kind}[{i}] in {}", self.path.display());
                tables.into_iter().enumerate().map(|(i, table)| (place(i), table)).collect()
            }
            _ => {
                let place = format!("{kind} in {}", self.path.display());
                self.problem(place, format!("write each one under its own [[{kind}]]"));
                Vec::new()
            }
        }
    }

    /// Whether a layer above the default gives a value, be it wrong.
    pub(crate) fn is_given(&self, key: &'static str) -> bool {
        self.find(key).is_some_and(|found| found.layer > Layer::Default)
    }

    /// Notes a problem with an option, at the place where its value came from.
    pub(crate) fn refuse(&mut self, key: &'static str, sentence: impl Into<String>) {
        let place = self.find(key).map(|found| found.place);
        self.problem(place.unwrap_or_else(|| format!("{key} ({})", variable(key))), sentence);
    }

    /// Notes a problem.
    pub(crate) fn problem(&mut self, place: impl Into<String>, sentence: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), sentence: sentence.into() });
    }

    /// The names that were read, and every problem, those of unknown names included.
    pub(crate) fn finish(mut self) -> (BTreeMap<&'static str, Presence>, Vec<Problem>) {
        let file = std::mem::take(&mut self.file);
        self.unknown_in_file("", &file);
        self.unknown_in_environment();
        (self.known, self.problems)
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Raw) -> Result<T, String>,
    ) -> Option<T> {
        let found = self.find(key)?;
        self.convert(&found, read)
    }

    fn convert<T>(
        &mut self,
        found: &Found,
        read: impl FnOnce(&Raw) -> Result<T, String>,
    ) -> Option<T> {
        read(&found.raw).map_err(|sentence| self.problem(found.place.clone(), sentence)).ok()
    }

    fn find(&self, key: &'static str) -> Option<Found> {
        if let Some(text) = self.flags.get(key) {
            let place = format!("--{}", key.replace(['.', '_'], "-"));
            return Some(Found { layer: Layer::Flag, place, raw: Raw::Text(text.clone()) });
        }
        let name = variable(key);
        if let Some(text) = self.environment.get(&name) {
            return Some(Found {
                layer: Layer::Environment,
                place: name,
                raw: Raw::Text(text.clone()),
            });
        }
        if let Some(value) = at(&self.file, key) {
            let place = format!("{key} in {}", self.path.display());
            return Some(Found { layer: Layer::File, place, raw: Raw::Toml(value.clone()) });
        }
        let value = at(&self.defaults, key)?;
        let place = format!("{key} ({name})");
        Some(Found { layer: Layer::Default, place, raw: Raw::Toml(value.clone()) })
    }

    fn unknown_in_file(&mut self, above: &str, table: &toml::Table) {
        for (name, value) in table {
            let key = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            let section = self.known.keys().any(|k| k.starts_with(&format!("{key}.")));
            match value {
                _ if self.known.contains_key(key.as_str()) => {}
                toml::Value::Table(inner) if section => self.unknown_in_file(&key, inner),
                _ => {
                    let place = format!("{key} in {}", self.path.display());
                    let sentence = if section {
                        format!("this is a section; write its options below [{key}]")
                    } else {
                        problem::unknown(&key, self.known.keys().copied().chain(DECLARED))
                    };
                    self.problem(place, sentence);
                }
            }
        }
    }

    fn unknown_in_environment(&mut self) {
        let known: Vec<_> = self.known.keys().map(|key| variable(key)).collect();
        let config = format!("{PREFIX}CONFIG");
        let names: Vec<_> = self.environment.keys().cloned().collect();
        for name in names {
            let value = self.environment.get(&name).map(String::as_str).unwrap_or_default();
            let ours = name.starts_with(PREFIX) && !is_foreign(&name, value) && name != config;
            if !ours || known.contains(&name) || self.taken.contains(&name) {
                continue;
            }
            let sentence = problem::unknown(&name, known.iter().map(String::as_str));
            self.problem(name, sentence);
        }
    }
}

/// Where a file is no TOML, and why. The line itself is not shown: it may hold a secret.
fn syntax(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", error.message())
}

/// The environment variable of an option.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// Variables with our prefix that are not ours: what Kubernetes puts into every pod of a
/// namespace with a service named `keywright` or `keywright-something`, and what the test suite
/// calls its binary.
pub(super) fn is_foreign(name: &str, value: &str) -> bool {
    let of_a_service = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"];
    let of_a_test = name.strip_prefix(PREFIX).is_some_and(|r| r == "BIN" || r.starts_with("TEST_"));
    // What somebody takes for an option of ours has a number there, and no URL.
    let is_link = name.ends_with("_PORT") && value.contains("://");
    of_a_test || is_link || of_a_service.iter().any(|part| name.contains(part))
}

fn at<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, rest)) => at(table.get(section)?.as_table()?, rest),
    }
}
