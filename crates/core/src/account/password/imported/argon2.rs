//! Django's `argon2`: argon2id, and the argon2i of its older versions (RFC 9106).

use ::argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::number;

/// Most memory that is accepted: 1 GiB, in KiB. Django uses a tenth.
const MAX_MEMORY: u32 = 1 << 20;

/// Most passes over the memory.
const MAX_PASSES: u32 = 100;

/// Most of both multiplied: 4 GiB, about four seconds.
const MAX_WORK: u32 = 1 << 22;

const MAX_LANES: u32 = 64;

/// What is stored.
#[derive(Debug)]
pub(in crate::account::password) struct Stored {
    argon2: Argon2<'static>,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    /// Reads `argon2id$v=19$m=..,t=..,p=..$salt$hash` (memory in KiB, passes, lanes). Without
    /// `v` the version is 1.0, as in Django's oldest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split('$').collect();
        let (kind, version, cost, salt, hash) = match parts[..] {
            [kind, version, cost, salt, hash] => (kind, version, cost, salt, hash),
            [kind, cost, salt, hash] => (kind, "v=16", cost, salt, hash),
            _ => return Err("is not argon2$argon2id$v=19$m=..,t=..,p=..$salt$hash"),
        };
        let algorithm = match kind {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            _ => return Err("is neither argon2id nor argon2i"),
        };
        let version = match version {
            "v=19" => Version::V0x13,
            "v=16" => Version::V0x10,
            _ => return Err("has an argon2 version that is neither 16 nor 19"),
        };
        let salt = bytes(salt, 8..=64).ok_or("has no salt of 8 to 64 bytes in base64")?;
        let hash = bytes(hash, 16..=64).ok_or("does not end in 16 to 64 bytes in base64")?;
        let params = params(cost, hash.len())?;
        Ok(Self { argon2: Argon2::new(algorithm, version, params), salt, hash })
    }

    /// Whether these bytes are the password. False, too, when there is not enough memory.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        let hashed = self.argon2.hash_password_into(password, &self.salt, &mut hash);
        hashed.is_ok() && bool::from(hash.ct_eq(&self.hash))
    }
}

fn params(text: &str, length: usize) -> Result<Params, &'static str> {
    const MALFORMED: &str = "has no argon2 cost of the form m=..,t=..,p=..";
    let parts: Vec<&str> = text.split(',').collect();
    let [memory, passes, lanes] = parts[..] else { return Err(MALFORMED) };
    let read = |text: &str, name: &str| text.strip_prefix(name).and_then(number).ok_or(MALFORMED);
    let (memory, passes) = (read(memory, "m=")?, read(passes, "t=")?);
    let lanes = read(lanes, "p=")?;
    if memory > MAX_MEMORY || passes > MAX_PASSES || memory * passes > MAX_WORK {
        return Err("costs more than 1 GiB of memory, 100 passes, or 4 GiB of both multiplied");
    }
    if lanes > MAX_LANES {
        return Err("has more than 64 argon2 lanes");
    }
    Params::new(memory, passes, lanes, Some(length)).map_err(|_| "has an impossible argon2 cost")
}

fn bytes(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok().filter(|bytes| length.contains(&bytes.len()))
}
