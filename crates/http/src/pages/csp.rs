//! The Content-Security-Policy of our pages.

use url::{Host, Url};

/// The policy of a page: nothing but our own style sheet and images, no script, no frame around it.
///
/// `form_target` is the redirect URI that the answer to the page's form may lead to.
pub fn csp(form_target: Option<&str>) -> String {
    policy(form_target, false)
}

/// [`csp`] for the one page that runs our static script (`form_post`).
pub fn csp_with_script(form_target: Option<&str>) -> String {
    policy(form_target, true)
}

fn policy(form_target: Option<&str>, script: bool) -> String {
    let mut policy = String::from(
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    if script {
        policy.push_str("; script-src 'self'");
    }
    match form_target.map(form_source) {
        None => policy.push_str("; form-action 'self'"),
        Some(Some(source)) => {
            policy.push_str("; form-action 'self' ");
            policy.push_str(&source);
        }
        Some(None) => {}
    }
    policy
}

/// The source expression for a redirect URI; `None` if CSP has no way to say it.
fn form_source(target: &str) -> Option<String> {
    let url = Url::parse(target).ok()?;
    match url.scheme() {
        "http" | "https" => match url.host()? {
            Host::Ipv6(_) => None,
            _ => Some(url.origin().ascii_serialization()),
        },
        scheme => Some(format!("{scheme}:")),
    }
}
