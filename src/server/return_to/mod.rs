//! Where a person goes after signing in: a path of this site, checked so that nobody can be sent elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::access::LONGEST_RETURN_PATH;

/// Where people land who wanted nothing in particular.
pub const DEFAULT: &str = "/dashboard/profile";

/// A checked path and query of this site. The only constructors are [`ReturnTo::parse`] and the default page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Checks what a visitor brought. `None` for another origin in any spelling, for the steps of sign-in itself
    /// and for server functions: returning there would loop or call something by a link.
    #[must_use]
    pub fn parse(text: &str, app_url: &Url) -> Option<Self> {
        let is_path = text.starts_with('/') && !text.starts_with("//");
        if text.len() > LONGEST_RETURN_PATH || !is_path || text.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        let url = app_url.join(text).ok()?;
        let path = url.path();
        // Resolving `..` may leave two slashes in front: read again, that is another site.
        if url.origin() != app_url.origin() || path.starts_with("//") || is_step_of_sign_in(path) {
            return None;
        }
        let written = url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        // Once more: what is not ASCII takes three times the space when it is written out, and a cookie that has grown too
        // long is dropped by the browser.
        (written.len() <= LONGEST_RETURN_PATH).then_some(Self(written))
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
    ["/auth", "/api", "/login", "/logout", "/logged-out"]
        .iter()
        .any(|step| path.strip_prefix(step).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests;
