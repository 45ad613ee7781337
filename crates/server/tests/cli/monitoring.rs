//! The dashboard and the alerts in `docs/monitoring` speak of metrics that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::Sandbox;
use crate::tls::Authority;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring").join(name)
}

/// Words of a text that are named like our metrics.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let ours = |word: &&str| {
        let known = ["keywright_", "process_"];
        known.iter().any(|prefix| word.len() > prefix.len() && word.starts_with(prefix))
    };
    text.split(part).filter(ours).map(str::to_owned).collect()
}

#[test]
fn every_metric_of_the_dashboard_and_the_alerts_is_told_by_a_server() {
    let sandbox = Sandbox::configured(
        "[tls]\ncertificate_file = 'chain.pem'\nkey_file = 'key.pem'\n[[clients]]\n\
         client_id = 'robot'\ngrant_types = ['client_credentials']\n\
         client_secret = 'the-secret-of-the-robot-which-is-long'\n",
    );
    let authority = Authority::new();
    authority.issue(1, 90).write(&sandbox);
    let server = sandbox.serve();
    // A failed token request gives the families without fixed members a first one.
    let answer = authority.post(&server, "/token", "grant_type=client_credentials");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let (_, told) = server.manage("/metrics");
    let told: BTreeSet<&str> =
        told.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    for name in ["grafana-dashboard.json", "prometheus-rules.yml"] {
        let text = std::fs::read_to_string(file(name)).unwrap();
        let used = metrics_in(&text);
        assert!(used.len() > 5, "{name} speaks of {used:?}");
        for metric in used {
            assert!(told.contains(metric.as_str()), "{name} speaks of {metric}, of which none is");
        }
    }
}

#[test]
fn the_dashboard_is_json_whose_panels_have_titles_and_queries() {
    let text = std::fs::read_to_string(file("grafana-dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(!panel["title"].as_str().unwrap().is_empty());
        let targets = panel["targets"].as_array().map_or(0, Vec::len);
        assert!(panel["type"] == "row" || targets > 0, "{panel}");
    }
    assert!(panels.len() > 10);
}

#[test]
fn prometheus_accepts_the_alerts() {
    let rules = file("prometheus-rules.yml");
    match Command::new("promtool").args(["check", "rules"]).arg(rules).output() {
        Ok(ran) => {
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        }
        Err(error) => {
            let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
            assert!(!ci, "no promtool: install Debian's package prometheus ({error})");
            println!("skipped: there is no promtool here ({error})");
        }
    }
}
