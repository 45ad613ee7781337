//! The authorization response on its way to the client (RFC 6749 section 4.1.2, OAuth 2.0
//! Multiple Response Types, Form Post Response Mode).

use actix_web::HttpResponse;
use keywright_core::authorize::{Answer, ResponseMode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::form_urlencoded::Serializer;

use super::rendering::{page, see_other};
use crate::error::{Failure, log_refusal};
use crate::pages::{FormPost, csp_with_script};
use crate::state::State;

/// What a `Location` header cannot hold and a URI should not.
const NOT_IN_A_HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\');

/// Sends the answer in its mode.
///
/// # Errors
/// When the page of `form_post` cannot be rendered.
pub(crate) fn send(state: &State, answer: &Answer) -> Result<HttpResponse, Failure> {
    if let Some(refusal) = &answer.refusal {
        log_refusal(refusal, "refused by redirect");
    }
    match answer.mode {
        ResponseMode::Query | ResponseMode::Fragment => Ok(see_other(&location(answer))),
        ResponseMode::FormPost => {
            let parameters = answer.parameters.iter().map(|(name, value)| (*name, value.expose()));
            let form = FormPost {
                layout: state.layout(),
                redirect_uri: &answer.redirect_uri,
                parameters: parameters.collect(),
            };
            page(&form, &csp_with_script(Some(&answer.redirect_uri)))
        }
    }
}

/// The redirect URI with the parameters; a query that it has already is kept (RFC 6749 section
/// 3.1.2).
fn location(answer: &Answer) -> String {
    let mut encoded = Serializer::new(String::new());
    encoded.extend_pairs(answer.parameters.iter().map(|(name, value)| (*name, value.expose())));
    let encoded = encoded.finish();
    let uri = utf8_percent_encode(&answer.redirect_uri, NOT_IN_A_HEADER).to_string();
    let separator = match answer.mode {
        ResponseMode::Fragment => "#",
        _ if uri.ends_with(['?', '&']) => "",
        _ if uri.contains('?') => "&",
        _ => "?",
    };
    format!("{uri}{separator}{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use keywright_core::secret::Secret;

    fn to(redirect_uri: &str, mode: ResponseMode) -> String {
        let parameters = vec![("code", Secret::new("a b")), ("state", Secret::new("ä&="))];
        location(&Answer { redirect_uri: redirect_uri.into(), mode, parameters, refusal: None })
    }

    #[test]
    fn parameters_go_into_the_query() {
        let expected = "https://c.example/cb?code=a+b&state=%C3%A4%26%3D";
        assert_eq!(to("https://c.example/cb", ResponseMode::Query), expected);
    }

    #[test]
    fn a_query_of_the_redirect_uri_is_kept() {
        let location = to("https://c.example/cb?tenant=1", ResponseMode::Query);
        assert!(location.starts_with("https://c.example/cb?tenant=1&code="), "{location}");
        let location = to("https://c.example/cb?", ResponseMode::Query);
        assert!(location.starts_with("https://c.example/cb?code="), "{location}");
    }

    #[test]
    fn parameters_go_into_the_fragment_beside_a_query() {
        let location = to("com.example.app:/cb?x=1", ResponseMode::Fragment);
        assert!(location.starts_with("com.example.app:/cb?x=1#code="), "{location}");
    }

    #[test]
    fn a_location_is_always_a_valid_header() {
        let location = to("https://c.example/\r\nx é\"", ResponseMode::Query);
        assert!(location.starts_with("https://c.example/%0D%0Ax%20%C3%A9%22?"), "{location}");
    }
}
