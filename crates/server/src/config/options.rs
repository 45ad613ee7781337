//! The options of the server itself: everything but declared clients, resources and users.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keywright_core::account::throttle;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::rotate;
use keywright_core::keys::seal::MasterKey;
use keywright_core::provider::Settings;
use keywright_core::secret::Secret;
use keywright_core::time::Seconds;
use keywright_http::{ForwardedHeader, Limits, TrustedProxies};
use url::{Host, Url};

use super::declared;
use super::reader::Reader;
use super::value::Raw;
use super::{Config, Database, Http, Log, Tls};

/// The shortest announcement: the JWKS max-age and an hour.
const SHORTEST_ANNOUNCEMENT: Seconds = Seconds::hours(2);

/// Reads every option there is.
pub(super) fn read(reader: &mut Reader) -> Config {
    let listen = reader.fixed("listen", addresses);
    let tls = tls(reader);
    let issuer = issuer(reader, &listen, tls.is_some());
    let data_dir = PathBuf::from(reader.fixed("data_dir", Raw::text));
    let declared = declared::read(reader);
    let mut settings =
        Settings::new(issuer.clone().unwrap_or_else(|| derived_issuer(&listen, tls.is_some())));
    lifetimes(reader, &mut settings);
    let longest = declared.resources.iter().filter_map(|r| r.access_token_lifetime).max();
    let longest = longest.max(Some(longest_token(&settings)));
    let (keys, longest_token) = keys(reader, longest);
    settings.keys = keys;
    declared::check_algorithms(reader, &declared, &settings.keys.algorithms);
    settings.password_cost = reader.fixed("passwords.cost", |raw| raw.within(10, 16));
    settings.throttle = throttle(reader);
    let database = database(reader, &data_dir);
    Config {
        settings,
        longest_token,
        issuer_is_configured: issuer.is_some(),
        master_key: master_key(reader, &database),
        database,
        tls,
        management: reader.fixed("management.listen", addresses_if_any),
        http: http(reader),
        log: log(reader),
        // After everything that reads one.
        secret_files: reader.secret_files(),
        listen,
        data_dir,
        declared,
    }
}

/// The issuer of a server that nobody configured one for.
pub(crate) fn derived_issuer(listen: &[SocketAddr], tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    listen.first().map(|address| format!("{scheme}://{address}")).unwrap_or_default()
}

fn addresses(raw: &Raw) -> Result<Vec<SocketAddr>, String> {
    let addresses = addresses_if_any(raw)?;
    if addresses.is_empty() { Err("name at least one address".into()) } else { Ok(addresses) }
}

fn addresses_if_any(raw: &Raw) -> Result<Vec<SocketAddr>, String> {
    let texts = match raw {
        Raw::Toml(toml::Value::Array(_)) => raw.list()?,
        _ => Raw::Text(raw.text()?).list()?,
    };
    let parse = |text: &String| {
        text.parse().map_err(|_| format!("{text:?} is not address:port, such as 127.0.0.1:8080"))
    };
    texts.iter().map(parse).collect()
}

fn tls(reader: &mut Reader) -> Option<Tls> {
    let certificate = reader.optional("tls.certificate_file", Raw::text);
    let key = reader.optional("tls.key_file", Raw::text);
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Some(Tls { certificate: certificate.into(), key: key.into() })
        }
        (Some(_), None) => {
            reader.refuse("tls.key_file", "set it too: the private key of tls.certificate_file");
            None
        }
        (None, Some(_)) => {
            reader.refuse("tls.certificate_file", "set it too: the certificate of tls.key_file");
            None
        }
        (None, None) => None,
    }
}

fn issuer(reader: &mut Reader, listen: &[SocketAddr], tls: bool) -> Option<String> {
    let insecure = reader.fixed("allow_insecure_issuer", Raw::boolean);
    let issuer = reader.optional("issuer", |raw| {
        let text = raw.text()?;
        check_issuer(&text, insecure).map(|()| text)
    });
    if tls && issuer.as_ref().is_some_and(|issuer| issuer.starts_with("http:")) {
        let why = "[tls] is set, so nobody reaches this server under http; write https://";
        reader.refuse("issuer", why);
    }
    let elsewhere = listen.first().is_some_and(|address| !address.ip().is_loopback());
    if issuer.is_none() && elsewhere && !reader.is_given("issuer") {
        let why = "set it to the URL under which browsers and clients reach this server; it \
                   cannot be told from the address that is listened on";
        reader.refuse("issuer", why);
    }
    issuer
}

