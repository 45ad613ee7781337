//! The issuer's own address.

use actix_web::{HttpRequest, HttpResponse, web};

use super::rendering::page;
use crate::pages::{Landing, csp};
use crate::state::State;

/// Says what answers here.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let landing = Landing { layout: state.layout(), issuer: &state.provider.settings.issuer };
    page(&landing, &csp(None)).unwrap_or_else(|failure| failure.page(&request, &state))
}
