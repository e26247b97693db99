//! How an [`AppError`] looks: what happened, what to do next, and the way on. The same whether it is a whole
//! document, a page or a part of one.

use leptos::prelude::*;

use crate::{
    error::{AppError, SignInProblem},
    links::sign_in_page,
};

/// A problem as the content of a page: its title is the page's heading.
#[component]
pub fn ProblemPage(
    /// What went wrong.
    error: AppError,
    /// Names the request in the server's log.
    #[prop(optional_no_strip)]
    request_id: Option<String>,
    /// Path to try again, or to come back to after sign-in.
    #[prop(optional_no_strip)]
    retry: Option<String>,
) -> impl IntoView {
    let (status, title, way_on) = (error.status(), error.title(), way_on(&error, retry));
    view! {
        <section class="problem" aria-labelledby="problem-title">
            <p class="problem-status">{status}</p>
            <h1 id="problem-title">{title}</h1>
            {explanation(error)}
            {way_on}
            {request_id
                .map(|id| {
                    view! {
                        <p class="problem-request">
                            "Request "
                            <code>{id}</code>
                        </p>
                    }
                })}
        </section>
    }
}

/// A problem of one part of a page that has a heading of its own.
#[component]
pub fn ProblemPart(
    /// What went wrong.
    error: AppError,
    /// Path of the page, to try again or to come back to.
    retry: &'static str,
) -> impl IntoView {
    let (title, way_on) = (error.title(), way_on(&error, Some(retry.to_owned())));
    view! {
        <section class="card problem-part" role="alert">
            <h2>{title}</h2>
            {explanation(error)}
            {way_on}
        </section>
    }
}

fn explanation(error: AppError) -> impl IntoView {
    let text = error.explanation();
    let permission = match error {
        AppError::Forbidden { permission } => Some(permission),
        _ => None,
    };
    view! {
        <p>{text}</p>
        {permission
            .map(|permission| {
                view! {
                    <p>
                        "Missing permission: "
                        <code>{permission}</code>
                    </p>
                }
            })}
    }
}

/// One primary action and the way home.
fn way_on(error: &AppError, retry: Option<String>) -> impl IntoView + use<> {
    let (label, address) = match error {
        AppError::Unauthenticated => ("Sign in", sign_in_page(retry.as_deref().unwrap_or("/dashboard"))),
        AppError::SignIn { problem, return_to } => {
            let label = match problem {
                SignInProblem::Unavailable | SignInProblem::Provider => "Try again",
                SignInProblem::LinkRefused => "Sign in",
                _ => "Sign in again",
            };
            (label, return_to.as_deref().map_or_else(|| "/login".to_owned(), sign_in_page))
        }
        AppError::Unavailable { .. } | AppError::TooManyRequests { .. } | AppError::Internal => {
            ("Try again", retry.unwrap_or_default())
        }
        AppError::Forbidden { .. } | AppError::Invalid | AppError::NotFound => ("Start page", "/".to_owned()),
    };
    let home = (address != "/").then(|| {
        view! {
            <a class="button" href="/">
                "Start page"
            </a>
        }
    });
    view! {
        <p class="actions">
            <a class="button primary" href=address>
                {label}
            </a>
            {home}
        </p>
    }
}