/// An http(s) URL without query, fragment and trailing slash (OIDC Discovery section 3, RFC 8414
/// section 2), written as URL parsers would write it, since clients compare it byte for byte.
fn check_issuer(text: &str, insecure: bool) -> Result<(), String> {
    let url =
        Url::parse(text).map_err(|e| format!("{text:?} is no URL ({e}); write http(s)://"))?;
    let http = matches!(url.scheme(), "http" | "https");
    if !http || url.host().is_none() {
        return Err(format!("{text:?} is no http or https URL"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{text:?} has a query or a fragment; remove it"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or password; remove it".to_owned());
    }
    if text.ends_with('/') {
        return Err(format!("{text:?} ends with a slash; write {}", text.trim_end_matches('/')));
    }
    let canonical = url.as_str().trim_end_matches('/');
    if text != canonical {
        return Err(format!("{text:?} is unusual; write {canonical}"));
    }
    if url.scheme() == "http" && !insecure && !is_loopback(&url) {
        return Err(format!(
            "{text:?} sends passwords and codes in the clear; use https (or set \
             allow_insecure_issuer = true inside a network that you trust)"
        ));
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn lifetimes(reader: &mut Reader, settings: &mut Settings) {
    let span = |raw: &Raw| match raw.seconds()? {
        Seconds::ZERO => Err("0 would end it at once; use at least one second".to_owned()),
        span => Ok(span),
    };
    settings.access_token_lifetime = reader.span("lifetimes.access_token", span);
    settings.id_token_lifetime = reader.span("lifetimes.id_token", span);
    settings.code_lifetime = reader.span("lifetimes.code", span);
    settings.interaction_lifetime = reader.span("lifetimes.interaction", span);
    settings.session_idle_lifetime = reader.span("lifetimes.session_idle", span);
    settings.session_lifetime = reader.span("lifetimes.session", span);
    settings.offline_idle_lifetime = reader.span("lifetimes.offline_idle", span);
    settings.online_idle_lifetime = reader.span("lifetimes.online_idle", span);
    settings.grant_lifetime = reader.span("lifetimes.grant", span);
    settings.refresh_grace = reader.span("lifetimes.refresh_grace", Raw::seconds);
    if settings.code_lifetime > Seconds::minutes(10) {
        let why = "a code may live ten minutes at most (RFC 6749 section 4.1.2); use \"60s\"";
        reader.refuse("lifetimes.code", why);
    }
}

fn longest_token(settings: &Settings) -> Seconds {
    settings.access_token_lifetime.max(settings.id_token_lifetime)
}

/// The policy, and how long a token may live under it.
fn keys(reader: &mut Reader, longest_token: Option<Seconds>) -> (rotate::Policy, Option<Seconds>) {
    let policy = rotate::Policy {
        algorithms: reader.fixed("keys.algorithms", algorithms),
        announce: reader.span("keys.announce", Raw::seconds),
        active: reader.span("keys.active", Raw::seconds),
        retired: reader.span("keys.retired", Raw::seconds),
    };
    let short = reader.fixed("keys.allow_short_windows", Raw::boolean);
    if policy.announce < SHORTEST_ANNOUNCEMENT && !short {
        let why = "verifiers may keep the key set for an hour and must see a key before it \
                   signs; use at least \"2h\"";
        reader.refuse("keys.announce", why);
    }
    if policy.active <= policy.announce {
        let why = "a key must sign for longer than its successor is announced; make it longer \
                   than keys.announce";
        reader.refuse("keys.active", why);
    }
    if longest_token.is_some_and(|longest| policy.retired < longest) && !short {
        let why = "a key must stay published until its last token has expired; make it at least \
                   the longest lifetime of an access or ID token";
        reader.refuse("keys.retired", why);
    }
    let longest_allowed = (!short).then_some(policy.retired);
    (policy, longest_allowed)
}

fn algorithms(raw: &Raw) -> Result<Vec<Algorithm>, String> {
    let mut algorithms = Vec::new();
    for name in raw.list()? {
        let algorithm = name.parse()?;
        if !algorithms.contains(&algorithm) {
            algorithms.push(algorithm);
        }
    }
    if !algorithms.contains(&Algorithm::RS256) {
        return Err("RS256 is missing; every OpenID provider must offer it (OIDC Core section \
                    15.1)"
            .to_owned());
    }
    Ok(algorithms)
}

fn database(reader: &mut Reader, data_dir: &Path) -> Database {
    let url = reader.secret("database.url", "database.url_file").unwrap_or_else(|| {
        Secret::new(format!("sqlite://{}", data_dir.join("keywright.db").display()))
    });
    let known = ["sqlite://", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| url.expose().starts_with(scheme)) {
        let why = "write sqlite://path or postgres://user:password@host/name";
        reader.refuse("database.url", why);
    }
    Database {
        url,
        pool_size: reader.fixed("database.pool_size", |raw| raw.within(1, 1000)),
        timeout: duration(reader.span("database.timeout", Raw::seconds)),
    }
}

/// Two replicas on one PostgreSQL would each generate a key, so there it must be given.
fn master_key(reader: &mut Reader, database: &Database) -> Option<Secret> {
    let key = reader.secret("master_key", "master_key_file");
    if let Some(Err(why)) = key.as_ref().map(MasterKey::parse) {
        reader.refuse("master_key", why);
    }
    let given = reader.is_given("master_key") || reader.is_given("master_key_file");
    if !given && !database.is_sqlite() {
        let why = "PostgreSQL needs a master key, the same for every replica; make one with \
                   `openssl rand -base64 32` and set KEYWRIGHT_MASTER_KEY_FILE to its file";
        reader.refuse("master_key", why);
    }
    key
}

fn throttle(reader: &mut Reader) -> throttle::Policy {
    let count = |raw: &Raw| raw.within(0, 10_000);
    let free = [
        reader.fixed("throttle.account_and_network", count),
        reader.fixed("throttle.account", count),
        reader.fixed("throttle.network", count),
    ];
    let first = reader.span("throttle.first_wait", Raw::seconds);
    let longest = reader.span("throttle.longest_wait", Raw::seconds);
    let memory = reader.span("throttle.memory", Raw::seconds);
    if free != [0; 3] && first < Seconds(1) {
        let why = "no wait would stop nobody; use at least \"1s\", or turn all counters off with 0";
        reader.refuse("throttle.first_wait", why);
    }
    if longest < first {
        let why = "it is shorter than throttle.first_wait; make it at least as long";
        reader.refuse("throttle.longest_wait", why);
    }
    throttle::Policy::new(free, first, longest, memory)
}

fn http(reader: &mut Reader) -> Http {
    let count = |raw: &Raw| raw.within(1, 4096).map(|n| n as usize);
    Http {
        workers: reader.optional("http.workers", count),
        concurrent: reader.optional("http.concurrent", count),
        queue: reader.fixed("http.queue", |raw| raw.within(0, 1_000_000).map(|n| n as usize)),
        wait: duration(reader.span("http.wait", Raw::seconds)),
        connections: reader
            .fixed("http.connections", |raw| raw.within(1, 10_000_000).map(|n| n as usize)),
        request_timeout: duration(reader.span("http.request_timeout", Raw::seconds)),
        body_timeout: duration(reader.span("http.body_timeout", Raw::seconds)),
        response_timeout: duration(reader.span("http.response_timeout", Raw::seconds)),
        keep_alive: duration(reader.span("http.keep_alive", Raw::seconds)),
        shutdown_delay: duration(reader.span("http.shutdown_delay", Raw::seconds)),
        shutdown_timeout: duration(reader.span("http.shutdown_timeout", Raw::seconds)),
        hash_threads: reader.optional("passwords.threads", count),
        hash_queue: reader.fixed("passwords.queue", count),
        trusted_proxies: TrustedProxies {
            networks: reader.fixed("http.trusted_proxies", |raw| {
                raw.list()?.iter().map(|text| text.parse()).collect()
            }),
            header: reader.fixed("http.forwarded_header", forwarded_header),
        },
        limits: limits(reader),
    }
}

fn forwarded_header(raw: &Raw) -> Result<ForwardedHeader, String> {
    let text = raw.text()?;
    let known = [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded];
    let found = known.into_iter().find(|h| text.eq_ignore_ascii_case(h.name().as_str()));
    found.ok_or_else(|| format!("{text:?} is not read; use \"X-Forwarded-For\" or \"Forwarded\""))
}

fn limits(reader: &mut Reader) -> Limits {
    let rate = |raw: &Raw| raw.within(0, 1_000_000);
    let enabled = reader.fixed("limits.enabled", Raw::boolean);
    let limits = Limits {
        login: reader.fixed("limits.login", rate),
        authorize: reader.fixed("limits.authorize", rate),
        token: reader.fixed("limits.token", rate),
        introspect: reader.fixed("limits.introspect", rate),
        userinfo: reader.fixed("limits.userinfo", rate),
    };
    if enabled { limits } else { Limits::OFF }
}

fn log(reader: &mut Reader) -> Log {
    let level = reader.fixed("log.level", |raw| {
        let level = raw.text()?;
        let parsed = tracing_subscriber::EnvFilter::try_new(&level);
        let wrong = |e| format!("{level:?} is no log level ({e}); use error, warn, info or debug");
        parsed.map_err(wrong).map(|_| level.clone())
    });
    let json = reader.fixed("log.format", |raw| match raw.text()?.as_str() {
        "text" => Ok(false),
        "json" => Ok(true),
        other => Err(format!("{other:?} is no log format; use text or json")),
    });
    Log { level, json }
}

fn duration(span: Seconds) -> Duration {
    Duration::from_secs(span.0.unsigned_abs())
}
