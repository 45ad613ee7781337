//! TLS on the public listener: a client that trusts one authority, and files that change.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslConnector, SslMethod, SslStream};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};

use crate::sandbox::{Sandbox, Server};

const CONFIGURATION: &str = "[tls]\ncertificate_file = 'chain.pem'\nkey_file = 'key.pem'\n";

/// Connections that never say anything: more than a worker shakes hands with at once.
const SILENT: usize = 300;

/// Serial numbers of authorities.
const ROOT: u32 = 1000;
const INTERMEDIATE: u32 = 1001;

/// A root that clients trust, and an intermediate that issues what servers show.
pub(crate) struct Authority {
    root: X509,
    intermediate: (X509, PKey<Private>),
}

/// A certificate with what it needs, as files.
pub(crate) struct Issued {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Issued {
    pub(crate) fn write(&self, sandbox: &Sandbox) {
        self.write_key(sandbox);
        self.write_chain(sandbox);
    }

    fn write_key(&self, sandbox: &Sandbox) {
        replace(sandbox, "key.pem", &self.key);
    }

    fn write_chain(&self, sandbox: &Sandbox) {
        replace(sandbox, "chain.pem", &self.chain);
    }
}

/// Puts a file in the place of another in one step, as certificate tools do.
fn replace(sandbox: &Sandbox, name: &str, content: &[u8]) {
    let path = sandbox.dir.path().join(name);
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, content).unwrap();
    std::fs::rename(fresh, path).unwrap();
}

fn key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
}

/// A certificate of `serial` for `key`, signed by an issuer or by itself.
fn certificate(
    serial: u32,
    key: &PKey<Private>,
    issuer: Option<&(X509, PKey<Private>)>,
    extend: impl FnOnce(&mut X509Builder),
) -> X509 {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, &format!("certificate {serial}")).unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    let (issuer_name, issuer_key) =
        issuer.map_or((&*name, key), |(certificate, key)| (certificate.subject_name(), key));
    builder.set_issuer_name(issuer_name).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(365).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    extend(&mut builder);
    builder.sign(issuer_key, MessageDigest::sha256()).unwrap();
    builder.build()
}

fn is_authority(builder: &mut X509Builder) {
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
}

impl Authority {
    pub(crate) fn new() -> Self {
        let (root_key, intermediate_key) = (key(), key());
        let root = certificate(ROOT, &root_key, None, is_authority);
        let issuer = (root.clone(), root_key);
        let intermediate =
            certificate(INTERMEDIATE, &intermediate_key, Some(&issuer), is_authority);
        Self { root, intermediate: (intermediate, intermediate_key) }
    }

    /// A certificate for this machine that lives for `days`.
    pub(crate) fn issue(&self, serial: u32, days: u32) -> Issued {
        let key = key();
        let leaf = certificate(serial, &key, Some(&self.intermediate), |builder| {
            let mut names = SubjectAlternativeName::new();
            names.ip("127.0.0.1").dns("localhost");
            let names = names.build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(names).unwrap();
            builder.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
        });
        let chain = [leaf.to_pem().unwrap(), self.intermediate.0.to_pem().unwrap()].concat();
        Issued { chain, key: key.private_key_to_pem_pkcs8().unwrap() }
    }

    /// Connects as a client that trusts the root alone, under `name`.
    fn connect(&self, server: &Server, name: &str) -> SslStream<TcpStream> {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.cert_store_mut().add_cert(self.root.clone()).unwrap();
        connector.set_alpn_protos(b"\x02h2\x08http/1.1").unwrap();
        let connection = TcpStream::connect(server.address()).unwrap();
        connector.build().connect(name, connection).unwrap()
    }

