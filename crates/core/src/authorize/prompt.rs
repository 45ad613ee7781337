//! What comes next: a pure function of named checks. No clock, no store, no page.

use super::request::Request;
use crate::error::{ErrorCode, Refusal};
use crate::id::Subject;
use crate::secret::Digest;
use crate::time::{Seconds, Timestamp};

/// So far apart the clocks of two replicas may be: one has the request, the other the login.
const CLOCKS_APART: Seconds = Seconds(10);

/// What has happened in this interaction so far.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// When the request came.
    pub started_at: Timestamp,
    /// Hash of the session cookie when the request came, or when the user asked for another
    /// account; a different one, with a login since, means that the user has authenticated.
    pub cookie_at_start: Option<String>,
    /// The user who chose the shown account.
    pub account_chosen: Option<Subject>,
    /// The user wants another account.
    pub account_changed: bool,
    /// The user who agreed.
    pub consented: Option<Subject>,
    /// The user refused.
    pub denied: bool,
}

impl Progress {
    /// Nothing has happened yet.
    pub const fn new(started_at: Timestamp, cookie_at_start: Option<String>) -> Self {
        Self {
            started_at,
            cookie_at_start,
            account_chosen: None,
            account_changed: false,
            consented: None,
            denied: false,
        }
    }
}

/// What the checks know of the session.
#[derive(Debug, Clone)]
pub struct Present {
    /// Hash of its cookie.
    pub cookie: Digest,
    /// Whose it is.
    pub subject: Subject,
    /// When the user authenticated.
    pub authenticated_at: Timestamp,
    /// How: the `acr` that a token would tell.
    pub acr: &'static str,
}

/// What the checks know of consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// The client may be answered without a click: confidential or https only, and either the
    /// operator's own or everything was agreed to before.
    pub settled: bool,
}

