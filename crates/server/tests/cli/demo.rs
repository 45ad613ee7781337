//! `keywright demo`, walked by a program that behaves like a browser.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use reqwest::blocking::Client;
use serde_json::Value;
use url::Url;

use crate::browser::{Browser, Page};
use crate::sandbox::Sandbox;

const ALICE: &str = "alice-demo-password";

/// A running demo, stopped when it goes out of scope.
struct Demo {
    child: Child,
    signs: Vec<String>,
    _sandbox: Sandbox,
}

impl Demo {
    fn start(more: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        let args = [&["demo", "--listen", "127.0.0.1:0"], more].concat();
        let mut command = sandbox.command(&args);
        // A demo that is killed cannot remove its directory; the sandbox does.
        command.env("TMPDIR", sandbox.dir.path());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let signs = (0..3).map(|_| lines.next().unwrap().unwrap()).collect();
        // Whatever else it says must have somewhere to go.
        std::thread::spawn(move || lines.for_each(drop));
        let demo = Self { child, signs, _sandbox: sandbox };
        // When the application answers, the server watches for signals.
        reqwest::blocking::get(demo.home()).unwrap();
        demo
    }

    /// What stands after `word` on the sign of that number.
    fn sign(&self, line: usize, word: &str) -> &str {
        let rest = self.signs[line].split(word).nth(1).unwrap();
        rest.split([' ', ',', ';']).next().unwrap()
    }

    fn home(&self) -> &str {
        self.sign(0, "open ")
    }

    fn issuer(&self) -> &str {
        self.sign(2, "the server is ")
    }

    fn api(&self) -> &str {
        self.sign(2, "the API ")
    }

    fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(kill.success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Logs in as `alice` on Keywright's page.
fn log_in(browser: &Browser, page: &Page) -> Page {
    browser.decide(page, "accept", &[("login", "alice"), ("password", ALICE)])
}

/// From the first page to the tokens.
fn arrive(browser: &Browser, demo: &Demo) -> Page {
    let request = browser.post(&browser.get(demo.home()), "/begin", &[]);
    let consent = log_in(browser, &browser.get(&onward(&request)));
    browser.post(&browser.decide(&consent, "accept", &[]), "/exchange", &[])
}

/// The link of the one button that leads on.
fn onward(page: &Page) -> String {
    page.quoted("<a class=\"button primary\" href=\"")
}

#[test]
fn the_demo_shows_each_step_of_a_login() {
    let demo = Demo::start(&[]);
    let browser = Browser::new();
    let start = browser.get(demo.home());
    start.says("client_id = &#39;demo-app&#39;").says(ALICE);
    let request = browser.post(&start, "/begin", &[]);
    request.says("code_challenge").says("redirect_uri").says("GET http://127.0.0.1:");
    let login = browser.get(&onward(&request));
    assert!(login.url.as_str().starts_with(demo.issuer()), "{}", login.url);
    let consent = log_in(&browser, &login);
    consent.says("Demo application").says("Read your notes");
    let answer = browser.decide(&consent, "accept", &[]);
    assert_eq!(answer.url.path(), "/answer");
    answer
        .says("Keywright sent a code")
        .says("grant_type=authorization_code")
        .says("code_verifier");
    let tokens = browser.post(&answer, "/exchange", &[]);
    assert_eq!(tokens.url.path(), "/tokens");
    tokens.says("Alice Example is logged in").says("RS256 holds, with the key ");
    tokens.says("ES256 holds, with the key ").says("is that of our request");
    tokens.says("<code>at_hash</code>").says("alice@example.com");
}

#[test]
fn the_tokens_of_the_demo_are_good_for_what_the_page_says() {
    let demo = Demo::start(&[]);
    let browser = Browser::new();
    let tokens = arrive(&browser, &demo);
    let call = |what: &str| browser.post(&tokens, &format!("/call/{what}"), &[]);
    call("userinfo").says("GET http://").says("→ 200 OK").says("Alice Example");
    call("api").says("Call the keywright").says("&#34;asked_by&#34;: &#34;demo-app&#34;");
    let forged = call("broken-token");
    forged.says("→ 401 Unauthorized").says("its signature does not fit");
    call("introspect").says("&#34;active&#34;: true");
    let refresh = |page: &Page| page.html.split("Refresh token</h2>").nth(1).unwrap().to_owned();
    let refreshed = call("refresh");
    refreshed.says("grant_type=refresh_token");
    assert_ne!(refresh(&refreshed), refresh(&tokens), "the refresh token was replaced");
    call("revoke").says("revoke → 200 OK");
    call("introspect").says("&#34;active&#34;: false");
    call("refresh").says("invalid_grant");
}

#[test]
fn logging_out_of_the_demo_comes_back_and_kills_the_tokens() {
    let demo = Demo::start(&[]);
    let browser = Browser::new();
    arrive(&browser, &demo);
    let leave = browser.get(&format!("{}leave", demo.home()));
    leave.says("id_token_hint").says("post_logout_redirect_uri");
    let mut goodbye = browser.get(&onward(&leave));
    if goodbye.html.contains("name=\"csrf\"") {
        goodbye = browser.decide(&goodbye, "accept", &[]);
    }
    assert_eq!(goodbye.url.path(), "/goodbye");
    browser.post(&goodbye, "/call/introspect", &[]).says("&#34;active&#34;: false");
    browser.post(&goodbye, "/call/refresh", &[]).says("invalid_grant");
}

#[test]
fn the_api_of_the_demo_wants_a_token_made_for_it() {
    let demo = Demo::start(&[]);
    let client = Client::new();
    let none = client.get(demo.api()).send().unwrap();
    assert_eq!(none.status(), 401);
    assert_eq!(none.headers()["www-authenticate"], "Bearer scope=\"notes:read\"");
    let tokens = arrive(&Browser::new(), &demo);
    let id_token = tokens.quoted("As it travels</summary>\n<p>Header: <code>");
    assert!(id_token.contains("alg"), "{id_token}");
    let compact = |nth| tokens.html.split("<pre>eyJ").nth(nth).unwrap();
    let compact = |nth| format!("eyJ{}", compact(nth).split("</pre>").next().unwrap());
    let (id, access) = (compact(1), compact(2));
    let answer = client.get(demo.api()).bearer_auth(&access).send().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().unwrap()["asked_by"], "demo-app");
    let (signed, signature) = access.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{signed}.{other}{}", &signature[1..]);
    for (token, why) in [
        (id.as_str(), "its typ is not at+jwt"),
        ("nonsense", "it is no JWT"),
        (forged.as_str(), "its signature does not fit"),
    ] {
        let refused = client.get(demo.api()).bearer_auth(token).send().unwrap();
        assert_eq!(refused.status(), 401, "{token}");
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
        assert!(challenge.contains(why), "{challenge}");
    }
}

#[test]
fn the_demo_believes_no_answer_that_it_did_not_ask_for() {
    let demo = Demo::start(&[]);
    let browser = Browser::new();
    let callback = |query: &str| browser.get(&format!("{}callback?{query}", demo.home()));
    let unasked = callback("code=a&state=b");
    assert_eq!(unasked.status, 400);
    unasked.says("a browser that had asked nothing");
    let request = browser.post(&browser.get(demo.home()), "/begin", &[]);
    callback("code=a&state=b").says("the state is not that of our request");
    let url = Url::parse(&onward(&request)).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    callback(&format!("code=a&state={state}&iss=https://evil.example")).says("not from the server");
    let consent = log_in(&browser, &browser.get(&onward(&request)));
    let denied = browser.decide(&consent, "deny", &[]);
    denied.says("Keywright says no").says("access_denied");
}

#[test]
fn every_page_worth_seeing_is_there() {
    let demo = Demo::start(&[]);
    let browser = Browser::new();
    let start = browser.get(demo.home());
    let worth = start.html.split("<ul class=\"worth\">").nth(1).unwrap();
    let worth = worth.split("</ul>").next().unwrap();
    let links: Vec<_> =
        worth.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() >= 10, "{links:?}");
    for link in links {
        let page = browser.get(start.url.join(link).unwrap().as_str());
        let expected = match link {
            link if link == demo.api() => 401,
            link if link.ends_with("client_id=nobody") => 400,
            _ => 200,
        };
        assert_eq!(page.status, expected, "{link}");
    }
    browser.get(start.url.join("/go/none").unwrap().as_str()).says("login_required");
    assert_eq!(browser.get(start.url.join("/go/elsewhere").unwrap().as_str()).status, 400);
}

#[test]
fn the_demo_removes_what_it_made_unless_told_to_keep_it() {
    let mut demo = Demo::start(&[]);
    let scratch = std::path::PathBuf::from(demo.sign(2, "removes "));
    assert!(scratch.join("keywright.db").exists(), "{}", scratch.display());
    demo.stop();
    assert!(!scratch.exists());

    let kept = tempfile::TempDir::new().unwrap();
    let place = kept.path().join("here");
    let mut demo = Demo::start(&["--keep", place.to_str().unwrap()]);
    demo.stop();
    assert!(place.join("keywright.db").exists());
    // A second time on the same data, although ports and the secret are others.
    let demo = Demo::start(&["--keep", place.to_str().unwrap()]);
    arrive(&Browser::new(), &demo).says("is logged in");
}

#[test]
fn the_demo_listens_on_this_machine_alone() {
    let err = Sandbox::new().run(&["demo", "--listen", "0.0.0.0:0"]).refused();
    assert!(err.contains("loopback") && err.contains("hint: "), "{err}");
}
