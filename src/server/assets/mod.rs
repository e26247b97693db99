//! The built site: stylesheet, script, WASM and the files of `public/`, inside the binary with their compressed copies.
//!
//! A release build holds them all. A development build reads `target/site` and sees at once what `cargo leptos watch` writes.
//! Each file has two addresses: its own, and one with a hash of its content before the extension, which never changes. Why
//! not cargo-leptos' own hashes: docs/decisions/0009-site-inside-the-binary.md. How files are answered: [`answer`].

mod answer;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use aws_lc_rs::digest;
use axum::{body::Bytes, http::HeaderValue};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::site::{Script, SiteLinks};

pub use answer::answer;

#[derive(RustEmbed)]
#[folder = "target/site"]
#[exclude = "*.d.ts*"]
#[allow_missing = true]
struct Embedded;

/// Where a development build looks for changes.
const FOLDERS: [&str; 2] =
    [concat!(env!("CARGO_MANIFEST_DIR"), "/target/site"), concat!(env!("CARGO_MANIFEST_DIR"), "/target/site/pkg")];

/// One file of the site, as it is sent.
#[derive(Debug, Clone)]
pub struct File {
    content: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    media_type: HeaderValue,
    /// Names the content; an entity tag is made of it for each encoding.
    hash: String,
    /// Names the content to browsers that run it (Subresource Integrity, section 3.1).
    integrity: String,
}

/// A file under one of its addresses.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    file: &'a File,
    /// Whether the address names this very content, which then never changes.
    is_immutable: bool,
}

/// All files of the site.
#[derive(Debug, Default)]
pub struct Files {
    by_path: HashMap<String, File>,
    /// From the address with a hash to the one without.
    hashed: HashMap<String, String>,
}

/// The site's files: those in the binary, or in development those on the disk as they are now.
pub struct Site {
    files: RwLock<Arc<Files>>,
    seen: RwLock<Option<SystemTime>>,
}

impl Site {
    /// The site that belongs to this build.
    #[must_use]
    pub fn of_this_build() -> Self {
        let files = Files::new(Embedded::iter().filter_map(|name| Some((name.to_string(), Embedded::get(&name)?))));
        if files.by_path.is_empty() {
            tracing::error!(
                "this build holds no site: pages have neither style nor scripts. Build with `make build` or `make run`"
            );
        }
        Self { files: RwLock::new(Arc::new(files)), seen: RwLock::new(last_change()) }
    }

