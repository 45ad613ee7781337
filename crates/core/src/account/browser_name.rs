//! A browser in words, from how it named itself (`User-Agent`, RFC 9110 section 10.1.5).
//!
//! A hint for the user who looks at the list of sessions, nothing more: anybody may claim to be
//! any browser.

/// Product tokens and what people call the product; the first that is found counts, since each
/// browser also claims to be those below it.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
];

/// The same for systems.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Longest name of an unknown product, in characters.
const LONGEST: usize = 40;

/// `Firefox on Linux`, or the first product that it names, or `Unknown browser`.
pub fn in_words(user_agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(token, _)| user_agent.contains(token)).map(|(_, name)| *name)
    };
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => {
            let product = user_agent.split(['/', ' ', '(']).next().unwrap_or_default();
            let product: String = product.chars().take(LONGEST).collect();
            if product.is_empty() { "Unknown browser".to_owned() } else { product }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_browser_is_named_with_its_system() {
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) Version/18.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
        ] {
            assert_eq!(in_words(user_agent), words);
        }
    }

    #[test]
    fn an_unknown_product_is_named_as_it_names_itself_and_shortened() {
        assert_eq!(in_words("curl/8.14.1"), "curl");
        assert_eq!(in_words(&"x".repeat(200)), "x".repeat(40));
        assert_eq!(in_words(""), "Unknown browser");
        assert_eq!(in_words("(compatible)"), "Unknown browser");
    }
}
