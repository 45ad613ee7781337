//! A provider with everything that a request can name: clients, users, a login, a live code, live
//! tokens. What is secret about them has a word that inputs can use.

use std::sync::{Arc, LazyLock};

use keywright_core::account::known_device::KnownDevice;
use keywright_core::account::{login, setup};
use keywright_core::authorize::{self, Decision, Step};
use keywright_core::client::authenticate::Presented;
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::id::ClientId;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::provider::{Provider, Settings};
use keywright_core::resource::TokenFormat;
use keywright_core::secret::Secret;
use keywright_core::session::{Browser, FormScope, form_token, logout};
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_testkit::World;
use keywright_testkit::database::ScratchDatabase;
use keywright_testkit::world::{CHALLENGE, CLIENT_SECRET, ISSUER, PASSWORD, VERIFIER};

use crate::forgetful::Forgetful;
use crate::home::CALLBACK;

/// What alice granted `app`: what its tokens come from, and its code.
pub const GRANTED: [&str; 3] =
    ["openid profile offline_access notes:read", "openid vault:read", "openid"];

/// The parts of a world that inputs can name, and the names.
pub struct Stage {
    /// Keeps nothing of what is done to it.
    pub provider: Provider,
    /// A browser that nobody has logged in with.
    pub stranger: Browser,
    /// One that alice has.
    pub alice: Browser,
    /// A code of `app` that was not redeemed.
    pub code: String,
    /// Tokens of `app` for alice, as [`GRANTED`]: for the resource `notes`, and for `vault`.
    pub tokens: [TokenResponse; 2],
    words: Vec<(&'static str, String)>,
    // Its database goes with it.
    _world: World,
}

/// The stage of this process.
pub fn stage() -> &'static Stage {
    static STAGE: LazyLock<Stage> = LazyLock::new(Stage::build);
    &STAGE
}

impl Stage {
    /// Every token that was handed out.
    pub fn handed_out(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().flat_map(|tokens| {
            let others = [&tokens.refresh_token, &tokens.id_token].into_iter().flatten();
            others.chain([&tokens.access_token]).map(String::as_str)
        })
    }

    /// The input with what its words mean: `$CODE`, `$ACCESS`, ...
    pub fn expand(&self, input: &[u8]) -> Vec<u8> {
        let mut expanded = Vec::with_capacity(input.len());
        let mut rest = input;
        while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
            expanded.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            let word = self.words.iter().find(|(word, _)| rest.starts_with(word.as_bytes()));
            let (length, meaning) = word.map_or((1, "$"), |(word, text)| (word.len(), text));
            expanded.extend_from_slice(meaning.as_bytes());
            rest = &rest[length..];
        }
        expanded.extend_from_slice(rest);
        expanded
    }

    fn build() -> Self {
        let mut settings: Settings = World::settings(ISSUER);
        settings.keys.algorithms = Algorithm::ALL.to_vec();
        let world = World::with(ScratchDatabase::sqlite(), settings);
        populate(&world);
        let stranger = browser("stranger");
        let mut alice = browser("alice");
        let [first, second, code] = GRANTED.map(|scope| code(&world.provider, &mut alice, scope));
        let tokens = [first, second].map(|code| redeem(&world.provider, &code));
        let words = words(&world.provider, (&stranger, &alice), &code, &tokens);
        let provider =
            world.through(Arc::new(Forgetful(world.scratch.database.clone())), "requests");
        Self { provider, stranger, alice, code, tokens, words, _world: world }
    }
}

fn browser(name: &str) -> Browser {
    Browser { session: None, device: Secret::new(format!("{name:_<43}")) }
}

fn populate(world: &World) {
    world.add_user("alice");
    world.add_user("bob");
    world.add_client("app", World::web_client());
    world.add_client("tool", World::native_client());
    world.add_client("old", ClientMetadata { require_pkce: false, ..World::web_client() });
    let strict = ClientMetadata {
        strict_scope: true,
        scope: Some("openid email notes:read".into()),
        default_acr_values: vec!["1".into()],
        first_party: true,
        id_token_signed_response_alg: Algorithm::ES256,
        ..World::web_client()
    };
    world.add_client("strict", strict);
    world.add_resource("notes", |notes| notes.servers = vec![ClientId::new("old")]);
    world.add_resource("vault", |vault| {
        vault.format = TokenFormat::Opaque;
        vault.servers = vec![ClientId::new("old")];
    });
}

/// The credentials of the confidential client `id`.
pub fn basic(id: &str) -> Presented {
    Presented { basic: Some((id.into(), Secret::new(CLIENT_SECRET))), ..Presented::default() }
}

