//! Paths of this site that a sign-in may lead to. How they are checked: `axum_hardening::return_to`.

use axum_hardening::return_to::ReturnPaths;
use url::Url;

use crate::access::{LONGEST_RETURN_PATH, function};

/// Where people land who wanted nothing in particular.
pub const DEFAULT: &str = "/dashboard/profile";

/// Steps of sign-in itself, server functions: returning there would loop, or call something by a link.
const REFUSED: &[&str] = &["/auth", function!(), "/login", "/logout", "/logged-out"];

/// The paths of the site at this public address.
#[must_use]
pub const fn paths(app_url: &Url) -> ReturnPaths<'_> {
    ReturnPaths { site: app_url, longest: LONGEST_RETURN_PATH, default: DEFAULT, refused: REFUSED }
}
