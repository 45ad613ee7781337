//! How many requests one network may send to the endpoints that cost something.
//!
//! Owns the groups of endpoints and what a refusal looks like. A limit answers before the body is
//! read and before any hop. It is kept in memory, per process: what must hold across replicas
//! (guessing passwords) is `keywright_core::account::throttle`.
//!
//! A key is the client's network ([`network`]), loopback not exempt.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::{
    Governor, GovernorConfig, GovernorConfigBuilder, GovernorResult, KeyExtractor,
    SimpleKeyExtractionError,
};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Condition, Next, from_fn};
use actix_web::{Error, HttpMessage as _, HttpResponse, Resource, web};
use keywright_core::account::throttle::network;

use crate::error::Failure;
use crate::state::State;

/// So many seconds' worth may come at once.
const BURST_SECONDS: u32 = 5;

/// How often what is no longer needed is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Requests per second from one network, per group of endpoints; 0 turns a limit off. Five
/// seconds' worth may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What takes a password: posting a login page, `/account/password` and `/setup`.
    pub login: u32,
    /// `/authorize` and `/logout`, which store something, the steps that follow them, and the other
    /// account pages.
    pub authorize: u32,
    /// `/token`.
    pub token: u32,
    /// `/introspect` and `/revoke`.
    pub introspect: u32,
    /// `/userinfo`.
    pub userinfo: u32,
}

impl Limits {
    /// Nothing is limited.
    pub const OFF: Self = Self { login: 0, authorize: 0, token: 0, introspect: 0, userinfo: 0 };
}

impl Default for Limits {
    fn default() -> Self {
        Self { login: 10, authorize: 100, token: 100, introspect: 500, userinfo: 200 }
    }
}

/// What an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// JSON (RFC 6749 section 5.2).
    Json,
    /// A page.
    Page,
}

/// The limit of one group; all workers share it.
pub(crate) struct Limit {
    is_on: bool,
    config: GovernorConfig<ClientNetwork, NoOpMiddleware>,
}

impl Limit {
    fn new(per_second: u32) -> Option<Self> {
        let rate = per_second.max(1);
        let mut builder = GovernorConfigBuilder::default().key_extractor(ClientNetwork);
        builder
            .requests_per_second(rate.into())
            .burst_size(rate.saturating_mul(BURST_SECONDS))
            .methods(vec![Method::GET, Method::HEAD, Method::POST])
            .permissive(true);
        Some(Self { is_on: per_second > 0, config: builder.finish()? })
    }

    /// Puts the limit before every route of `resource`.
    pub(crate) fn before(
        &self,
        resource: Resource,
        shape: Shape,
    ) -> Resource<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody + 'static + use<>>,
            Error = Error,
            InitError = (),
        >
        + 'static
        + use<>,
    > {
        let refuse = from_fn(move |request, next| refuse(shape, request, next));
        resource.wrap(refuse).wrap(Condition::new(self.is_on, Governor::new(&self.config)))
    }
}

/// The limits of all groups.
pub(crate) struct Limiters {
    pub(crate) login: Limit,
    pub(crate) authorize: Limit,
    pub(crate) token: Limit,
    pub(crate) introspect: Limit,
    pub(crate) userinfo: Limit,
}

impl Limiters {
    /// Starts to count; `None` for a rate that cannot be.
    pub(crate) fn new(limits: &Limits) -> Option<Arc<Self>> {
        Some(Arc::new(Self {
            login: Limit::new(limits.login)?,
            authorize: Limit::new(limits.authorize)?,
            token: Limit::new(limits.token)?,
            introspect: Limit::new(limits.introspect)?,
            userinfo: Limit::new(limits.userinfo)?,
        }))
    }

    /// Forgets whoever has been quiet, as long as the limiters are there.
    pub(crate) async fn keep_small(limiters: Weak<Self>) {
        let mut turns = actix_web::rt::time::interval(FORGET_EVERY);
        loop {
            turns.tick().await;
            let Some(all) = limiters.upgrade() else { return };
            let groups = [&all.login, &all.authorize, &all.token, &all.introspect, &all.userinfo];
            for group in groups {
                let limiter = group.config.limiter();
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
    }
}

/// Whom a request counts for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientNetwork;

impl KeyExtractor for ClientNetwork {
    type Key = IpAddr;
    type KeyExtractionError = SimpleKeyExtractionError<&'static str>;

    fn extract(&self, request: &ServiceRequest) -> Result<IpAddr, Self::KeyExtractionError> {
        let state = request.app_data::<web::Data<State>>();
        let address = state.and_then(|state| state.address(request.request()));
        // Whoever has no address shares one.
        Ok(network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// Answers in place of the endpoint when the limit said so.
async fn refuse(
    shape: Shape,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    type Verdict = GovernorResult<SimpleKeyExtractionError<&'static str>>;
    let wait = match request.extensions().get::<Verdict>() {
        Some(GovernorResult::Wait { wait, .. }) => Some(wait.saturating_add(1)),
        _ => None,
    };
    let Some(seconds) = wait else { return next.call(request).await };
    let response = answer(shape, &request, seconds);
    Ok(request.into_response(response))
}

fn answer(shape: Shape, request: &ServiceRequest, seconds: u64) -> HttpResponse {
    let failure = Failure::TooMany(seconds);
    match (shape, request.app_data::<web::Data<State>>()) {
        (Shape::Page, Some(state)) => failure.page(request.request(), state),
        _ => failure.json(request.request(), true),
    }
}