/// The decision. The name of the check that made it is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask for the password.
    Login(&'static str),
    /// Ask which account.
    SelectAccount,
    /// Ask for consent.
    Consent(&'static str),
    /// Issue a code.
    Issue,
    /// Tell the client no.
    Refuse(Refusal),
}

/// Decides.
pub fn next(
    request: &Request,
    progress: &Progress,
    session: Option<&Present>,
    consent: Consent,
    now: Timestamp,
) -> Next {
    if progress.denied {
        return Next::Refuse(Refusal::new(ErrorCode::AccessDenied, "The user refused"));
    }
    let step = wanted(request, progress, session, consent, now);
    if !request.prompt.none {
        return step;
    }
    let refuse = |code, text| Next::Refuse(Refusal::new(code, text));
    match step {
        Next::Login(check) => {
            let text = "The user must log in";
            Next::Refuse(Refusal::new(ErrorCode::LoginRequired, text).detail(check))
        }
        Next::SelectAccount => {
            refuse(ErrorCode::AccountSelectionRequired, "The user must choose an account")
        }
        Next::Consent(_) => refuse(ErrorCode::ConsentRequired, "The user must consent"),
        Next::Issue | Next::Refuse(_) => step,
    }
}

fn wanted(
    request: &Request,
    progress: &Progress,
    session: Option<&Present>,
    consent: Consent,
    now: Timestamp,
) -> Next {
    if request.acr.essential && !request.acr.is_reachable() {
        return unmet();
    }
    let Some(session) = session else { return Next::Login("no_session") };
    // The clock may have been set back since.
    let began = progress.started_at.min(now).minus(CLOCKS_APART);
    let fresh = progress.cookie_at_start.as_deref() != Some(&name(&session.cookie))
        && session.authenticated_at >= began;
    let mine = |subject: &Option<Subject>| subject.as_ref() == Some(&session.subject);
    if !fresh {
        if request.prompt.login {
            return Next::Login("prompt_login");
        }
        if progress.account_changed {
            return Next::Login("account_changed");
        }
    }
    if request.max_age.is_some_and(|limit| too_old(session, limit, fresh, now)) {
        return Next::Login("max_age");
    }
    if let Some(step) = acr(request, session, fresh) {
        return step;
    }
    if !fresh && request.prompt.select_account && !mine(&progress.account_chosen) {
        return Next::SelectAccount;
    }
    if let Some((check, text)) = another_user(request, &session.subject) {
        if fresh {
            return Next::Refuse(Refusal::new(ErrorCode::LoginRequired, text));
        }
        return Next::Login(check);
    }
    if !mine(&progress.consented) {
        if request.prompt.consent {
            return Next::Consent("prompt_consent");
        }
        if !consent.settled {
            return Next::Consent("not_agreed");
        }
    }
    Next::Issue
}

/// A session whose `acr` is not what the request wants is renewed by a login, if a login can be
/// what it wants; after that, only an essential `acr` ends in a refusal (OIDC Core section
/// 5.5.1.1).
fn acr(request: &Request, session: &Present, fresh: bool) -> Option<Next> {
    if request.acr.is_met(session.acr) {
        return None;
    }
    let may_ask = request.acr.essential || !request.prompt.none;
    if !fresh && may_ask && request.acr.is_reachable() {
        return Some(Next::Login("acr"));
    }
    request.acr.essential.then(unmet)
}

fn unmet() -> Next {
    let text = "No login here is of an authentication class that the request makes essential";
    let code = ErrorCode::UnmetAuthenticationRequirements;
    Next::Refuse(Refusal::new(code, text).detail("acr"))
}

/// The check that wants another user than this one, and what the client is told if another one
/// logged in all the same.
fn another_user(request: &Request, subject: &Subject) -> Option<(&'static str, &'static str)> {
    if request.hinted.as_ref().is_some_and(|hinted| hinted != subject) {
        return Some(("id_token_hint", "Another user logged in than the id_token_hint names"));
    }
    if !request.claims.is_about(subject) {
        return Some(("claims_sub", "Another user logged in than the claims parameter names"));
    }
    None
}

/// How a cookie hash is written into [`Progress`].
pub fn name(cookie: &Digest) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(cookie.0)
}

/// `max_age=0` is `prompt=login` (OIDC Core section 3.1.2.1); any other counts at every step.
fn too_old(session: &Present, limit: Seconds, fresh: bool, now: Timestamp) -> bool {
    if limit == Seconds::ZERO { !fresh } else { now.since(session.authenticated_at) > limit }
}

#[cfg(test)]
mod tests {
    use super::super::ResponseMode;
    use super::super::acr::{ACR_SINGLE_FACTOR, AcrWish};
    use super::super::request::Prompt;
    use super::*;
    use crate::claims::request::ClaimsRequest;
    use crate::id::ClientId;
    use crate::scope::ScopeSet;

    const NOW: Timestamp = Timestamp(1_000_000);
    const SETTLED: Consent = Consent { settled: true };
    const OPEN: Consent = Consent { settled: false };

    fn request(prompt: Prompt) -> Request {
        Request {
            client_id: ClientId::new("c"),
            redirect_uri: "https://c.example/cb".into(),
            redirect_uri_given: true,
            mode: ResponseMode::Query,
            state: None,
            nonce: None,
            scopes: ScopeSet::default(),
            resources: Vec::new(),
            challenge: None,
            prompt,
            max_age: None,
            claims: ClaimsRequest::default(),
            acr: AcrWish::default(),
            login_hint: None,
            hinted: None,
            ui_locales: None,
        }
    }

    fn session() -> Present {
        Present {
            cookie: Digest([1; 32]),
            subject: Subject::new("alice"),
            authenticated_at: NOW.minus(Seconds(100)),
            acr: ACR_SINGLE_FACTOR,
        }
    }

    fn since_before() -> Progress {
        Progress::new(NOW.minus(Seconds(10)), Some(name(&Digest([1; 32]))))
    }

