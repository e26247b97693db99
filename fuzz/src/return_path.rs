//! Return paths: whatever is accepted leads to this site by the rules of browsers, in whatever context it is
//! resolved, is accepted again unchanged, fits into a header and a cookie, and is no step of sign-in.
//!
//! Input: the path as a visitor brings it.

use axum::http::HeaderValue;
use leptos_scalekit::server::return_to::{DEFAULT, paths};
use url::{Origin, Url};

const SITES: [&str; 4] =
    ["https://app.example.com", "http://localhost:3000", "https://app.example.com:8443", "http://[::1]:3000"];
const STEPS: [&str; 4] = ["auth", "api", "login", "logged-out"];

/// The property.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for site in SITES.map(|site| Url::parse(site).unwrap()) {
        let Some(accepted) = paths(&site).parse(&text) else {
            assert_eq!(paths(&site).parse_or_default(Some(&text)).as_str(), DEFAULT);
            continue;
        };
        let path = accepted.as_str();
        assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'), "{path:?} names a host");
        // A browser resolves it against the page that it is on.
        for page in ["/", "/auth/callback?code=x", "/a/b/c/"] {
            let landed = site.join(page).unwrap().join(path).unwrap();
            assert_eq!(landed.origin(), site.origin(), "{path:?} leaves {site}");
            assert!(landed.username().is_empty() && landed.password().is_none(), "{path:?} carries credentials");
        }
        let elsewhere = Url::parse("https://other.test/x").unwrap().join(path).unwrap();
        let Origin::Tuple(_, host, _) = elsewhere.origin() else { panic!("{path:?} has no origin") };
        assert_eq!(host.to_string(), "other.test", "{path:?} names a host");
        assert!(HeaderValue::from_str(path).is_ok() && path.is_ascii(), "{path:?} breaks a header");
        // Sealed and encoded it must fit a cookie, of which browsers keep 4096 bytes.
        assert!(path.len() <= 1024, "{} bytes are too many for a cookie", path.len());
        assert_eq!(paths(&site).parse(path).as_ref(), Some(&accepted), "{path:?} is not accepted again");
        let first = site.join(path).unwrap().path_segments().and_then(|mut parts| parts.next().map(decoded));
        let first = first.unwrap_or_default();
        assert!(!STEPS.contains(&&*first), "{path:?} is a step of sign-in");
    }
}

/// A segment as a router may read it.
fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().to_lowercase()
}
