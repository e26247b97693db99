//! Finds the rule of a route. The rules stand in `access`.

use axum::http::Uri;

use crate::access::{Access, ENDPOINTS, Endpoint, PAGES, Page, SessionUse};

/// The tables by which the guard decides: [`Rules::OF_THE_APPLICATION`]; tests try others.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Pages.
    pub pages: &'static [Page],
    /// All other routes.
    pub endpoints: &'static [Endpoint],
}

/// One route's rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The path as the router matches it.
    pub path: &'static str,
    pub access: Access,
    /// What becomes of the caller's session before the route runs.
    pub session: SessionUse,
    /// Whether it is a page: pages redirect to sign-in, everything else answers with an error.
    pub is_page: bool,
}

impl Rules {
    pub const OF_THE_APPLICATION: Self = Self { pages: PAGES, endpoints: ENDPOINTS };

    /// The rule of a matched route; `None`: nobody may call it.
    #[must_use]
    pub fn find(self, path: &str) -> Option<Rule> {
        let page = self.pages.iter().find(|page| page.path == path).map(|page| Rule {
            path: page.path,
            access: page.access,
            session: SessionUse::Lookup,
            is_page: true,
        });
        page.or_else(|| {
            let endpoint = self.endpoints.iter().find(|endpoint| endpoint.path == path)?;
            let Endpoint { path, access, session } = *endpoint;
            Some(Rule { path, access, session, is_page: false })
        })
    }
}

/// The application's rule of a matched route.
#[must_use]
pub fn find(path: &str) -> Option<Rule> {
    Rules::OF_THE_APPLICATION.find(path)
}

/// Where a path leads that is a route's but for slashes behind it, with its query. The path is the table's,
/// never the request's: `//elsewhere/` leads nowhere.
#[must_use]
pub fn without_trailing_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?.trim_end_matches('/');
    let rule = find(path)?;
    Some(uri.query().map_or_else(|| rule.path.to_owned(), |query| [rule.path, "?", query].concat()))
}
