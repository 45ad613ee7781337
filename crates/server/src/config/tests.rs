//! The default file is true, and wrong configurations say everything that is wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;

use keywright_core::provider::Settings;
use proptest::prelude::*;

use super::reader::{DECLARED, Presence, Reader, is_foreign};
use super::*;

fn sources(text: &str) -> Sources {
    Sources { file: Some((PathBuf::from("keywright.toml"), text.into())), ..Sources::default() }
}

fn problems(text: &str) -> Vec<String> {
    load(sources(text)).unwrap_err().iter().map(ToString::to_string).collect()
}

/// The default file with its examples switched on.
fn everything() -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    DEFAULT_FILE.lines().map(on).collect::<Vec<_>>().join("\n")
}

fn leaves(above: &str, table: &toml::Table, into: &mut Vec<String>) {
    for (name, value) in table {
        let key = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            toml::Value::Table(inner) => leaves(&key, inner, into),
            _ if DECLARED.contains(&key.as_str()) => {}
            _ => into.push(key),
        }
    }
    into.sort();
}

fn known(presence: impl Fn(Presence) -> bool) -> Vec<String> {
    let mut reader = Reader::new(Sources::default(), DEFAULT_FILE);
    options::read(&mut reader);
    let (known, problems) = reader.finish();
    assert_eq!(problems, []);
    let kept = known.into_iter().filter(|(_, p)| presence(*p));
    kept.map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn the_default_file_has_every_option_and_no_other() {
    let mut fixed = Vec::new();
    leaves("", &DEFAULT_FILE.parse().unwrap(), &mut fixed);
    assert_eq!(fixed, known(|presence| presence == Presence::Fixed));
    let mut all = Vec::new();
    leaves("", &everything().parse().unwrap(), &mut all);
    assert_eq!(all, known(|_| true));
}

#[test]
fn the_default_file_has_the_built_in_defaults() {
    let config = load(Sources::default()).unwrap();
    let built_in = Settings::new("http://127.0.0.1:8080");
    assert_eq!(format!("{:?}", config.settings), format!("{built_in:?}"));
    let http = keywright_http::ServerOptions::new(config.listen.clone());
    assert_eq!(config.http.wait, http.hop_wait);
    assert_eq!(config.http.hash_queue, http.hash_queue);
    assert_eq!(config.http.request_timeout, http.request_timeout);
    assert_eq!(config.http.keep_alive, http.keep_alive);
    assert_eq!(config.http.shutdown_timeout, http.shutdown_timeout);
    assert_eq!(config.http.limits, http.limits);
    assert!(config.http.trusted_proxies.networks.is_empty());
    assert_eq!(config.http.trusted_proxies.header, http.trusted_proxies.header);
}

#[test]
fn every_example_of_the_default_file_is_valid() {
    let text = everything();
    let without = |name: &str| !["master_key_file", "url_file"].contains(&name);
    let kept = text.lines().filter(|line| without(line.split(' ').next().unwrap()));
    let config = load(sources(&kept.collect::<Vec<_>>().join("\n"))).unwrap();
    assert_eq!(config.declared.clients.len(), 1);
    assert_eq!(config.declared.resources.len(), 1);
    assert_eq!(config.declared.users.len(), 1);
}

#[test]
fn all_problems_are_told_at_once_with_their_places() {
    let text = "
        isuer = 'https://id.example'
        listen = 'nowhere'
        [lifetimes]
        code = 'soon'
        acess_token = 5
        [keys]
        algorithms = ['HS256']
        [[clients]]
        client_id = 'c'
        redirect_uri = 'https://c.example/cb'
        grant_types = ['password']
        require_pkce = 'no'
        [[users]]
        password = 'x'
    ";
    let all = problems(text).join("\n");
    for part in [
        "isuer in keywright.toml: there is no such option; did you mean `issuer`?",
        "listen in keywright.toml: \"nowhere\" is not address:port",
        "lifetimes.code in keywright.toml: write whole seconds",
        "lifetimes.acess_token in keywright.toml: there is no such option; did you mean \
         `lifetimes.access_token`?",
        "keys.algorithms in keywright.toml: \"HS256\" is no algorithm of ours",
        "clients[0] in keywright.toml: redirect_uri: there is no such option; did you mean \
         `redirect_uris`?",
        "clients[0] in keywright.toml: grant_types: ",
        "clients[0] in keywright.toml: require_pkce: ",
        "users[0] in keywright.toml: login: is missing",
    ] {
        assert!(all.contains(part), "{part}\n is not in\n{all}");
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let mut layers = sources("listen = '127.0.0.1:1'");
    assert_eq!(load(sources("listen = '127.0.0.1:1'")).unwrap().listen[0].port(), 1);
    let variable = ("KEYWRIGHT_LISTEN".to_owned(), "127.0.0.1:2".to_owned());
    layers.environment = BTreeMap::from([variable.clone()]);
    assert_eq!(load(layers).unwrap().listen[0].port(), 2);
    let mut layers = sources("listen = '127.0.0.1:1'");
    layers.environment = BTreeMap::from([variable]);
    layers.flags = BTreeMap::from([("listen", "127.0.0.1:3".to_owned())]);
    assert_eq!(load(layers).unwrap().listen[0].port(), 3);
}

#[test]
fn an_unknown_variable_is_refused_but_not_what_kubernetes_sets() {
    let names = ["KEYWRIGHT_LISTN", "KEYWRIGHT_PORT_8080_TCP", "KEYWRIGHT_SERVICE_HOST", "HOME"];
    let environment = names.map(|name| (name.to_owned(), "x".to_owned()));
    let layers = Sources { environment: BTreeMap::from(environment), ..Sources::default() };
    let problems = load(layers).unwrap_err();
    assert_eq!(problems.len(), 1);
    let sentence = "there is no such option; did you mean `KEYWRIGHT_LISTEN`?";
    assert_eq!(problems[0].to_string(), format!("KEYWRIGHT_LISTN: {sentence}"));
}

#[test]
fn the_variables_of_a_kubernetes_service_stop_nothing_whatever_it_is_called() {
    for service in ["", "_METRICS", "_PUBLIC_API"] {
        let environment = [
            ("SERVICE_HOST", "10.96.0.7"),
            ("SERVICE_PORT", "9690"),
            ("SERVICE_PORT_HTTP", "9690"),
            ("PORT", "tcp://10.96.0.7:9690"),
            ("PORT_9690_TCP", "tcp://10.96.0.7:9690"),
            ("PORT_9690_TCP_PROTO", "tcp"),
            ("PORT_9690_TCP_PORT", "9690"),
            ("PORT_9690_TCP_ADDR", "10.96.0.7"),
        ];
        let name = |rest: &str| format!("KEYWRIGHT{service}_{rest}");
        let environment = environment.map(|(rest, value)| (name(rest), value.to_owned()));
        let layers = Sources { environment: BTreeMap::from(environment), ..Sources::default() };
        let told = load(layers).err().unwrap_or_default();
        assert_eq!(told, [], "{service}");
    }
    let guessed = ("KEYWRIGHT_HTTP_PORT".to_owned(), "9000".to_owned());
    let layers = Sources { environment: BTreeMap::from([guessed]), ..Sources::default() };
    assert_eq!(load(layers).unwrap_err().len(), 1, "a port is no option, and somebody must say so");
    for key in known(|_| true) {
        let name = format!("KEYWRIGHT_{}", key.to_uppercase().replace('.', "__"));
        assert!(!is_foreign(&name, "tcp://10.96.0.7:9690"), "{name} is an option of ours");
    }
}

#[test]
fn an_issuer_is_https_unless_it_is_this_machine() {
    for good in ["https://id.example", "https://id.example/a/b", "http://localhost:8080"] {
        assert!(load(sources(&format!("issuer = '{good}'"))).is_ok(), "{good}");
    }
    for bad in [
        "http://id.example",
        "https://id.example/",
        "https://id.example/a/",
        "https://id.example?x",
        "https://id.example#x",
        "https://u:p@id.example",
        "https://ID.example",
        "ftp://id.example",
        "id.example",
    ] {
        assert_eq!(problems(&format!("issuer = '{bad}'")).len(), 1, "{bad}");
    }
    let allowed = "allow_insecure_issuer = true\nissuer = 'http://id.example'";
    assert!(load(sources(allowed)).is_ok());
    assert_eq!(problems("listen = '0.0.0.0:8080'").len(), 1);
}

#[test]
fn short_key_windows_need_to_be_allowed() {
    let windows = "[keys]\nannounce = '2s'\nactive = '4s'\nretired = '6s'";
    assert_eq!(problems(windows).len(), 2);
    assert!(load(sources(&format!("{windows}\nallow_short_windows = true"))).is_ok());
}

#[test]
fn what_the_protocol_says_in_a_token_cannot_be_named_as_a_claim_of_the_user() {
    let declared = |access: &str, id: &str| {
        format!(
            "[[resources]]
            identifier = 'https://notes.example/api'
            name = 'Notes'
            access_token_claims = ['groups', '{access}']
            [[clients]]
            client_id = 'notes'
            redirect_uris = ['https://notes.example/cb']
            token_endpoint_auth_method = 'none'
            id_token_claims = ['groups', '{id}']"
        )
    };
    let config = load(sources(&declared("department", "email"))).unwrap();
    assert_eq!(config.declared.resources[0].access_token_claims, ["groups", "department"]);
    for name in ["iss", "sub", "aud", "exp", "client_id", "scope", "cnf", ""] {
        let told = problems(&declared(name, name));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("access_token_claims: "), "{told:?}");
        assert!(told[1].contains("id_token_claims: "), "{told:?}");
    }
}

#[test]
fn a_client_id_that_no_request_can_name_cannot_be_declared() {
    let declared = |id: &str| {
        format!(
            "[[clients]]
            client_id = '{id}'
            redirect_uris = ['https://notes.example/cb']
            token_endpoint_auth_method = 'none'"
        )
    };
    for good in ["notes", "my notes", &"a".repeat(255)] {
        let config = load(sources(&declared(good))).unwrap();
        assert_eq!(config.declared.clients[0].id.as_str(), good);
    }
    for bad in ["", "n\u{f6}tes", &"a".repeat(256)] {
        let told = problems(&declared(bad));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("client_id: use 1 to 255 printable ASCII"), "{told:?}");
    }
}