/// Goes the way of alice to a code for `app`.
fn code(provider: &Provider, alice: &mut Browser, scope: &str) -> String {
    let parameters = [
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", scope),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut step = authorize::begin(provider, &parameters, alice).expect("a request begins");
    loop {
        let interaction = match step {
            Step::Answer(answer) => {
                let code = answer.parameters.iter().find(|(name, _)| *name == "code");
                return code.expect("a code").1.expose().to_owned();
            }
            Step::Login { interaction, .. } => {
                log_in(provider, alice);
                interaction
            }
            Step::Consent { interaction, .. } => {
                let agreed = authorize::decide(provider, &interaction, alice, Decision::Consent);
                agreed.expect("alice agrees");
                interaction
            }
            Step::SelectAccount { .. } | Step::Return(_) => unreachable!("nobody asked for it"),
        };
        step = authorize::resume(provider, &interaction, alice).expect("the request goes on");
    }
}

fn log_in(provider: &Provider, alice: &mut Browser) {
    let known = KnownDevice::shown(None, alice);
    let attempt = login::look_up(provider, "alice", &known).expect("alice is looked up");
    let verdict = login::verify(provider, &attempt, &Secret::new(PASSWORD));
    let done = login::finish(provider, &attempt, &verdict, alice, "a fuzzer");
    alice.session = Some(done.expect("alice logs in").session);
}

fn redeem(provider: &Provider, code: &str) -> TokenResponse {
    let request = TokenRequest::AuthorizationCode {
        code: Secret::new(code),
        redirect_uri: Some(CALLBACK.into()),
        code_verifier: Some(Secret::new(VERIFIER)),
        resources: Vec::new(),
    };
    token::exchange(provider, &basic("app"), &request).expect("a code is redeemed")
}

/// Pages that are open: a login, a consent and a logout.
fn pages(provider: &Provider, stranger: &Browser, alice: &Browser) -> [String; 3] {
    let query = |client: &str, prompt: &str| {
        [
            ("client_id", client),
            ("redirect_uri", if client == "tool" { "http://127.0.0.1:4711/cb" } else { CALLBACK }),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "s"),
            ("prompt", prompt),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let begin = |client, prompt, browser: &Browser| match authorize::begin(
        provider,
        &query(client, prompt),
        browser,
    )
    .expect("a page")
    {
        Step::Login { interaction, .. } | Step::Consent { interaction, .. } => {
            interaction.to_string()
        }
        other => panic!("another page: {other:?}"),
    };
    let leaving = match logout::begin(provider, &[], alice).expect("a page") {
        logout::LogoutStep::Confirm { interaction, .. } => interaction.to_string(),
        logout::LogoutStep::Done { .. } => unreachable!("alice is asked first"),
    };
    [begin("app", "", stranger), begin("tool", "consent", alice), leaving]
}

fn words(
    provider: &Provider,
    (stranger, alice): (&Browser, &Browser),
    code: &str,
    tokens: &[TokenResponse; 2],
) -> Vec<(&'static str, String)> {
    let [login_page, consent_page, logout_page] = pages(provider, stranger, alice);
    let setup = setup::open(provider).expect("a link").expect("nobody is an administrator");
    let form = |browser, scope| form_token(provider, browser, scope).expect("a form token");
    let session = alice.session.as_ref().expect("a session").expose().to_owned();
    let keys = &provider.snapshot().expect("a snapshot").keys;
    let kid = |algorithm| keys.active_kid(algorithm).expect("a key").to_string();
    let text = |text: &Option<String>| text.clone().expect("every token");
    vec![
        ("$CODE", code.to_owned()),
        ("$VERIFIER", VERIFIER.to_owned()),
        ("$CHALLENGE", CHALLENGE.to_owned()),
        ("$SECRET", CLIENT_SECRET.to_owned()),
        ("$REFRESH", text(&tokens[0].refresh_token)),
        ("$ACCESS", tokens[0].access_token.clone()),
        ("$OPAQUE", tokens[1].access_token.clone()),
        ("$ID", text(&tokens[0].id_token)),
        ("$RS256", kid(Algorithm::RS256)),
        ("$PS256", kid(Algorithm::PS256)),
        ("$ES256", kid(Algorithm::ES256)),
        ("$EDDSA", kid(Algorithm::EdDSA)),
        ("$STRANGER", stranger.device.expose().to_owned()),
        ("$ALICE", alice.device.expose().to_owned()),
        ("$SESSION", session),
        ("$LOGIN", login_page),
        ("$CONSENT", consent_page),
        ("$LOGOUT", logout_page),
        ("$SETUP", setup.expose().to_owned()),
        ("$FORM", form(stranger, FormScope::Browser)),
        ("$PROOF", form(alice, FormScope::Session)),
    ]
}
