//! Where documents find the site's files. Names carry a hash of the content: browsers may keep each for ever.
//!
//! Not here: the files themselves, which the server has (`server::assets`).

/// A script of the site that documents name themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub address: String,
    /// What its content must be for the browser to run it (Subresource Integrity); `None` if not built.
    pub integrity: Option<String>,
}

/// The addresses of the files that documents link to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteLinks {
    pub stylesheet: String,
    /// The script that starts the application, and goes on without it if it fails.
    pub start: Script,
    /// The application's script, which loads [`Self::wasm`].
    pub script: String,
    pub wasm: String,
    /// The script that puts the remembered colour scheme in place.
    pub page: Script,
    /// The script that tries again on documents that say "temporarily unavailable".
    pub retry: Script,
    pub icon: String,
}
