//! TLS on the public listener, with a certificate that can be replaced while connections live.
//!
//! Owns the pair of files (a PEM chain, leaf first, and its PEM private key), what makes them a
//! usable pair, and which of them a new handshake gets. Connections that exist keep theirs. HTTP/2
//! is not offered (RFC 7301); TLS is 1.2 or 1.3 with Mozilla's intermediate ciphers.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use keywright_core::time::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    AlpnError, SniError, SslAcceptor, SslAcceptorBuilder, SslContext, SslMethod, select_next_proto,
};
use openssl::x509::X509;

/// The one protocol that is spoken inside, as ALPN writes it: its length and its name.
const HTTP_1_1: &[u8] = b"\x08http/1.1";

/// Why a certificate cannot be used; names the file and never shows the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

impl From<ErrorStack> for TlsError {
    fn from(error: ErrorStack) -> Self {
        Self(format!("OpenSSL: {error}"))
    }
}

/// The certificate of the listener, as its files were when they were last fit for use.
pub struct ServerCertificate {
    certificate_file: PathBuf,
    key_file: PathBuf,
    loaded: RwLock<Loaded>,
}

struct Loaded {
    context: SslContext,
    expires: Timestamp,
    /// What was looked at last, be it that it was refused.
    seen: [Option<Stamp>; 2],
}

/// What changes when a file does, or when a link is pointed at another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCertificate")
            .field("certificate_file", &self.certificate_file)
            .finish_non_exhaustive()
    }
}

impl ServerCertificate {
    /// Loads a pair of files.
    ///
    /// # Errors
    /// [`TlsError`] when a file cannot be read, holds no certificate or no unencrypted key, or
    /// when the key does not belong to the first certificate.
    pub fn load(certificate_file: &Path, key_file: &Path) -> Result<Arc<Self>, TlsError> {
        let seen = [stamp(certificate_file), stamp(key_file)];
        let pair = Pair::read(certificate_file, key_file)?;
        let loaded = Loaded { context: pair.context()?, expires: pair.expires()?, seen };
        Ok(Arc::new(Self {
            certificate_file: certificate_file.to_owned(),
            key_file: key_file.to_owned(),
            loaded: RwLock::new(loaded),
        }))
    }

    /// Loads the files again if they changed since they were last looked at; true when new
    /// handshakes get another certificate from now on.
    ///
    /// # Errors
    /// As [`ServerCertificate::load`], once for each change; the old certificate stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        // Looked at before they are read: a change in between is seen the next time.
        let seen = [stamp(&self.certificate_file), stamp(&self.key_file)];
        if self.read(|loaded| loaded.seen == seen) {
            return Ok(false);
        }
        let fresh = Pair::read(&self.certificate_file, &self.key_file)
            .and_then(|pair| Ok((pair.context()?, pair.expires()?)));
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.seen = seen;
        (loaded.context, loaded.expires) = fresh?;
        Ok(true)
    }

    /// When the certificate in use expires.
    pub fn expires(&self) -> Timestamp {
        self.read(|loaded| loaded.expires)
    }

    /// What the listener accepts connections with. OpenSSL asks for a server name's context in
    /// every handshake, also in one that names no server, and gets the current one.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<SslAcceptorBuilder, ErrorStack> {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        let certificate = Arc::clone(self);
        acceptor.set_servername_callback(move |connection, _alert| {
            let current = certificate.read(|loaded| loaded.context.clone());
            connection.set_ssl_context(&current).map_err(|_| SniError::ALERT_FATAL)
        });
        Ok(acceptor)
    }

    fn read<T>(&self, look: impl FnOnce(&Loaded) -> T) -> T {
        look(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When the first certificate of a PEM file expires.
///
/// # Errors
/// [`TlsError`] when the file cannot be read or holds no certificate.
pub fn certificate_expiry(file: &Path) -> Result<Timestamp, TlsError> {
    let chain = chain(file)?;
    expiry(first(&chain, file)?)
}

/// A chain and its key that fit each other.
struct Pair {
    leaf: X509,
    intermediates: Vec<X509>,
    key: PKey<Private>,
}

impl Pair {
    fn read(certificate_file: &Path, key_file: &Path) -> Result<Self, TlsError> {
        let mut chain = chain(certificate_file)?;
        let leaf = first(&chain, certificate_file)?.clone();
        // An encrypted key must not ask a terminal for its passphrase.
        let key = PKey::private_key_from_pem_callback(&content(key_file)?, |_| Ok(0));
        let key = key.map_err(|_| {
            let what = "holds no PEM private key, or an encrypted one";
            TlsError(format!("{} {what}", key_file.display()))
        })?;
        if !leaf.public_key()?.public_eq(&key) {
            let (key, certificate) = (key_file.display(), certificate_file.display());
            return Err(TlsError(format!(
                "the key in {key} does not belong to the first certificate in {certificate}"
            )));
        }
        Ok(Self { leaf, intermediates: chain.split_off(1), key })
    }

    fn context(&self) -> Result<SslContext, TlsError> {
        let mut context = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        context.set_certificate(&self.leaf)?;
        for certificate in &self.intermediates {
            context.add_extra_chain_cert(certificate.clone())?;
        }
        context.set_private_key(&self.key)?;
        context.set_alpn_select_callback(|_, offered| {
            select_next_proto(HTTP_1_1, offered).ok_or(AlpnError::NOACK)
        });
        Ok(context.build().into_context())
    }

    fn expires(&self) -> Result<Timestamp, TlsError> {
        expiry(&self.leaf)
    }
}

fn chain(file: &Path) -> Result<Vec<X509>, TlsError> {
    X509::stack_from_pem(&content(file)?)
        .map_err(|_| TlsError(format!("{} holds no PEM certificate", file.display())))
}

fn first<'c>(chain: &'c [X509], file: &Path) -> Result<&'c X509, TlsError> {
    chain.first().ok_or_else(|| TlsError(format!("{} holds no PEM certificate", file.display())))
}

fn content(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|error| TlsError(format!("cannot read {}: {error}", file.display())))
}

/// None for a file that is not there; reading it tells why.
fn stamp(file: &Path) -> Option<Stamp> {
    let found = fs::metadata(file).ok()?;
    Some(Stamp {
        device: found.dev(),
        inode: found.ino(),
        size: found.size(),
        modified: (found.mtime(), found.mtime_nsec()),
    })
}

fn expiry(certificate: &openssl::x509::X509Ref) -> Result<Timestamp, TlsError> {
    Ok(seconds(certificate.not_after())?)
}

fn seconds(time: &Asn1TimeRef) -> Result<Timestamp, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(Timestamp(i64::from(since.days) * 86_400 + i64::from(since.secs)))
}
