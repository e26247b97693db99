//! Query strings and form bodies.
//!
//! What for: one reading of both, which refuses a name that comes twice (RFC 6749 section 3.1) and treats an
//! empty value as absent, as the section asks. Not here: what the parameters mean. Called by: every endpoint
//! and hosted form.

use std::collections::BTreeMap;

/// Parameters of one request, each at most once, none empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Repeated> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Repeated(name.into_owned()));
            }
        }
        parameters.retain(|_, value| !value.is_empty());
        Ok(Self(parameters))
    }

    /// The value, if one was sent.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value as an owned string, if one was sent.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// A parameter that came twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {0} was sent more than once")]
pub(crate) struct Repeated(pub(crate) String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused_and_an_empty_value_is_absent() {
        assert_eq!(Parameters::parse(b"a=1&b=2&a=1").unwrap_err(), Repeated("a".into()));
        let parameters = Parameters::parse(b"a=&b=x%20y+z").unwrap();
        assert_eq!(parameters.value("a"), None);
        assert_eq!(parameters.value("b"), Some("x y z"));
    }
}
