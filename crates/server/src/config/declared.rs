//! Clients, resources and users that the file declares.

mod client;
mod resource;
mod table;
mod user;

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::id::{ClientId, Subject};
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::resource::Resource;
use keywright_core::secret::Secret;
use serde_json::{Map, Value};

use super::algorithm::disabled;
use super::reader::Reader;
use table::Table;

/// Everything that is declared.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// `[[clients]]`.
    pub(crate) clients: Vec<ClientDeclaration>,
    /// `[[resources]]`.
    pub(crate) resources: Vec<Resource>,
    /// `[[users]]`.
    pub(crate) users: Vec<UserDeclaration>,
}

/// A declared client.
#[derive(Debug)]
pub(crate) struct ClientDeclaration {
    /// `client_id`.
    pub(crate) id: ClientId,
    /// Its one secret; none for a public client.
    pub(crate) secret: Option<Secret>,
    /// The rest, under RFC 7591 names.
    pub(crate) metadata: ClientMetadata,
}

/// A declared user.
#[derive(Debug)]
pub(crate) struct UserDeclaration {
    /// The normalised login name.
    pub(crate) login: String,
    /// The first password.
    pub(crate) password: Option<Password>,
    /// `sub`, if the file decides it.
    pub(crate) subject: Option<Subject>,
    /// Claims.
    pub(crate) claims: Map<String, Value>,
    /// Groups.
    pub(crate) groups: Vec<String>,
    /// Roles.
    pub(crate) roles: Vec<String>,
}

/// A password as the file has it.
#[derive(Debug)]
pub(crate) enum Password {
    /// In the clear.
    Plain(Secret),
    /// As Keywright or a program that it can import from stores it.
    Hashed(Secret),
}

/// Reads all three kinds.
pub(super) fn read(reader: &mut Reader) -> Declared {
    let resources = each(reader, "resources", resource::read);
    let clients = each(reader, "clients", client::read);
    let users = each(reader, "users", user::read);
    unique(reader, "resources", "identifier", resources.iter().map(|r| r.identifier.as_str()));
    unique(reader, "clients", "client_id", clients.iter().map(|c| c.id.as_str()));
    unique(reader, "users", "login", users.iter().map(|u| u.login.as_str()));
    let subjects = users.iter().filter_map(|user| user.subject.as_ref());
    unique(reader, "users", "subject", subjects.map(Subject::as_str));
    for client in &clients {
        let named = client.metadata.resources.iter().flatten();
        for name in named.chain(&client.metadata.default_resource) {
            if !resources.iter().any(|resource| resource.is_named(name)) {
                let place = format!("clients {:?}", client.id.as_str());
                reader.problem(place, format!("no [[resources]] has the identifier {name:?}"));
            }
        }
    }
    Declared { clients, resources, users }
}

/// Refuses what would be signed with an algorithm that has no keys, a default one included.
pub(super) fn check_algorithms(reader: &mut Reader, declared: &Declared, enabled: &[Algorithm]) {
    for client in &declared.clients {
        if let Some(why) = disabled(client.metadata.id_token_signed_response_alg, enabled) {
            let place = format!("clients {:?}", client.id.as_str());
            reader.problem(place, format!("id_token_signed_response_alg: {why}"));
        }
    }
    for resource in &declared.resources {
        if let Some(why) = disabled(resource.algorithm, enabled) {
            let place = format!("resources {:?}", resource.identifier);
            reader.problem(place, format!("algorithm: {why}"));
        }
    }
}

fn each<T>(
    reader: &mut Reader,
    kind: &'static str,
    read: fn(&mut Table<'_>) -> Option<T>,
) -> Vec<T> {
    let tables = reader.declared(kind);
    let read = |(place, table)| {
        let mut table = Table::new(reader, place, table);
        let item = read(&mut table);
        table.finish();
        item
    };
    tables.into_iter().filter_map(read).collect()
}

fn unique<'a>(reader: &mut Reader, kind: &str, member: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name) {
            reader.problem(kind, format!("{member} {name:?} is declared twice; remove one"));
        }
        seen.push(name);
    }
}
