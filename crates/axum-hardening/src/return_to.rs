//! Where a person goes next: a path of this site, checked so that nobody can be sent elsewhere.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use url::Url;

/// Which paths may be returned to.
#[derive(Debug, Clone, Copy)]
pub struct ReturnPaths<'a> {
    /// The site's public address.
    pub site: &'a Url,
    /// In bytes: longer ones are refused. They travel in cookies, and pages repeat them.
    pub longest: usize,
    /// Where people land who wanted nothing in particular.
    pub default: &'static str,
    /// Paths that nobody is led to, with all that is below them: steps of a sign-in would loop, and what does
    /// something would be called by a link. In lower case, without a slash at the end.
    pub refused: &'static [&'static str],
}

/// A checked path and query of this site. Only [`ReturnPaths`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo(String);

impl ReturnPaths<'_> {
    /// Checks what a visitor brought. `None` for another origin in any spelling, and for refused paths.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<ReturnTo> {
        let is_path = text.starts_with('/') && !text.starts_with("//");
        if text.len() > self.longest || !is_path || text.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        let url = self.site.join(text).ok()?;
        let path = url.path();
        // Resolving `..` may leave two slashes in front: read again, that is another site.
        if url.origin() != self.site.origin() || path.starts_with("//") || self.refuses(path) {
            return None;
        }
        let written = url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        // Once more: what is not ASCII takes three times the space when it is written out, and a cookie that
        // has grown too long is dropped by the browser.
        (written.len() <= self.longest).then_some(ReturnTo(written))
    }

    /// [`Self::parse`], or the default page.
    #[must_use]
    pub fn parse_or_default(&self, text: Option<&str>) -> ReturnTo {
        text.and_then(|text| self.parse(text)).unwrap_or_else(|| self.default_page())
    }

    /// The default page.
    #[must_use]
    pub fn default_page(&self) -> ReturnTo {
        ReturnTo(self.default.to_owned())
    }

    fn refuses(&self, path: &str) -> bool {
        // Judged as a browser and a router may read it: decoded, whatever the case.
        let path = percent_decode_str(path).decode_utf8_lossy().to_lowercase();
        let is_below =
            |refused: &&str| path.strip_prefix(*refused).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.refused.iter().any(is_below)
    }
}

impl ReturnTo {
    /// The path and query, ready for a `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What has to hold for whatever is accepted.
    fn check(text: &str) -> Option<String> {
        let site = Url::parse("https://app.example.com").unwrap();
        let paths = ReturnPaths { site: &site, longest: 100, default: "/home", refused: &["/auth", "/login"] };
        let accepted = paths.parse(text)?;
        let landed = site.join(accepted.as_str()).unwrap();
        assert_eq!(landed.origin(), site.origin(), "{text:?}");
        assert_eq!(&landed[url::Position::BeforePath..], accepted.as_str(), "browsers go where the text says");
        assert!(accepted.as_str().len() <= 100 && !paths.refuses(landed.path()), "{text:?}");
        assert_eq!(paths.parse(accepted.as_str()).as_ref(), Some(&accepted), "a second reading changes nothing");
        Some(accepted.to_string())
    }

    #[test]
    fn paths_of_this_site_are_kept_and_all_else_is_refused() {
        for kept in ["/", "/a/b?c=d%2F&e", "/authors", "/log%69ns"] {
            assert_eq!(check(kept).as_deref(), Some(kept));
        }
        assert_eq!(check("/a/../b#c").as_deref(), Some("/b"));
        for refused in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "/a/..//evil.example",
            "/\tb",
            "https://evil.example",
            "/auth",
            "/auth/x",
            "/AUTH",
            "/%61uth/x",
            "/x/../login?a",
        ] {
            assert_eq!(check(refused), None, "{refused:?}");
        }
        assert_eq!(check(&format!("/{}", "a".repeat(99))).map(|path| path.len()), Some(100));
        assert_eq!(check(&format!("/{}", "a".repeat(100))), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), path in "[/\\\\\\t .a-z@:%?#0-9A-F-]{0,40}") {
            check(&text);
            check(&format!("/{text}"));
            check(&path);
        }
    }
}
