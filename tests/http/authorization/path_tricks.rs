//! Other spellings of protected paths. The rule: only the exact path is the page. Everything else is no page
//! (404) or no request (400), to whoever asks, and shows nothing.

use leptos_scalekit::server::routes::without_trailing_slash;

use super::assert_shows_nothing;
use crate::support::{ADA, app, raw};

/// Targets that some server, proxy or router takes for `/dashboard` or a page below it.
const OTHER_SPELLINGS: &[&str] = &[
    "//dashboard",
    "///dashboard",
    "/./dashboard",
    "/.//dashboard",
    "//./dashboard",
    "/x/../dashboard",
    "/x/..//dashboard",
    "/../dashboard",
    "/../../dashboard",
    "/login/../dashboard",
    "/auth/../dashboard",
    "/pkg/../dashboard",
    "/api/../dashboard",
    "/%2e/dashboard",
    "/%2e%2e/dashboard",
    "/x/%2e%2e/dashboard",
    "/x/%2E%2E/dashboard",
    "/x/.%2e/dashboard",
    "/x/%2e./dashboard",
    "/x/..%2fdashboard",
    "/x/%2e%2e%2fdashboard",
    "/%252e%252e/dashboard",
    "/..;/dashboard",
    "/x/..;/dashboard",
    "/;/dashboard",
    "/%64ashboard",
    "/%64%61%73%68%62%6f%61%72%64",
    "/d%61shboard",
    "/dashboar%64",
    "/%44ashboard",
    "/%2564ashboard",
    "/%u0064ashboard",
    "/%2fdashboard",
    "/%2Fdashboard",
    "%2fdashboard",
    "/%5cdashboard",
    "/\\dashboard",
    "\\dashboard",
    "/.\\dashboard",
    "/x\\..\\dashboard",
    "/DASHBOARD",
    "/Dashboard",
    "/dashboarD",
    "/dAsHbOaRd/profile",
    "/dashboard/PROFILE",
    "/dashboard/Sessions",
    "/dashboard/.",
    "/dashboard/./",
    "/dashboard/..",
    "/dashboard/x/..",
    "/dashboard/%2e",
    "/dashboard%2f",
    "/dashboard%2F",
    "/dashboard%5c",
    "/dashboard\\",
    "/dashboard%20",
    "/dashboard%09",
    "/dashboard%00",
    "/dashboard%0a",
    "/dashboard%0d%0a",
    "/dashboard%3f",
    "/dashboard%23",
    "/dashboard;",
    "/dashboard;x",
    "/dashboard;x=y",
    "/dashboard;/profile",
    "/dashboard%3b",
    "/dashboard,",
    "/dashboard.",
    "/dashboard..",
    "/dashboard.html",
    "/dashboard.json",
    "/dashboard.css",
    "/dashboard~",
    "/dashboard*",
    "/dashboard:80",
    "/dashboard&x",
    "/dashboard=",
    "/dashboard%",
    "/dashboard%2",
    "/dashboard%zz",
    "/dashboard%c0%af",
    "/%c0%afdashboard",
    "/%e0%80%afdashboard",
    "/dashboard%ef%bc%8f",
    "/%ef%bc%8fdashboard",
    "/dashboard//profile",
    "/dashboard/./profile",
    "/dashboard%2fprofile",
    "/dashboard%2Fprofile",
    "/dashboard%252fprofile",
    "/dashboard\\profile",
    "/dashboard%5cprofile",
    "/dashboard;/profile",
    "/dashboard/%70rofile",
    "/dashboard/profile.js",
    "/dashboard/profile;v=1",
    "/dashboard/x/../profile",
    "/dashboard/profile/..",
    "/dashboard/profile/../sessions",
    "//dashboard/sessions",
    "/dashboard//sessions",
    "/:dashboard",
    "/@dashboard",
    "/~/dashboard",
    "/*dashboard",
    "//localhost/dashboard",
    "//evil.example/dashboard",
    "/http://localhost/dashboard",
    "http://localhost//dashboard",
    "http://evil.example/%64ashboard",
    "http:/dashboard",
    "http:dashboard",
    "dashboard",
    "./dashboard",
    "?/dashboard",
    "#/dashboard",
    "/?/../dashboard/..",
    "/dash board",
    "/dashboard\u{a0}",
    "/dashb\u{1d00}ard",
    "/da\u{ad}shboard",
    "/\u{ff0f}dashboard",
];

/// The same path to every reader: a page, for whoever may see it.
const SAME_PATH: &[&str] =
    &["/dashboard", "/dashboard?", "/dashboard#x", "http://localhost/dashboard", "http://evil.example/dashboard"];

