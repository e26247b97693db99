//! Who the application thinks you are, and everything it knows about you: the claims that were verified.

use axum::response::Response;
use leptos::{either::Either, prelude::*};

use crate::{
    api::session::SessionView,
    app::Frame,
    components::copy_button::CopyButton,
    error::AppError,
    islands::avatar::Avatar,
    server::{
        page::PageRequest,
        views::profile::{ClaimView, claims_of},
    },
};

/// `/dashboard/profile`
///
/// # Errors
/// [`AppError::Internal`] if the page's rule lets anybody through.
pub async fn profile(request: PageRequest) -> Result<Response, AppError> {
    let (view, claims) = (request.view()?.clone(), claims_of(request.session()?));

    Ok(request.show(Frame::signed_in("Profile", "/dashboard/profile"), || {
        view! {
            <h1>"Profile"</h1>
            <Identity view/>
            <section class="card" aria-labelledby="claims-title">
                <h2 id="claims-title">"What the app knows about you"</h2>
                <p class="hint">"Every claim below was in a token whose signature, issuer, audience and lifetime were checked. Nothing else is kept about you."</p>
                <Claims claims/>
            </section>
        }
    }))
}

#[component]
fn Identity(view: SessionView) -> impl IntoView {
    let SessionView { user, organization, .. } = view;
    let verified = if user.email_verified {
        Either::Left(view! {
            <span class="tag success">
                <svg class="icon" aria-hidden="true"><use href="#icon-check"></use></svg>
                "Verified"
            </span>
        })
    } else {
        Either::Right(view! {
            <span class="tag warning">
                <svg class="icon" aria-hidden="true"><use href="#icon-warning"></use></svg>
                "Not verified"
            </span>
        })
    };

    view! {
        <section class="card identity" aria-label="You">
            <Avatar user=user.clone()/>
            <div class="identity-text">
                <h2>{user.display_name}</h2>
                {match user.email {
                    Some(email) => Either::Left(view! { <p class="identity-email"><span>{email}</span> {verified}</p> }),
                    None => Either::Right(view! { <p class="nothing">"No e-mail address is known."</p> }),
                }}
            </div>
        </section>
        <section class="card" aria-labelledby="ids-title">
            <h2 id="ids-title">"Organization and identifiers"</h2>
            <dl class="facts ids">
                <div>
                    <dt>"Organization"</dt>
                    <dd>{organization.label().unwrap_or("Its name is not in the token").to_owned()}</dd>
                </div>
                <Identifier name="Organization id" copy="Copy organization id" value=organization.id/>
                {organization
                    .external_id
                    .map(|id| view! { <Identifier name="Organization id in your system" copy="Copy external organization id" value=id/> })}
                <Identifier name="User id" copy="Copy user id" value=user.id/>
                {user.external_id.map(|id| view! { <Identifier name="User id in your system" copy="Copy external user id" value=id/> })}
            </dl>
        </section>
    }
}

#[component]
fn Identifier(name: &'static str, copy: &'static str, value: String) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="identifier">
                <code>{value.clone()}</code>
                <CopyButton value=value label=copy/>
            </dd>
        </div>
    }
}

#[component]
fn Claims(claims: Vec<ClaimView>) -> impl IntoView {
    let rows = claims
        .into_iter()
        .map(|claim| {
            view! {
                <tr>
                    <th scope="row">
                        <code>{claim.name}</code>
                    </th>
                    <td>{claim.value}</td>
                    <td>{claim.source}</td>
                </tr>
            }
        })
        .collect_view();

    view! {
        <details class="claims">
            <summary>"Show the checked claims"</summary>
            <div class="table" role="region" aria-label="Claims" tabindex="0">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Claim"</th>
                            <th scope="col">"Value"</th>
                            <th scope="col">"From"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}
