//! Step: who are you?
//!
//! What it does: asks for an e-mail address, or lets a seeded person continue with one click. An address
//! whose domain belongs to an organization with single sign-on leads there (scalekit-api §11, home-realm
//! discovery). Called by: the browser, first.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    html::{error_attributes, field_error, text},
    open, open_form, page, people, redirect,
};
use crate::{
    directory::looks_like_email,
    world::{
        Shared, World,
        transactions::{Pending, Through, Transaction},
    },
};

/// Shows the step.
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    match open(&world, &id) {
        Ok(transaction) => {
            let hint = transaction.request.login_hint.clone().unwrap_or_default();
            render(StatusCode::OK, &world, &transaction, &hint, None)
        }
        Err(over) => *over,
    }
}

/// Takes the address.
pub(super) async fn submit(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    let mut world = shared.world();
    let (mut transaction, fields) = match open_form(&world, &id, &body) {
        Ok(both) => both,
        Err(answer) => return *answer,
    };
    let email = fields.value("email").unwrap_or_default().trim().to_owned();
    if !looks_like_email(&email) {
        return render(StatusCode::UNPROCESSABLE_ENTITY, &world, &transaction, &email, Some(Problem::NoAddress));
    }
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if transaction.request.organization.is_none()
        && let Some(organization) = world.directory.sso_organization_by_domain(domain)
    {
        transaction.request.organization = Some(organization.id.clone());
        transaction.request.through = Through::Sso(organization.id.clone());
        world.transactions.insert(id.clone(), transaction);
        return redirect::see_other(&format!("/hosted/{id}/sso"), None);
    }
    if world.directory.user_by_email(&email).is_none() {
        return render(StatusCode::UNPROCESSABLE_ENTITY, &world, &transaction, &email, Some(Problem::Unknown));
    }
    transaction.pending = Some(Pending { email, sign_up: None, sent_at: world.now() });
    world.transactions.insert(id.clone(), transaction);
    redirect::see_other(&format!("/hosted/{id}/code"), None)
}

#[derive(Clone, Copy)]
enum Problem {
    NoAddress,
    Unknown,
}

fn render(
    status: StatusCode,
    world: &World,
    transaction: &Transaction,
    email: &str,
    problem: Option<Problem>,
) -> Response {
    let message = problem.map(|problem| match problem {
        Problem::NoAddress => "This is no e-mail address. It looks like name@company.example.".to_owned(),
        Problem::Unknown => format!("Nobody here has the address {email}."),
    });
    let id = text(&transaction.id);
    let sign_up = {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("email", email).finish();
        match problem {
            Some(Problem::Unknown) => {
                format!(
                    r#"<p><a href="/hosted/{id}/sign-up?{}">Create an account with this address</a></p>"#,
                    text(&query)
                )
            }
            _ => String::new(),
        }
    };
    let content = format!(
        r#"<form method="post" action="/hosted/{id}/email" novalidate>
<label for="email">Work e-mail</label>
<input id="email" name="email" type="email" autocomplete="username" inputmode="email" value="{value}"{attributes} required>
{error}{sign_up}
<button class="primary">Continue</button>
</form>
<p class="aside">No account yet? <a href="/hosted/{id}/sign-up">Create one</a></p>
<section aria-labelledby="people"><h2 id="people">Or one click</h2>
{people}</section>"#,
        value = text(email),
        attributes = error_attributes("email", message.as_deref()),
        error = field_error("email", message.as_deref()),
        people =
            people::list(&world.directory, world.directory.users.iter(), &format!("/hosted/{}/person", transaction.id)),
    );
    page::step(status, "Sign in", transaction, &content)
}
