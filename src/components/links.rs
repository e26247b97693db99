//! Addresses with parameters: the sign-in page and the start of a sign-in.
//!
//! Return paths are passed on as they came: the server checks them (`ReturnTo`). `/auth/login` is a route of the server
//! and not a page: links to it need `rel="external"`, or the router would look for a page.

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

/// Starts a sign-in at the provider. `return_to` may be empty: the server then chooses.
#[must_use]
pub fn start_sign_in(parameter: &str, value: &str, return_to: &str) -> String {
    if return_to.is_empty() {
        with_query("/auth/login", &[(parameter, value)])
    } else {
        with_query("/auth/login", &[(parameter, value), ("return_to", return_to)])
    }
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
    fn empty_return_path_is_left_out() {
        assert_eq!(start_sign_in("provider", "google", ""), "/auth/login?provider=google");
    }

    #[test]
    fn parameters_are_joined() {
        assert_eq!(start_sign_in("prompt", "create", "/x"), "/auth/login?prompt=create&return_to=%2Fx");
    }
}
