//! The document shell, `<App/>` with its routes, and the table of pages with who may open each.
//!
//! The table is what the server guards by; a test there compares it with the routes below. Every page is rendered in
//! `SsrMode::Async`: complete before it is sent, so that it works without scripts and can set status and headers.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::{
        brand::{Brand, document_title},
        frame::{SkipLink, provide_frames},
        icons::Drawings,
        problem::ProblemPage,
        session::{Session, SessionWatcher, Watcher},
        theme_switch::ThemeSwitch,
    },
    error::AppError,
    pages::{
        callback::Callback, dashboard::Dashboard, landing::Landing, logged_out::LoggedOut, login::Login,
        not_found::NotFound, profile::Profile, sessions::Sessions,
    },
    site::{Script, SiteLinks},
};

/// Who may open a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in and has the named permission.
    Permission(&'static str),
}

/// A page and who may open it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its path, without parameters.
    pub path: &'static str,
    /// Who may open it.
    pub access: Access,
}

/// Every page. A page that is missing here can't be opened.
pub const PAGES: &[Page] = &[
    Page { path: "/", access: Access::Public },
    Page { path: "/login", access: Access::Public },
    Page { path: "/logged-out", access: Access::Public },
    Page { path: "/auth/callback", access: Access::Public },
    Page { path: "/dashboard", access: Access::SignedIn },
    Page { path: "/dashboard/profile", access: Access::SignedIn },
    Page { path: "/dashboard/sessions", access: Access::SignedIn },
];

/// In bytes: longer paths are not led back to after a sign-in. They travel in a cookie, and pages repeat them.
pub const LONGEST_RETURN_PATH: usize = 1024;

/// The application inside the document's body, on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Watcher::provide(Session::provide(), needs_session);
    provide_frames();

    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=Landing ssr=SsrMode::Async/>
                <Route path=path!("/login") view=Login ssr=SsrMode::Async/>
                <Route path=path!("/logged-out") view=LoggedOut ssr=SsrMode::Async/>
                <Route path=path!("/auth/callback") view=Callback ssr=SsrMode::Async/>
                <Route path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async/>
                <Route path=path!("/dashboard/profile") view=Profile ssr=SsrMode::Async/>
                <Route path=path!("/dashboard/sessions") view=Sessions ssr=SsrMode::Async/>
            </FlatRoutes>
            <SessionWatcher/>
        </Router>
    }
}

/// The document around the application.
pub fn shell(options: LeptosOptions, links: SiteLinks) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <DocumentHead links=links.clone()/>
                <AutoReload options/>
                <Hydration links/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <Drawings/>
            </body>
        </html>
    }
}

/// What an error document shows.
#[derive(Debug, Clone)]
pub struct ErrorPage {
    /// What went wrong.
    pub error: AppError,
    /// Names the request in the log.
    pub request_id: Option<String>,
    /// Path to try again; with an error that passes the page tries it by itself.
    pub retry: Option<String>,
    /// What somebody else said of it, in their words.
    pub quoted: Option<String>,
    /// Where the site's files are.
    pub links: SiteLinks,
}

/// A complete document for an answer that no page gives: nothing found, nothing reachable, something failed. It holds no
/// application: there are no hydration scripts, and nothing in it needs a session.
pub fn error_document(page: ErrorPage) -> impl IntoView {
    let ErrorPage { error, request_id, retry, quoted, links } = page;
    let retry_script = links.retry.clone();
    let waiting = match (&error, &retry) {
        (AppError::Unavailable { retry_after } | AppError::TooManyRequests { retry_after }, Some(path)) => {
            Some((*retry_after, path.clone()))
        }
        _ => None,
    };

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>{document_title(error.title())}</title>
                <DocumentHead links/>
                {waiting.clone().map(|(seconds, path)| view! { <RetryHead script=retry_script seconds=seconds path=path/> })}
            </head>
            <body>
                <div class="public">
                    <SkipLink/>
                    <header class="top">
                        <Brand/>
                        <ThemeSwitch/>
                    </header>
                    <main id="main" tabindex="-1">
                        <ProblemPage error=error request_id=request_id retry=retry/>
                        {quoted.map(|words| view! { <p class="quoted">"The link that led here says: " <code>{words}</code></p> })}
                        {waiting.map(|(seconds, _)| view! { <Retrying seconds=seconds/> })}
                    </main>
                </div>
                <Drawings/>
            </body>
        </html>
    }
}

/// What every document's head holds. The small script puts the remembered colour scheme in place before anything is
/// painted.
#[component]
pub fn DocumentHead(
    /// Where the site's files are.
    links: SiteLinks,
) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <script src=links.theme.address integrity=links.theme.integrity nonce=use_nonce()></script>
        <link id="leptos" rel="stylesheet" href=links.stylesheet/>
        <link rel="icon" href=links.icon type="image/svg+xml"/>
    }
}

/// Starts the application in the browser. Leptos' own component would look for hashed names in a file beside the binary.
#[component]
fn Hydration(links: SiteLinks) -> impl IntoView {
    let SiteLinks { start, script, wasm, .. } = links;

    view! {
        <link rel="modulepreload" href=script.clone()/>
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script src=start.address integrity=start.integrity defer data-script=script data-wasm=wasm nonce=use_nonce()></script>
    }
}

/// Tries again by itself: with scripts once the server answers, without them by loading the page anew.
#[component]
fn RetryHead(script: Script, seconds: u32, path: String) -> impl IntoView {
    let refresh = [&seconds.to_string(), "; url=", &path].concat();
    view! {
        <noscript>
            <meta http-equiv="refresh" content=refresh/>
        </noscript>
        <script src=script.address integrity=script.integrity defer data-seconds=seconds.to_string() data-path=path nonce=use_nonce()></script>
    }
}

#[component]
fn Retrying(seconds: u32) -> impl IntoView {
    view! {
        <p class="retrying" role="status">
            <span class="retrying-mark" aria-hidden="true"></span>
            "Trying again every "
            {seconds}
            " seconds. This page goes on by itself."
        </p>
    }
}

/// Whether the page at `path` can't be shown without a session.
fn needs_session(path: &str) -> bool {
    PAGES.iter().any(|page| page.path == path.trim_end_matches('/') && page.access != Access::Public)
}
