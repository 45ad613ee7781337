//! Redirect URIs: what may be registered, and what matches a registration.
//!
//! Matching is simple string comparison (RFC 9700 section 2.1), with the one exception of
//! RFC 8252 section 7.3: any port on a loopback IP address.

use url::{Host, Url};

/// Whether a redirect URI may be registered: an absolute URI without fragment, user
/// information, control characters, backslashes or response parameters; https, http on
/// loopback or `localhost`, or a private-use scheme with a dot (RFC 8252 section 7.1).
///
/// # Errors
/// What is wrong with it, as a phrase that follows the URI.
pub fn check_registration(uri: &str) -> Result<(), String> {
    if uri.len() > 2048 || !uri.bytes().all(|b| (0x21..=0x7E).contains(&b)) || uri.contains('\\') {
        return Err("must be visible ASCII without backslash, at most 2048 characters".into());
    }
    let url = Url::parse(uri).map_err(|e| format!("is not an absolute URI: {e}"))?;
    if uri.contains('#') {
        return Err("must not have a fragment (RFC 6749 section 3.1.2)".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have user information".into());
    }
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| RESPONSE.contains(&name.as_ref())) {
        return Err(format!("must not already have the response parameter {name}"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) || url.host_str() == Some("localhost") => Ok(()),
        "http" => Err("must be https unless its host is loopback (RFC 9700 section 2.6)".into()),
        scheme if scheme.contains('.') => Ok(()),
        scheme => Err(format!(
            "has the scheme {scheme}; a private-use scheme is a reversed domain name such as \
             com.example.app (RFC 8252 section 7.1)"
        )),
    }
}

const RESPONSE: &[&str] = &[
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "access_token",
];

/// Whether `presented` is the registered URI `registered`.
pub fn matches(registered: &str, presented: &str) -> bool {
    if registered == presented {
        return true;
    }
    let (Some(registered), Some(presented)) = (PortSplit::of(registered), PortSplit::of(presented))
    else {
        return false;
    };
    registered == presented
}

/// A loopback http URI without its port. Cut out of the text, so that everything else is still
/// compared byte for byte.
#[derive(PartialEq, Eq)]
struct PortSplit<'a> {
    host: &'a str,
    rest: &'a str,
}

impl<'a> PortSplit<'a> {
    fn of(uri: &'a str) -> Option<Self> {
        let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|p| uri.starts_with(p))?;
        let (host, tail) = uri.split_at(host.len());
        let rest = match tail.strip_prefix(':') {
            None => tail,
            Some(ported) => {
                let digits = ported.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = ported.split_at(digits);
                port.parse::<u16>().ok()?;
                rest
            }
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(Self { host, rest })
    }
}

/// For the log: which component of `presented` differs from the closest registered URI.
pub fn difference(registered: &[String], presented: &str) -> String {
    let Ok(given) = Url::parse(presented) else {
        return "redirect_uri is not an absolute URI".into();
    };
    let score = |uri: &Url| {
        [
            uri.scheme() == given.scheme(),
            uri.host() == given.host(),
            uri.port() == given.port(),
            uri.path() == given.path(),
        ]
        .into_iter()
        .filter(|same| *same)
        .count()
    };
    let nearest = registered.iter().filter_map(|uri| Url::parse(uri).ok()).max_by_key(score);
    let Some(near) = nearest else { return "no redirect URI is registered".into() };
    let differs = if near.scheme() != given.scheme() {
        "scheme"
    } else if near.host() != given.host() {
        "host"
    } else if near.port() != given.port() {
        match near.domain() {
            Some("localhost") => "port (any port is for 127.0.0.1 and [::1] only)",
            _ => "port",
        }
    } else if near.path() != given.path() {
        "path"
    } else if near.query() != given.query() {
        "query"
    } else {
        "spelling"
    };
    format!("redirect_uri differs in its {differs} from the registered {near}")
}

/// The host that an answer goes to, in a form for the consent page: the host of an http(s) URI,
/// else its scheme.
pub fn destination(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            url.host_str().unwrap_or_default().to_owned()
        }
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_private_scheme_takes_for_a_host_is_not_shown_as_one() {
        assert_eq!(destination("https://app.example.com/cb"), "app.example.com");
        assert_eq!(destination("com.example.app:/cb"), "com.example.app:");
        assert_eq!(destination("com.evil.app://www.bank.example/"), "com.evil.app:");
    }

    #[test]
    fn who_registered_localhost_hears_that_its_port_counts() {
        for (host, told) in [("localhost", true), ("app.example", false)] {
            let registered = [format!("http://{host}/cb")];
            let text = difference(&registered, &format!("http://{host}:4711/cb"));
            assert!(text.contains("differs in its port"), "{text}");
            assert_eq!(text.contains("any port is for 127.0.0.1 and [::1] only"), told, "{text}");
        }
    }

    #[test]
    fn loopback_ip_matches_any_port_and_nothing_else() {
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"));
        assert!(matches("http://[::1]:80/cb?a=b", "http://[::1]:9/cb?a=b"));
        for other in [
            "http://127.0.0.1:1/other",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:1@evil.example/cb",
            "http://127.0.0.1:1evil/cb",
            "https://127.0.0.1:1/cb",
            "http://localhost:1/cb",
            "http://[::1]/cb",
        ] {
            assert!(!matches("http://127.0.0.1/cb", other), "{other}");
        }
    }

    #[test]
    fn localhost_and_https_match_byte_for_byte() {
        assert!(!matches("http://localhost:3000/cb", "http://localhost:3001/cb"));
        assert!(!matches("https://example.com/cb", "https://example.com/cb/"));
        assert!(!matches("https://example.com/cb", "https://example.com:443/cb"));
        assert!(!matches("https://example.com/cb", "https://badexample.com/cb"));
        assert!(!matches("https://example.com/cb", "https://example.com/cb?x=1"));
    }

    #[test]
    fn registration_refuses_what_could_leak_an_answer() {
        for good in [
            "https://example.com/cb",
            "http://127.0.0.1/cb",
            "http://[::1]/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            assert_eq!(check_registration(good), Ok(()), "{good}");
        }
        for bad in [
            "/cb",
            "http://example.com/cb",
            "https://example.com/cb#x",
            "https://user@example.com/cb",
            "https://example.com/cb?state=1",
            "https://example.com\\@evil.example/",
            "https://example.com/\u{0}",
            "https://example.com/ä",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp://cb",
        ] {
            assert!(check_registration(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(registered in ".*", presented in ".*") {
            let _ = check_registration(&presented);
            let _ = difference(std::slice::from_ref(&registered), &presented);
            let _ = destination(&presented);
            prop_assert_eq!(matches(&registered, &presented), matches(&presented, &registered));
        }

        #[test]
        fn a_different_https_uri_never_matches(a in "https://[a-z]{1,8}(:[0-9]{1,5})?/[a-z]{0,4}", b in "https://[a-z]{1,8}(:[0-9]{1,5})?/[a-z]{0,4}") {
            prop_assert_eq!(matches(&a, &b), a == b);
        }
    }
}
