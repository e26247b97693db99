//! Where documents find the site's files. Names carry a hash of the content, so that browsers may keep each for ever.
//!
//! Not here: the files themselves, which the server has (`server::assets`).

/// The addresses of the files that documents link to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteLinks {
    /// The stylesheet.
    pub stylesheet: String,
    /// The application's script, which starts [`Self::wasm`].
    pub script: String,
    /// The application.
    pub wasm: String,
    /// The script that puts the remembered colour scheme in place.
    pub theme: String,
    /// The script that tries again on documents that say "temporarily unavailable".
    pub retry: String,
    /// The site's icon.
    pub icon: String,
}
