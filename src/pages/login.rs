//! Where people choose how to sign in. All ways lead to `/auth/login`, which sends the browser on to
//! Scalekit; plain links and a plain form, so that they work without scripts.
//!
//! `return_to` passes as is unless too long: the server checks it. `reason=expired` says why one is here.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::{
    erase::Erase as _,
    frame::PublicFrame,
    links::{query_value, return_path, start_sign_in},
    session::Session,
};

/// `/login`
#[component]
pub fn Login() -> impl IntoView {
    let session = expect_context::<Session>();
    let person = session.person();
    let query = use_location().search.get_untracked();
    let return_to = return_path(&query);
    let expired = query_value(&query, "reason").as_deref() == Some("expired");

    let content = view! {
            <section class="card narrow">
                <h1>"Sign in"</h1>
                {expired.then(|| view! { <p class="remark">"Your session has ended. Sign in to go on where you were."</p> })}
                {move || {
                    person
                        .get()
                        .map(|user| {
                            view! {
                                <p class="remark">
                                    "You are signed in as "
                                    <strong>{user.display_name}</strong>
                                    ". "
                                    <a href="/dashboard">"Go to your dashboard"</a>
                                    ", or sign in as somebody else below."
                                </p>
                            }
                        })
                }}
                <WorkEmail return_to=return_to.clone()/>
                <p class="or">
                    <span>"or"</span>
                </p>
                <ul class="ways">
                    {PROVIDERS
                        .iter()
                        .map(|provider| {
                            view! {
                                <li>
                                    <a class="button wide" rel="external" href=start_sign_in(Some(("provider", provider.name)), &return_to)>
                                        <svg class="logo" aria-hidden="true">
                                            <use href=provider.logo></use>
                                        </svg>
                                        {provider.label}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
                <p class="aside">
                    <a rel="external" href=start_sign_in(None, &return_to)>
                        "Sign in another way"
                    </a>
                    <a rel="external" href=start_sign_in(Some(("prompt", "create")), &return_to)>
                        "Create account"
                    </a>
                </p>
                <WhatComesNext session=session/>
            </section>
    }
    .erase();
    view! {
        <PublicFrame title="Sign in">{content}</PublicFrame>
    }
}

/// Finds the organization's own sign-in by the address's domain. The browser checks the address; after
/// hydration its complaint stands beside the field.
#[component]
fn WorkEmail(return_to: String) -> impl IntoView {
    let complaint = RwSignal::new("");

    view! {
        <form class="work-email" method="get" action="/auth/login">
            // Its answer is a page that goes on to the provider, not a redirect.
            <input type="hidden" name="by" value="form"/>
            {(!return_to.is_empty()).then(|| view! { <input type="hidden" name="return_to" value=return_to/> })}
            <label for="work-email">"Work e-mail"</label>
            <input
                id="work-email"
                type="email"
                name="login_hint"
                autocomplete="username"
                placeholder="you@company.com"
                required
                aria-describedby="work-email-complaint"
                aria-invalid=move || (!complaint.get().is_empty()).then_some("true")
                on:invalid=move |event| {
                    event.prevent_default();
                    complaint.set("Enter an e-mail address, such as you@company.com.");
                }
                on:input=move |_| complaint.set("")
            />
            <p id="work-email-complaint" class="complaint" aria-live="polite">
                {complaint}
            </p>
            <button type="submit" class="button primary wide">
                "Continue"
                <svg class="icon" aria-hidden="true"><use href="#icon-arrow"></use></svg>
            </button>
        </form>
    }
}

#[component]
fn WhatComesNext(session: Session) -> impl IntoView {
    let text = match session.provider() {
        Some(provider) if provider.emulated => {
            "Next: the emulator's sign-in page, standing in for Scalekit. No account needed."
        }
        _ => "Next: Scalekit's sign-in page. It brings you back here when you are done.",
    };
    view! { <p class="what-next">{text}</p> }
}

/// A social sign-in that the environment may offer; remove what yours does not.
struct Provider {
    name: &'static str,
    label: &'static str,
    logo: &'static str,
}

const PROVIDERS: [Provider; 3] = [
    Provider { name: "google", label: "Continue with Google", logo: "#logo-google" },
    Provider { name: "microsoft", label: "Continue with Microsoft", logo: "#logo-microsoft" },
    Provider { name: "github", label: "Continue with GitHub", logo: "#logo-github" },
];
