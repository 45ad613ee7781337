//! `keywright doctor`, on set-ups that are well and on broken ones.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

use keywright_testkit::database::ScratchDatabase;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use serde_json::Value;

use crate::sandbox::{Ran, Sandbox, finish};

/// What the doctor said.
struct Report {
    ran: Ran,
    findings: Vec<Value>,
}

impl Report {
    /// The findings of a check, as `status: what`.
    fn of(&self, check: &str) -> Vec<String> {
        let about = self.findings.iter().filter(|finding| finding["check"] == check);
        let text = |finding: &Value| {
            let [status, what] = ["status", "what"].map(|name| finding[name].as_str().unwrap());
            format!("{status}: {what}")
        };
        about.map(text).collect()
    }

    /// Holds that the check has one finding, which begins so.
    #[track_caller]
    fn says(&self, check: &str, start: &str) -> &Self {
        let found = self.of(check);
        let one = found.iter().any(|finding| finding.starts_with(start));
        assert!(one, "{check}: {found:?}, not {start:?}");
        self
    }

    #[track_caller]
    fn ends(&self, status: i32) -> &Self {
        assert_eq!(self.ran.status, Some(status), "{}{}", self.ran.out, self.ran.err);
        self
    }
}

fn doctor(sandbox: &Sandbox, environment: &[(&str, &str)]) -> Report {
    let mut command = sandbox.command(&["doctor", "-o", "json"]);
    command.envs(environment.iter().copied());
    let ran = finish(command, "");
    let findings: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    for finding in &findings {
        let advised = finding["todo"].as_str().is_some_and(|todo| !todo.is_empty());
        assert_eq!(advised, finding["status"] != "ok", "{finding}");
    }
    Report { ran, findings }
}

/// Answers each connection with `answer`, in which `ISSUER` stands for its own address.
fn stub(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.replace("ISSUER", &issuer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    issuer
}

fn address(url: &str) -> &str {
    url.trim_start_matches("http://")
}

#[test]
fn a_server_that_runs_is_well() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["users", "add", "root", "--admin"], "correct horse battery").ok();
    let server = sandbox.serve();
    let report = doctor(&sandbox, &[("KEYWRIGHT_LISTEN", address(&server.url))]);
    report.ends(0).says("configuration", "ok").says("database", "ok: SQLite 3.");
    report.says("migrations", "ok").says("master key", "ok").says("keys", "ok: 4 sign");
    report.says("issuer", "ok").says("jwks", "ok").says("clock", "ok");
    for absent in ["administrator", "permissions", "durability", "integrity", "proxy"] {
        assert_eq!(report.of(absent), [""; 0], "{absent}");
    }
    let text = finish(sandbox.command(&["doctor"]), "").ok();
    assert!(text.contains("ok       migrations: ") && text.contains("\n         -> "), "{text}");
}

#[test]
fn a_place_where_nothing_was_started_is_no_failure_and_stays_empty() {
    let sandbox = Sandbox::new();
    let report = doctor(&sandbox, &[("KEYWRIGHT_LISTEN", "127.0.0.1:1")]);
    report.ends(0).says("database", "warning: there is no database");
    report.says("issuer", "warning: nobody answers at http://127.0.0.1:1/.well-known/");
    assert_eq!(fs::read_dir(sandbox.dir.path()).unwrap().count(), 0);
}

#[test]
fn postgresql_is_looked_at_too() {
    let Some(scratch) = ScratchDatabase::postgres() else {
        println!("skipped: there is no PostgreSQL here");
        return;
    };
    let sandbox = Sandbox::configured("master_key_file = 'key'\n[database]\nurl_file = 'url'\n");
    sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    sandbox.write("url", &scratch.url);
    let server = sandbox.serve();
    let report = doctor(&sandbox, &[("KEYWRIGHT_LISTEN", address(&server.url))]);
    report
        .ends(0)
        .says("database", "ok: PostgreSQL 1")
        .says("clock", "ok: agrees with that of the");
    report.says("master key", "ok").says("keys", "ok: 4 sign").says("jwks", "ok");
    report.says("permissions", "warning: others on this machine may read the secret in key");
    assert_eq!(report.of("database encryption"), [""; 0], "a socket of this machine");
    let report = doctor(&sandbox, &[("KEYWRIGHT_DATABASE__URL", "postgres://127.0.0.1:1/none")]);
    report.ends(1).says("database", "failure: ");
}

#[test]
fn every_mistake_in_the_configuration_is_a_failure() {
    let sandbox = Sandbox::configured("isuer = 'x'\nlisten = 'nowhere'\n");
    let report = doctor(&sandbox, &[]);
    assert_eq!(report.ends(1).of("configuration").len(), 2);
    assert!(report.ran.err.contains("2 things are broken"), "{}", report.ran.err);
}

#[test]
fn tables_that_lack_a_migration_are_a_failure() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir.path().join("data")).unwrap();
    drop(sandbox.database());
    doctor(&sandbox, &[]).ends(1).says("migrations", "failure: the tables lack ");
}

#[test]
fn a_master_key_of_another_database_is_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.restart();
    sandbox.write("data/master.key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    doctor(&sandbox, &[]).ends(1).says("master key", "failure: ");
    fs::remove_file(sandbox.dir.path().join("data/master.key")).unwrap();
    doctor(&sandbox, &[]).ends(1).says("master key", "failure: ").says("migrations", "ok");
}

