//! New key pairs: PKCS#8 for us, a JWK (RFC 7517) for the world.
//!
//! Private keys come from OpenSSL's own generator, the one that its key generation is built on;
//! [`crate::random::Random`] has no part in them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;

/// Length of the modulus of an RSA key.
const RSA_BITS: u32 = 2048;

/// A key pair that is not stored yet.
pub struct KeyPair {
    /// RFC 7638 thumbprint of the public half.
    pub kid: Kid,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The public JWK as JSON, with `kid`, `use` and `alg`.
    pub public_jwk: String,
    /// The private key as PKCS#8 DER.
    pub private: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({} {})", self.algorithm, self.kid)
    }
}

/// Makes a key pair. Slow for RSA (a tenth of a second): never inside a transaction.
///
/// # Errors
/// [`Error::Internal`] when OpenSSL fails.
pub fn generate(algorithm: Algorithm) -> Result<KeyPair, Error> {
    let (private, members) = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 => rsa()?,
        Algorithm::ES256 => p256()?,
        Algorithm::EdDSA => ed25519()?,
    };
    let kid = thumbprint(&members)?;
    let mut jwk = Map::new();
    for (name, value) in [("kid", kid.as_str()), ("use", "sig"), ("alg", algorithm.as_str())]
        .into_iter()
        .chain(members.iter().map(|(name, value)| (*name, value.as_str())))
    {
        jwk.insert(name.to_owned(), Value::from(value));
    }
    Ok(KeyPair { kid, algorithm, public_jwk: Value::Object(jwk).to_string(), private })
}

/// The members that a thumbprint covers, by name.
type Members = BTreeMap<&'static str, String>;
type Made = (Zeroizing<Vec<u8>>, Members);

/// RFC 7638 section 3: SHA-256 over the required members in lexicographic order.
fn thumbprint(members: &Members) -> Result<Kid, Error> {
    let canonical = serde_json::to_vec(members).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Kid::new(URL_SAFE_NO_PAD.encode(sha256(&canonical))))
}

/// RFC 7518 section 6.3.1.
fn rsa() -> Result<Made, Error> {
    let rsa = Rsa::generate(RSA_BITS)?;
    let members = Members::from([
        ("kty", "RSA".to_owned()),
        ("n", URL_SAFE_NO_PAD.encode(rsa.n().to_vec())),
        ("e", URL_SAFE_NO_PAD.encode(rsa.e().to_vec())),
    ]);
    Ok((Zeroizing::new(PKey::from_rsa(rsa)?.private_key_to_pkcs8()?), members))
}

/// RFC 7518 section 6.2.1; coordinates keep their leading zeros.
fn p256() -> Result<Made, Error> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = EcKey::generate(&group)?;
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    let mut context = BigNumContext::new()?;
    key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context)?;
    let members = Members::from([
        ("kty", "EC".to_owned()),
        ("crv", "P-256".to_owned()),
        ("x", URL_SAFE_NO_PAD.encode(x.to_vec_padded(32)?)),
        ("y", URL_SAFE_NO_PAD.encode(y.to_vec_padded(32)?)),
    ]);
    Ok((Zeroizing::new(PKey::from_ec_key(key)?.private_key_to_pkcs8()?), members))
}

/// RFC 8037 section 2.
fn ed25519() -> Result<Made, Error> {
    let key = PKey::generate_ed25519()?;
    let members = Members::from([
        ("kty", "OKP".to_owned()),
        ("crv", "Ed25519".to_owned()),
        ("x", URL_SAFE_NO_PAD.encode(key.raw_public_key()?)),
    ]);
    Ok((Zeroizing::new(key.private_key_to_pkcs8()?), members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_7638_section_3_1() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhD\
                 R1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6C\
                 f0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1\
                 n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
                 jF44-csFCur-kEgU8awapJzKnqDKgw";
        let members = Members::from([
            ("kty", "RSA".to_owned()),
            ("n", n.to_owned()),
            ("e", "AQAB".to_owned()),
        ]);
        let kid = thumbprint(&members).unwrap();
        assert_eq!(kid.as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn every_public_jwk_names_its_key_its_use_and_its_algorithm_and_no_private_part() {
        for &algorithm in Algorithm::ALL {
            let pair = generate(algorithm).unwrap();
            let jwk: Map<String, Value> = serde_json::from_str(&pair.public_jwk).unwrap();
            assert_eq!(jwk["kid"], pair.kid.as_str());
            assert_eq!(jwk["use"], "sig");
            assert_eq!(jwk["alg"], algorithm.as_str());
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(!jwk.contains_key(private), "{algorithm} publishes {private}");
            }
        }
    }

    #[test]
    fn an_ed25519_key_is_an_okp_and_a_p256_key_has_full_coordinates() {
        let jwk = |a| -> Map<String, Value> {
            serde_json::from_str(&generate(a).unwrap().public_jwk).unwrap()
        };
        let okp = jwk(Algorithm::EdDSA);
        assert_eq!((&okp["kty"], &okp["crv"]), (&"OKP".into(), &"Ed25519".into()));
        let ec = jwk(Algorithm::ES256);
        assert_eq!((&ec["kty"], &ec["crv"]), (&"EC".into(), &"P-256".into()));
        assert_eq!(ec["x"].as_str().map(str::len), Some(43));
        assert_eq!(ec["y"].as_str().map(str::len), Some(43));
    }

    #[test]
    fn debug_shows_no_private_key() {
        let pair = generate(Algorithm::EdDSA).unwrap();
        assert_eq!(format!("{pair:?}"), format!("KeyPair(EdDSA {})", pair.kid));
    }
}
