//! The table of URLs, all below the path of the issuer.

use std::collections::BTreeSet;
use std::future::{Ready, ready};

use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};

use crate::endpoints::{
    account, account_select, assets, authorize, consent, discovery, introspect, jwks, landing,
    login, logout, revoke, setup, token, userinfo,
};
use crate::error::{Failure, method_not_allowed};
use crate::middleware::cors;
use crate::middleware::limit::{Limit, Limiters, Shape};
use crate::state::State;

const GET: &str = "GET, HEAD";
const GET_OPTIONS: &str = "GET, HEAD, OPTIONS";
const GET_POST: &str = "GET, HEAD, POST";
const GET_POST_OPTIONS: &str = "GET, HEAD, POST, OPTIONS";
/// W3C, A Well-Known URL for Changing Passwords.
const CHANGE_PASSWORD: &str = "/.well-known/change-password";
const JWKS: &str = "/jwks";
/// How the two names of the metadata begin.
const METADATA: &str = "/.well-known/o";
const POST: &str = "POST";
const POST_OPTIONS: &str = "POST, OPTIONS";

/// Adds every route.
pub(crate) fn configure(app: &mut ServiceConfig, state: &State, limits: &Limiters) {
    let base = &state.base;
    documents(app, base);
    public(app, base, limits);
    pages(app, base, limits);
    accounts(app, base, limits);
    let at = |path: &str| format!("{base}{path}");
    app.service(plain(&at("/static/{path:.*}"), GET).route(get().to(assets::get)));
    // With and without the slash.
    for path in [at("/"), at("")].iter().filter(|path| !path.is_empty()) {
        let landing = plain(path, GET).route(get().to(landing::get));
        app.service(limits.authorize.before(landing, Shape::Page));
    }
    app.default_service(web::to(not_found));
}

/// What clients poll. First, since routes are tried in turn.
fn documents(app: &mut ServiceConfig, base: &str) {
    app.service(opened(&format!("{base}{JWKS}"), GET_OPTIONS, |r| r.route(get().to(jwks::get))));
    for path in discovery_paths(base) {
        app.service(opened(&path, GET_OPTIONS, |r| r.route(get().to(discovery::get))));
    }
}

/// What programs call.
fn public(app: &mut ServiceConfig, base: &str, limits: &Limiters) {
    let at = |path: &str| format!("{base}{path}");
    let introspect = plain(&at("/introspect"), POST).route(web::post().to(introspect::post));
    app.service(opened_within(&limits.token, &at("/token"), POST_OPTIONS, |r| {
        r.route(web::post().to(token::post))
    }))
    .service(opened_within(&limits.introspect, &at("/revoke"), POST_OPTIONS, |r| {
        r.route(web::post().to(revoke::post))
    }))
    .service(opened_within(&limits.userinfo, &at("/userinfo"), GET_POST_OPTIONS, |r| {
        r.route(get().to(userinfo::get)).route(web::post().to(userinfo::post))
    }))
    .service(limits.introspect.before(introspect, Shape::Json));
}

/// What browsers visit.
fn pages(app: &mut ServiceConfig, base: &str, limits: &Limiters) {
    let at = |path: &str| format!("{base}{path}");
    let authorize = plain(&at("/authorize"), GET_POST)
        .route(get().to(authorize::get))
        .route(web::post().to(authorize::post));
    let login = plain(&at("/authorize/{id}/login"), POST).route(web::post().to(login::post));
    let logout = plain(&at("/logout"), GET_POST)
        .route(get().to(logout::get))
        .route(web::post().to(logout::post));
    let resume = plain(&at("/authorize/{id}"), GET).route(get().to(authorize::resume));
    let select =
        plain(&at("/authorize/{id}/account"), POST).route(web::post().to(account_select::post));
    let consent = plain(&at("/authorize/{id}/consent"), POST).route(web::post().to(consent::post));
    let confirm = plain(&at("/logout/{id}"), GET_POST)
        .route(get().to(logout::resume))
        .route(web::post().to(logout::confirm));
    for step in [authorize, resume, select, consent, logout, confirm] {
        app.service(limits.authorize.before(step, Shape::Page));
    }
    app.service(limits.login.before(login, Shape::Page));
}

