//! The Content-Security-Policy of our pages (CSP Level 3), and why its `form-action` is what it is.

use url::{Host, Url};

const COMMON: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The policy of a page: our own style sheet and images, no script, no frame around it.
///
/// `form_target` is the redirect URI that the answer to the page's form may lead to; `None` for a
/// page whose form leads nowhere else. Chromium holds *every* hop after a form post against
/// `form-action`: our 303 to the dispatcher, the 303 to the client, and wherever the client's
/// callback redirects on to, which we cannot know. So, as measured in Chromium 156
/// (`crates/server/tests/browser`), the tightest list with which stock clients work is `'self'` and
///
/// | redirect URI | source | why not less |
/// | --- | --- | --- |
/// | `https://host/..` | `https:` | the origin alone blocks a callback that redirects to another https origin |
/// | `http://127.0.0.1:port/..`, `http://name/..` | `http://host:* https:` | the port is the app's choice; many callbacks end on an https "you may close this window" |
/// | `http://[::1]:port/..` | `http:` | CSP cannot name an IPv6 address; the scheme matches it (and https, section 6.7.2.8) |
/// | `com.example.app:/..` | `com.example.app:` | |
///
/// What stays blocked is a step down: an https callback that redirects on to plain http or into an
/// app's scheme.
pub fn csp(form_target: Option<&str>) -> String {
    let target = form_target.and_then(form_sources).map(|s| format!(" {s}")).unwrap_or_default();
    format!("{COMMON}; form-action 'self'{target}")
}

/// The policy of the `form_post` page: [`csp`] with our static script, and a form that goes not to us
/// but to the client.
pub fn csp_with_script(form_target: Option<&str>) -> String {
    let target = form_target.and_then(form_sources).unwrap_or_else(|| "'none'".to_owned());
    format!("{COMMON}; script-src 'self'; form-action {target}")
}

/// The source expressions for a redirect URI; `None` if it is no absolute URI.
fn form_sources(target: &str) -> Option<String> {
    let url = Url::parse(target).ok()?;
    match (url.scheme(), url.host()) {
        ("https", _) => Some("https:".to_owned()),
        ("http", Some(Host::Domain(name))) if is_plain(name) => {
            Some(format!("http://{name}:* https:"))
        }
        ("http", Some(Host::Ipv4(address))) => Some(format!("http://{address}:* https:")),
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

/// Whether a host name may stand in a policy: a URL's host may hold `;` and `,`, which end a directive.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{COMMON, csp, csp_with_script};

    fn form_action(policy: &str) -> &str {
        policy.rsplit_once("form-action ").expect("the policy names form-action").1
    }

    #[test]
    fn a_page_that_leads_nowhere_else_may_post_only_to_us() {
        assert_eq!(csp(None), format!("{COMMON}; form-action 'self'"));
    }

    #[test]
    fn the_form_may_lead_to_the_redirect_target_and_where_that_redirects_on() {
        for (target, sources) in [
            ("https://app.example/cb?x=1", "'self' https:"),
            ("http://127.0.0.1:8123/cb", "'self' http://127.0.0.1:* https:"),
            ("http://127.0.0.1/cb", "'self' http://127.0.0.1:* https:"),
            ("http://localhost:3000/cb", "'self' http://localhost:* https:"),
            ("http://[::1]:8123/cb", "'self' http:"),
            ("com.example.app:/cb", "'self' com.example.app:"),
            ("Com.Example.App://cb", "'self' com.example.app:"),
            ("not a uri", "'self'"),
        ] {
            assert_eq!(form_action(&csp(Some(target))), sources, "{target}");
        }
    }

    #[test]
    fn a_hostile_host_cannot_add_a_directive() {
        for target in ["http://a;sandbox/cb", "http://a,b/cb", "http://a'/cb"] {
            assert_eq!(form_action(&csp(Some(target))), "'self' http:", "{target}");
        }
    }

    #[test]
    fn the_page_that_posts_the_answer_may_run_our_script_and_post_where_the_client_may_lead() {
        assert_eq!(
            csp_with_script(Some("com.example.app:/cb")),
            format!("{COMMON}; script-src 'self'; form-action com.example.app:")
        );
        assert_eq!(form_action(&csp_with_script(Some("https://app.example/cb"))), "https:");
        assert_eq!(form_action(&csp_with_script(Some("/relative"))), "'none'");
    }

    #[test]
    fn no_policy_allows_anything_unsafe() {
        for policy in
            [csp(None), csp(Some("https://a.example/")), csp_with_script(Some("http://[::1]/"))]
        {
            assert!(!policy.contains("unsafe"), "{policy}");
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
        }
    }

    proptest! {
        #[test]
        fn no_target_adds_a_directive_or_breaks_the_header(
            target in ".*|[a-z.+-]{0,9}:/{0,3}[^\\p{Cc}]{0,40}",
        ) {
            for (policy, directives) in
                [(csp(Some(&target)), 6), (csp_with_script(Some(&target)), 7)]
            {
                prop_assert_eq!(policy.split(';').count(), directives, "{}", policy);
                prop_assert!(policy.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b','));
                prop_assert!(!policy.contains("unsafe"), "{}", policy);
            }
        }
    }
}