    /// A form post on a connection of its own; the whole answer.
    pub(crate) fn post(&self, server: &Server, path: &str, form: &str) -> String {
        let mut connection = self.connect(server, "127.0.0.1");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            server.address(),
            form.len(),
        );
        connection.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// The serial number of what the server showed.
fn serial(connection: &SslStream<TcpStream>) -> u32 {
    let shown = connection.ssl().peer_certificate().unwrap();
    shown.serial_number().to_bn().unwrap().to_dec_str().unwrap().parse().unwrap()
}

/// Asks for discovery on a connection that stays; the body.
fn discovery(connection: &mut SslStream<TcpStream>) -> serde_json::Value {
    let path = "/.well-known/openid-configuration";
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    connection.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn sandbox(issued: &Issued) -> Sandbox {
    let sandbox = Sandbox::configured(CONFIGURATION);
    issued.write(&sandbox);
    sandbox
}

#[test]
fn tls_is_spoken_whether_or_not_the_client_names_the_server() {
    let authority = Authority::new();
    let server = sandbox(&authority.issue(1, 90)).serve();
    // An address is no server name (RFC 6066 section 3): the first names none.
    for name in ["127.0.0.1", "localhost"] {
        let mut connection = authority.connect(&server, name);
        assert_eq!(serial(&connection), 1);
        assert_eq!(connection.ssl().selected_alpn_protocol(), Some(&b"http/1.1"[..]));
        let issuer = format!("https://{}", server.address());
        assert_eq!(discovery(&mut connection)["issuer"], issuer);
    }
    assert!(reqwest::blocking::get(&server.url).is_err(), "plain HTTP is not spoken");
}

#[test]
fn a_replaced_certificate_is_shown_to_new_connections_while_old_ones_live() {
    let authority = Authority::new();
    let sandbox = sandbox(&authority.issue(1, 90));
    let mut server = sandbox.serve();
    let mut old = authority.connect(&server, "127.0.0.1");
    discovery(&mut old);
    authority.issue(2, 60).write(&sandbox);
    server.wait_for("the TLS certificate was replaced");
    for name in ["127.0.0.1", "localhost"] {
        assert_eq!(serial(&authority.connect(&server, name)), 2);
    }
    discovery(&mut old);
    assert_eq!(serial(&old), 1);
}

#[test]
fn a_pair_that_does_not_fit_leaves_the_old_one_in_use_until_it_does() {
    let authority = Authority::new();
    let sandbox = sandbox(&authority.issue(1, 90));
    let mut server = sandbox.serve();
    let next = authority.issue(2, 90);
    next.write_chain(&sandbox);
    let told = server.wait_for("does not belong to the first certificate");
    assert!(told.contains("the old certificate stays in use"), "{told}");
    assert_eq!(serial(&authority.connect(&server, "127.0.0.1")), 1);
    next.write_key(&sandbox);
    server.wait_for("the TLS certificate was replaced");
    assert_eq!(serial(&authority.connect(&server, "127.0.0.1")), 2);
    let failures = server.metric("keywright_job_failures_total{job=\"tls_certificate\"}");
    assert_eq!(failures, Some(1.0), "each change is told once");
}

#[test]
fn clients_that_never_shake_hands_keep_nobody_out() {
    let authority = Authority::new();
    let sandbox = sandbox(&authority.issue(1, 90));
    let text = format!("{CONFIGURATION}[http]\nworkers = 1\nrequest_timeout = '1s'\n");
    sandbox.write("keywright.toml", &text);
    let server = sandbox.serve();
    let silent: Vec<_> =
        (0..SILENT).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    discovery(&mut authority.connect(&server, "127.0.0.1"));
    drop(silent);
}

#[test]
fn a_certificate_that_is_about_to_expire_is_told_in_the_log_and_as_a_metric() {
    let authority = Authority::new();
    let mut server = sandbox(&authority.issue(1, 5)).serve();
    server.wait_for("the TLS certificate expires in ");
    let expires = server.metric("keywright_tls_certificate_expiry_timestamp_seconds").unwrap();
    let started = server.metric("process_start_time_seconds").unwrap();
    let days = (expires - started) / 86_400.0;
    assert!((4.9..5.1).contains(&days), "{days}");
}

#[test]
fn a_server_does_not_start_with_files_that_are_no_pair_and_who_asks_before_is_told() {
    let authority = Authority::new();
    let sandbox = sandbox(&authority.issue(1, 90));
    sandbox.run(&["config", "check"]).ok();
    authority.issue(2, 90).write_key(&sandbox);
    let refused = |told: &str| {
        for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["config", "check"]] {
            let ran = sandbox.run(arguments);
            assert_eq!(ran.status, Some(1));
            assert!(ran.err.contains(told), "{}", ran.err);
            assert!(ran.err.contains("hint: check tls.certificate_file and"), "{}", ran.err);
        }
        let doctor = sandbox.run(&["doctor"]);
        assert!(doctor.out.contains(&format!("FAILURE  tls files: {told}")), "{}", doctor.out);
    };
    refused("the key in key.pem does not belong");
    for (name, content, told) in [
        ("key.pem", "nothing", "key.pem holds no PEM private key"),
        ("chain.pem", "nothing", "chain.pem holds no PEM certificate"),
    ] {
        sandbox.write(name, content);
        refused(told);
    }
}

#[test]
fn the_key_of_the_listener_may_be_read_by_a_group_and_not_by_everybody() {
    let sandbox = sandbox(&Authority::new().issue(1, 90));
    let key = sandbox.dir.path().join("key.pem");
    for (mode, is_told) in [(0o640, false), (0o644, true)] {
        std::fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        let out = sandbox.run(&["doctor"]).out;
        assert_eq!(out.contains("may read the TLS key in key.pem"), is_told, "{out}");
    }
}

#[test]
fn half_a_pair_and_a_plain_issuer_are_problems_of_the_configuration() {
    let text = "issuer = 'http://127.0.0.1:8080'\n[tls]\ncertificate_file = 'chain.pem'\n";
    let err = Sandbox::configured(text).run(&["config", "check"]).err;
    assert!(err.contains("tls.key_file (KEYWRIGHT_TLS__KEY_FILE): set it too"), "{err}");
    let text = format!("issuer = 'http://127.0.0.1:8080'\n{CONFIGURATION}");
    let err = Sandbox::configured(&text).run(&["config", "check"]).err;
    assert!(err.contains("nobody reaches this server under http"), "{err}");
}
