//! What stands around every page: header or rail, main, footer.

use leptos::prelude::*;

use super::{
    brand::{Brand, PRODUCT_NAME},
    skip_link::SkipLink,
    theme_switch::ThemeSwitch,
};
use crate::{
    api::session::{ProviderView, SessionView},
    islands::{
        person_menu::{PersonMenu, PersonOrSignIn},
        places::{Place, name},
    },
};

/// The frame of a page that anybody may open. The content brings the one `<h1>`.
pub fn public(session: Option<SessionView>, provider: ProviderView, content: impl IntoView) -> impl IntoView {
    let person = Signal::stored(session.map(|view| view.user));

    view! {
        <div class="public">
            <SkipLink/>
            <header class="top">
                <Brand/>
                <div class="top-end">
                    <ThemeSwitch/>
                    <Place name=name::PERSON_OR_SIGN_IN>
                        <PersonOrSignIn person/>
                    </Place>
                </div>
            </header>
            <main id="main" tabindex="-1">
                {content}
            </main>
            <Footer provider/>
        </div>
    }
}

/// The frame of a page that needs a session. `path` is its place in the sections.
pub fn signed_in(
    path: &'static str,
    session: Option<SessionView>,
    provider: ProviderView,
    content: impl IntoView,
) -> impl IntoView {
    let current = move |address: &'static str| (address == path).then_some("page");
    let organization = session.as_ref().map(|view| view.organization.label().unwrap_or("Your organization").to_owned());
    let person = Signal::stored(session.map(|view| view.user));

    view! {
        <div class="signed-in">
            <SkipLink/>
            <header class="rail">
                <Brand/>
                <button type="button" class="icon-button rail-opener" popovertarget="rail-panel" aria-label="Menu">
                    <svg class="icon" aria-hidden="true"><use href="#icon-menu"></use></svg>
                </button>
                <div id="rail-panel" class="rail-panel" popover>
                    {organization.map(organization_name)}
                    <nav aria-label="Sections">
                        <a class="rail-link" href="/dashboard" aria-current=current("/dashboard")>
                            <svg class="icon" aria-hidden="true"><use href="#icon-dashboard"></use></svg>
                            "Dashboard"
                        </a>
                        <a class="rail-link" href="/dashboard/profile" aria-current=current("/dashboard/profile")>
                            <svg class="icon" aria-hidden="true"><use href="#icon-person"></use></svg>
                            "Profile"
                        </a>
                        <a class="rail-link" href="/dashboard/sessions" aria-current=current("/dashboard/sessions")>
                            <svg class="icon" aria-hidden="true"><use href="#icon-devices"></use></svg>
                            "Sessions"
                        </a>
                    </nav>
                </div>
                <div class="rail-person">
                    <Place name=name::PERSON_MENU>
                        <PersonMenu person/>
                    </Place>
                    <ThemeSwitch/>
                </div>
            </header>
            <main id="main" tabindex="-1">
                {content}
            </main>
            <Footer provider/>
        </div>
    }
}

fn organization_name(name: String) -> impl IntoView {
    view! {
        <p class="rail-organization">
            <svg class="icon" aria-hidden="true"><use href="#icon-building"></use></svg>
            <span>
                <span class="visually-hidden">"Organization: "</span>
                {name}
            </span>
        </p>
    }
}

/// The last line of every page, with a notice while the emulator stands in for Scalekit.
#[component]
fn Footer(provider: ProviderView) -> impl IntoView {
    view! {
        <footer class="footer">
            {provider
                .emulated
                .then(|| {
                    view! {
                        <p class="emulated">
                            <svg class="icon" aria-hidden="true"><use href="#icon-warning"></use></svg>
                            <span>
                                <strong>"Emulated Scalekit: development only"</strong>
                                " "
                                <a href=provider.url.clone()>{provider.url.clone()}</a>
                            </span>
                        </p>
                    }
                })}
            <p class="footer-line">{PRODUCT_NAME} " · Leptos, Axum and Scalekit"</p>
        </footer>
    }
}
