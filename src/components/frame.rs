//! What stands around every page: header or rail, main, footer.
//!
//! Session-dependent parts (person, organization, emulator notice) are in the first HTML. A signed-in page's
//! frame also guards client-side navigation, as a layer before the router does on the server.

use crate::components::erase::Erase as _;
use leptos::{html, prelude::*};
use leptos_meta::Title;

use super::{
    brand::{Brand, PRODUCT_NAME, document_title},
    browser,
    links::sign_in_page,
    session::Session,
    skip_link::SkipLink,
    theme_switch::ThemeSwitch,
    user_menu::UserMenu,
};

/// The frame of a page that anybody may open.
#[component]
pub fn PublicFrame(
    /// The page's name in the browser's tab.
    title: &'static str,
    /// The page's content; it brings the one `<h1>`.
    children: Children,
) -> impl IntoView {
    let person = expect_context::<Session>().person();

    view! {
        <Title text=document_title(title)/>
        <div class="public">
            <SkipLink/>
            <header class="top">
                <Brand/>
                <div class="top-end">
                    <ThemeSwitch/>
                    {move || match person.get() {
                        Some(user) => {
                            view! {
                                <a class="button quiet" href="/dashboard">
                                    "Dashboard"
                                </a>
                                <UserMenu user=user/>
                            }
                                .erase()
                        }
                        None => {
                            view! {
                                <a class="button quiet" href="/login">
                                    "Sign in"
                                </a>
                            }
                                .erase()
                        }
                    }}
                </div>
            </header>
            <Main>{children()}</Main>
            <Footer/>
        </div>
    }
    // The view's type would nest deeper than the compiler follows.
    .erase()
}

/// The frame of a page that needs a session.
#[component]
pub fn SignedInFrame(
    /// The page's name in the browser's tab.
    title: &'static str,
    /// The page's path, to mark the current place.
    path: &'static str,
    /// The page's content; it brings the one `<h1>`.
    children: Children,
) -> impl IntoView {
    let session = expect_context::<Session>();
    Effect::new(move |_| {
        if matches!(session.current(), Ok(None)) {
            browser::leave_for(&sign_in_page(&browser::current_address()));
        }
    });
    let person = session.person();
    let current = move |address: &'static str| (address == path).then_some("page");

    view! {
        <Title text=document_title(title)/>
        <div class="signed-in">
            <SkipLink/>
            <header class="rail">
                <Brand/>
                <button type="button" class="icon-button rail-opener" popovertarget="rail-panel" aria-label="Menu">
                    <svg class="icon" aria-hidden="true"><use href="#icon-menu"></use></svg>
                </button>
                <div id="rail-panel" class="rail-panel" popover>
                    {session.require().ok().map(|view| {
                        organization(view.get_untracked().organization.label().unwrap_or("Your organization").to_owned())
                    }).erase()}
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
                    {move || person.get().map(|user| view! { <UserMenu user=user/> }).erase()}
                    <ThemeSwitch/>
                </div>
            </header>
            <Main>{children()}</Main>
            <Footer/>
        </div>
    }
    // The view's type would nest deeper than the compiler follows.
    .erase()
}

/// The page's content. After client-side navigation it takes the focus, as a new document would.
#[component]
fn Main(children: Children) -> impl IntoView {
    let main = NodeRef::<html::Main>::new();
    let shown = expect_context::<FrameShown>().0;
    Effect::new(move |_| {
        if let Some(main) = main.get()
            && shown.try_update_untracked(|shown| std::mem::replace(shown, true)) == Some(true)
        {
            // It fails only on an element that can't take the focus.
            let _ = main.focus();
        }
    });

    view! {
        <main id="main" tabindex="-1" node_ref=main>
            {children()}
        </main>
    }
}

/// Whether a frame has been shown before in this document: then the next one comes by client-side navigation.
#[derive(Clone, Copy)]
struct FrameShown(RwSignal<bool>);

/// Lets frames know of each other. Called by `App`.
pub fn provide_frames() {
    provide_context(FrameShown(RwSignal::new(false)));
}

fn organization(name: String) -> impl IntoView {
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
fn Footer() -> impl IntoView {
    let session = expect_context::<Session>();

    view! {
        <footer class="footer">
            {session
                .provider()
                .filter(|provider| provider.emulated)
                .map(|provider| {
                    view! {
                        <p class="emulated">
                            <svg class="icon" aria-hidden="true"><use href="#icon-warning"></use></svg>
                            <span>
                                <strong>"Emulated Scalekit: development only"</strong>
                                " "
                                <a href=provider.url.clone() rel="external">
                                    {provider.url.clone()}
                                </a>
                            </span>
                        </p>
                    }
                })}
            <p class="footer-line">{PRODUCT_NAME} " · Leptos, Axum and Scalekit"</p>
        </footer>
    }
    .erase()
}
