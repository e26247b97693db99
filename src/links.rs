//! Addresses with parameters: the sign-in page and the start of a sign-in.
//!
//! Return paths are passed on as they came: the server checks them (`ReturnTo`).

use crate::access::LONGEST_RETURN_PATH;

/// The sign-in page, leading back to `return_to` afterwards.
#[must_use]
pub fn sign_in_page(return_to: &str) -> String {
    leading_back("/login", None, return_to)
}

/// The sign-in page, with the remark that the session ended.
#[must_use]
pub fn sign_in_page_after_expiry(return_to: &str) -> String {
    leading_back("/login", Some(("reason", "expired")), return_to)
}

/// Starts a provider sign-in with at most one wish about how. If `return_to` is empty, the server chooses.
#[must_use]
pub fn start_sign_in(wish: Option<(&str, &str)>, return_to: &str) -> String {
    leading_back("/auth/login", wish, return_to)
}

fn leading_back(path: &str, wish: Option<(&str, &str)>, return_to: &str) -> String {
    let is_kept = !return_to.is_empty() && return_to.len() <= LONGEST_RETURN_PATH;
    let parameters = wish.into_iter().chain(is_kept.then_some(("return_to", return_to)));
    let mut address = path.to_owned();
    for (index, (name, value)) in parameters.enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        push_encoded(&mut address, value);
    }
    address
}

/// Percent-encodes all but RFC 3986's unreserved characters; alike on server and browser.
fn push_encoded(address: &mut String, value: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push('%');
            address.push(char::from(DIGITS[usize::from(byte >> 4)]));
            address.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_path_with_query_is_one_parameter() {
        assert_eq!(sign_in_page("/dashboard?a=1&b=ü"), "/login?return_to=%2Fdashboard%3Fa%3D1%26b%3D%C3%BC");
    }

    #[test]
    fn a_return_path_that_is_too_long_is_dropped() {
        let (kept, dropped) = ("/".repeat(LONGEST_RETURN_PATH), "/".repeat(LONGEST_RETURN_PATH + 1));
        assert!(sign_in_page(&kept).starts_with("/login?return_to=%2F"));
        assert_eq!(sign_in_page(&dropped), "/login");
        assert_eq!(sign_in_page_after_expiry(&dropped), "/login?reason=expired");
        assert_eq!(start_sign_in(Some(("prompt", "create")), &dropped), "/auth/login?prompt=create");
    }

    #[test]
    fn empty_return_path_is_left_out() {
        assert_eq!(start_sign_in(Some(("provider", "google")), ""), "/auth/login?provider=google");
    }

    #[test]
    fn parameters_are_joined() {
        assert_eq!(start_sign_in(Some(("prompt", "create")), "/x"), "/auth/login?prompt=create&return_to=%2Fx");
        assert_eq!(start_sign_in(None, ""), "/auth/login");
    }
}
