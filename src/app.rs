//! The document shell, and `<App/>` with the route of each page. Who may open a page stands in `access`.
//!
//! Every page is rendered in `SsrMode::Async`: complete before it is sent, so that it works without scripts and can set
//! status and headers.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    access::needs_session,
    components::{
        frame::provide_frames,
        icons::Drawings,
        session::{Session, SessionWatcher, Watcher},
    },
    documents::DocumentHead,
    pages::{
        callback::Callback, dashboard::Dashboard, landing::Landing, logged_out::LoggedOut, login::Login,
        not_found::NotFound, profile::Profile, sessions::Sessions,
    },
    site::SiteLinks,
};

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
