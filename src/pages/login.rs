//! Where people choose how to sign in. All ways lead to `/auth/login`, which sends the browser on to
//! Scalekit; plain links and a plain form, so that they work without scripts.
//!
//! `return_to` passes as is unless too long: the server checks it. `reason=expired` says why one is here.

use axum::response::Response;
use leptos::prelude::*;

use crate::{
    app::{Frame, Kind},
    islands::{
        places::{Place, name},
        work_email::WorkEmail,
    },
    links::start_sign_in,
    server::page::PageRequest,
};

/// `/login`
pub async fn login(request: PageRequest) -> Response {
    let person = request.visitor().map(|view| view.user.display_name.clone());
    let return_to = request.return_path();
    let about = Some(return_to.clone());
    let ways =
        PROVIDERS.each_ref().map(|provider| (provider, start_sign_in(Some(("provider", provider.name)), &return_to)));
    let another = start_sign_in(None, &return_to);
    let create = start_sign_in(Some(("prompt", "create")), &return_to);
    let expired = request.parameter("reason").as_deref() == Some("expired");
    let emulated = request.state.emulated;

    request.show(Frame { title: "Sign in", kind: Kind::PublicWithIslands }, move || {
        view! {
            <section class="card narrow">
                <h1>"Sign in"</h1>
                {expired.then(|| view! { <p class="remark">"Your session has ended. Sign in to go on where you were."</p> })}
                {person
                    .map(|name| {
                        view! {
                            <p class="remark">
                                "You are signed in as "
                                <strong>{name}</strong>
                                ". "
                                <a href="/dashboard">"Go to your dashboard"</a>
                                ", or sign in as somebody else below."
                            </p>
                        }
                    })}
                <Place name=name::WORK_EMAIL about>
                    <WorkEmail return_to/>
                </Place>
                <p class="or">
                    <span>"or"</span>
                </p>
                <ul class="ways">
                    {ways
                        .into_iter()
                        .map(|(provider, address)| {
                            view! {
                                <li>
                                    <a class="button wide" href=address>
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
                    <a href=another>
                        "Sign in another way"
                    </a>
                    <a href=create>
                        "Create account"
                    </a>
                </p>
                <p class="what-next">{if emulated { NEXT_THE_EMULATOR } else { NEXT_SCALEKIT }}</p>
            </section>
        }
    })
}

const NEXT_THE_EMULATOR: &str = "Next: the emulator's sign-in page, standing in for Scalekit. No account needed.";
const NEXT_SCALEKIT: &str = "Next: Scalekit's sign-in page. It brings you back here when you are done.";

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
