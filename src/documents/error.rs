//! The document for an answer that no page gives: nothing found, nothing reachable, something failed. Nothing
//! in it needs a session. Where waiting helps, it tries again by itself.

use leptos::{nonce::use_nonce, prelude::*};

use super::Document;
use crate::{
    components::problem::ProblemPage,
    error::AppError,
    site::{Script, SiteLinks},
};

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

/// The document.
pub fn error_document(page: ErrorPage) -> impl IntoView {
    let ErrorPage { error, request_id, retry, quoted, links } = page;
    let waiting = match (&error, &retry) {
        (AppError::Unavailable { retry_after } | AppError::TooManyRequests { retry_after }, Some(path)) => {
            Some((*retry_after, path.clone()))
        }
        _ => None,
    };
    let seconds = waiting.as_ref().map(|(seconds, _)| *seconds);
    let script = links.retry.clone();
    let head = waiting.map(|(seconds, path)| view! { <RetryHead script seconds path/> }.into_any());

    view! {
        <Document links title=error.title() head>
            <ProblemPage error request_id retry/>
            {quoted.map(|words| view! { <p class="quoted">"The link that led here says: " <code>{words}</code></p> })}
            {seconds.map(|seconds| view! { <Retrying seconds/> })}
        </Document>
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