    /// The files now.
    pub fn files(&self) -> Arc<Files> {
        if cfg!(debug_assertions) {
            let changed = last_change();
            if changed != *self.seen.read().unwrap_or_else(PoisonError::into_inner) {
                let Self { files, .. } = Self::of_this_build();
                let files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
                *self.files.write().unwrap_or_else(PoisonError::into_inner) = files;
                *self.seen.write().unwrap_or_else(PoisonError::into_inner) = changed;
            }
        }
        Arc::clone(&self.files.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When a file of the site on the disk last changed; `None` without one, and always in a release build, which reads no disk.
fn last_change() -> Option<SystemTime> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let entries = FOLDERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

impl Files {
    /// Takes files by their paths below the site's root; `name.br` and `name.gz` are compressed copies of `name`.
    fn new(embedded: impl Iterator<Item = (String, EmbeddedFile)>) -> Self {
        let contents = embedded.map(|(name, file)| {
            let media_type = file.metadata.mimetype().to_owned();
            let content = match file.data {
                std::borrow::Cow::Borrowed(content) => Bytes::from_static(content),
                std::borrow::Cow::Owned(content) => Bytes::from(content),
            };
            (name, (content, media_type))
        });
        Self::from_contents(contents.collect())
    }

    fn from_contents(mut contents: HashMap<String, (Bytes, String)>) -> Self {
        let names: Vec<String> = contents.keys().filter(|name| !is_copy(name)).cloned().collect();
        let mut files = Self::default();
        for name in names {
            let Some((content, media_type)) = contents.remove(&name) else { continue };
            let mut copy = |extension: &str| contents.remove(&[&name, extension].concat()).map(|(content, _)| content);
            let (brotli, gzip) = (copy(".br"), copy(".gz"));
            let hash = hash(&content);
            let path = ["/", &name].concat();
            files.hashed.insert(with_hash(&path, &hash), path.clone());
            let (media_type, integrity) = (media_type_of(&media_type), integrity(&content));
            files.by_path.insert(path, File { content, brotli, gzip, media_type, hash, integrity });
        }
        files
    }

    /// The file at this path, as it stands in the request: nothing is decoded or resolved.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Found<'_>> {
        if let Some(file) = self.by_path.get(path) {
            return Some(Found { file, is_immutable: false });
        }
        let file = self.by_path.get(self.hashed.get(path)?)?;
        Some(Found { file, is_immutable: true })
    }

    /// The addresses that documents link to. `output_name` is what cargo-leptos calls its output, `package` the folder of it.
    #[must_use]
    pub fn links(&self, output_name: &str, package: &str) -> SiteLinks {
        let link = |path: String| match self.by_path.get(&path) {
            Some(file) => with_hash(&path, &file.hash),
            // Nothing was built: the document says so by what does not load.
            None => path,
        };
        let script = |path: String| {
            let integrity = self.by_path.get(&path).map(|file| file.integrity.clone());
            Script { address: link(path), integrity }
        };
        let built = |extension: &str| link(format!("/{package}/{output_name}.{extension}"));
        SiteLinks {
            stylesheet: built("css"),
            start: script("/start.js".to_owned()),
            script: built("js"),
            wasm: built("wasm"),
            theme: script("/theme.js".to_owned()),
            retry: script("/retry.js".to_owned()),
            icon: link("/favicon.svg".to_owned()),
        }
    }
}

fn is_copy(name: &str) -> bool {
    [".br", ".gz"].iter().any(|extension| name.ends_with(extension))
}

/// Text is UTF-8.
fn media_type_of(guessed: &str) -> HeaderValue {
    let text = if guessed.starts_with("text/") { format!("{guessed}; charset=utf-8") } else { guessed.to_owned() };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

fn hash(content: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA256, content).as_ref()[..12])
}

fn integrity(content: &[u8]) -> String {
    ["sha384-", &STANDARD.encode(digest::digest(&digest::SHA384, content))].concat()
}

/// `/pkg/name.css` to `/pkg/name.HASH.css`.
fn with_hash(path: &str, hash: &str) -> String {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => [stem, ".", hash, ".", extension].concat(),
        _ => [path, ".", hash].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Files {
        let content = |name: &&str| ((*name).to_owned(), (Bytes::from((*name).to_owned()), "text/css".to_owned()));
        Files::from_contents(names.iter().map(content).collect())
    }

    #[test]
    fn a_file_is_found_under_its_name_and_under_its_hash_and_its_copies_are_not() {
        let files = files(&["pkg/app.css", "pkg/app.css.br", "pkg/app.css.gz", "LICENSE"]);
        let links = files.links("app", "pkg");
        assert!(!files.find("/pkg/app.css").unwrap().is_immutable);
        let found = files.find(&links.stylesheet).unwrap();
        assert!(found.is_immutable && found.file.brotli.is_some() && found.file.gzip.is_some());
        assert_ne!(links.stylesheet, "/pkg/app.css");
        for path in [
            "/pkg/app.css.br",
            "/pkg/app.css.gz",
            "/pkg/app.AAAA.css",
            "/pkg/",
            "/pkg",
            "/",
            "",
            "pkg/app.css",
            "//pkg/app.css",
            "/pkg/../pkg/app.css",
            "/./pkg/app.css",
            "/%70kg/app.css",
            "/pkg%2fapp.css",
            "/PKG/app.css",
            "/pkg/app.css/",
        ] {
            assert!(files.find(path).is_none(), "{path}");
        }
        assert!(files.find("/LICENSE").is_some());
    }

    #[test]
    fn the_hash_follows_the_content() {
        let with = |text: &'static str| {
            let content = (Bytes::from_static(text.as_bytes()), "text/css".to_owned());
            Files::from_contents([("pkg/app.css".to_owned(), content)].into()).links("app", "pkg").stylesheet
        };
        assert_eq!(with("a"), with("a"));
        assert_ne!(with("a"), with("b"));
    }

    #[test]
    fn scripts_that_documents_name_are_tied_to_their_content() {
        let content = (Bytes::from_static(b"alert(1)"), "text/javascript".to_owned());
        let links = Files::from_contents([("theme.js".to_owned(), content)].into()).links("app", "pkg");
        let expected = "sha384-HT2E9NfWiuQ/w1PRai+hTyqW16NIoCGA/m8VQDUopfAtcz6YQjtsMmQd5uRbVDpW";
        assert_eq!(links.theme.integrity.as_deref(), Some(expected));
        assert_eq!(links.retry.integrity, None);
    }

    #[test]
    fn what_was_not_built_is_linked_by_its_plain_name() {
        assert_eq!(Files::default().links("app", "pkg").wasm, "/pkg/app.wasm");
    }
}
