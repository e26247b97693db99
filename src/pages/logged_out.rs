//! After sign-out, or just opened. `public/page.js` tells the other tabs in any case: they ask the server
//! themselves.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use crate::{
    app::Frame,
    error::AppError,
    server::{auth::logout::is_genuine_return, page::PageRequest},
};

/// `/logged-out`
///
/// # Errors
/// [`AppError::Internal`] outside the router.
pub async fn logged_out(request: PageRequest) -> Result<Response, AppError> {
    // What somebody else's link or an old one says of a sign-out is not repeated.
    let is_confirmed = match request.parameter("state") {
        Some(sent) if is_genuine_return(&request.state, request.cookies()?, &sent) => true,
        Some(_) => return Ok((StatusCode::FOUND, [(header::LOCATION, "/logged-out")]).into_response()),
        None => false,
    };
    let (heading, text, label, address) = match (is_confirmed, request.visitor().is_some()) {
        (true, _) => (
            SIGNED_OUT,
            "Your session has been ended here and at the sign-in service. On a shared computer, close the browser too.",
            SIGN_IN,
            "/login",
        ),
        (false, false) => (SIGNED_OUT, "There is no session of yours here any more.", SIGN_IN, "/login"),
        (false, true) => ("You are still signed in", "Your session here goes on.", "Dashboard", "/dashboard"),
    };
    Ok(request.show(Frame::public("Signed out"), || {
        view! {
            <section class="card narrow centered">
                <span class="badge success">
                    <svg class="icon" aria-hidden="true"><use href="#icon-check"></use></svg>
                </span>
                <h1>{heading}</h1>
                <p>{text}</p>
                <p class="actions">
                    <a class="button primary" href=address>
                        {label}
                    </a>
                    <a class="button" href="/">
                        "Start page"
                    </a>
                </p>
            </section>
        }
    }))
}

const SIGNED_OUT: &str = "You are signed out";
const SIGN_IN: &str = "Sign in again";
