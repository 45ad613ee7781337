//! A browser and the client `web`, on a real server over HTTP.

use std::cell::RefCell;
use std::collections::BTreeMap;

use keywright_testkit::world::{CHALLENGE, CLIENT_SECRET, PASSWORD, VERIFIER};
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::Value;
use url::form_urlencoded::Serializer;

/// Where codes go.
pub(crate) const CALLBACK: &str = "https://app.example/cb";

/// The issuer of servers that are visited at any address.
pub(crate) const ISSUER: &str = "http://127.0.0.1:8080";

/// Configuration of an issuer with the user `alice` and the clients `web`, whose users are not
/// asked, and `robot`, which acts for itself.
pub(crate) fn configuration() -> String {
    format!(
        "issuer = '{ISSUER}'
         limits.enabled = false
         [keys]
         algorithms = ['RS256', 'ES256']
         [[resources]]
         identifier = 'https://api.example'
         name = 'API'
         algorithm = 'ES256'
         scopes = [{{ name = 'api', description = 'Use the API' }}]
         [[clients]]
         client_id = 'web'
         client_secret = '{CLIENT_SECRET}'
         redirect_uris = ['{CALLBACK}']
         grant_types = ['authorization_code', 'refresh_token']
         post_logout_redirect_uris = ['https://app.example/bye']
         first_party = true
         [[clients]]
         client_id = 'robot'
         client_secret = '{CLIENT_SECRET}'
         grant_types = ['client_credentials']
         scope = 'api'
         [[users]]
         login = 'alice'
         password = '{PASSWORD}'
         "
    )
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn of(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, body: response.text()? })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// A member of a JSON answer that succeeded.
    pub(crate) fn member(&self, name: &str) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }

    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.headers[LOCATION].to_str().unwrap()
    }

    /// A parameter that the answer redirects with.
    pub(crate) fn redirect_parameter(&self, name: &str) -> String {
        let url = url::Url::parse(self.location()).unwrap();
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// What stands between `before` and the next quote of the page.
    pub(crate) fn quoted(&self, before: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("{}", self.body));
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

/// A browser with its cookies, on one server or on several replicas in turn.
pub(crate) struct Visitor {
    pub(crate) http: Client,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
}

impl Visitor {
    pub(crate) fn new() -> Self {
        let http = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { http, cookies: RefCell::default() }
    }

    fn send(&self, request: RequestBuilder) -> Reply {
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = Reply::of(request.header(COOKIE, cookies.join("; "))).unwrap();
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    pub(crate) fn get(&self, url: &str) -> Reply {
        self.send(self.http.get(url))
    }

    /// A form of a page of ours.
    pub(crate) fn post(&self, url: &str, form: &[(&str, &str)]) -> Reply {
        self.send(self.http.request(Method::POST, url).header(ORIGIN, ISSUER).form(form))
    }

    /// GET `/authorize` with a good request of `web` and `more`.
    pub(crate) fn authorize(&self, server: &str, more: &[(&str, &str)]) -> Reply {
        let usual = [
            ("client_id", "web"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let mut query = Serializer::new(String::new());
        query.extend_pairs(usual).extend_pairs(more);
        self.get(&format!("{server}/authorize?{}", query.finish()))
    }

    /// Fills in a login page; what follows it.
    pub(crate) fn log_in(&self, server: &str, page: &Reply, password: &str) -> Reply {
        let csrf = page.quoted("name=\"csrf\" value=\"");
        let action = page.quoted("action=\"");
        let form = [
            ("csrf", csrf.as_str()),
            ("decision", "accept"),
            ("login", "alice"),
            ("password", password),
        ];
        let reply = self.post(&format!("{server}{action}"), &form);
        if reply.status == 303 && reply.location().starts_with('/') {
            return self.get(&format!("{server}{}", reply.location()));
        }
        reply
    }

    /// A code for this scope; logs in if that is needed.
    pub(crate) fn code(&self, server: &str, scope: &str) -> String {
        let mut reply = self.authorize(server, &[("scope", scope)]);
        if reply.status == 200 {
            reply = self.log_in(server, &reply, PASSWORD);
        }
        let code = reply.redirect_parameter("code");
        assert!(!code.is_empty(), "{reply:?}");
        code
    }

    /// The refresh token of a new grant that outlives its session.
    pub(crate) fn refresh_token(&self, server: &str) -> String {
        let code = self.code(server, "openid offline_access");
        redeem(&self.http, server, &code).unwrap().member("refresh_token")
    }
}

/// A request of `web` with its credentials.
pub(crate) fn ask(
    http: &Client,
    url: &str,
    form: &[(&str, &str)],
) -> Result<Reply, reqwest::Error> {
    Reply::of(http.post(url).basic_auth("web", Some(CLIENT_SECRET)).form(form))
}

/// POST `/token` with a code.
pub(crate) fn redeem(http: &Client, server: &str, code: &str) -> Result<Reply, reqwest::Error> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    ask(http, &format!("{server}/token"), &form)
}

/// POST `/token` with a refresh token.
pub(crate) fn refresh(http: &Client, server: &str, token: &str) -> Result<Reply, reqwest::Error> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    ask(http, &format!("{server}/token"), &form)
}

/// Whether a token is active, as `web` sees it.
pub(crate) fn is_active(http: &Client, server: &str, token: &str) -> bool {
    let reply = ask(http, &format!("{server}/introspect"), &[("token", token)]).unwrap();
    reply.json()["active"] == Value::Bool(true)
}
