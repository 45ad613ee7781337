//! The issuer as a client far away sees it: found, unchanged on the way, over a certificate that
//! holds.

mod answer;
mod tls;

use keywright_core::id::Kid;
use keywright_core::time::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;

use super::{Finding, clock};
use crate::config::Config;
use answer::Answer;

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Asks for the discovery document and the JWKS.
pub(super) fn examine(config: &Config, kids: &[Kid], now: Timestamp) -> Vec<Finding> {
    let issuer = &config.settings.issuer;
    let url = format!("{issuer}{DISCOVERY}");
    let answer = match answer::get(&url) {
        Ok(answer) => answer,
        Err(error) => return vec![unreachable(&url, &error)],
    };
    let mut findings = Vec::new();
    if let Some(theirs) = answer.date {
        findings.push(clock::compare("whoever answers at the issuer", theirs, now));
    }
    findings.extend(answer.certificate.as_deref().map(|der| tls::examine(der, now)));
    match discovery(issuer, &url, &answer) {
        Ok(jwks_uri) => {
            let what = format!("{url} answers, and names the issuer byte for byte");
            findings.push(Finding::ok("issuer", what));
            findings.extend(passed_on(&answer));
            findings.push(keys(&jwks_uri, kids));
        }
        Err(finding) => findings.push(*finding),
    }
    findings
}

/// Nobody there is a warning, as the server may be stopped; a certificate that does not hold is not.
fn unreachable(url: &str, error: &answer::Unanswered) -> Finding {
    if error.is_about_tls {
        return Finding::failure(
            "tls",
            format!("{url}: {}", error.why),
            "renew the certificate, or let the listener or proxy send its whole chain",
        );
    }
    Finding::warning(
        "issuer",
        format!("nobody answers at {url} from here: {}", error.why),
        "start the server; if it runs, check that `issuer` is the address that users and clients \
         have, that its name resolves here, and that the proxy leads to `listen`",
    )
}

/// The address of the JWKS, or what is wrong with the document.
fn discovery(issuer: &str, url: &str, answer: &Answer) -> Result<String, Box<Finding>> {
    let wrong = |what: String, todo: &str| Err(Box::new(Finding::failure("issuer", what, todo)));
    let status = answer.status;
    if status.is_redirection() {
        let to = answer.location.as_deref().unwrap_or("nowhere");
        let todo = "set `issuer` to where it leads: clients follow no redirect there";
        return wrong(format!("{url} redirects to {to}"), todo);
    }
    if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) {
        let todo = "start the server, and check that the proxy leads to `listen`";
        return wrong(format!("{url} answers {status}: the proxy finds no server"), todo);
    }
    if status != StatusCode::OK {
        let todo = "check that the proxy passes every path below the issuer on, unchanged";
        return wrong(format!("{url} answers {status}"), todo);
    }
    let document = serde_json::from_slice::<Value>(&answer.body).ok();
    let document = document.filter(|document| answer.is_json && document.is_object());
    let Some(document) = document else {
        let todo = "something else answers there: check `issuer`, DNS and the proxy";
        return wrong(format!("{url} answers no JSON document"), todo);
    };
    if document["issuer"] != issuer {
        let what = format!("{url} says that its issuer is {}", document["issuer"]);
        let todo = format!(
            "it must be {issuer:?}, byte for byte: give every replica the same `issuer`, and check \
             that no other server answers there"
        );
        return wrong(what, &todo);
    }
    Ok(document["jwks_uri"].as_str().unwrap_or_default().to_owned())
}

/// Our request id comes with every answer of ours that nobody stored or stripped.
fn passed_on(answer: &Answer) -> Option<Finding> {
    (!answer.has_request_id).then(|| {
        Finding::warning(
            "proxy",
            "the answer came without our X-Request-Id",
            "let the proxy pass the headers of answers on: they are what a user can name when \
             something fails",
        )
    })
}

/// The keys that sign here must be the ones that are published there.
fn keys(url: &str, kids: &[Kid]) -> Finding {
    let published = match answer::get(url) {
        Ok(answer) => serde_json::from_slice::<Value>(&answer.body).unwrap_or_default(),
        Err(error) => {
            let what = format!("{url} does not answer: {}", error.why);
            return Finding::failure("jwks", what, "let the proxy pass this path on, too");
        }
    };
    let keys = published["keys"].as_array().cloned().unwrap_or_default();
    let missing = kids.iter().filter(|kid| !keys.iter().any(|key| key["kid"] == kid.as_str()));
    let missing: Vec<_> = missing.map(Kid::as_str).collect();
    if missing.is_empty() {
        return Finding::ok("jwks", format!("{url} publishes the keys that sign"));
    }
    Finding::failure(
        "jwks",
        format!("{url} does not publish {}, which signs here", missing.join(", ")),
        "the server that answers there uses another database, or a cache in between is too old",
    )
}
