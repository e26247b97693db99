//! What people, administrators and Scalekit itself would do, at a test's word.
//!
//! What for: logins without a browser, deletions, and messages to apps, right ones and wrong ones.
//! Not here: settings, faults and tampering (`control`).
//! Called by: tests, the control routes.

use serde_json::{Map, Value};

use super::{Control, LoginTokens, SignedWebhook};
use crate::{
    UnknownInDirectory,
    endpoints::token::authorization_code,
    messages::DeliveryReport,
    notify::{envelope, signature},
    orders::TokenKind,
    tokens::{self, keys::SigningFailed},
    world::{
        World,
        sessions::{Browser, SignedIn},
    },
};

/// In seconds (scalekit-api §9).
const IDP_INITIATED_LIFETIME: i64 = 300;

impl Control {
    /// Signs a person in without a browser, in a session of its own, and returns what the token endpoint
    /// would have answered to the code. Without an organization it is the person's first. Apps get
    /// `user.login` as always; whoever signs in thousands may want to switch `notify_apps` off first.
    ///
    /// # Errors
    ///
    /// See [`LoginFailed`].
    pub fn login(&self, user: &str, organization: Option<&str>, scope: &str) -> Result<LoginTokens, LoginFailed> {
        let mut world = self.shared.world();
        let organization = organization_of(&world, user, organization)?;
        let login = SignedIn { user: user.to_owned(), organization, connection: None };
        let scope = scope.split_whitespace().map(str::to_owned).collect();
        let grant = world.begin_grant(&Browser::default(), &login, scope);
        let sid = grant.sid.clone();
        // Nobody can redeem this code; the ID token carries its hash.
        let code = world.ids.next_code();
        let tokens = authorization_code::issue(&mut world, grant, None, &code)?;
        world.announce_login(&sid);
        Ok(tokens)
    }

    /// A logout token for a session, live or ended, as back-channel logout would send it; wrong, if tampering
    /// with [`TokenKind::Logout`] was ordered. The session stays as it is.
    ///
    /// # Errors
    ///
    /// See [`LogoutTokenFailed`].
    pub fn logout_token(&self, sid: &str) -> Result<String, LogoutTokenFailed> {
        let mut world = self.shared.world();
        let (_, claims) = world.logout_claims(sid).ok_or_else(|| LogoutTokenFailed::UnknownSession(sid.to_owned()))?;
        let tamper = tokens::take_tamper(&mut world, TokenKind::Logout);
        Ok(tokens::issue_logout_token(&mut world, claims, tamper)?)
    }

    /// The `idp_initiated_login` token with which Scalekit sends somebody to an app's initiate-login URL
    /// after a click in their identity provider's portal; wrong, if tampering with
    /// [`TokenKind::IdpInitiated`] was ordered. Lives five minutes (scalekit-api §11).
    ///
    /// # Errors
    ///
    /// See [`IdpInitiatedLoginFailed`].
    pub fn idp_initiated_login(
        &self,
        organization: &str,
        login_hint: Option<&str>,
    ) -> Result<String, IdpInitiatedLoginFailed> {
        let mut world = self.shared.world();
        let now = world.now();
        let found = world.directory.organization(organization);
        let connection = found.and_then(|organization| organization.sso_connection.clone());
        let Some(connection) = connection else {
            return Err(IdpInitiatedLoginFailed::NoConnection(organization.to_owned()));
        };
        let mut claims = Map::new();
        for (name, value) in
            [("iss", world.settings.issuer.as_str()), ("organization_id", organization), ("connection_id", &connection)]
        {
            claims.insert(name.to_owned(), value.into());
        }
        for (name, value) in [("iat", now), ("nbf", now), ("exp", now.saturating_add(IDP_INITIATED_LIFETIME))] {
            claims.insert(name.to_owned(), value.into());
        }
        if let Some(hint) = login_hint {
            claims.insert("login_hint".to_owned(), hint.into());
        }
        Ok(tokens::issue_idp_initiated_login(&mut world, claims)?)
    }

    /// A webhook of this type with this `data`, signed now and not sent.
    #[must_use]
    pub fn webhook(&self, event_type: &str, data: Value) -> SignedWebhook {
        let mut world = self.shared.world();
        let (id, body) = envelope(&mut world, event_type, data);
        signature::sign(&id, world.now(), &body)
    }

    /// Sends a webhook of this type with this `data` to every registered app, even if `notify_apps` is off,
    /// and returns its `webhook-id`.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn send_webhook(&self, event_type: &str, data: Value) -> String {
        self.shared.world().queue_event(event_type, data)
    }

    /// The latest thousand deliveries of webhooks and logout tokens, the oldest first. A message is here
    /// before the request or order that caused it is answered.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryReport> {
        self.shared.world().notifications.reports()
    }

    /// Deletes a person: their sessions end, and apps are told about each session and each membership.
    ///
    /// # Errors
    ///
    /// There is no such person.
    pub fn delete_user(&self, id: &str) -> Result<(), UnknownInDirectory> {
        self.shared.world().delete_user(id)
    }

    /// Deletes a membership: the person's sessions in that organization end, and apps are told.
    ///
    /// # Errors
    ///
    /// There is no such person, or they are no member of the organization.
    pub fn delete_membership(&self, user: &str, organization: &str) -> Result<(), UnknownInDirectory> {
        self.shared.world().delete_membership(user, organization)
    }
}

fn organization_of(world: &World, user: &str, wanted: Option<&str>) -> Result<String, LoginFailed> {
    let found = world.directory.user(user).ok_or_else(|| UnknownInDirectory(format!("user {user}")))?;
    let membership = match wanted {
        Some(organization) => found.membership(organization),
        None => found.memberships.first(),
    };
    membership.map(|membership| membership.organization.clone()).ok_or_else(|| LoginFailed::NoMember {
        user: user.to_owned(),
        organization: wanted.unwrap_or("any organization").to_owned(),
    })
}

/// Why [`Control::login`] signed nobody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginFailed {
    /// There is no such person.
    #[error(transparent)]
    Unknown(#[from] UnknownInDirectory),
    /// The person is no member of the organization, or of any.
    #[error("{user} is no member of {organization}")]
    NoMember {
        /// `usr_…`
        user: String,
        /// `org_…`
        organization: String,
    },
    /// The cryptographic library failed.
    #[error("the tokens could not be signed")]
    Signing,
}

impl From<SigningFailed> for LoginFailed {
    fn from(_: SigningFailed) -> Self {
        Self::Signing
    }
}

/// Why [`Control::logout_token`] returned none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogoutTokenFailed {
    /// There never was such a session, or it was forgotten in a reset.
    #[error("there is no session {0}")]
    UnknownSession(String),
    /// The cryptographic library failed.
    #[error("the logout token could not be signed")]
    Signing,
}

impl From<SigningFailed> for LogoutTokenFailed {
    fn from(_: SigningFailed) -> Self {
        Self::Signing
    }
}

/// Why [`Control::idp_initiated_login`] returned none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdpInitiatedLoginFailed {
    /// There is no such organization, or it has no single sign-on.
    #[error("{0} has no single sign-on connection")]
    NoConnection(String),
    /// The cryptographic library failed.
    #[error("the token could not be signed")]
    Signing,
}

impl From<SigningFailed> for IdpInitiatedLoginFailed {
    fn from(_: SigningFailed) -> Self {
        Self::Signing
    }
}
