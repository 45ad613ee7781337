//! Where the master key comes from: configuration, or with SQLite a file that is made at the
//! first start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use keywright_core::keys::seal::MasterKey;
use keywright_core::random::{self, Random};
use keywright_core::secret::Secret;

use crate::config::Config;
use crate::failure::Failure;

/// The generated file's name below the data directory.
pub(crate) const FILE: &str = "master.key";

/// The configured master key, which PostgreSQL always has, or the generated one. `may_generate` says
/// that the database belongs to none yet.
///
/// # Errors
/// When it is malformed, missing, or cannot be read or written.
pub(crate) fn load(
    config: &Config,
    random: &dyn Random,
    may_generate: bool,
) -> Result<MasterKey, Failure> {
    if let Some(text) = &config.master_key {
        return parse(text, "the master key");
    }
    let path = config.data_dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            warn_if_others_can_read(&path);
            parse(&Secret::new(text), &path.display().to_string())
        }
        Err(error) if error.kind() == ErrorKind::NotFound && may_generate => {
            generate(&path, random)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Failure::new(format!("the master key file {} is gone", path.display()))
                .hint("restore it from a backup: what this database holds was sealed with it"))
        }
        Err(error) => Err(Failure::new(format!("cannot read {}: {error}", path.display()))),
    }
}

fn parse(text: &Secret, name: &str) -> Result<MasterKey, Failure> {
    MasterKey::parse(text).map_err(|why| {
        Failure::new(format!("{name}: {why}"))
            .hint("it must be 32 bytes in base64, as `openssl rand -base64 32` prints")
    })
}

/// Written beside and linked into place, so that nobody sees half of it and the first of two
/// processes wins.
fn generate(path: &Path, random: &dyn Random) -> Result<MasterKey, Failure> {
    let context = |error| Failure::new(format!("cannot write {}: {error}", path.display()));
    let text = MasterKey::generate(random)?;
    let draft = path.with_extension(random::text::<8>(random)?);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(context)?;
    let written = writeln!(file, "{}", text.expose()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft).map_err(context)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = Secret::new(fs::read_to_string(path).map_err(context)?);
            parse(&text, &path.display().to_string())
        }
        linked => {
            linked.map_err(context)?;
            parse(&text, &path.display().to_string())
        }
    }
}

fn warn_if_others_can_read(path: &Path) {
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        let path = path.display();
        tracing::warn!("others may read the master key; run `chmod 600 {path}`");
    }
}
