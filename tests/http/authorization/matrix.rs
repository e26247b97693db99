//! Every page and endpoint of the tables, called by five kinds of visitors. The rule says who gets through;
//! the table below says what they get then, where it is not the usual. A route that either table lacks fails
//! here.

use std::collections::BTreeSet;

use leptos_scalekit::access::{Access, ENDPOINTS, PAGES};
use serde_json::Value;

use super::{assert_shows_nothing, protected_pages};
use crate::support::{ADA, ALAN, App, Browser, CHARLES, KATHERINE, app};

/// The organization of the member without a role.
const HARBOR: &str = "org_103845067215790202";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Anonymous,
    NoRole,
    Member,
    Admin,
    AdminElsewhere,
}

const VISITORS: [Visitor; 5] =
    [Visitor::Anonymous, Visitor::NoRole, Visitor::Member, Visitor::Admin, Visitor::AdminElsewhere];

impl Visitor {
    const fn user(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => None,
            Self::NoRole => Some(ALAN),
            Self::Member => Some(CHARLES),
            Self::Admin => Some(ADA),
            Self::AdminElsewhere => Some(KATHERINE),
        }
    }

    /// The roles that the application must see.
    const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Anonymous | Self::NoRole => &[],
            Self::Member => &["member"],
            Self::Admin | Self::AdminElsewhere => &["admin"],
        }
    }

    async fn come(self, app: &App) -> Browser {
        match self.user() {
            None => app.browser(),
            Some(user) => app.signed_in(user).await,
        }
    }
}

/// What happens to those whom the rule lets through.
#[derive(Clone, Copy)]
struct Expected {
    path: &'static str,
    method: &'static str,
    /// What is posted.
    body: &'static str,
    status: u16,
}

const fn get(path: &'static str, status: u16) -> Expected {
    Expected { path, method: "GET", body: "", status }
}

const fn post(path: &'static str, body: &'static str, status: u16) -> Expected {
    Expected { path, method: "POST", body, status }
}

/// What those get who are let through, where it is not 200 for a page, and 200 for a server function that is
/// called without arguments.
const EXPECTED: &[Expected] = &[
    // Nobody has an answer of the provider at hand.
    get("/auth/callback", 400),
    get("/auth/login", 302),
    get("/logout", 200),
    // Without the provider's signature these refuse everybody alike.
    post("/auth/backchannel-logout", "", 400),
    post("/webhooks/scalekit", "", 400), // part: webhooks
    post("/api/exchange_code", "query=", 400),
    post("/api/logout", "", 302),
    post("/api/end_session", "id=x", 200),
];

fn expected(path: &'static str, is_page: bool) -> Expected {
    let written = EXPECTED.iter().find(|expected| expected.path == path).copied();
    written.unwrap_or(if is_page { get(path, 200) } else { post(path, "", 200) })
}

/// Whether the rule lets this visitor through, and what they get otherwise.
fn refusal(access: Access, is_page: bool, permissions: Option<&[String]>) -> Option<u16> {
    match (access, permissions) {
        (Access::Public, _) | (Access::SignedIn, Some(_)) => None,
        (_, None) => Some(if is_page { 302 } else { 401 }),
        (Access::Permission(needed), Some(held)) => (!held.iter().any(|held| held == needed)).then_some(403),
    }
}

/// All routes with their rules, and whether each is a page.
fn all_routes() -> Vec<(&'static str, Access, bool)> {
    let pages = PAGES.iter().map(|page| (page.path, page.access, true));
    pages.chain(ENDPOINTS.iter().map(|rule| (rule.path, rule.access, false))).collect()
}

async fn permissions(browser: &mut Browser, visitor: Visitor) -> Option<Vec<String>> {
    let answer = browser.call("/api/current_session", "").await;
    let state: Value = serde_json::from_str(&answer.body).unwrap();
    let texts = |name: &str| -> Vec<String> { serde_json::from_value(state["session"][name].clone()).unwrap() };
    if visitor == Visitor::Anonymous {
        assert_eq!(state["session"], Value::Null);
        return None;
    }
    assert_eq!(texts("roles"), visitor.roles(), "{visitor:?}");
    Some(texts("permissions"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_gets_at_every_route_what_its_rule_says() {
    let app = app().await;
    app.emulator.control().set_roles(ALAN, HARBOR, &[]).unwrap();
    let mut by_permission = BTreeSet::new();
    for (path, access, is_page) in all_routes() {
        let expected = expected(path, is_page);
        for visitor in VISITORS {
            let mut browser = visitor.come(&app).await;
            let permissions = permissions(&mut browser, visitor).await;
            if let Access::Permission(needed) = access {
                let may = permissions.iter().flatten().any(|held| held == needed);
                assert_eq!(may, matches!(visitor, Visitor::Admin | Visitor::AdminElsewhere), "{path} {visitor:?}");
                by_permission.insert(path);
            }
            let refusal = refusal(access, is_page, permissions.as_deref());
            let answer = match expected.method {
                "GET" => browser.get(path).await,
                _ => browser.call(path, expected.body).await,
            };
            assert_eq!(answer.status, refusal.unwrap_or(expected.status), "{path} {visitor:?}: {}", answer.body);
            if refusal.is_some() || visitor == Visitor::Anonymous {
                assert_shows_nothing(&answer.body, path);
            }
            if refusal == Some(302) {
                assert_eq!(answer.location(), format!("/login?return_to={path}"));
            }
        }
    }
    assert!(!by_permission.is_empty(), "a route that a permission opens is among them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_person_sees_themselves_only() {
    let app = app().await;
    let names = [(ADA, "Lovelace"), (CHARLES, "Babbage"), (ALAN, "Turing"), (KATHERINE, "Johnson")];
    for (user, name) in names {
        let mut browser = app.signed_in(user).await;
        for path in protected_pages() {
            let answer = browser.get(path).await;
            if answer.status == 403 {
                assert_shows_nothing(&answer.body, path);
                continue;
            }
            let page = answer.body;
            assert!(page.contains(name), "{path}");
            for (other, other_name) in names.into_iter().filter(|(other, _)| *other != user) {
                assert!(!page.contains(other_name) && !page.contains(other), "{path} shows {other_name} to {name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_the_router_is_in_the_tables_and_the_other_way_round() {
    // Axum can't list its routes, so they are read where they are registered.
    let registered = |source: &'static str| -> BTreeSet<&str> {
        source.split(".route(").skip(1).filter_map(|text| text.split('"').nth(1)).collect()
    };
    let listed: BTreeSet<&str> = PAGES.iter().map(|page| page.path).collect();
    assert_eq!(registered(include_str!("../../../src/pages/mod.rs")), listed);

    // The router registers server functions when it is built.
    let _app = app().await;
    let functions: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    let others = registered(include_str!("../../../src/server/mod.rs"));
    assert!(others.contains("/auth/login") && others.contains("/auth/backchannel-logout"), "{others:?}");
    let open = ["/healthz", "/readyz"];
    let in_router: BTreeSet<&str> = functions.into_iter().chain(others).filter(|path| !open.contains(path)).collect();
    let listed: BTreeSet<&str> = ENDPOINTS.iter().map(|rule| rule.path).collect();
    assert_eq!(in_router, listed);

    let expected: BTreeSet<&str> = EXPECTED.iter().map(|expected| expected.path).collect();
    let routes: BTreeSet<&str> = all_routes().iter().map(|(path, ..)| *path).collect();
    assert!(expected.is_subset(&routes), "{expected:?}");
    assert_eq!(EXPECTED.len(), expected.len(), "each once");
}
