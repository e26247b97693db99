//! `docs/routes.md` says what the tables say: each route once, with who may use it.

use leptos_scalekit::access::{Access, ENDPOINTS, PAGES};

/// They are the same for everybody and have no rule.
const WITHOUT_A_RULE: [&str; 2] = ["/healthz", "/readyz"];

/// Path, who may, and whether the row belongs to a part.
fn rows() -> Vec<(&'static str, &'static str, bool)> {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/routes.md"));
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(route, rest)| {
        let (_, path) = route.split_once(' ').unwrap();
        let (who, what) = rest.split_once(" | ").unwrap();
        (path, who, what.contains("Part `"))
    })
    .collect()
}

#[test]
fn the_page_of_routes_says_what_the_tables_say() {
    let pages = PAGES.iter().map(|page| (page.path, page.access));
    let rules: Vec<_> = pages.chain(ENDPOINTS.iter().map(|rule| (rule.path, rule.access))).collect();
    let rows = rows();
    for (path, access) in &rules {
        let expected: &[&str] = match access {
            Access::Public => &["anybody", "Scalekit"],
            Access::SignedIn => &["signed in"],
            Access::Permission(permission) => &[permission],
        };
        let mut said = rows.iter().filter(|(listed, ..)| listed == path).map(|(_, who, _)| *who).peekable();
        assert!(said.peek().is_some(), "docs/routes.md lacks {path}");
        assert!(said.all(|who| expected.contains(&who.trim_matches('`'))), "docs/routes.md: {path} is {access:?}");
    }
    for (path, _, of_a_part) in rows {
        let is_known = rules.iter().any(|(known, _)| *known == path) || WITHOUT_A_RULE.contains(&path);
        assert!(is_known || of_a_part, "docs/routes.md: there is no {path}");
    }
}
