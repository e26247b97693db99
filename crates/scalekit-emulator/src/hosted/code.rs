//! Step: the one-time code.
//!
//! What it does: takes the six digits that Scalekit would send by e-mail. Here they are always 424242, the
//! code of Scalekit's own test users (scalekit-api §11), and the page says so. After five minutes a new one
//! is "sent". Called by: the browser, after the e-mail step or the sign-up step.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    finish,
    html::{error_attributes, field_error, text},
    notice, open, open_form, page, redirect, session_cookie,
};
use crate::{
    directory::{Membership, Organization, User},
    world::{
        Shared, World,
        transactions::{Authenticated, ONE_TIME_CODE_LIFETIME, Pending, Transaction},
    },
};

const CODE: &str = "424242";

/// Shows the step.
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    match open(&world, &id) {
        Ok(transaction) => match transaction.pending.clone() {
            Some(pending) => render(StatusCode::OK, &transaction, &pending, None),
            None => redirect::see_other(&format!("/hosted/{id}"), None),
        },
        Err(over) => *over,
    }
}

/// Takes the code.
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = shared.world();
    let (mut transaction, fields) = match open_form(&world, &id, &body) {
        Ok(both) => both,
        Err(answer) => return *answer,
    };
    let Some(mut pending) = transaction.pending.clone() else {
        return redirect::see_other(&format!("/hosted/{id}"), None);
    };
    if world.now() >= pending.sent_at + ONE_TIME_CODE_LIFETIME {
        pending.sent_at = world.now();
        transaction.pending = Some(pending.clone());
        world.transactions.insert(id, transaction.clone());
        let message = "This code has expired after five minutes. A new one is on its way; here it is the same.";
        return render(StatusCode::UNPROCESSABLE_ENTITY, &transaction, &pending, Some(message));
    }
    let typed: String = fields.value("code").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    if typed != CODE {
        let message = "This code is not right. Type the six digits again.";
        return render(StatusCode::UNPROCESSABLE_ENTITY, &transaction, &pending, Some(message));
    }
    let user = match pending.sign_up {
        Some(name) => create_account(&mut world, &transaction, &pending.email, &name),
        None => match world.directory.user_by_email(&pending.email) {
            Some(user) => user.id.clone(),
            None => return notice::over(world.registered.initiate_login()),
        },
    };
    let browser = session_cookie::browser(&headers);
    finish::finish(&mut world, &transaction, &browser, Authenticated { user, connection: None })
}

/// A self-service sign-up makes a person and an organization whose name stays empty until the app fills it
/// in; the person gets the environment's creator role. In an organization the request names they get the
/// member role instead (scalekit-api §4). Two tabs that sign up with one address end as one person.
fn create_account(world: &mut World, transaction: &Transaction, email: &str, name: &str) -> String {
    if let Some(existing) = world.directory.user_by_email(email) {
        return existing.id.clone();
    }
    let environment = world.directory.environment.clone();
    let membership = match transaction.request.organization.clone() {
        Some(organization) => Membership { organization, roles: vec![environment.default_member_role] },
        None => Membership { organization: create_organization(world), roles: vec![environment.default_creator_role] },
    };
    let (given_name, family_name) = match name.split_once(' ') {
        Some((given, family)) => (Some(given.to_owned()), Some(family.trim().to_owned())),
        None => (Some(name.to_owned()).filter(|name| !name.is_empty()), None),
    };
    let user = User {
        id: world.ids.next("usr"),
        email: email.to_owned(),
        name: name.to_owned(),
        given_name,
        family_name,
        picture: None,
        external_id: None,
        email_verified: true,
        memberships: vec![membership],
    };
    let id = user.id.clone();
    world.directory.users.push(user);
    world.counters.count_outcome("sign_up");
    world.announce_sign_up(&id);
    id
}

fn create_organization(world: &mut World) -> String {
    let id = world.ids.next("org");
    world.directory.organizations.push(Organization {
        id: id.clone(),
        display_name: String::new(),
        external_id: None,
        domains: Vec::new(),
        sso_connection: None,
    });
    id
}

fn render(status: StatusCode, transaction: &Transaction, pending: &Pending, message: Option<&str>) -> Response {
    let id = text(&transaction.id);
    let back = if pending.sign_up.is_some() { "/sign-up" } else { "" };
    let content = format!(
        r#"<p>Scalekit would send six digits to <strong>{email}</strong>. The emulator sends no mail: type <code>{CODE}</code>.</p>
<form method="post" action="/hosted/{id}/code" novalidate>
<label for="code">One-time code</label>
<input id="code" class="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9"{attributes} required autofocus>
{error}
<button class="primary">Continue</button>
</form>
<p class="aside"><a href="/hosted/{id}{back}">Use another address</a></p>"#,
        email = text(&pending.email),
        attributes = error_attributes("code", message),
        error = field_error("code", message),
    );
    page::step(status, "Check your e-mail", transaction, &content)
}
