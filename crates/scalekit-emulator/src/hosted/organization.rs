//! Step: which organization?
//!
//! What it does: lets a person of several organizations choose one (scalekit-api §12).
//! Called by: the browser, after the proof, or first with `prompt=select_account`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    finish::{self, Proof},
    html::{each, text},
    open, page, redirect,
};
use crate::{
    directory::User,
    world::{Shared, World, transactions::Transaction},
};

/// Shows the step.
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let transaction = match open(&world, &id) {
        Ok(transaction) => transaction,
        Err(over) => return *over,
    };
    let Some(user) = user_of(&world, &transaction) else {
        return redirect::see_other(&format!("/hosted/{id}"), None);
    };
    let items = each(user.memberships.iter(), |membership| {
        let label = world.directory.organization(&membership.organization).map_or("Unknown", |found| found.label());
        format!(
            r#"<li><button class="person" name="organization" value="{id}"><span class="picture square" aria-hidden="true">{initial}</span><span><span class="name">{label}</span><span class="hidden">, </span><span class="place">{roles}</span></span></button></li>"#,
            id = text(&membership.organization),
            initial = text(&label.chars().take(1).collect::<String>()),
            label = text(label),
            roles = text(&world.directory.role_labels(&membership.roles)),
        )
    });
    let content = format!(
        r#"<p>You are signed in as <strong>{name}</strong>. Where do you want to go?</p>
<form method="post" action="/hosted/{id}/organization"><ul class="people">{items}</ul></form>"#,
        name = text(user.label()),
        id = text(&transaction.id),
    );
    page::step(StatusCode::OK, "Choose an organization", &transaction, &content)
}

/// Takes the organization.
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    finish::take_form(&shared, &id, &headers, &body, |world, transaction, fields| {
        let Some(who) = transaction.authenticated.clone() else {
            return Err(Box::new(redirect::see_other(&format!("/hosted/{id}"), None)));
        };
        let organization = fields.value("organization").and_then(|wanted| {
            user_of(world, transaction)?.membership(wanted).map(|membership| membership.organization.clone())
        });
        let organization =
            organization.ok_or_else(|| Box::new(finish::refuse("You are no member of this organization.")))?;
        Ok(Proof::PersonIn(who, organization))
    })
}

fn user_of<'a>(world: &'a World, transaction: &Transaction) -> Option<&'a User> {
    world.directory.user(&transaction.authenticated.as_ref()?.user)
}