/// A slash more than the path has: led to the page, whoever asks, and with its query.
const SLASH_BEHIND: &[(&str, &str)] = &[
    ("/dashboard/", "/dashboard"),
    ("/dashboard//", "/dashboard"),
    ("/dashboard/profile/?tab=a%2F&x=//evil.example/", "/dashboard/profile?tab=a%2F&x=//evil.example/"),
    ("/dashboard/sessions/", "/dashboard/sessions"),
    ("/login/?return_to=/dashboard/", "/login?return_to=/dashboard/"),
    ("/auth/callback/?code=x&state=y", "/auth/callback?code=x&state=y"),
    ("/auth/login/?login_hint=a%40b.example", "/auth/login?login_hint=a%40b.example"),
    ("http://evil.example/dashboard/", "/dashboard"),
];

/// `/?…` is the start page, whatever the query says.
fn is_start_page(target: &str) -> bool {
    target.starts_with("/?")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_spelling_of_a_protected_path_shows_anything_to_anybody() {
    let app = app().await;
    let session = format!("cookie: {}", app.signed_in(ADA).await.cookie_header());
    assert!(OTHER_SPELLINGS.len() >= 100);
    for target in OTHER_SPELLINGS {
        let request_line = format!("GET {target}");
        for headers in [vec![], vec![session.as_bytes()]] {
            let answer = raw::send(&app.url, request_line.as_bytes(), &headers).await;
            if is_start_page(target) {
                assert_eq!(answer.status, 200, "{target}");
                assert!(!answer.body.contains("Your sessions"), "{target}");
            } else {
                assert!(matches!(answer.status, 400 | 404), "{target} gets {}", answer.status);
                assert_shows_nothing(&answer.body, target);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_the_same_path_to_everybody_is_guarded_as_the_page_it_is() {
    let app = app().await;
    let session = format!("cookie: {}", app.signed_in(ADA).await.cookie_header());
    for target in SAME_PATH {
        let request_line = format!("GET {target}");
        let refused = raw::send(&app.url, request_line.as_bytes(), &[]).await;
        assert_eq!((refused.status, refused.body.as_str()), (302, ""), "{target}");
        assert!(refused.header("location").starts_with("/login?return_to=/dashboard"), "{target}");
        let shown = raw::send(&app.url, request_line.as_bytes(), &[session.as_bytes()]).await;
        assert_eq!(shown.status, 200, "{target}");
        assert!(shown.body.contains("Lovelace"), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slash_behind_a_page_leads_to_it_before_the_guard_and_never_to_another_host() {
    let app = app().await;
    let session = format!("cookie: {}", app.signed_in(ADA).await.cookie_header());
    for (target, leads_to) in SLASH_BEHIND {
        for headers in [vec![], vec![session.as_bytes()]] {
            let answer = raw::send(&app.url, format!("GET {target}").as_bytes(), &headers).await;
            assert_eq!((answer.status, answer.header("location")), (308, *leads_to), "{target}");
            assert_eq!(answer.body, "", "{target}");
        }
    }
    for target in
        ["//evil.example/", "//evil.example//", "/\\evil.example/", "//dashboard/", "/%2f/evil.example/", "//", "///"]
    {
        let answer = raw::send(&app.url, format!("GET {target}").as_bytes(), &[]).await;
        assert!(matches!(answer.status, 400 | 404), "{target} gets {}", answer.status);
        assert_eq!(answer.header("location"), "", "{target}");
    }
    let posted = raw::send(&app.url, b"POST /dashboard/", &[session.as_bytes(), b"sec-fetch-site: same-origin"]).await;
    assert_eq!((posted.status, posted.header("location")), (405, ""), "nothing that changes something is passed on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_some_servers_take_for_the_path_or_the_method_change_nothing() {
    let app = app().await;
    for header in [
        "x-original-url: /dashboard",
        "x-rewrite-url: /dashboard",
        "x-forwarded-prefix: /dashboard",
        "x-forwarded-host: evil.example",
        "forwarded: host=evil.example",
        "x-http-method-override: POST",
        "x-forwarded-user: usr_103845067215791001",
        "authorization: Bearer x",
        "x-middleware-subrequest: middleware",
    ] {
        let public = raw::send(&app.url, b"GET /login", &[header.as_bytes()]).await;
        assert_eq!(public.status, 200, "{header}");
        assert_shows_nothing(&public.body, header);
        assert!(!public.body.contains("evil.example"), "{header}");
        let protected = raw::send(&app.url, b"GET /dashboard", &[header.as_bytes()]).await;
        assert_eq!((protected.status, protected.header("location")), (302, "/login?return_to=/dashboard"), "{header}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_on_a_protected_page_show_nothing() {
    let app = app().await;
    let session = format!("cookie: {}", app.signed_in(ADA).await.cookie_header());
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "GETS", "PROPFIND", "QUERY"]
    {
        for headers in [vec![], vec![session.as_bytes(), b"sec-fetch-site: same-origin"]] {
            let answer = raw::send(&app.url, format!("{method} /dashboard").as_bytes(), &headers).await;
            assert_ne!(answer.status, 200, "{method}");
            assert_shows_nothing(&answer.body, method);
        }
    }
}

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
