//! A conforming client, the `openidconnect` crate, logs a user in by discovery alone.

use std::error::Error;

use keywright_testkit::world::CLIENT_SECRET;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
};
use url::Url;

use crate::site::{Browser, CALLBACK, Site};

const ISSUER: &str = "https://login.example/auth";

/// Sends the client's requests to the site in place of the issuer's host.
fn send(site: &Site, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let mut sent = site.request(parts.method, parts.uri.path_and_query().unwrap().as_str());
    for (name, value) in &parts.headers {
        sent = sent.header(name, value);
    }
    let received = sent.body(body).send()?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = received.status();
    *response.headers_mut() = received.headers().clone();
    *response.body_mut() = received.bytes()?.to_vec();
    Ok(response)
}

#[test]
fn a_stock_client_logs_in_and_reads_the_claims() -> Result<(), Box<dyn Error>> {
    let site = Site::at(ISSUER);
    let http = |request: HttpRequest| send(&site, request);
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(ISSUER.into())?, &http)?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new("web".into()),
        Some(ClientSecret::new(CLIENT_SECRET.into())),
    )
    .set_redirect_uri(RedirectUrl::new(CALLBACK.into())?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".into()))
        .set_pkce_challenge(challenge)
        .url();

    let browser = Browser::new(&site);
    let login = browser.get(&format!("{}?{}", url.path(), url.query().unwrap()));
    let answer = browser.press(&browser.log_in(&login), &[], "accept");
    let answer = Url::parse(answer.location())?;
    let parameter = |name| answer.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    assert_eq!(&parameter("state"), state.secret());
    assert_eq!(parameter("iss"), ISSUER);

    let tokens = client
        .exchange_code(AuthorizationCode::new(parameter("code")))?
        .set_pkce_verifier(verifier)
        .request(&http)?;
    let claims = tokens.id_token().unwrap().claims(&client.id_token_verifier(), &nonce)?;
    assert_eq!(claims.subject().as_str(), "sub-alice");
    let user: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))?
        .request(&http)?;
    assert_eq!(user.name().unwrap().get(None).unwrap().as_str(), "alice Example");
    Ok(())
}
