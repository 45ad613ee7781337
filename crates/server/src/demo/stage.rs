//! Who plays: addresses, a scratch directory, the configuration of the server, the two listeners.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};

use keywright_core::random::OsRandom;
use keywright_core::secret::Secret;
use tempfile::TempDir;

use super::application::{Application, Party};
use super::{api, application};
use crate::config::{Config, Problem, Sources, load};
use crate::failure::Failure;

/// The client id of the application.
const CLIENT_ID: &str = "demo-app";

/// The scope of the API.
pub(super) const SCOPE: &str = "notes:read";

/// Who may log in, with which password.
pub(super) const USERS: [(&str, &str); 2] =
    [("alice", "alice-demo-password"), ("bob", "bob-demo-password")];

/// Where the database is.
enum Place {
    /// Removed when this goes.
    Scratch(TempDir),
    /// The visitor's own.
    Kept(PathBuf),
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::Scratch(dir) => dir.path(),
            Self::Kept(dir) => dir,
        }
    }
}

/// Everything but the server itself.
pub(super) struct Stage {
    place: Place,
    issuer: SocketAddrV4,
    application: TcpListener,
    api: TcpListener,
    party: Party,
}

impl Stage {
    /// Takes the ports and makes the directory.
    ///
    /// # Errors
    /// When one of them cannot be had.
    pub(super) fn set(listen: SocketAddrV4, keep: Option<PathBuf>) -> Result<Self, Failure> {
        let issuer = free(listen)?;
        let application = near(issuer, 1)?;
        let api = near(issuer, 2)?;
        let place = match keep {
            Some(dir) => Place::Kept(dir),
            None => Place::Scratch(tempfile::Builder::new().prefix("keywright-demo-").tempdir()?),
        };
        let party = Party {
            issuer: format!("http://{issuer}"),
            client_id: CLIENT_ID.to_owned(),
            secret: Secret::generate(&OsRandom)?,
            home: format!("http://{}", application.local_addr()?),
            api: format!("http://{}/notes", api.local_addr()?),
        };
        Ok(Self { place, issuer, application, api, party })
    }

    /// The server's configuration, out of [`Stage::text`] alone: no file, no environment.
    ///
    /// # Errors
    /// As [`load`].
    pub(super) fn config(&self) -> Result<Config, Vec<Problem>> {
        let file = Some((PathBuf::from("the demo"), self.text()));
        load(Sources { file, ..Sources::default() })
    }

    /// Where to go, in three lines.
    pub(super) fn signs(&self) -> String {
        let [(alice, hers), (bob, his)] = USERS;
        let Party { home, issuer, api, .. } = &self.party;
        let end = match &self.place {
            Place::Scratch(dir) => format!("ends it and removes {}", dir.path().display()),
            Place::Kept(dir) => format!("ends it; {} stays", dir.display()),
        };
        format!(
            "Keywright demo: open {home}/ in a browser\n  \
             log in as {alice} with {hers}, or as {bob} with {his}\n  \
             the server is {issuer}, the API {api}; Ctrl-C {end}"
        )
    }

    /// Lets the application and the API answer, on the runtime of the caller.
    ///
    /// # Errors
    /// When a listener cannot be used.
    pub(super) fn open(&self) -> Result<(), Failure> {
        api::open(self.api.try_clone()?, &self.party)?;
        let application = Application::new(self.party.clone(), self.text())?;
        Ok(application::open(self.application.try_clone()?, application)?)
    }

    /// `keywright.toml` of this demo; its values need no escape in a TOML literal.
    fn text(&self) -> String {
        let Party { issuer, client_id, secret, home, api } = &self.party;
        let data_dir = self.place.path().display();
        let [(alice, hers), (bob, his)] = USERS;
        format!(
            "issuer = '{issuer}'
listen = '{}'
data_dir = '{data_dir}'
passwords.cost = 10
management.listen = ''
http.connections = 256
log.level = 'warn'

[[resources]]
identifier = '{api}'
name = 'Demo notes'
algorithm = 'ES256'
scopes = [{{ name = '{SCOPE}', description = 'Read your notes' }}]

[[clients]]
client_id = '{client_id}'
client_secret = '{}'
client_name = 'Demo application'
client_uri = '{home}'
redirect_uris = ['{home}/callback']
post_logout_redirect_uris = ['{home}/goodbye']
grant_types = ['authorization_code', 'refresh_token']

[[users]]
login = '{alice}'
password = '{hers}'
roles = ['admin']
groups = ['staff']
claims = {{ name = 'Alice Example', email = 'alice@example.com', email_verified = true }}

[[users]]
login = '{bob}'
password = '{his}'
claims = {{ name = 'Bob Example', email = 'bob@example.com', email_verified = false }}
",
            self.issuer,
            secret.expose(),
        )
    }
}

/// A free port in place of port 0; the server takes it a moment later.
fn free(listen: SocketAddrV4) -> io::Result<SocketAddrV4> {
    if listen.port() != 0 {
        return Ok(listen);
    }
    let port = TcpListener::bind(listen)?.local_addr()?.port();
    Ok(SocketAddrV4::new(*listen.ip(), port))
}

/// The port that many after the server's, or a free one if it is taken.
fn near(issuer: SocketAddrV4, distance: u16) -> io::Result<TcpListener> {
    let at = |port| TcpListener::bind::<(Ipv4Addr, u16)>((*issuer.ip(), port));
    issuer.port().checked_add(distance).map_or_else(|| at(0), |port| at(port).or_else(|_| at(0)))
}
