//! The house keeps its shape: dependencies point one way, and core links nothing that could
//! reach a database or a network (ARCHITECTURE, "The house").

#![expect(clippy::expect_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeSet;
use std::process::Command;

/// The names of every crate that `package` links, directly or not.
fn links(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", package, "-e", "normal", "--offline", "--locked", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn core_links_no_database_no_web_server_and_no_network_client() {
    let linked = links("keywright-core");
    assert!(linked.contains("josekit"), "the tree was not read: {linked:?}");
    let reaching = |name: &&String| {
        const NAMES: &[&str] = &[
            "async-std",
            "curl",
            "h2",
            "hyper",
            "libsqlite3-sys",
            "mio",
            "native-tls",
            "openidconnect",
            "pq-sys",
            "r2d2",
            "reqwest",
            "rustls",
            "smol",
            "socket2",
            "tower",
            "ureq",
        ];
        const FAMILIES: &[&str] = &["actix", "diesel", "keywright-", "tokio", "hyper-"];
        NAMES.contains(&name.as_str())
            || FAMILIES.iter().any(|family| name.starts_with(family))
                && name.as_str() != "keywright-core"
    };
    let wrong: Vec<_> = linked.iter().filter(reaching).collect();
    assert!(wrong.is_empty(), "core must not link {wrong:?}");
}

#[test]
fn http_and_storage_never_meet() {
    let http = links("keywright-http");
    assert!(http.contains("actix-web"), "the tree was not read: {http:?}");
    assert!(!http.contains("keywright-storage") && !http.contains("diesel"));
    let storage = links("keywright-storage");
    assert!(storage.contains("diesel"), "the tree was not read: {storage:?}");
    assert!(!storage.contains("keywright-http") && !storage.contains("actix-web"));
}
