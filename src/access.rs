//! The table of rules: every page and every other route, and who may call it. It is the law: the server's
//! guard turns away by it before anything runs, and a route that is missing here can't be called at all.
//! Tests compare it with the router.
//!
//! Health checks and files are outside: the same for everybody. Not here: the guard (`server::guard`).

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
    pub path: &'static str,
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

/// A route that is no page, and its rule.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// The path as the router matches it.
    pub path: &'static str,
    pub access: Access,
    /// What becomes of the caller's session before the route runs.
    pub session: SessionUse,
}

/// What a route needs to know of the caller's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionUse {
    /// Look it up, refresh it if its tokens have ended: a person acts, which keeps the session alive.
    Lookup,
    /// The same, but a page may be asking by itself: that keeps no session alive.
    Watch,
    /// Refresh it ahead of time, if that is due; keeps no session alive.
    Refresh,
    /// The route does not need it, or works on the session itself.
    None,
}

/// The address of a server function, or the folder of all of them.
macro_rules! function {
    () => {
        "/api"
    };
    ($name:literal) => {
        concat!(function!(), "/", $name)
    };
}
pub(crate) use function;

/// What the addresses of server functions begin with.
pub const FUNCTIONS: &str = concat!(function!(), "/");

/// Every route that is no page. Server functions are listed with the rule by which they answer: to those whom
/// it does not let through with an error, whether they are called or a page asks them.
pub const ENDPOINTS: &[Endpoint] = &[
    // Both look the session up themselves, where they need it, and refresh nothing.
    endpoint("/auth/login", Access::Public, SessionUse::None),
    endpoint("/logout", Access::Public, SessionUse::None),
    // The provider's own calls, without cookies: their signatures say who is calling.
    endpoint("/auth/backchannel-logout", Access::Public, SessionUse::None),
    endpoint("/webhooks/scalekit", Access::Public, SessionUse::None), // part: webhooks
    endpoint(function!("current_session"), Access::Public, SessionUse::Watch),
    endpoint(function!("note_presence"), Access::Public, SessionUse::Lookup),
    endpoint(function!("exchange_code"), Access::Public, SessionUse::None),
    endpoint(function!("refresh_session"), Access::SignedIn, SessionUse::Refresh),
    endpoint(function!("logout"), Access::Public, SessionUse::None),
    endpoint(function!("end_session"), Access::SignedIn, SessionUse::Lookup),
    endpoint(function!("end_other_sessions"), Access::SignedIn, SessionUse::Lookup),
    endpoint(function!("export_organization"), Access::Permission("sk_org_settings_read"), SessionUse::Lookup),
];

const fn endpoint(path: &'static str, access: Access, session: SessionUse) -> Endpoint {
    Endpoint { path, access, session }
}

/// In bytes: no sign-in leads back to a longer path. They travel in a cookie, and pages repeat them.
pub const LONGEST_RETURN_PATH: usize = 1024;
