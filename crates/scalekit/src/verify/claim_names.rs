//! What a token that was refused consists of, for a log: the names of its claims, never their values.
//!
//! Not here: any judgement. Names are told only after a good signature, since a log is no place for strangers
//! to write to. Called by [`crate::Client::claim_names`].

use super::jws::Jws;
use crate::keys::KeySet;
use crate::provider_text::clean_code;

/// Real tokens have about a dozen, and custom claims beside them.
const MOST: usize = 40;

/// The names in their order in the token, separated by spaces. `None` unless one of these keys has signed it.
pub(crate) fn claim_names(token: &str, keys: &KeySet) -> Option<String> {
    let claims = Jws::parse(token).ok()?.verify(keys).ok()?;
    let names: Vec<String> = claims.keys().take(MOST).map(|name| clean_code(name)).collect();
    Some(names.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{KEY_A, KEY_B};

    #[test]
    fn names_are_told_after_a_good_signature_only_and_values_never() {
        let token = KEY_A.sign(&json!({ "iss": "secret", "https://x/y z": { "inner": 1 }, "sub": "usr_1" }));
        let names = claim_names(&token, &KEY_A.set()).unwrap();
        let mut sorted: Vec<&str> = names.split(' ').collect();
        sorted.sort_unstable();
        assert_eq!(sorted, ["https???x?y?z", "iss", "sub"]);
        assert_eq!(claim_names(&token, &KEY_B.set()), None);
        assert_eq!(claim_names("a.b.c", &KEY_A.set()), None);
        let many: serde_json::Map<_, _> = (0..100).map(|number| (format!("c{number}"), json!(1))).collect();
        assert_eq!(claim_names(&KEY_A.sign(&many.into()), &KEY_A.set()).unwrap().split(' ').count(), MOST);
    }
}
