//! The document around every page: head, frame, the session as data, and what starts the browser's half
//! where there is something for it to do.

use leptos::{either::Either, nonce::use_nonce, prelude::*};

use crate::{
    api::session::{ProviderView, SESSION_ELEMENT, SessionView},
    browser::notice::Notice,
    components::{brand::document_title, frame, icons::Drawings},
    documents::DocumentHead,
    islands::{
        places::{Place, name},
        session_notice::SessionNotice,
    },
    site::SiteLinks,
};

/// What stands around a page, and what it needs of the browser.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The page's name in the browser's tab.
    pub title: &'static str,
    pub kind: Kind,
}

/// Kinds of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anybody may read it. The browser's half comes with it only for those who are signed in.
    Public,
    /// The same, with islands for anonymous visitors too.
    PublicWithIslands,
    /// It needs a session and stands in the sections under this path.
    SignedIn(&'static str),
}

impl Frame {
    /// The frame of a page that anybody may open.
    #[must_use]
    pub const fn public(title: &'static str) -> Self {
        Self { title, kind: Kind::Public }
    }

    /// The frame of a page that needs a session.
    #[must_use]
    pub const fn signed_in(title: &'static str, path: &'static str) -> Self {
        Self { title, kind: Kind::SignedIn(path) }
    }
}

/// What a document says beside its page.
pub struct Surroundings {
    /// The session that the page is drawn for.
    pub session: Option<SessionView>,
    pub provider: ProviderView,
    /// Where the site's files are.
    pub links: SiteLinks,
    /// In development: where `cargo leptos watch` says that the page has changed.
    pub reload: Option<LeptosOptions>,
}

/// A whole document.
pub fn document<V: IntoView>(surroundings: Surroundings, frame: Frame, content: impl FnOnce() -> V) -> impl IntoView {
    let Surroundings { session, provider, links, reload } = surroundings;
    let has_islands = session.is_some() || frame.kind == Kind::PublicWithIslands;
    let is_needed = matches!(frame.kind, Kind::SignedIn(_));
    let browser_half =
        has_islands.then(|| view! { <BrowserHalf links=links.clone() data=as_data(session.as_ref()) is_needed/> });
    let looks_ahead = session.is_some();
    let framed = match frame.kind {
        Kind::SignedIn(path) => Either::Left(frame::signed_in(path, session, provider, content())),
        Kind::Public | Kind::PublicWithIslands => Either::Right(frame::public(session, provider, content())),
    };

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>{document_title(frame.title)}</title>
                <DocumentHead links/>
                {reload.map(|options| view! { <AutoReload options/> })}
                {browser_half}
                {looks_ahead.then(|| view! { <LookAhead/> })}
            </head>
            <body>
                {framed}
                {has_islands.then(|| view! {
                    <Place name=name::SESSION_NOTICE>
                        <SessionNotice notice=Signal::stored(Notice::Quiet)/>
                    </Place>
                })}
                <Drawings/>
            </body>
        </html>
    }
}

/// Starts the browser's half, and brings it the session. Leptos' own component would look for hashed names in
/// a file beside the binary.
#[component]
fn BrowserHalf(links: SiteLinks, data: String, is_needed: bool) -> impl IntoView {
    let SiteLinks { start, script, wasm, .. } = links;

    view! {
        <link rel="modulepreload" href=script.clone()/>
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script src=start.address integrity=start.integrity defer data-script=script data-wasm=wasm nonce=use_nonce()></script>
        // Data, which no browser runs, so that it needs no nonce.
        <script type="application/json" id=SESSION_ELEMENT data-needed=is_needed inner_html=data></script>
    }
}

/// The sections of signed-in people are fetched while the pointer rests on a link to them. The guard knows
/// such requests, and keeps no session alive by them.
#[component]
fn LookAhead() -> impl IntoView {
    view! { <script type="speculationrules" nonce=use_nonce() inner_html=SECTIONS></script> }
}

const SECTIONS: &str = r#"{"prefetch":[{"where":{"href_matches":"/dashboard*"},"eagerness":"moderate"}]}"#;

/// The session as JSON that can't end the element it stands in.
fn as_data(session: Option<&SessionView>) -> String {
    // It fails on no value of this type.
    serde_json::to_string(&session).unwrap_or_default().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_written_down_as_null() {
        assert_eq!(as_data(None), "null");
    }
}