    fn code(next: &Next) -> Option<ErrorCode> {
        if let Next::Refuse(refusal) = next { Some(refusal.code) } else { None }
    }

    #[test]
    fn an_anonymous_browser_logs_in_and_prompt_none_says_so() {
        let plain = request(Prompt::default());
        assert_eq!(
            next(&plain, &Progress::new(NOW, None), None, OPEN, NOW),
            Next::Login("no_session")
        );
        let silent = request(Prompt { none: true, ..Prompt::default() });
        let refused = next(&silent, &Progress::new(NOW, None), None, OPEN, NOW);
        assert_eq!(code(&refused), Some(ErrorCode::LoginRequired));
    }

    #[test]
    fn prompt_login_is_met_only_by_a_login_after_the_request() {
        let again = request(Prompt { login: true, ..Prompt::default() });
        let step = next(&again, &since_before(), Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::Login("prompt_login"));
        let renewed = Present { cookie: Digest([2; 32]), authenticated_at: NOW, ..session() };
        assert_eq!(next(&again, &since_before(), Some(&renewed), SETTLED, NOW), Next::Issue);
    }

    #[test]
    fn a_login_before_the_request_or_of_somebody_else_settles_nothing() {
        let again = request(Prompt { login: true, ..Prompt::default() });
        let restored = Present { cookie: Digest([2; 32]), ..session() };
        let step = next(&again, &since_before(), Some(&restored), SETTLED, NOW);
        assert_eq!(step, Next::Login("prompt_login"));
        let bob = Progress { consented: Some(Subject::new("bob")), ..since_before() };
        let step = next(&request(Prompt::default()), &bob, Some(&session()), OPEN, NOW);
        assert_eq!(step, Next::Consent("not_agreed"));
        let mut limited = request(Prompt::default());
        limited.max_age = Some(Seconds(60));
        let dwelt = Present { cookie: Digest([2; 32]), authenticated_at: NOW, ..session() };
        let later = NOW.plus(Seconds(61));
        let step = next(&limited, &since_before(), Some(&dwelt), SETTLED, later);
        assert_eq!(step, Next::Login("max_age"));
    }

    #[test]
    fn max_age_counts_from_the_authentication() {
        let mut limited = request(Prompt::default());
        for (limit, step) in [(0, Next::Login("max_age")), (99, Next::Login("max_age"))] {
            limited.max_age = Some(Seconds(limit));
            assert_eq!(next(&limited, &since_before(), Some(&session()), SETTLED, NOW), step);
        }
        limited.max_age = Some(Seconds(100));
        assert_eq!(next(&limited, &since_before(), Some(&session()), SETTLED, NOW), Next::Issue);
    }

    #[test]
    fn consent_is_asked_unless_settled_and_always_with_prompt_consent() {
        let plain = request(Prompt::default());
        let step = next(&plain, &since_before(), Some(&session()), OPEN, NOW);
        assert_eq!(step, Next::Consent("not_agreed"));
        let asking = request(Prompt { consent: true, ..Prompt::default() });
        let step = next(&asking, &since_before(), Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::Consent("prompt_consent"));
        let agreed = Progress { consented: Some(Subject::new("alice")), ..since_before() };
        assert_eq!(next(&asking, &agreed, Some(&session()), OPEN, NOW), Next::Issue);
        let silent = request(Prompt { none: true, ..Prompt::default() });
        let refused = next(&silent, &since_before(), Some(&session()), OPEN, NOW);
        assert_eq!(code(&refused), Some(ErrorCode::ConsentRequired));
    }

    #[test]
    fn select_account_is_asked_once_and_another_account_logs_in() {
        let choose = request(Prompt { select_account: true, ..Prompt::default() });
        let step = next(&choose, &since_before(), Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::SelectAccount);
        let chosen = Progress { account_chosen: Some(Subject::new("alice")), ..since_before() };
        assert_eq!(next(&choose, &chosen, Some(&session()), SETTLED, NOW), Next::Issue);
        let other = Progress { account_changed: true, ..since_before() };
        let step = next(&choose, &other, Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::Login("account_changed"));
    }

