//! Style sheet and pictures.
//!
//! What for: the few static bytes of the hosted pages, and the pictures of seeded people, which apps show as
//! well. Not here: anything that changes. Called by: browsers.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

const STYLE: &str = include_str!("../../assets/style.css");

const PICTURES: [(&str, &str); 3] = [
    ("ada.svg", include_str!("../../assets/pictures/ada.svg")),
    ("grace.svg", include_str!("../../assets/pictures/grace.svg")),
    ("katherine.svg", include_str!("../../assets/pictures/katherine.svg")),
];

/// The routes below `/__emulator`.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/style.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }))
        .route("/pictures/{name}", get(picture))
}

async fn picture(Path(name): Path<String>) -> Response {
    match PICTURES.iter().find(|(known, _)| *known == name) {
        Some((_, svg)) => {
            let headers = [
                (header::CONTENT_TYPE, "image/svg+xml"),
                (header::CACHE_CONTROL, "public, max-age=3600"),
                // Apps with `Cross-Origin-Embedder-Policy: require-corp` may show it.
                (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
            ];
            (headers, *svg).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