/// What users visit for themselves.
fn accounts(app: &mut ServiceConfig, base: &str, limits: &Limiters) {
    let at = |path: &str| format!("{base}{path}");
    let password = plain(&at("/account/password"), GET_POST)
        .route(get().to(account::password::get))
        .route(web::post().to(account::password::post));
    let setup = plain(&at("/setup/{token}"), GET_POST)
        .route(get().to(setup::get))
        .route(web::post().to(setup::post));
    for guessing in [password, setup] {
        app.service(limits.login.before(guessing, Shape::Page));
    }
    let overview = plain(&at("/account"), GET).route(get().to(account::overview::get));
    let post = |path: &str, to: Route| plain(&at(path), POST).route(to);
    let sessions = post("/account/sessions", web::post().to(account::sessions::end));
    let applications = post("/account/applications", web::post().to(account::applications::revoke));
    let sign_out = post("/account/sign-out", web::post().to(account::sessions::sign_out));
    for step in [overview, sessions, applications, sign_out] {
        app.service(limits.authorize.before(step, Shape::Page));
    }
    // Password managers look below the origin, whatever the path of the issuer.
    for path in BTreeSet::from([at(CHANGE_PASSWORD), CHANGE_PASSWORD.to_owned()]) {
        app.service(plain(&path, GET).route(get().to(account::password::well_known)));
    }
}

/// Every place where a client may look for the metadata of an issuer: below its path (OIDC
/// Discovery 1.0 section 4) and before it (RFC 8414 section 3.1), under both names.
pub(crate) fn discovery_paths(base: &str) -> Vec<String> {
    let names = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    let appended = names.iter().map(|name| format!("{base}{name}"));
    let inserted = names.iter().filter(|_| !base.is_empty()).map(|name| format!("{name}{base}"));
    appended.chain(inserted).collect()
}

/// Whether a path is that of prepared bytes which clients poll.
pub(crate) fn is_document(path: &str) -> bool {
    path.ends_with(JWKS) || path.contains(METADATA)
}

/// GET, and HEAD with it.
fn get() -> Route {
    web::route().guard(guard::fn_guard(|context| {
        guard::Get().check(context) || guard::Head().check(context)
    }))
}

/// An endpoint that answers other methods with 405.
fn plain(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || wrong_method(allow)))
}

/// An endpoint for scripts of any origin.
fn opened(
    path: &str,
    allow: &'static str,
    routes: impl FnOnce(Resource) -> Resource,
) -> impl actix_web::dev::HttpServiceFactory + 'static {
    let options = web::method(Method::OPTIONS).to(move || preflight(allow));
    routes(plain(path, allow)).route(options).wrap(cors::open())
}

/// The same for one that costs something. A preflight costs nothing, and a refusal can be read.
fn opened_within<F: FnOnce(Resource) -> Resource>(
    limit: &Limit,
    path: &str,
    allow: &'static str,
    routes: F,
) -> impl actix_web::dev::HttpServiceFactory + 'static + use<F> {
    let options = web::method(Method::OPTIONS).to(move || preflight(allow));
    let resource = routes(plain(path, allow)).route(options);
    limit.before(resource, Shape::Json).wrap(cors::open())
}

fn wrong_method(allow: &'static str) -> Ready<HttpResponse> {
    ready(method_not_allowed(allow))
}

fn preflight(methods: &'static str) -> Ready<HttpResponse> {
    ready(cors::preflight(methods))
}

async fn not_found(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    Failure::NotFound.negotiated(&request, &state)
}

#[cfg(test)]
mod tests {
    use super::{discovery_paths, is_document};

    #[test]
    fn metadata_and_keys_are_documents_and_nothing_else_is() {
        for path in discovery_paths("/auth").iter().chain(&discovery_paths("")) {
            assert!(is_document(path), "{path}");
        }
        assert!(is_document("/auth/jwks"));
        for path in ["/token", "/account", "/.well-known/change-password", "unmatched"] {
            assert!(!is_document(path), "{path}");
        }
    }

    #[test]
    fn metadata_is_found_in_every_form_of_the_path() {
        assert_eq!(
            discovery_paths("/auth"),
            [
                "/auth/.well-known/openid-configuration",
                "/auth/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration/auth",
                "/.well-known/oauth-authorization-server/auth",
            ]
        );
        assert_eq!(discovery_paths("").len(), 2);
    }
}
