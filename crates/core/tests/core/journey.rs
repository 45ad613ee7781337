//! The way of a user through the server, without HTTP.

use std::sync::Arc;

use keywright_core::account::known_device::KnownDevice;
use keywright_core::account::login;
use keywright_core::authorize::{self, Answer, Decision, Step};
use keywright_core::client::authenticate::Presented;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::InteractionId;
use keywright_core::provider::Provider;
use keywright_core::secret::Secret;
use keywright_core::session::Browser;
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_testkit::World;
use keywright_testkit::world::{CHALLENGE, CLIENT_SECRET, PASSWORD, VERIFIER};
use serde_json::{Map, Value};

/// A browser that has been nowhere.
pub(crate) fn browser() -> Browser {
    Browser { session: None, device: Secret::new("a browser cookie") }
}

/// What a browser shows that nobody has logged in with.
pub(crate) fn stranger() -> KnownDevice {
    KnownDevice::shown(None, &browser())
}

/// Parameters of an authorization request of `client`, with PKCE, and `more` on top (an empty
/// value removes).
pub(crate) fn request(client: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let redirect_uri =
        if client == "tool" { "http://127.0.0.1:4711/cb" } else { "https://app.example/cb" };
    let mut parameters: Vec<(String, String)> = [
        ("client_id", client),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "af0ifjsldkj"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (name, value) in more {
        parameters.retain(|(n, _)| n != name);
        if !value.is_empty() {
            parameters.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    parameters
}

/// Logs in with [`PASSWORD`].
pub(crate) fn log_in(provider: &Provider, browser: &mut Browser, name: &str) {
    let attempt = login::look_up(provider, name, &stranger()).unwrap();
    let verdict = login::verify(provider, &attempt, &Secret::new(PASSWORD));
    let logged_in = login::finish(provider, &attempt, &verdict, browser, "test").unwrap();
    browser.session = Some(logged_in.session);
}

/// Goes on until the client is answered: logs in as alice, agrees to everything.
pub(crate) fn finish(provider: &Provider, browser: &mut Browser, mut step: Step) -> Answer {
    for _ in 0..4 {
        let id = match step {
            Step::Answer(answer) => return answer,
            Step::Return(place) => panic!("no client is answered: {place:?}"),
            Step::Login { interaction, .. } => {
                log_in(provider, browser, "alice");
                interaction
            }
            Step::SelectAccount { interaction, .. } => {
                let choice = Decision::ChooseAccount;
                authorize::decide(provider, &interaction, browser, choice).unwrap();
                interaction
            }
            Step::Consent { interaction, .. } => {
                authorize::decide(provider, &interaction, browser, Decision::Consent).unwrap();
                interaction
            }
        };
        step = authorize::resume(provider, &id, browser).unwrap();
    }
    panic!("four pages and no answer: {step:?}")
}

/// Runs a whole authorization; the answer.
pub(crate) fn authorize(
    world: &World,
    browser: &mut Browser,
    parameters: &[(String, String)],
) -> Answer {
    let step = authorize::begin(&world.provider, parameters, browser).unwrap();
    finish(&world.provider, browser, step)
}

/// One parameter of an answer.
pub(crate) fn parameter<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.parameters.iter().find(|(n, _)| *n == name).map(|(_, value)| value.expose())
}

/// A code for `client` with this scope.
pub(crate) fn code(world: &World, client: &str, scope: &str) -> Secret {
    let answer = authorize(world, &mut browser(), &request(client, &[("scope", scope)]));
    Secret::new(parameter(&answer, "code").expect("a code"))
}

/// The credentials of the confidential client `id`.
pub(crate) fn basic(id: &str) -> Presented {
    Presented { basic: Some((id.into(), Secret::new(CLIENT_SECRET))), ..Presented::default() }
}

/// The name of the public client `id`.
pub(crate) fn public(id: &str) -> Presented {
    Presented { client_id: Some(id.into()), ..Presented::default() }
}

/// Redeems a code of `app` as it should be.
pub(crate) fn redemption(code: &Secret) -> TokenRequest {
    TokenRequest::AuthorizationCode {
        code: code.clone(),
        redirect_uri: Some("https://app.example/cb".into()),
        code_verifier: Some(Secret::new(VERIFIER)),
        resources: Vec::new(),
    }
}

/// A refresh request.
pub(crate) fn refresh(token: &str) -> TokenRequest {
    TokenRequest::RefreshToken {
        refresh_token: Secret::new(token),
        scope: None,
        resources: Vec::new(),
    }
}

/// Tokens of `app` for alice.
pub(crate) fn tokens(world: &World, scope: &str) -> TokenResponse {
    let code = code(world, "app", scope);
    token::exchange(&world.provider, &basic("app"), &redemption(&code)).unwrap()
}

/// Tokens of the confidential client `client` for alice, after a request with `more`.
pub(crate) fn tokens_of(world: &World, client: &str, more: &[(&str, &str)]) -> TokenResponse {
    let answer = authorize(world, &mut browser(), &request(client, more));
    let code = Secret::new(parameter(&answer, "code").expect("a code"));
    token::exchange(&world.provider, &basic(client), &redemption(&code)).unwrap()
}

/// A world with alice, bob, the confidential client `app` and the public client `tool`.
pub(crate) fn populate(world: &World) {
    world.add_user("alice");
    world.add_user("bob");
    world.add_client("app", World::web_client());
    world.add_client("tool", World::native_client());
}

/// The code of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    let error = result.expect_err("a refusal");
    error.code().unwrap_or_else(|| panic!("not a refusal: {error}"))
}

/// The id of a page's interaction.
pub(crate) fn interaction(step: &Step) -> InteractionId {
    match step {
        Step::Login { interaction, .. }
        | Step::SelectAccount { interaction, .. }
        | Step::Consent { interaction, .. } => interaction.clone(),
        Step::Answer(_) | Step::Return(_) => panic!("no page: {step:?}"),
    }
}

/// The claims of a JWT that this world signed.
pub(crate) fn claims(world: &World, token: &str, typ: &str) -> Map<String, Value> {
    let snapshot = world.provider.snapshot().unwrap();
    let claims = snapshot.keys.verify(token, typ, false).expect("a genuine token");
    Arc::unwrap_or_clone(claims)
}

/// Whether the access token is active, as its own client sees it.
pub(crate) fn is_active(world: &World, token: &str) -> bool {
    let answer =
        keywright_core::introspect::introspect(&world.provider, &basic("app"), &Secret::new(token));
    answer.unwrap()["active"] == Value::Bool(true)
}
