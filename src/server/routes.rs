//! Who may call what. A test fails for a page or server function that is not listed, and the guard refuses it. Health checks
//! and files are outside: they are the same for everybody.
//!
//! Pages state their rule in `access::PAGES`; this file adds the routes that are not pages.

use axum::http::Uri;

use crate::access::{Access, PAGES};

/// One route and its rules.
#[derive(Debug, Clone, Copy)]
pub struct RouteRule {
    /// The path as the router matches it.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether the caller's session is looked up, and refreshed if need be, before the route runs.
    pub session: SessionUse,
    /// Whether it is a page: pages redirect to sign-in, everything else answers with an error.
    pub is_page: bool,
}

/// Whether a route needs to know who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionUse {
    /// Look the session up first: a person does something, which keeps the session alive.
    Lookup,
    /// Look it up, but a page may be asking by itself: that keeps no session alive.
    Watch,
    /// The route does not need it, or works on the session itself.
    None,
}

/// The routes that are not pages. Server functions check access themselves; the rule here says what they check.
pub const ENDPOINTS: &[RouteRule] = &[
    // Both look the session up themselves, where they need it, and refresh nothing.
    endpoint("/auth/login", Access::Public, SessionUse::None),
    endpoint("/logout", Access::Public, SessionUse::None),
    // The provider's own calls, without cookies: their signatures say who is calling.
    endpoint("/auth/backchannel-logout", Access::Public, SessionUse::None),
    endpoint("/webhooks/scalekit", Access::Public, SessionUse::None), // part: webhooks
    endpoint("/api/current_session", Access::Public, SessionUse::Watch),
    endpoint("/api/exchange_code", Access::Public, SessionUse::None),
    endpoint("/api/refresh_session", Access::SignedIn, SessionUse::None),
    endpoint("/api/logout", Access::Public, SessionUse::None),
    endpoint("/api/list_claims", Access::SignedIn, SessionUse::Lookup),
    endpoint("/api/load_dashboard", Access::SignedIn, SessionUse::Lookup),
    endpoint("/api/list_sessions", Access::SignedIn, SessionUse::Lookup),
    endpoint("/api/end_session", Access::SignedIn, SessionUse::Lookup),
    endpoint("/api/end_other_sessions", Access::SignedIn, SessionUse::Lookup),
];

const fn endpoint(path: &'static str, access: Access, session: SessionUse) -> RouteRule {
    RouteRule { path, access, session, is_page: false }
}

/// The rule of a matched route.
#[must_use]
pub fn find(path: &str) -> Option<RouteRule> {
    let page = PAGES.iter().find(|page| page.path == path).map(|page| RouteRule {
        path: page.path,
        access: page.access,
        session: SessionUse::Lookup,
        is_page: true,
    });
    page.or_else(|| ENDPOINTS.iter().find(|rule| rule.path == path).copied())
}

/// Where a path leads that is a route's but for slashes behind it, with its query. The path is the table's, never the request's:
/// `//elsewhere/` leads nowhere.
#[must_use]
pub fn without_trailing_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?.trim_end_matches('/');
    let rule = find(path)?;
    Some(uri.query().map_or_else(|| rule.path.to_owned(), |query| [rule.path, "?", query].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_behind_a_route_lead_to_it_and_to_nothing_else() {
        let led = |target: &str| without_trailing_slash(&target.parse().unwrap());
        for (asked, leads) in [
            ("/dashboard/", "/dashboard"),
            ("/dashboard/profile//?tab=a%2Fb&x", "/dashboard/profile?tab=a%2Fb&x"),
            ("/login/?return_to=//evil.example/", "/login?return_to=//evil.example/"),
            ("/auth/login/", "/auth/login"),
            ("http://evil.example/login/", "/login"),
        ] {
            assert_eq!(led(asked).as_deref(), Some(leads), "{asked}");
        }
        for nowhere in [
            "/",
            "//",
            "/login",
            "//evil.example/",
            "//evil.example//",
            "//login/",
            "/\\evil.example/",
            "/Login/",
            "/login/x/",
            "/log%69n/",
            "/nothing/",
        ] {
            assert_eq!(led(nowhere), None, "{nowhere}");
        }
    }
}
