//! POST `/authorize/{id}/account`: which account the user goes on with.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::authorize::Decision;

use super::consent::decide;
use crate::state::State;

/// Records the choice and returns to the dispatcher.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    decide(&request, payload, &state, Decision::ChooseAccount)
        .await
        .unwrap_or_else(|failure| failure.page(&request, &state))
}
