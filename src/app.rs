//! The document shell, and `<App/>`: what every page has around it. The pages' routes are in `pages`.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::Router;

use crate::{
    access::needs_session,
    components::{
        frame::provide_frames,
        icons::Drawings,
        session::{Session, SessionWatcher, Watcher},
    },
    documents::DocumentHead,
    pages::Pages,
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
            <Pages/>
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

/// Starts the browser side. Leptos' own component would look for hashed names in a file beside the binary.
#[component]
fn Hydration(links: SiteLinks) -> impl IntoView {
    let SiteLinks { start, script, wasm, .. } = links;

    view! {
        <link rel="modulepreload" href=script.clone()/>
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script src=start.address integrity=start.integrity defer data-script=script data-wasm=wasm nonce=use_nonce()></script>
    }
}
