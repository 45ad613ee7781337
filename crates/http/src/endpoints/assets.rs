//! `/static/...`: style sheet, icons, the script of `form_post`; compiled into the binary.

use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;

use super::rendering::{Caching, cached};
use crate::error::Failure;
use crate::publish::entity_tag;
use crate::state::State;

#[derive(RustEmbed)]
#[folder = "../../static"]
struct Assets;

/// One file.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let path = request.match_info().get("path").unwrap_or_default();
    let Some(file) = Assets::get(path) else {
        return Failure::NotFound.negotiated(&request, &state);
    };
    let etag = entity_tag(&file.metadata.sha256_hash());
    // The names do not change with the content, so a new release is seen within the hour.
    let caching = Caching { etag: &etag, control: "public, max-age=3600" };
    let media_type = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    cached(&request, caching, &media_type, file.data.into_owned().into())
}
