//! One page a file, and the route of each. A page is a handler: it asks for what it shows, then draws it. It
//! decides nothing: who may open it stands in the table of `access`, and the guard enforces it.
//!
//! The parts of each file are the same: the handler, then its pieces. Pages exist on the server only; what
//! goes on living in the browser stands in a [`Place`](crate::islands::places::Place).

pub mod callback;
pub mod dashboard;
pub mod landing;
pub mod logged_out;
pub mod login;
pub mod profile;
pub mod sessions;

use std::sync::Arc;

use axum::{Router, routing::get};

use crate::server::state::AppState;

/// Each page's route.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/", get(landing::landing))
        .route("/login", get(login::login))
        .route("/logged-out", get(logged_out::logged_out))
        .route("/auth/callback", get(callback::callback))
        .route("/dashboard", get(dashboard::dashboard))
        .route("/dashboard/profile", get(profile::profile))
        .route("/dashboard/sessions", get(sessions::sessions))
}
