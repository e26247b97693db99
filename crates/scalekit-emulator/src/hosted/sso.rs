//! Step: an organization's identity provider, emulated.
//!
//! What it does: offers the people of the organization; whoever comes back carries the connection in `amr`.
//! Called by: the browser, for a request or an e-mail address that leads to single sign-on.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    finish::{self, Proof},
    html::text,
    open, page, people, redirect,
};
use crate::{
    directory::Organization,
    world::{
        Shared, World,
        transactions::{Authenticated, Through, Transaction},
    },
};

/// Shows the step.
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let transaction = match open(&world, &id) {
        Ok(transaction) => transaction,
        Err(over) => return *over,
    };
    let Some(organization) = organization_of(&world, &transaction) else {
        return redirect::see_other(&format!("/hosted/{id}"), None);
    };
    let content = format!(
        "<p>This stands in for the identity provider of <strong>{name}</strong>. Whoever you choose comes back as if they had signed in there.</p>
{people}",
        name = text(organization.label()),
        people = people::list(
            &world.directory,
            world.directory.members(&organization.id),
            &format!("/hosted/{id}/sso")
        ),
    );
    page::step(StatusCode::OK, "Single sign-on", &transaction, &content)
}

/// Takes the person.
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    finish::take_form(&shared, &id, &headers, &body, |world, transaction, fields| {
        let who = organization_of(world, transaction).and_then(|organization| {
            let user = world.directory.user(fields.value("user")?)?;
            user.membership(&organization.id)?;
            Some(Authenticated { user: user.id.clone(), connection: organization.sso_connection.clone() })
        });
        who.map(Proof::Person).ok_or_else(|| Box::new(finish::refuse("This person is not in the organization.")))
    })
}

fn organization_of<'a>(world: &'a World, transaction: &Transaction) -> Option<&'a Organization> {
    match &transaction.request.through {
        Through::Sso(id) => world.directory.organization(id),
        _ => None,
    }
}
