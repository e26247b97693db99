//! Addresses with parameters: the sign-in page and the start of a sign-in.
//!
//! Return paths are passed on as they came: the server checks them (`ReturnTo`). `/auth/login` is a route of the server
//! and not a page: links to it need `rel="external"`, or the router would look for a page.

use leptos_router::location::Url;

/// The sign-in page, leading back to `return_to` afterwards.
#[must_use]
pub fn sign_in_page(return_to: &str) -> String {
    with_query("/login", &[("return_to", return_to)])
}

/// The sign-in page, with the remark that the session ended.
#[must_use]
pub fn sign_in_page_after_expiry(return_to: &str) -> String {
    with_query("/login", &[("reason", "expired"), ("return_to", return_to)])
}

/// Starts a sign-in at the provider, with at most one wish about how. `return_to` may be empty: the server then chooses.
#[must_use]
pub fn start_sign_in(wish: Option<(&str, &str)>, return_to: &str) -> String {
    let return_to = (!return_to.is_empty()).then_some(("return_to", return_to));
    let parameters: Vec<_> = wish.into_iter().chain(return_to).collect();
    with_query("/auth/login", &parameters)
}

/// One parameter of a query string, decoded once. The router's own map decodes twice, which changes `%252F`.
#[must_use]
pub fn query_value(query: &str, name: &str) -> Option<String> {
    let raw = query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(Url::unescape(raw))
}

fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (index, (name, value)) in parameters.iter().enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        push_encoded(&mut address, value);
    }
    address
}

/// Percent-encodes everything but RFC 3986's unreserved characters; the same on server and browser, as hydration needs.
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
    fn query_value_is_decoded_exactly_once() {
        let query = "?reason=expired&return_to=%2Fdashboard%3Fx%3D%252F%26y%3D1";
        assert_eq!(query_value(query, "return_to").as_deref(), Some("/dashboard?x=%2F&y=1"));
        assert_eq!(query_value(query, "reason").as_deref(), Some("expired"));
        assert_eq!(query_value(query, "return"), None);
        assert_eq!(query_value("", "return_to"), None);
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
