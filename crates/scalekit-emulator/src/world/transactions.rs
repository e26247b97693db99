//! Logins on their way through the hosted pages.
//!
//! What for: each authorization request gets its own transaction, named in the page's path, so several tabs
//! can sign in at once. What the pages show follows from the request and from what was proved so far. Not
//! here: HTML (`hosted`), reading the request (`endpoints::authorize`). Called by: authorize (begins one),
//! hosted pages (move it on and complete it).

use super::{
    World,
    grants::{Grant, IssuedCode},
    sessions::{Browser, SignedIn},
};

/// A hosted page that was left open works for an hour.
const LIFETIME: i64 = 3600;

/// One-time codes live five minutes (scalekit-api §9).
pub(crate) const ONE_TIME_CODE_LIFETIME: i64 = 300;

/// An authorization request that passed every check which can be reported without a person.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuthorizationRequest {
    pub(crate) redirect_uri: String,
    pub(crate) scope: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) login_hint: Option<String>,
    /// The organization the login must end in, if the request or its connection names one.
    pub(crate) organization: Option<String>,
    /// The SSO connection or social provider the person must come through.
    pub(crate) through: Through,
    /// The request named the connection itself (`connection_id`), so nothing else will do.
    pub(crate) forced_connection: bool,
}

/// Which page proves who the person is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Through {
    /// Scalekit's own: an e-mail address and a one-time code.
    #[default]
    Email,
    /// The emulated identity provider of this organization.
    Sso(String),
    /// An emulated social provider.
    Social(&'static str),
}

/// Where a transaction stands.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) request: AuthorizationRequest,
    pub(crate) started_at: i64,
    /// An e-mail address that has been typed in and waits for its one-time code.
    pub(crate) pending: Option<Pending>,
    /// Who has proved who they are, while they choose an organization.
    pub(crate) authenticated: Option<Authenticated>,
}

/// An e-mail address that waits for its one-time code.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) email: String,
    /// The name given at sign-up; `None` when an existing person signs in.
    pub(crate) sign_up: Option<String>,
    pub(crate) sent_at: i64,
}

/// Who has proved who they are.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated {
    pub(crate) user: String,
    pub(crate) connection: Option<String>,
}

/// What the browser gets at the end of a login.
#[derive(Debug, Clone)]
pub(crate) struct Completed {
    /// The callback URL with `code` and `state`.
    pub(crate) location: String,
    /// The new value of the session cookie.
    pub(crate) cookie: String,
    /// The session it happened in.
    pub(crate) sid: String,
}

impl World {
    /// Begins a transaction and returns its id.
    pub(crate) fn begin_transaction(&mut self, request: AuthorizationRequest) -> String {
        let now = self.now();
        self.transactions.retain(|_, transaction| now < transaction.started_at + LIFETIME);
        let id = self.ids.next_code();
        let transaction = Transaction { id: id.clone(), request, started_at: now, pending: None, authenticated: None };
        self.transactions.insert(id.clone(), transaction);
        id
    }

    /// The transaction with this id, unless it is over.
    pub(crate) fn transaction(&self, id: &str) -> Option<&Transaction> {
        let now = self.now();
        self.transactions.get(id).filter(|transaction| now < transaction.started_at + LIFETIME)
    }

    /// Ends a transaction with a code: the session begins or goes on, and the browser goes back to the app.
    pub(crate) fn complete(
        &mut self,
        request: &AuthorizationRequest,
        browser: &Browser,
        login: &SignedIn,
    ) -> Completed {
        let grant = self.begin_grant(browser, login, request.scope.clone());
        let cookie = self.sessions.get(&grant.sid).map(|session| session.cookie.clone()).unwrap_or_default();
        let sid = grant.sid.clone();
        let code = IssuedCode {
            grant,
            redirect_uri: request.redirect_uri.clone(),
            nonce: request.nonce.clone(),
            code_challenge: request.code_challenge.clone(),
            issued_at: self.now(),
            used: false,
        };
        let code = self.issue_code(code);
        self.counters.count_outcome("authorize.code");
        let location = answer_url(&request.redirect_uri, &[("code", &code)], request.state.as_deref());
        Completed { location, cookie, sid }
    }

    /// The facts of a new login, in a session that begins or goes on.
    pub(crate) fn begin_grant(&mut self, browser: &Browser, login: &SignedIn, scope: Vec<String>) -> Grant {
        let sid = self.begin_or_continue_session(browser, login);
        if let Some(session) = self.sessions.get_mut(&sid) {
            session.scope.clone_from(&scope);
        }
        self.counters.logins += 1;
        Grant {
            number: self.counters.logins,
            sid,
            user: login.user.clone(),
            organization: login.organization.clone(),
            scope,
        }
    }
}

/// A callback URL with an answer: `code`, or `error` and its description, and the `state` that was sent.
pub(crate) fn answer_url(redirect_uri: &str, answer: &[(&str, &str)], state: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    // Registered URLs have neither query nor fragment (scalekit-api §1), so the answer is the whole query.
    format!("{redirect_uri}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_state_comes_back_exactly(state in ".*") {
            let url = answer_url("http://localhost:3000/auth/callback", &[("code", "c")], Some(&state));
            let url = url::Url::parse(&url).unwrap();
            prop_assert_eq!(url.path(), "/auth/callback");
            let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, [("code".to_owned(), "c".to_owned()), ("state".to_owned(), state)]);
        }
    }
}
