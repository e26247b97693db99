//! Step: create an account (`prompt=create`).
//!
//! What it does: asks for a name, if one likes, and an e-mail address, which the one-time code then proves.
//! Called by: the browser, first or from the e-mail step.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    html::{error_attributes, field_error, text},
    open, open_form, page, redirect,
};
use crate::{
    directory::looks_like_email,
    parameters::Parameters,
    world::{
        Shared,
        transactions::{Pending, Transaction},
    },
};

/// Shows the step.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let world = shared.world();
    match open(&world, &id) {
        Ok(transaction) => {
            let typed = Parameters::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default().owned("email");
            let email = typed.or_else(|| transaction.request.login_hint.clone()).unwrap_or_default();
            render(StatusCode::OK, &transaction, "", &email, None)
        }
        Err(over) => *over,
    }
}

/// Takes name and address.
pub(super) async fn submit(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    let mut world = shared.world();
    let (mut transaction, fields) = match open_form(&world, &id, &body) {
        Ok(both) => both,
        Err(answer) => return *answer,
    };
    let email = fields.value("email").unwrap_or_default().trim().to_owned();
    let name = fields.value("name").unwrap_or_default().trim().to_owned();
    let problem = if !looks_like_email(&email) {
        Some("This is no e-mail address. It looks like name@company.example.")
    } else if world.directory.user_by_email(&email).is_some() {
        Some("This address has an account already. Sign in instead.")
    } else {
        None
    };
    if let Some(problem) = problem {
        return render(StatusCode::UNPROCESSABLE_ENTITY, &transaction, &name, &email, Some(problem));
    }
    transaction.pending = Some(Pending { email, sign_up: Some(name), sent_at: world.now() });
    world.transactions.insert(id.clone(), transaction);
    redirect::see_other(&format!("/hosted/{id}/code"), None)
}

fn render(status: StatusCode, transaction: &Transaction, name: &str, email: &str, message: Option<&str>) -> Response {
    let id = text(&transaction.id);
    let content = format!(
        r#"<form method="post" action="/hosted/{id}/sign-up" novalidate>
<label for="name">Name <span class="optional">optional</span></label>
<input id="name" name="name" autocomplete="name" value="{name}" maxlength="120">
<label for="email">Work e-mail</label>
<input id="email" name="email" type="email" autocomplete="username" inputmode="email" value="{email}"{attributes} required>
{error}
<button class="primary">Continue</button>
</form>
<p class="aside">Have an account? <a href="/hosted/{id}">Sign in</a></p>"#,
        name = text(name),
        email = text(email),
        attributes = error_attributes("email", message),
        error = field_error("email", message),
    );
    page::step(status, "Create your account", transaction, &content)
}
