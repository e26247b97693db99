//! Step: a social provider, emulated.
//!
//! What it does: offers everybody; whoever comes back carries the provider in `amr`.
//! Called by: the browser, for a request with `provider`.

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
use crate::world::{
    Shared,
    transactions::{Authenticated, Through, Transaction},
};

/// Shows the step.
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let transaction = match open(&world, &id) {
        Ok(transaction) => transaction,
        Err(over) => return *over,
    };
    let Some(provider) = provider_of(&transaction) else {
        return redirect::see_other(&format!("/hosted/{id}"), None);
    };
    let content = format!(
        r#"<p>This stands in for <strong>{provider}</strong>. Whoever you choose comes back as if they had signed in there.</p>
{people}
<p class="aside"><a href="/hosted/{id}">Use an e-mail address instead</a></p>"#,
        provider = text(display_name(provider)),
        people = people::list(&world.directory, world.directory.users.iter(), &format!("/hosted/{id}/social")),
        id = text(&transaction.id),
    );
    page::step(StatusCode::OK, &format!("Continue with {}", display_name(provider)), &transaction, &content)
}

/// Takes the person.
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    finish::take_form(&shared, &id, &headers, &body, |world, transaction, fields| {
        let who = provider_of(transaction).and_then(|provider| {
            let user = world.directory.user(fields.value("user")?)?;
            Some(Authenticated { user: user.id.clone(), connection: Some(format!("conn_{provider}")) })
        });
        who.map(Proof::Person).ok_or_else(|| Box::new(finish::refuse("This person is not in the directory.")))
    })
}

fn provider_of(transaction: &Transaction) -> Option<&'static str> {
    match transaction.request.through {
        Through::Social(provider) => Some(provider),
        _ => None,
    }
}

fn display_name(provider: &str) -> &str {
    match provider {
        "google" => "Google",
        "microsoft" => "Microsoft",
        "github" => "GitHub",
        "gitlab" => "GitLab",
        "linkedin" => "LinkedIn",
        "salesforce" => "Salesforce",
        other => other,
    }
}
