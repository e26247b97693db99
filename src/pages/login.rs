//! Where people choose how to sign in. All ways lead to `/auth/login`, which sends the browser on to Scalekit; plain links
//! and a plain form, so that they work without scripts.
//!
//! `return_to` is passed on as it came: the server checks it. `reason=expired` explains why one is here.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::components::{
    frame::PublicFrame,
    icons::{ARROW, Icon},
    links::start_sign_in,
    session::Session,
};

/// `/login`
#[component]
pub fn Login() -> impl IntoView {
    let session = expect_context::<Session>();
    let query = use_query_map().get_untracked();
    let return_to = query.get("return_to").unwrap_or_default();
    let expired = query.get("reason").as_deref() == Some("expired");

    view! {
        <PublicFrame title="Sign in">
            <section class="card narrow">
                <h1>"Sign in"</h1>
                {expired.then(|| view! { <p class="remark">"Your session has ended. Sign in to go on where you were."</p> })}
                <Suspense>
                    {Suspend::new(async move {
                        let person = session.person().await;
                        move || {
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
                        }
                    })}
                </Suspense>
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
                                    <a class="button wide" rel="external" href=start_sign_in("provider", provider.name, &return_to)>
                                        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true" inner_html=provider.logo></svg>
                                        {provider.label}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
                <p class="aside">
                    "New here? "
                    <a rel="external" href=start_sign_in("prompt", "create", &return_to)>
                        "Create account"
                    </a>
                </p>
                <WhatComesNext session=session/>
            </section>
        </PublicFrame>
    }
}

/// Finds the organization's own sign-in by the address's domain. The browser checks the address; after hydration its
/// complaint stands beside the field.
#[component]
fn WorkEmail(return_to: String) -> impl IntoView {
    let complaint = RwSignal::new("");

    view! {
        <form class="work-email" method="get" action="/auth/login">
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
                <Icon shape=ARROW/>
            </button>
        </form>
    }
}

#[component]
fn WhatComesNext(session: Session) -> impl IntoView {
    view! {
        <p class="what-next">
            <Suspense>
                {Suspend::new(async move {
                    match session.provider().await {
                        Some(provider) if provider.emulated => {
                            Either::Left("Next: the emulator's sign-in page, standing in for Scalekit. No account needed.")
                        }
                        _ => Either::Right("Next: Scalekit's sign-in page. It brings you back here when you are done."),
                    }
                })}
            </Suspense>
        </p>
    }
}

/// A social sign-in that the environment may offer; remove what yours does not.
struct Provider {
    name: &'static str,
    label: &'static str,
    logo: &'static str,
}

const PROVIDERS: [Provider; 3] = [
    Provider {
        name: "google",
        label: "Continue with Google",
        logo: concat!(
            r##"<path fill="#4285f4" d="M21.6 12.23c0-.7-.06-1.37-.18-2.02H12v3.83h5.38a4.6 4.6 0 0 1-2 3.02v2.5h3.23c1.9-1.74 2.99-4.31 2.99-7.33Z"/>"##,
            r##"<path fill="#34a853" d="M12 22c2.7 0 4.97-.9 6.62-2.44l-3.23-2.5c-.9.6-2.04.95-3.39.95-2.6 0-4.81-1.76-5.6-4.12H3.07v2.58A10 10 0 0 0 12 22Z"/>"##,
            r##"<path fill="#fbbc05" d="M6.4 13.89a6 6 0 0 1 0-3.79V7.52H3.07a10 10 0 0 0 0 8.95l3.33-2.58Z"/>"##,
            r##"<path fill="#ea4335" d="M12 5.98c1.47 0 2.79.5 3.83 1.5l2.86-2.87A9.6 9.6 0 0 0 12 2a10 10 0 0 0-8.93 5.52L6.4 10.1C7.19 7.74 9.4 5.98 12 5.98Z"/>"##,
        ),
    },
    Provider {
        name: "microsoft",
        label: "Continue with Microsoft",
        logo: concat!(
            r##"<path fill="#f25022" d="M3 3h8.5v8.5H3z"/><path fill="#7fba00" d="M12.5 3H21v8.5h-8.5z"/>"##,
            r##"<path fill="#00a4ef" d="M3 12.5h8.5V21H3z"/><path fill="#ffb900" d="M12.5 12.5H21V21h-8.5z"/>"##,
        ),
    },
    Provider {
        name: "github",
        label: "Continue with GitHub",
        logo: r#"<path fill="currentColor" d="M12 2a10 10 0 0 0-3.16 19.49c.5.09.68-.22.68-.48v-1.7c-2.78.6-3.37-1.34-3.37-1.34-.45-1.16-1.1-1.46-1.1-1.46-.91-.63.07-.61.07-.61 1 .07 1.53 1.03 1.53 1.03.9 1.53 2.34 1.09 2.91.83.1-.65.35-1.09.64-1.34-2.22-.25-4.56-1.11-4.56-4.94 0-1.1.39-1.99 1.03-2.69-.1-.25-.45-1.27.1-2.64 0 0 .84-.27 2.75 1.02a9.6 9.6 0 0 1 5 0c1.91-1.29 2.75-1.02 2.75-1.02.55 1.37.2 2.39.1 2.64.64.7 1.03 1.6 1.03 2.69 0 3.84-2.34 4.69-4.57 4.93.36.31.68.92.68 1.85V21c0 .27.18.58.69.48A10 10 0 0 0 12 2Z"/>"#,
    },
];
