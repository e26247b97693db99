//! The built site: stylesheet, script, WASM and `public/`, inside the binary with their compressed copies.
//!
//! A release build holds them all. A development build reads `target/site` and sees at once what `cargo
//! leptos watch` writes. Why not cargo-leptos' own hashes: docs/decisions/0009-site-inside-the-binary.md. How
//! files are found and answered: `axum_hardening::site`.

use std::path::PathBuf;

use axum::body::Bytes;
use axum_hardening::site::{Files, Site};
use rust_embed::RustEmbed;

use crate::site::{Script, SiteLinks};

#[derive(RustEmbed)]
#[folder = "target/site"]
#[exclude = "*.d.ts*"]
#[allow_missing = true]
struct Embedded;

/// Where a development build looks for changes.
const FOLDERS: [&str; 2] =
    [concat!(env!("CARGO_MANIFEST_DIR"), "/target/site"), concat!(env!("CARGO_MANIFEST_DIR"), "/target/site/pkg")];

/// The site that belongs to this build.
#[must_use]
pub fn site() -> Site {
    let watched = if cfg!(debug_assertions) { FOLDERS.map(PathBuf::from).to_vec() } else { Vec::new() };
    Site::new(load, watched)
}

fn load() -> Files {
    let files = Files::new(Embedded::iter().filter_map(|name| {
        let file = Embedded::get(&name)?;
        let content = match file.data {
            std::borrow::Cow::Borrowed(content) => Bytes::from_static(content),
            std::borrow::Cow::Owned(content) => Bytes::from(content),
        };
        Some((name.into_owned(), content, file.metadata.mimetype().to_owned()))
    }));
    if files.is_empty() {
        tracing::error!(
            "this build holds no site: pages have neither style nor scripts. Build with `make build` or `make run`"
        );
    }
    files
}

/// Addresses that documents link to. cargo-leptos' output is called `output_name`, its folder `package`.
#[must_use]
pub fn links(files: &Files, output_name: &str, package: &str) -> SiteLinks {
    let script = |path: &str| Script { address: files.address(path), integrity: files.integrity(path) };
    let built = |extension: &str| files.address(&format!("/{package}/{output_name}.{extension}"));
    SiteLinks {
        stylesheet: built("css"),
        start: script("/start.js"),
        script: built("js"),
        wasm: built("wasm"),
        page: script("/page.js"),
        retry: script("/retry.js"),
        icon: files.address("/favicon.svg"),
    }
}
