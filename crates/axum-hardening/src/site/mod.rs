//! The built site: stylesheets, scripts and other files in memory, with their compressed copies.
//!
//! Each file has two addresses: its own, and one with a hash of its content before the extension, which never
//! changes. How files are answered: [`answer`]. Not here: how they get into the binary, and which of them
//! documents link to.

mod answer;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::SystemTime};

use aws_lc_rs::digest;
use axum::{body::Bytes, http::HeaderValue};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use parking_lot::RwLock;

pub use answer::answer;

/// One file of the site, as it is sent.
#[derive(Debug, Clone)]
struct File {
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
pub struct FoundFile<'a> {
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

/// The site's files: as they were at start or, in development, as they are now.
#[derive(Debug)]
pub struct Site {
    load: fn() -> Files,
    watched: Vec<PathBuf>,
    current: RwLock<Current>,
}

#[derive(Debug)]
struct Current {
    files: Arc<Files>,
    /// When something in the watched folders last changed.
    changed: Option<SystemTime>,
}

impl Site {
    /// The site that `load` gives. Whenever a file in a watched folder has changed it is loaded anew; a build
    /// that holds its files watches none, and reads no disk.
    #[must_use]
    pub fn new(load: fn() -> Files, watched: Vec<PathBuf>) -> Self {
        let current = RwLock::new(Current { changed: last_change(&watched), files: Arc::new(load()) });
        Self { load, watched, current }
    }

    /// The files now.
    #[must_use]
    pub fn files(&self) -> Arc<Files> {
        if !self.watched.is_empty() {
            let changed = last_change(&self.watched);
            if changed != self.current.read().changed {
                *self.current.write() = Current { files: Arc::new((self.load)()), changed };
            }
        }
        Arc::clone(&self.current.read().files)
    }
}

/// When a file in these folders last changed; `None` without one.
fn last_change(folders: &[PathBuf]) -> Option<SystemTime> {
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

impl Files {
    /// Takes files: each with its path below the site's root, its content, and its media type. `name.br` and
    /// `name.gz` are compressed copies of `name`, and nothing by themselves.
    #[must_use]
    pub fn new(contents: impl IntoIterator<Item = (String, Bytes, String)>) -> Self {
        let by_name = contents.into_iter().map(|(name, content, media_type)| (name, (content, media_type)));
        let mut contents: HashMap<String, (Bytes, String)> = by_name.collect();
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

    /// Whether there is none: nothing was built.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// The file at this path, as it stands in the request: nothing is decoded or resolved.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FoundFile<'_>> {
        if let Some(file) = self.by_path.get(path) {
            return Some(FoundFile { file, is_immutable: false });
        }
        let file = self.by_path.get(self.hashed.get(path)?)?;
        Some(FoundFile { file, is_immutable: true })
    }

    /// The address of the file at this path that names its content; the path itself if there is none, so that
    /// a document says by what does not load that nothing was built.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        self.by_path.get(path).map_or_else(|| path.to_owned(), |file| with_hash(path, &file.hash))
    }

    /// What ties a script element to the content of the file at this path.
    #[must_use]
    pub fn integrity(&self, path: &str) -> Option<String> {
        self.by_path.get(path).map(|file| file.integrity.clone())
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
        let content = |name: &&str| ((*name).to_owned(), Bytes::from((*name).to_owned()), "text/css".to_owned());
        Files::new(names.iter().map(content))
    }

    #[test]
    fn a_file_is_found_under_its_name_and_under_its_hash_and_its_copies_are_not() {
        let files = files(&["pkg/app.css", "pkg/app.css.br", "pkg/app.css.gz", "LICENSE"]);
        let hashed = files.address("/pkg/app.css");
        assert!(!files.find("/pkg/app.css").unwrap().is_immutable);
        let found = files.find(&hashed).unwrap();
        assert!(found.is_immutable && found.file.brotli.is_some() && found.file.gzip.is_some());
        assert_ne!(hashed, "/pkg/app.css");
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
            let content = ("pkg/app.css".to_owned(), Bytes::from_static(text.as_bytes()), "text/css".to_owned());
            Files::new([content]).address("/pkg/app.css")
        };
        assert_eq!(with("a"), with("a"));
        assert_ne!(with("a"), with("b"));
    }

    #[test]
    fn scripts_that_documents_name_are_tied_to_their_content() {
        let content = ("theme.js".to_owned(), Bytes::from_static(b"alert(1)"), "text/javascript".to_owned());
        let files = Files::new([content]);
        let expected = "sha384-HT2E9NfWiuQ/w1PRai+hTyqW16NIoCGA/m8VQDUopfAtcz6YQjtsMmQd5uRbVDpW";
        assert_eq!(files.integrity("/theme.js").as_deref(), Some(expected));
        assert_eq!(files.integrity("/retry.js"), None);
    }

    #[test]
    fn what_was_not_built_is_linked_by_its_plain_name() {
        assert!(Files::default().is_empty());
        assert_eq!(Files::default().address("/pkg/app.wasm"), "/pkg/app.wasm");
    }
}
