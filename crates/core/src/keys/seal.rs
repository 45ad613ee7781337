//! The master key: what is sealed, hashed or derived under it.
//!
//! Owns the key derivation (HKDF-SHA-256, RFC 5869), the sealed blob and the check value that
//! refuses a wrong master key at start. Where the key comes from is the server's affair.
//!
//! A sealed blob is `version (1) | key id (4) | nonce (12) | ciphertext | tag (16)`, AES-256-GCM,
//! with the context (what the blob is, whose it is) as additional data, so that a blob copied
//! into another row does not open there.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use openssl::sha::sha256;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::random::{self, Random};
use crate::secret::{Digest, Secret};
use crate::store::{Store, StoreExt as _};

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEAD: usize = 1 + KEY_ID + NONCE;

const CHECK_SETTING: &str = "master_key_check";
const CHECK_TEXT: &[u8] = b"keywright master key check v1";

/// 32 secret bytes from which every other secret of the installation is derived. Never printed,
/// wiped from memory when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// Parses 32 bytes in base64 (standard or URL alphabet, padded or not, surrounding white
    /// space ignored).
    ///
    /// # Errors
    /// A sentence for the operator; it never contains the text.
    pub fn parse(text: &Secret) -> Result<Self, String> {
        let standard: Zeroizing<String> = Zeroizing::new(
            text.expose()
                .trim()
                .trim_end_matches('=')
                .chars()
                .map(|c| match c {
                    '-' => '+',
                    '_' => '/',
                    c => c,
                })
                .collect(),
        );
        let bytes = Zeroizing::new(STANDARD_NO_PAD.decode(standard.as_bytes()).map_err(|_| {
            "the master key is not base64; make one with `openssl rand -base64 32`".to_owned()
        })?);
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(format!(
                "the master key must be 32 bytes in base64, this one has {}; make one with \
                 `openssl rand -base64 32`",
                bytes.len()
            ));
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    /// A fresh one, as base64 text for a file.
    ///
    /// # Errors
    /// [`Error::Internal`] when no randomness can be had.
    pub fn generate(random: &dyn Random) -> Result<Secret, Error> {
        let bytes = Zeroizing::new(random::bytes::<32>(random)?);
        Ok(Secret::new(STANDARD.encode(bytes.as_slice())))
    }

    /// Compares with the check value in the database; the first key that comes claims it.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database belongs to another master key, [`Error::Store`]
    /// when it fails.
    pub fn check(&self, store: &dyn Store) -> Result<(), Error> {
        let own = self.hmac("check", CHECK_TEXT)?;
        let mut stored = store.read(|tx| Ok(tx.find_setting(CHECK_SETTING)?))?;
        if stored.is_none() {
            stored = store.write(|tx| {
                if tx.claim_setting(CHECK_SETTING, &own.0)? {
                    return Ok(Some(own.0.to_vec()));
                }
                Ok(tx.find_setting(CHECK_SETTING)?)
            })?;
        }
        let stored = stored.and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
        if stored.is_some_and(|stored| stored.matches(&own)) {
            return Ok(());
        }
        Err(Error::Internal(
            "this master key does not belong to this database: its keys and secrets were sealed \
             under another one. Start with the master key that the database was first started \
             with (restore it from your backup), or point to the database of this key"
                .into(),
        ))
    }

    /// Whether a database belongs to no master key yet, so that a new one can do no harm: nothing
    /// is sealed or hashed before [`MasterKey::check`] has claimed it.
    ///
    /// # Errors
    /// [`Error::Store`] when the database fails.
    pub fn is_unclaimed(store: &dyn Store) -> Result<bool, Error> {
        store.read(|tx| Ok(tx.find_setting(CHECK_SETTING)?.is_none()))
    }

    /// The HKDF-SHA-256 subkey for a purpose.
    ///
    /// # Errors
    /// [`Error::Internal`] when the key derivation fails.
    pub fn subkey(&self, purpose: &str) -> Result<[u8; 32], Error> {
        hkdf(self.0.as_slice(), &[], &["keywright ", purpose, " v1"])
    }

    /// HMAC-SHA-256 of `text` under the subkey of `purpose`.
    ///
    /// # Errors
    /// [`Error::Internal`] when the key derivation fails.
    pub fn hmac(&self, purpose: &str, text: &[u8]) -> Result<Digest, Error> {
        hmac_sha256(Zeroizing::new(self.subkey(purpose)?).as_slice(), text)
    }

    /// A key that needs both this master key and `ikm` (say, a presented token):
    /// `HKDF(ikm, salt = subkey of purpose, info)`. For [`seal_with`] and [`open_with`].
    ///
    /// # Errors
    /// [`Error::Internal`] when the key derivation fails.
    pub fn derive(&self, purpose: &str, ikm: &[u8], info: &str) -> Result<[u8; 32], Error> {
        hkdf(ikm, Zeroizing::new(self.subkey(purpose)?).as_slice(), &[info])
    }

    /// Seals `plain` under the subkey "seal". `context` names the blob: table, row, purpose.
    ///
    /// # Errors
    /// [`Error::Internal`] when no randomness can be had or OpenSSL fails.
    pub fn seal(&self, random: &dyn Random, context: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        seal_with(&Zeroizing::new(self.subkey("seal")?), random, context, plain)
    }

    /// Opens what [`MasterKey::seal`] made with the same context.
    ///
    /// # Errors
    /// [`Error::Internal`] when the blob is damaged, of another context or of another key.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        open_with(&Zeroizing::new(self.subkey("seal")?), context, sealed)
    }
}