#[test]
fn a_master_key_that_others_may_read_is_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.restart();
    let data = sandbox.dir.path().join("data");
    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    doctor(&sandbox, &[]).ends(0).says("permissions", "warning: others may look into");
    fs::set_permissions(data.join("master.key"), Permissions::from_mode(0o640)).unwrap();
    doctor(&sandbox, &[]).ends(1).says("permissions", "failure: others may read the master key");
}

#[test]
fn a_damaged_database_is_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.restart();
    let path = sandbox.dir.path().join("data/keywright.db");
    let mut file = fs::read(&path).unwrap();
    let middle = file.len() / 2;
    // Every page from the middle on; the schema is at the front.
    file[middle..].fill(0xA5);
    fs::write(&path, file).unwrap();
    let report = doctor(&sandbox, &[]);
    let found = [report.of("integrity"), report.of("database")].concat();
    assert!(found.iter().any(|finding| finding.starts_with("failure")), "{found:?}");
    report.ends(1);
}

#[test]
fn whoever_answers_in_our_place_is_a_failure() {
    for (answer, what) in [
        (
            "HTTP/1.1 301 Moved\r\nLocation: https://id.example/\r\nContent-Length: 0",
            "redirects to https",
        ),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0", "answers 502 Bad Gateway: the proxy"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0", "answers 404"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2", "answers no JSON"),
    ] {
        let answer = format!("{answer}\r\nConnection: close\r\n\r\n{{}}");
        let issuer = stub(Box::leak(answer.into_boxed_str()));
        let report = doctor(&Sandbox::new(), &[("KEYWRIGHT_ISSUER", &issuer)]);
        report.ends(1);
        let found = report.of("issuer");
        assert!(found[0].starts_with("failure: ") && found[0].contains(what), "{found:?}");
    }
}

#[test]
fn an_issuer_that_differs_by_a_slash_is_a_failure() {
    let issuer = stub(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
         {\"issuer\": \"ISSUER/\"}",
    );
    let report = doctor(&Sandbox::new(), &[("KEYWRIGHT_ISSUER", &issuer)]);
    report.ends(1).says("issuer", "failure: ");
    assert!(report.of("issuer")[0].contains(&format!("its issuer is \"{issuer}/\"")));
}

#[test]
fn a_clock_that_is_off_and_a_proxy_that_strips_headers_are_warnings() {
    let issuer = stub(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n{\"issuer\": \"ISSUER\", \
         \"jwks_uri\": \"ISSUER/jwks\", \"keys\": []}",
    );
    let report = doctor(&Sandbox::new(), &[("KEYWRIGHT_ISSUER", &issuer)]);
    report.ends(0).says("clock", "warning: differs by ").says("proxy", "warning: ");
}

#[test]
fn a_proxy_that_nobody_trusts_and_trust_without_a_proxy_are_warnings() {
    let https = ("KEYWRIGHT_ISSUER", "https://127.0.0.1:1");
    let trust = ("KEYWRIGHT_HTTP__TRUSTED_PROXIES", "10.0.0.0/8");
    let report = doctor(&Sandbox::new(), &[https]);
    report.ends(0).says("proxy", "warning: a proxy must terminate TLS here, but none is trusted");
    let report = doctor(&Sandbox::new(), &[trust, ("KEYWRIGHT_LISTEN", "127.0.0.1:1")]);
    report.ends(0).says("proxy", "warning: proxies are trusted, but the issuer is the listener");
    assert_eq!(doctor(&Sandbox::new(), &[https, trust]).of("proxy"), [""; 0]);
}

#[test]
fn a_server_on_another_database_is_a_failure() {
    let other = Sandbox::new();
    other.restart();
    let sandbox = Sandbox::new();
    let server = sandbox.serve();
    let report = doctor(&other, &[("KEYWRIGHT_LISTEN", address(&server.url))]);
    report.ends(1).says("issuer", "ok").says("jwks", "failure: ");
}

/// A certificate for 127.0.0.1 that signs itself and holds for `days`.
fn certificate(days: u32) -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "127.0.0.1").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
    builder.append_extension(BasicConstraints::new().ca().build().unwrap()).unwrap();
    let address = SubjectAlternativeName::new()
        .ip("127.0.0.1")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(address).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

/// Answers over TLS with a discovery document.
fn https(certificate: &X509, key: &PKey<Private>) -> SocketAddr {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(certificate).unwrap();
    acceptor.set_private_key(key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let body = format!(r#"{{"issuer":"https://{at}","jwks_uri":"https://{at}/jwks"}}"#);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 1";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    at
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning_and_one_that_does_not_hold_a_failure() {
    let (certificate, key) = certificate(3);
    let issuer = format!("https://{}", https(&certificate, &key));
    let sandbox = Sandbox::new();
    sandbox.write("ca.pem", &String::from_utf8(certificate.to_pem().unwrap()).unwrap());
    let trusting = [("KEYWRIGHT_ISSUER", issuer.as_str()), ("SSL_CERT_FILE", "ca.pem")];
    let report = doctor(&sandbox, &trusting);
    report.ends(0).says("tls", "warning: the certificate holds for ").says("issuer", "ok");
    let report = doctor(&sandbox, &[("KEYWRIGHT_ISSUER", &issuer)]);
    report.ends(1).says("tls", "failure: ");
}