#[test]
fn an_algorithm_that_is_not_enabled_cannot_be_declared() {
    let declared = "
        [[clients]]
        client_id = 'notes'
        redirect_uris = ['https://notes.example/cb']
        token_endpoint_auth_method = 'none'
        id_token_signed_response_alg = 'ES256'
        [[resources]]
        identifier = 'https://notes.example/api'
        name = 'Notes'
        algorithm = 'EdDSA'
        [[resources]]
        identifier = 'https://default.example/api'
        name = 'Default'
    ";
    let why = "is not enabled in keys.algorithms; name one that is: RS256, PS256";
    let told = problems(&format!("[keys]\nalgorithms = ['RS256', 'PS256']\n{declared}"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("clients \"notes\""), "{told:?}");
    let rest = format!("id_token_signed_response_alg: ES256 {why}");
    assert!(told[0].ends_with(&rest), "{told:?}");
    assert!(told[1].starts_with("resources \"https://notes.example/api\""), "{told:?}");
    assert!(told[1].ends_with(&format!("algorithm: EdDSA {why}")), "{told:?}");
    assert!(load(sources(declared)).is_ok());
}

#[test]
fn a_default_algorithm_must_be_enabled_too() {
    use keywright_core::keys::algorithm::Algorithm;
    let told = disabled_algorithm(Algorithm::RS256, &[Algorithm::ES256, Algorithm::EdDSA]);
    let why = "RS256 is not enabled in keys.algorithms; name one that is: ES256, EdDSA";
    assert_eq!(told.as_deref(), Some(why));
}

#[test]
fn a_broken_file_says_where() {
    let all = problems("\nlisten = \n");
    assert!(all[0].starts_with("keywright.toml: line 2, column 10: "), "{all:?}");
}

#[test]
fn a_problem_is_one_line_whatever_the_names_in_it() {
    let all = problems("\"a\\nb\\u001b\" = 1\n[[clients]]\ngrant_types = [\"x\\ny\"]");
    assert!(all.iter().any(|problem| problem.starts_with("a\\nb\\u{1b} in keywright.toml")));
    assert!(all.iter().all(|problem| !problem.contains(char::is_control)), "{all:?}");
}

#[test]
fn no_problem_shows_a_secret() {
    for text in [
        "master_key = \"hunter2",
        "master_key = hunter2",
        "[[clients]]\nclient_id = \"app\"\nclient_secret = [\"hunter2\"]",
        "[[clients]]\nclient_id = \"app\"\nclient_secret = \"hunter2\"",
        "[[users]]\nlogin = \"ada\"\npassword_hash = \"hunter2\"",
        "[[users]]\nlogin = \"ada\"\npassword = \"hunter2",
        "[database]\nurl = \"http://user:hunter2@host/name\"",
    ] {
        let all = problems(text);
        assert!(all.iter().all(|problem| !problem.contains("hunter2")), "{all:?}");
    }
    let all = problems("[[users]]\nlogin = \"ada\"\npassword = 24682468");
    assert!(all.iter().all(|problem| !problem.contains("24682468")), "{all:?}");
}

proptest! {
    #[test]
    fn no_file_and_no_environment_makes_the_reader_panic(
        key in prop::sample::select(known(|_| true)),
        value in prop_oneof![
            any::<String>(),
            "[0-9]{1,20}[smhd]?",
            "'[^']{0,20}'",
            "\\[('[a-z0-9:]{0,9}',?){0,3}\\]",
            "\\{ ?[a-z]{1,5} = [0-9]{1,5} ?\\}",
        ],
    ) {
        let _ = load(sources(&format!("{key} = {value}")));
        let _ = load(sources(&value));
        let name = format!("KEYWRIGHT_{}", key.to_uppercase().replace('.', "__"));
        let environment = [(name, value)].into_iter().collect();
        let _ = load(Sources { environment, ..Sources::default() });
    }

    #[test]
    fn no_declaration_makes_the_reader_panic(
        kind in "clients|resources|users",
        member in "client_id|client_secret|redirect_uris|scope|identifier|scopes|login|claims|password",
        value in "'[^']{0,20}'|[0-9]{1,20}|\\[('[a-z:/.]{0,9}',?){0,3}\\]|\\{ ?[a-z]{1,5} = [0-9]{1,5} ?\\}",
    ) {
        let _ = load(sources(&format!("[[{kind}]]\n{member} = {value}")));
    }
}
