//! What follows once a person has proved who they are.
//!
//! What for: into the organization the request names, into the only one they have, or to the chooser.
//! Not here: the proof itself.
//! Called by: every step that proves it.

use axum::response::Response;

use super::{notice, redirect};
use crate::world::{
    World,
    sessions::SignedIn,
    transactions::{Authenticated, Transaction, answer_url},
};

/// Answers the form with which the person proved who they are.
pub(super) fn finish(
    world: &mut World,
    transaction: &Transaction,
    cookie: Option<&str>,
    who: Authenticated,
) -> Response {
    let Some(user) = world.directory.user(&who.user) else {
        return notice::over(world.registered.initiate_login());
    };
    let places: Vec<&str> = user.memberships.iter().map(|membership| membership.organization.as_str()).collect();
    let organization = match (&transaction.request.organization, places.as_slice()) {
        (Some(wanted), places) if places.contains(&wanted.as_str()) => wanted.clone(),
        (Some(_), _) => {
            return deny(world, transaction, "the person is not a member of this organization");
        }
        (None, [only]) => (*only).to_owned(),
        (None, _) => {
            if let Some(open) = world.transactions.get_mut(&transaction.id) {
                open.authenticated = Some(who);
            }
            return redirect::see_other(&format!("/hosted/{}/organization", transaction.id), None);
        }
    };
    enter(world, transaction, cookie, who, organization)
}

/// Ends the transaction in this organization.
pub(super) fn enter(
    world: &mut World,
    transaction: &Transaction,
    cookie: Option<&str>,
    who: Authenticated,
    organization: String,
) -> Response {
    world.transactions.remove(&transaction.id);
    let login = SignedIn { user: who.user, organization, connection: who.connection };
    let completed = world.complete(&transaction.request, cookie, &login);
    redirect::see_other(&completed.location, Some(&completed.cookie))
}

/// Ends the transaction with `access_denied`.
pub(super) fn deny(world: &mut World, transaction: &Transaction, why: &str) -> Response {
    world.transactions.remove(&transaction.id);
    world.counters.count_outcome("authorize.access_denied");
    let answer = [("error", "access_denied"), ("error_description", why)];
    let request = &transaction.request;
    redirect::see_other(&answer_url(&request.redirect_uri, &answer, request.state.as_deref()), None)
}
