//! The configuration: a file, below a line `---` environment variables, and flags among them.
//! It loads as something that makes sense, or each problem says where it is.

#![no_main]

use std::collections::BTreeMap;
use std::path::PathBuf;

use config::{Config, Problem, Sources};
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::seal::MasterKey;
use keywright_core::time::Seconds;
use libfuzzer_sys::fuzz_target;
use url::Url;

#[path = "../../../crates/server/src/account.rs"]
#[allow(dead_code, reason = "what is declared is not brought into a database")]
mod account;
#[path = "../../../crates/server/src/config/mod.rs"]
#[allow(dead_code, unused_imports, reason = "what is declared is not brought into a database")]
mod config;
#[path = "../../../crates/server/src/failure.rs"]
#[allow(dead_code, reason = "what is declared is not brought into a database")]
mod failure;

const FILE: &str = "/etc/keywright.toml";
const FLAGS: [&str; 3] = ["issuer", "listen", "data_dir"];

fuzz_target!(|input: &str| {
    // A file that never ends is somebody's own choice.
    if input.contains("/dev") || input.contains("/proc") {
        return;
    }
    let (file, rest) = input.split_once("\n---\n").unwrap_or((input, ""));
    match config::load(sources(file, rest)) {
        Ok(config) => {
            check(&config);
            let with_unknown = format!("no_such_option = 1\n{file}");
            let problems = config::load(sources(&with_unknown, rest)).expect_err("a problem");
            let told = problems.iter().any(|problem| problem.place.contains("no_such_option"));
            assert!(told || file.contains("no_such_option"), "{problems:?}");
        }
        Err(problems) => check_problems(&problems),
    }
});

fn sources(file: &str, rest: &str) -> Sources {
    let mut flags = BTreeMap::new();
    let mut environment = BTreeMap::new();
    for line in rest.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        match FLAGS.into_iter().find(|flag| name.strip_prefix("--") == Some(flag)) {
            Some(flag) => drop(flags.insert(flag, value.to_owned())),
            None => drop(environment.insert(name.to_owned(), value.to_owned())),
        }
    }
    Sources { flags, environment, file: Some((PathBuf::from(FILE), file.to_owned())) }
}

fn check_problems(problems: &[Problem]) {
    assert!(!problems.is_empty(), "refused for nothing");
    for problem in problems {
        let place = &problem.place;
        let is_place = ["keywright.toml", "KEYWRIGHT_", "--", "clients", "resources", "users"];
        assert!(is_place.iter().any(|part| place.contains(part)), "nowhere: {problem}");
        assert!(!problem.sentence.trim().is_empty(), "{problem:?}");
        assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
    }
}

fn check(config: &Config) {
    let settings = &config.settings;
    let issuer = Url::parse(&settings.issuer).expect("a URL");
    assert!(matches!(issuer.scheme(), "http" | "https") && issuer.host().is_some());
    assert!(!settings.issuer.ends_with('/') && issuer.query().is_none());
    assert!(issuer.fragment().is_none() && issuer.username().is_empty());
    assert!(!config.listen.is_empty());
    assert!(settings.code_lifetime <= Seconds::minutes(10), "RFC 6749 section 4.1.2");
    assert!(settings.access_token_lifetime > Seconds(0) && settings.session_lifetime > Seconds(0));
    assert!(settings.keys.algorithms.contains(&Algorithm::RS256));
    assert!(settings.keys.active > settings.keys.announce);
    assert!((10..=16).contains(&settings.password_cost));
    let url = config.database.url.expose();
    assert!(["sqlite://", "postgres://", "postgresql://"].iter().any(|s| url.starts_with(s)));
    assert!(config.master_key.as_ref().is_none_or(|key| MasterKey::parse(key).is_ok()));
    for client in &config.declared.clients {
        assert!(client.metadata.problems().is_empty(), "{client:?}");
        assert_eq!(client.secret.is_none(), client.metadata.is_public());
        assert!(settings.keys.algorithms.contains(&client.metadata.id_token_signed_response_alg));
    }
    for resource in &config.declared.resources {
        assert!(resource.problems().is_empty(), "{resource:?}");
        assert!(settings.keys.algorithms.contains(&resource.algorithm));
    }
}