    #[test]
    fn a_hint_for_another_user_asks_for_that_user_and_then_refuses() {
        let mut hinted = request(Prompt::default());
        hinted.hinted = Some(Subject::new("bob"));
        let step = next(&hinted, &since_before(), Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::Login("id_token_hint"));
        let renewed = Present { cookie: Digest([2; 32]), authenticated_at: NOW, ..session() };
        let step = next(&hinted, &since_before(), Some(&renewed), SETTLED, NOW);
        assert_eq!(code(&step), Some(ErrorCode::LoginRequired));
    }

    #[test]
    fn a_sub_in_the_claims_parameter_asks_for_that_user_and_then_refuses() {
        let mut about_bob = request(Prompt::default());
        let text = r#"{"id_token": {"sub": {"value": "bob"}}}"#;
        about_bob.claims = ClaimsRequest::parse(text).unwrap();
        let step = next(&about_bob, &since_before(), Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::Login("claims_sub"));
        let renewed = Present { cookie: Digest([2; 32]), authenticated_at: NOW, ..session() };
        let step = next(&about_bob, &since_before(), Some(&renewed), SETTLED, NOW);
        assert_eq!(code(&step), Some(ErrorCode::LoginRequired));
        let bob = Present { subject: Subject::new("bob"), ..session() };
        assert_eq!(next(&about_bob, &since_before(), Some(&bob), SETTLED, NOW), Next::Issue);
    }

    fn wishing(acr: &str, essential: bool, prompt: Prompt) -> Request {
        let acr = AcrWish { values: vec![acr.to_owned()], essential };
        Request { acr, ..request(prompt) }
    }

    #[test]
    fn an_essential_acr_that_no_login_has_is_refused_before_any_login() {
        let gold = wishing("gold", true, Prompt::default());
        for present in [None, Some(&session())] {
            let step = next(&gold, &since_before(), present, SETTLED, NOW);
            assert_eq!(code(&step), Some(ErrorCode::UnmetAuthenticationRequirements));
        }
        let voluntary = wishing("gold", false, Prompt::default());
        let step = next(&voluntary, &since_before(), Some(&session()), SETTLED, NOW);
        assert_eq!(step, Next::Issue);
    }

    #[test]
    fn a_session_of_another_acr_is_renewed_once_if_a_login_can_have_the_right_one() {
        let old = Present { acr: "urn:example:imported", ..session() };
        let renewed = Present { cookie: Digest([2; 32]), authenticated_at: NOW, ..old.clone() };
        let silent = Prompt { none: true, ..Prompt::default() };
        let (unmet, login) =
            (ErrorCode::UnmetAuthenticationRequirements, Some(ErrorCode::LoginRequired));
        let ask = |essential, prompt, present: &Present| {
            let request = wishing(ACR_SINGLE_FACTOR, essential, prompt);
            next(&request, &since_before(), Some(present), SETTLED, NOW)
        };
        for essential in [true, false] {
            assert_eq!(ask(essential, Prompt::default(), &old), Next::Login("acr"));
            assert_eq!(ask(essential, Prompt::default(), &session()), Next::Issue);
        }
        assert_eq!(code(&ask(true, Prompt::default(), &renewed)), Some(unmet));
        assert_eq!(ask(false, Prompt::default(), &renewed), Next::Issue);
        assert_eq!(code(&ask(true, silent, &old)), login);
        assert_eq!(ask(false, silent, &old), Next::Issue);
    }

    #[test]
    fn a_refusal_by_the_user_is_access_denied() {
        let denied = Progress { denied: true, ..since_before() };
        let step = next(&request(Prompt::default()), &denied, Some(&session()), SETTLED, NOW);
        assert_eq!(code(&step), Some(ErrorCode::AccessDenied));
    }
}
