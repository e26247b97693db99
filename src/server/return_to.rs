//! Where a person goes after signing in: a path of this site, checked so that nobody can be sent elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// Where people land who wanted nothing in particular.
pub const DEFAULT: &str = "/dashboard/profile";

/// Longer return paths are dropped, in bytes: they travel in a cookie, sealed, of which browsers keep 4096.
const MAX_LENGTH: usize = 1024;

/// A checked path and query of this site. The only constructors are [`ReturnTo::parse`] and the default page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Checks what a visitor brought. `None` for another origin in any spelling, for the steps of sign-in itself
    /// and for server functions: returning there would loop or call something by a link.
    #[must_use]
    pub fn parse(text: &str, app_url: &Url) -> Option<Self> {
        if text.len() > MAX_LENGTH || !text.starts_with('/') || text.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        let url = app_url.join(text).ok()?;
        let path = url.path();
        if url.origin() != app_url.origin()
            || path.starts_with("//")
            || !url.username().is_empty()
            || is_step_of_sign_in(path)
        {
            return None;
        }
        let text = url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        // Again: a letter that is not ASCII has become three times as long.
        (text.len() <= MAX_LENGTH).then_some(Self(text))
    }

    /// [`ReturnTo::parse`], or the default page.
    #[must_use]
    pub fn parse_or_default(text: Option<&str>, app_url: &Url) -> Self {
        text.and_then(|text| Self::parse(text, app_url)).unwrap_or_default()
    }

    /// The path and query, ready for a `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_step_of_sign_in(path: &str) -> bool {
    // Judged as a browser and a router may read it: decoded, whatever the case.
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().to_lowercase();
    ["/auth", "/api", "/login", "/logged-out"]
        .iter()
        .any(|step| path.strip_prefix(step).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<String> {
        ReturnTo::parse(text, &Url::parse("https://app.example.com").unwrap()).map(|path| path.0)
    }

    #[test]
    fn deep_links_survive_exactly() {
        for path in [
            "/",
            "/dashboard",
            "/dashboard/profile?tab=ids&x=%2F#".trim_end_matches('#'),
            "/a%20b?q=a+b&u=https://x.example/",
            "/authors",
            "/apidocs",
        ] {
            assert_eq!(parse(path).as_deref(), Some(path), "{path}");
        }
    }

    #[test]
    fn other_origins_are_refused_in_every_spelling() {
        for text in [
            "",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/..//evil.example",
            "/.//evil.example",
            "/%0d%0aSet-Cookie:x\r\n",
            "evil.example",
            "@evil.example",
            "https:evil.example",
            "/a/..//evil.example",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn steps_of_sign_in_and_server_functions_are_refused() {
        for text in [
            "/auth/callback?code=x",
            "/auth/login",
            "/auth",
            "/login",
            "/login?return_to=/x",
            "/api/logout",
            "/%61pi/logout",
            "/x/../auth/login",
            "/AUTH/login",
            "/logged-out",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_fragment_is_dropped_and_an_overlong_path_refused() {
        assert_eq!(parse("/a#b").as_deref(), Some("/a"));
        assert_eq!(parse(&format!("/{}", "a".repeat(MAX_LENGTH))), None);
        assert_eq!(parse(&format!("/{}", "é".repeat(MAX_LENGTH / 2 - 1))), None);
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_on_this_origin(text in "[/\\\\\\t\\n a-z@:.%?#0-9A-F;=&-]{0,40}") {
            let app_url = Url::parse("https://app.example.com").unwrap();
            if let Some(path) = ReturnTo::parse(&text, &app_url) {
                let landed = app_url.join(path.as_str()).unwrap();
                prop_assert_eq!(landed.origin(), app_url.origin());
                prop_assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"));
                prop_assert_eq!(ReturnTo::parse(path.as_str(), &app_url), Some(path));
            }
        }
    }
}
