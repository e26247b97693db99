//! The frame of every page.
//!
//! What for: one look that nobody takes for Scalekit's: an amber bar, and the request in monospace one click
//! away. The content policy forbids scripts; forms may lead back to the app, whose redirect follows them. Not
//! here: what is inside. Called by: every hosted page.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use url::Url;

use super::html::{each, text};
use crate::world::{
    CLIENT_ID,
    transactions::{AuthorizationRequest, Through, Transaction},
};

/// A page that belongs to a login: with its request's details and a way out.
pub(super) fn step(status: StatusCode, title: &str, transaction: &Transaction, content: &str) -> Response {
    let id = text(&transaction.id);
    let content = format!(
        r#"{content}
<form class="cancel" method="post" action="/hosted/{id}/cancel"><button class="quiet">Cancel and go back</button></form>"#
    );
    frame(status, title, &content, &details(&transaction.request), origin_of(&transaction.request.redirect_uri))
}

/// A page that stands alone. `leads_to` is where its form may end up.
pub(super) fn alone(status: StatusCode, title: &str, content: &str, leads_to: Option<&str>) -> Response {
    frame(status, title, content, "", leads_to.and_then(origin_of))
}

fn frame(status: StatusCode, title: &str, content: &str, details: &str, form_target: Option<String>) -> Response {
    let title = text(title);
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Emulated Scalekit</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/__emulator/style.css">
</head>
<body>
<header class="bar"><span>Emulated Scalekit: development only</span></header>
<main>
<h1>{title}</h1>
{content}
</main>
{details}
</body>
</html>
"#
    );
    let target = form_target.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data: https:; form-action 'self'{target}; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let mut answer = (status, Html(page)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

/// What the app asked for, for those who want to learn the protocol.
fn details(request: &AuthorizationRequest) -> String {
    let rows = [
        ("client_id", CLIENT_ID.to_owned()),
        ("redirect_uri", request.redirect_uri.clone()),
        ("scope", request.scope.join(" ")),
        ("PKCE", request.code_challenge.as_ref().map_or("absent", |_| "S256").to_owned()),
        ("state", present(request.state.as_ref())),
        ("nonce", present(request.nonce.as_ref())),
        ("login_hint", request.login_hint.clone().unwrap_or_else(|| "absent".into())),
        ("organization", request.organization.clone().unwrap_or_else(|| "any".into())),
        (
            "through",
            match &request.through {
                Through::Email => "e-mail code".to_owned(),
                Through::Sso(_) => "single sign-on".to_owned(),
                Through::Social(provider) => (*provider).to_owned(),
            },
        ),
    ];
    let rows = each(rows.iter(), |(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", text(value)));
    format!("<footer><details><summary>What the app asked for</summary><dl>{rows}</dl></details></footer>")
}

fn present(value: Option<&String>) -> String {
    value.map_or("absent", |_| "present").to_owned()
}

/// The origin a form may end up at; `None` for a scheme without one.
fn origin_of(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}
