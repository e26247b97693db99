//! The end of a sign-in. All goes well: the server answers with a redirect, and nothing is drawn. Otherwise
//! the page explains what went wrong and what to do.

use axum::response::Response;
use leptos::prelude::*;

use crate::{
    api::session::exchange_code,
    app::Frame,
    components::problem::ProblemPage,
    error::AppError,
    server::page::{PageRequest, apply, empty},
};

/// `/auth/callback`
///
/// # Errors
/// [`AppError::TooManyRequests`]: the same address can be tried again, which its document does.
pub async fn callback(request: PageRequest) -> Result<Response, AppError> {
    // Raw, as the provider sent it; it holds the authorization code, so it is never shown or logged.
    let query = request.query().to_owned();
    match request.call(exchange_code(query)).await {
        (Ok(()), answer) => Ok(empty(&answer)),
        (Err(error @ AppError::TooManyRequests { .. }), _) => Err(error),
        (Err(error), answer) => {
            let mut response = request.show(Frame::public("Sign-in"), || view! { <ProblemPage error/> });
            apply(&answer, &mut response);
            Ok(response)
        }
    }
}