/// Seals `plain` under `key`, bound to `context`.
///
/// # Errors
/// [`Error::Internal`] when no randomness can be had or OpenSSL fails.
pub fn seal_with(
    key: &[u8; 32],
    random: &dyn Random,
    context: &str,
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    let nonce = random::bytes::<NONCE>(random)?;
    let mut tag = [0; TAG];
    let cipher = Cipher::aes_256_gcm();
    let text = encrypt_aead(cipher, key, Some(&nonce), context.as_bytes(), plain, &mut tag)?;
    let mut sealed = Vec::with_capacity(HEAD + text.len() + TAG);
    sealed.push(VERSION);
    sealed.extend_from_slice(&key_id(key));
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what [`seal_with`] made with the same key and context.
///
/// # Errors
/// [`Error::Internal`] when the blob is damaged, of another context or of another key.
pub fn open_with(
    key: &[u8; 32],
    context: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let refuse = |why: &str| Error::Internal(format!("cannot unseal {context}: {why}"));
    let (Some((head, rest)), true) = (sealed.split_at_checked(HEAD), sealed.len() >= HEAD + TAG)
    else {
        return Err(refuse("it is cut short"));
    };
    if head[0] != VERSION {
        return Err(refuse("a newer Keywright sealed it; run that version"));
    }
    if head[1..=KEY_ID] != key_id(key) {
        return Err(refuse("it was sealed under another key"));
    }
    // OpenSSL accepts a shorter tag; exactly 16 bytes is our promise.
    let (text, tag) = rest.split_at(rest.len() - TAG);
    let nonce = &head[1 + KEY_ID..];
    decrypt_aead(Cipher::aes_256_gcm(), key, Some(nonce), context.as_bytes(), text, tag)
        .map(Zeroizing::new)
        .map_err(|_| refuse("it is damaged or belongs elsewhere"))
}

/// HMAC-SHA-256 (RFC 2104), not by OpenSSL: version 3 looks the algorithm up at each call,
/// which costs more than the hash itself.
pub(crate) fn hmac_sha256(key: &[u8], text: &[u8]) -> Result<Digest, Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|e| Error::Internal(format!("HMAC-SHA-256: {e}")))?;
    mac.update(text);
    Ok(Digest(mac.finalize().into_bytes().into()))
}

