//! Compact JWS (RFC 7515): one signer or verifier per key, built once.
//!
//! josekit does the cryptography; its JWT types are not used, because they write dates as
//! floating point and panic on extreme ones.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::JoseError;
use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsAlgorithm, JwsHeader, JwsSigner, JwsVerifier, PS256, RS256};
use openssl::ec::EcKey;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A private key, ready to sign.
#[derive(Debug)]
pub struct Signer {
    kid: Kid,
    jws: Box<dyn JwsSigner>,
}

impl Signer {
    /// Builds a signer from PKCS#8 DER.
    ///
    /// # Errors
    /// [`Error::Internal`] when the key is none of that algorithm.
    pub fn new(kid: Kid, algorithm: Algorithm, private: &[u8]) -> Result<Self, Error> {
        let jws: Result<Box<dyn JwsSigner>, JoseError> = match algorithm {
            Algorithm::RS256 => RS256.signer_from_der(private).map(|s| Box::new(s) as _),
            Algorithm::PS256 => PS256.signer_from_der(private).map(|s| Box::new(s) as _),
            Algorithm::ES256 => es256(private).map(|s| Box::new(s) as _),
            Algorithm::EdDSA => EdDSA.signer_from_der(private).map(|s| Box::new(s) as _),
        };
        let jws = jws.map_err(|e| Error::Internal(format!("{algorithm} key {kid}: {e}")))?;
        Ok(Self { kid, jws })
    }

    /// The key's identifier.
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// Signs claims JSON: header `typ`, `kid`, `alg`.
    ///
    /// # Errors
    /// [`Error::Internal`] when OpenSSL fails.
    pub fn sign(&self, typ: &str, claims: &[u8]) -> Result<String, Error> {
        let mut header = JwsHeader::new();
        header.set_token_type(typ);
        header.set_key_id(self.kid.as_str());
        josekit::jws::serialize_compact(claims, &header, self.jws.as_ref())
            .map_err(|e| Error::Internal(format!("signing with {}: {e}", self.kid)))
    }
}

/// Signs with ES256 (RFC 7518 section 3.4). josekit's own signer sets up a context of OpenSSL for each
/// signature, some microseconds of thirty.
#[derive(Clone)]
struct Es256(EcKey<Private>);

fn es256(private: &[u8]) -> Result<Es256, JoseError> {
    // For what it refuses.
    ES256.signer_from_der(private)?;
    let key = PKey::private_key_from_pkcs8(private).and_then(|key| key.ec_key());
    key.map(Es256).map_err(|error| JoseError::InvalidKeyFormat(error.into()))
}

impl JwsSigner for Es256 {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &ES256
    }

    fn key_id(&self) -> Option<&str> {
        None
    }

    fn signature_len(&self) -> usize {
        64
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let sign = || {
            let signature = EcdsaSig::sign(&sha256(message), &self.0)?;
            let (r, s) = (signature.r().to_vec_padded(32)?, signature.s().to_vec_padded(32)?);
            Ok([r, s].concat())
        };
        sign().map_err(|error: ErrorStack| JoseError::InvalidSignature(error.into()))
    }

    fn box_clone(&self) -> Box<dyn JwsSigner> {
        Box::new(self.clone())
    }
}

impl fmt::Debug for Es256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Es256").finish_non_exhaustive()
    }
}

/// A public key, ready to verify.
#[derive(Debug)]
pub struct Verifier {
    algorithm: Algorithm,
    jws: Box<dyn JwsVerifier>,
}

impl Verifier {
    /// Builds a verifier from a public JWK as JSON.
    ///
    /// # Errors
    /// [`Error::Internal`] when the JWK is none of that algorithm.
    pub fn new(algorithm: Algorithm, public_jwk: &str) -> Result<Self, Error> {
        let bad = |e: JoseError| Error::Internal(format!("{algorithm} public key: {e}"));
        let jwk = Jwk::from_bytes(public_jwk).map_err(bad)?;
        let jws: Result<Box<dyn JwsVerifier>, JoseError> = match algorithm {
            Algorithm::RS256 => RS256.verifier_from_jwk(&jwk).map(|v| Box::new(v) as _),
            Algorithm::PS256 => PS256.verifier_from_jwk(&jwk).map(|v| Box::new(v) as _),
            Algorithm::ES256 => ES256.verifier_from_jwk(&jwk).map(|v| Box::new(v) as _),
            Algorithm::EdDSA => EdDSA.verifier_from_jwk(&jwk).map(|v| Box::new(v) as _),
        };
        Ok(Self { algorithm, jws: jws.map_err(bad)? })
    }

    /// The claims of `token`, if its header says this key's algorithm and the signature holds.
    pub fn verify(&self, token: &Compact<'_>) -> Option<Map<String, Value>> {
        if token.algorithm()? != self.algorithm.as_str() {
            return None;
        }
        self.jws.verify(token.signed.as_bytes(), &token.signature).ok()?;
        serde_json::from_slice(&token.payload).ok()
    }
}

/// A token taken apart, nothing of it believed yet.
#[derive(Debug)]
pub struct Compact<'t> {
    header: Map<String, Value>,
    signed: &'t str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'t> Compact<'t> {
    /// Takes `token` apart: at most [`MAX_TOKEN_BYTES`], three parts of unpadded base64url, a
    /// header without `crit` (RFC 7515 section 4.1.11: we understand no extension).
    pub fn parse(token: &'t str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Map<String, Value> = serde_json::from_slice(&decode(header)?).ok()?;
        if header.contains_key("crit") {
            return None;
        }
        Some(Self { header, signed, payload: decode(payload)?, signature: decode(signature)? })
    }

    /// The header's `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// The header's `alg`.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }

    /// The header's `typ`.
    pub fn typ(&self) -> Option<&str> {
        self.header.get("typ")?.as_str()
    }

    /// Whether the header's `typ` is `typ`, as [`is_same_typ`] has it.
    pub fn is_typ(&self, typ: &str) -> bool {
        self.typ().is_some_and(|own| is_same_typ(own, typ))
    }
}

/// Whether two values of `typ` are the same: letter case and a leading `application/` do not
/// matter (RFC 7515 section 4.1.9).
pub fn is_same_typ(one: &str, other: &str) -> bool {
    bare(one).eq_ignore_ascii_case(bare(other))
}

fn bare(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}
