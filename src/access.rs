//! The table of pages: who may open each. The server guards by it; a test compares it with the routes in `app`.
//!
//! Not here: the routes that are not pages (`server::routes`), and the guard itself (`server::guard`).

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in and has the named permission.
    Permission(&'static str),
}

/// A page and who may open it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its path, without parameters.
    pub path: &'static str,
    /// Who may open it.
    pub access: Access,
}

/// Every page. A page that is missing here can't be opened.
pub const PAGES: &[Page] = &[
    Page { path: "/", access: Access::Public },
    Page { path: "/login", access: Access::Public },
    Page { path: "/logged-out", access: Access::Public },
    Page { path: "/auth/callback", access: Access::Public },
    Page { path: "/dashboard", access: Access::SignedIn },
    Page { path: "/dashboard/profile", access: Access::SignedIn },
    Page { path: "/dashboard/sessions", access: Access::SignedIn },
];

/// In bytes: longer paths are not led back to after a sign-in. They travel in a cookie, and pages repeat them.
pub const LONGEST_RETURN_PATH: usize = 1024;

/// Whether the page at `path` can't be shown without a session.
#[must_use]
pub fn needs_session(path: &str) -> bool {
    PAGES.iter().any(|page| page.path == path.trim_end_matches('/') && page.access != Access::Public)
}