fn key_id(key: &[u8; 32]) -> [u8; KEY_ID] {
    let hash = sha256(key);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// HKDF with SHA-256 (RFC 5869).
fn hkdf(ikm: &[u8], salt: &[u8], info: &[&str]) -> Result<[u8; 32], Error> {
    let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand_multi_info(&info, &mut out)
        .map_err(|e| Error::Internal(format!("HKDF: {e}")))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::OsRandom;

    fn master(byte: u8) -> MasterKey {
        MasterKey(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn a_generated_master_key_parses_in_every_spelling_of_base64() {
        let text = MasterKey::generate(&OsRandom).unwrap();
        let key = MasterKey::parse(&text).unwrap();
        let url = text.expose().replace('+', "-").replace('/', "_");
        for spelling in [format!(" {}\n", text.expose()), url.trim_end_matches('=').into(), url] {
            let again = MasterKey::parse(&Secret::new(spelling)).unwrap();
            assert_eq!(again.subkey("x").unwrap(), key.subkey("x").unwrap());
        }
    }

    #[test]
    fn a_master_key_of_another_length_or_alphabet_is_refused_without_repeating_it() {
        for text in ["", "AAAA", "not base64!", &"A".repeat(44)] {
            let error = MasterKey::parse(&Secret::new(text)).unwrap_err();
            assert!(error.contains("openssl rand -base64 32"), "{error}");
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", master(65)), "MasterKey(..)");
    }

    #[test]
    fn hkdf_agrees_with_rfc_5869_test_case_3() {
        let out = hkdf(&[0x0b; 22], &[], &[]).unwrap();
        assert_eq!(out[..8], [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
    }

    #[test]
    fn hmac_agrees_with_rfc_4231_test_case_2() {
        let out = hmac_sha256(b"Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(out.0[..6], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60]);
    }

    #[test]
    fn subkeys_differ_by_purpose_and_by_master_key() {
        let one = master(1).subkey("a").unwrap();
        assert_ne!(one, master(1).subkey("b").unwrap());
        assert_ne!(one, master(2).subkey("a").unwrap());
    }

    #[test]
    fn a_derived_key_needs_the_master_key_the_token_and_the_info() {
        let key = master(1).derive("refresh", b"token", "grant 1").unwrap();
        assert_eq!(key, master(1).derive("refresh", b"token", "grant 1").unwrap());
        assert_ne!(key, master(2).derive("refresh", b"token", "grant 1").unwrap());
        assert_ne!(key, master(1).derive("refresh", b"other", "grant 1").unwrap());
        assert_ne!(key, master(1).derive("refresh", b"token", "grant 2").unwrap());
        assert_ne!(key, master(1).derive("other", b"token", "grant 1").unwrap());
    }

    #[test]
    fn a_blob_opens_neither_under_another_key_nor_in_another_context() {
        let sealed = master(1).seal(&OsRandom, "keys|a", b"secret").unwrap();
        let error = master(2).open("keys|a", &sealed).unwrap_err().to_string();
        assert!(error.contains("another key"), "{error}");
        assert!(master(1).open("keys|b", &sealed).is_err());
    }

    #[test]
    fn the_same_text_sealed_twice_looks_different() {
        let seal = || master(1).seal(&OsRandom, "c", b"secret").unwrap();
        assert_ne!(seal(), seal());
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_again(plain: Vec<u8>, context: String) {
            let sealed = master(1).seal(&OsRandom, &context, &plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + HEAD + TAG);
            prop_assert_eq!(&*master(1).open(&context, &sealed).unwrap(), &plain);
        }

        #[test]
        fn every_truncation_and_every_flipped_bit_is_refused(plain: Vec<u8>, at: usize, bit in 0..8) {
            let mut sealed = master(1).seal(&OsRandom, "c", &plain).unwrap();
            for length in 0..sealed.len() {
                prop_assert!(master(1).open("c", &sealed[..length]).is_err());
            }
            let at = at % sealed.len();
            sealed[at] ^= 1_u8 << bit;
            prop_assert!(master(1).open("c", &sealed).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_open(bytes: Vec<u8>) {
            prop_assert!(master(1).open("c", &bytes).is_err());
        }
    }
}
