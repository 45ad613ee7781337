//! What every request of a client begins with: a form, and who sends it.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::client::authenticate::Presented;

use super::client::presented;
use super::form::form;
use super::parameters::Parameters;
use crate::error::Failure;

/// A form and the credentials that came with it.
#[derive(Debug)]
pub(crate) struct ClientForm {
    /// Who says that it sends this.
    pub(crate) presented: Presented,
    /// The rest of the parameters.
    pub(crate) parameters: Parameters,
    /// Whether the body named the client: then a refusal is no invitation to try Basic.
    pub(crate) named: bool,
}

impl ClientForm {
    /// Reads both, or gives the refusal as JSON.
    ///
    /// # Errors
    /// `invalid_request` or `invalid_client`, rendered.
    pub(crate) async fn read(
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, HttpResponse> {
        let mut parameters =
            form(request, payload).await.map_err(|failure| failure.json(request, true))?;
        let presented = presented(request.headers(), &mut parameters)
            .map_err(|error| Failure::from(error).json(request, true))?;
        let named = presented.client_id.is_some();
        Ok(Self { presented, parameters, named })
    }
}
