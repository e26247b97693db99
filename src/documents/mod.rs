//! Documents that stand alone: one thought each, without the application and without hydration, so that they
//! work wherever HTML does and add nothing to what browsers load.
//!
//! - [`error`]: an answer that no page gives: nothing found, nothing reachable, something failed.
//! - [`question`]: one question, one button, and a way to leave everything as it is.
//! - [`onward`]: goes on to another address by itself.
//!
//! What they share stands here: `Document`, and what every page's document has too: its head, and how it is
//! drawn.

pub mod error;
pub mod onward;
pub mod question;

use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
    tachys::view::Position,
};

use crate::{
    components::{
        brand::{Brand, document_title},
        icons::Drawings,
        skip_link::SkipLink,
        theme_switch::ThemeSwitch,
    },
    site::SiteLinks,
};

/// A whole document around one piece of content.
#[component]
fn Document(
    /// Where the site's files are.
    links: SiteLinks,
    title: &'static str,
    /// Classes of the frame.
    #[prop(default = "public")]
    class: &'static str,
    /// What its head holds beside the rest.
    #[prop(optional_no_strip)]
    head: Option<AnyView>,
    /// The content; it brings the one `<h1>`.
    children: Children,
) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>{document_title(title)}</title>
                <DocumentHead links/>
                {head}
            </head>
            <body>
                <div class=class>
                    <SkipLink/>
                    <header class="top">
                        <Brand/>
                        <ThemeSwitch/>
                    </header>
                    <main id="main" tabindex="-1">
                        {children()}
                    </main>
                </div>
                <Drawings/>
            </body>
        </html>
    }
}

/// Every document's head. The small script sets the remembered colour scheme before anything is painted.
#[component]
pub fn DocumentHead(
    /// Where the site's files are.
    links: SiteLinks,
) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <script src=links.page.address integrity=links.page.integrity nonce=use_nonce()></script>
        <link id="leptos" rel="stylesheet" href=links.stylesheet/>
        <link rel="icon" href=links.icon type="image/svg+xml"/>
    }
}

/// Room for most documents, in bytes: one that is longer is moved as it grows.
const USUAL_LENGTH: usize = 24 * 1024;

/// Draws a document. Nothing in it waits: what a page shows has been asked for.
pub fn render<V: IntoView>(nonce: Option<Nonce>, document: impl FnOnce() -> V) -> String {
    Owner::new().with(|| {
        if let Some(nonce) = nonce {
            provide_context(nonce);
        }
        let mut html = String::with_capacity(USUAL_LENGTH);
        document().into_view().to_html_with_buf(&mut html, &mut Position::FirstChild, true, false, Vec::new());
        html
    })
}
