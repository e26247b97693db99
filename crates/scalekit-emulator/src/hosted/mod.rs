//! The pages for people: one step a file.
//!
//! What for: sign-in, sign-up and the choice of an organization, as server-rendered HTML that works without
//! scripts. Every form posts to a path that names its transaction, so several tabs can be under way at once.
//! Not here: who may have what (`world`), what the app asked for (`endpoints::authorize`). Called by:
//! `router`; authorize and logout use the notices and redirects.

pub(crate) mod assets;
mod cancel;
mod code;
mod email;
mod finish;
mod html;
pub(crate) mod notice;
mod organization;
mod page;
mod people;
mod person;
pub(crate) mod redirect;
pub(crate) mod session_cookie;
mod sign_up;
mod social;
mod sso;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};

use crate::{
    parameters::Parameters,
    world::{Shared, World, transactions::Transaction},
};

/// The routes below `/hosted`.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/{transaction}", get(email::show))
        .route("/{transaction}/email", post(email::submit))
        .route("/{transaction}/code", get(code::show).post(code::submit))
        .route("/{transaction}/sign-up", get(sign_up::show).post(sign_up::submit))
        .route("/{transaction}/person", post(person::submit))
        .route("/{transaction}/sso", get(sso::show).post(sso::submit))
        .route("/{transaction}/social", get(social::show).post(social::submit))
        .route("/{transaction}/organization", get(organization::show).post(organization::submit))
        .route("/{transaction}/cancel", post(cancel::submit))
        .with_state(shared)
}

/// The transaction of a page, or the page that says it is over.
fn open(world: &World, id: &str) -> Result<Transaction, Box<Response>> {
    world.transaction(id).cloned().ok_or_else(|| Box::new(notice::over(world.registered.initiate_login())))
}

/// The transaction and the fields of a submitted form, or the page that says what is wrong with it.
fn open_form(world: &World, id: &str, body: &[u8]) -> Result<(Transaction, Parameters), Box<Response>> {
    let transaction = open(world, id)?;
    let fields = Parameters::parse(body)
        .map_err(|repeated| Box::new(notice::refused(StatusCode::BAD_REQUEST, &repeated.to_string(), &[])))?;
    Ok((transaction, fields))
}
