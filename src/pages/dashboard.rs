//! The first page after sign-in: who is here, the session, what the person may do, and what is left to make
//! the template one's own. Replace the last two sections with your product.

use axum::response::Response;
use leptos::{either::Either, prelude::*};

use crate::{
    api::session::SessionView,
    app::Frame,
    error::AppError,
    islands::{
        places::{Place, name},
        session_ring::SessionRing,
    },
    server::{
        page::PageRequest,
        views::dashboard::{DashboardView, GrantView, NextStep, dashboard_of},
    },
};

/// `/dashboard`
///
/// # Errors
/// [`AppError::Internal`] if the page's rule lets anybody through.
pub async fn dashboard(request: PageRequest) -> Result<Response, AppError> {
    let (view, dashboard) = (request.view()?.clone(), dashboard_of(&request.state, request.session()?));

    Ok(request.show(Frame::signed_in("Dashboard", "/dashboard"), || view! { <Content view dashboard/> }))
}

#[component]
fn Content(view: SessionView, dashboard: DashboardView) -> impl IntoView {
    let SessionView { user, organization, .. } = view.clone();
    let greeting = ["Hello, ", user.given_name.as_deref().unwrap_or(&user.display_name)].concat();
    let organization = match organization.label() {
        Some(label) => Either::Left(view! { <strong>{label.to_owned()}</strong> }),
        None => Either::Right("your organization"),
    };

    view! {
        <h1>{greeting}</h1>
        <p class="lead">"You are signed in to " {organization} "."</p>
        <div class="cards">
            <section class="card" aria-labelledby="session-title">
                <h2 id="session-title">"Your session"</h2>
                <p class="hint">"The access token is short-lived. While you work, it is refreshed before it ends."</p>
                <Place name=name::SESSION_RING>
                    <SessionRing view=Signal::stored(view.clone())/>
                </Place>
            </section>
            <section class="card" aria-labelledby="grants-title">
                <h2 id="grants-title">"What you may do"</h2>
                <p class="hint">"From the verified access token, granted in your organization."</p>
                <h3>"Roles"</h3>
                <Grants grants=dashboard.roles nothing="No role yet. An administrator of your organization can give you one."/>
                <h3>"Permissions"</h3>
                <Grants grants=dashboard.permissions nothing="No permission yet. Permissions come with roles."/>
            </section>
        </div>
        <section class="card" aria-labelledby="steps-title">
            <h2 id="steps-title">"Make it yours"</h2>
            <p class="hint">"Ticked by looking at this process's actual settings."</p>
            <NextSteps steps=dashboard.next_steps/>
        </section>
    }
}

#[component]
fn Grants(grants: Vec<GrantView>, nothing: &'static str) -> impl IntoView {
    if grants.is_empty() {
        return Either::Left(view! { <p class="nothing">{nothing}</p> });
    }
    Either::Right(view! {
        <ul class="grants">
            {grants
                .into_iter()
                .map(|grant| {
                    view! {
                        <li>
                            <code class="chip">{grant.name}</code>
                            <span>{grant.explanation}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    })
}

#[component]
fn NextSteps(steps: Vec<NextStep>) -> impl IntoView {
    view! {
        <ol class="steps">
            {steps
                .into_iter()
                .map(|step| {
                    view! {
                        <li class="step" class:done=step.done>
                            <svg class="icon" aria-hidden="true">
                                <use href=if step.done { "#icon-check" } else { "#icon-to-do" }></use>
                            </svg>
                            <div>
                                <p class="step-title">
                                    {step.title} <span class="visually-hidden">{if step.done { " (done)" } else { " (to do)" }}</span>
                                </p>
                                <p class="step-detail">{step.detail}</p>
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}
