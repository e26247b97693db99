//! What a webhook says has happened (REST reference, "Webhooks").
//!
//! Not here: whether to believe it (`mod.rs`); an [`Event`] is only made from a body whose signature was
//! checked. `Debug` shows the event's identifier and type, because the rest is about a person.

use std::fmt;

use serde_json::Value;

use super::WebhookError;
use crate::members::{text, time};

/// One event. Read tolerantly: identifiers that are missing are `None`, members nobody knows are in
/// [`Self::data`].
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The event, `evt_…`; the same in every webhook that tells of it.
    pub id: String,
    /// When it happened, in Unix seconds. A webhook can come hours later, and after one that happened later.
    pub occurred_at: Option<i64>,
    /// The environment it happened in, `env_…`.
    pub environment_id: Option<String>,
    /// The organization it happened in, `org_…`.
    pub organization_id: Option<String>,
    /// What happened.
    pub kind: EventKind,
    type_name: String,
    data: Value,
}

/// What happened, for the types this crate knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// `user.signup`
    UserSignup(MembershipEvent),
    /// `user.login`
    UserLogin(SessionEvent),
    /// `user.logout`
    UserLogout(SessionEvent),
    /// `user.organization_invitation`
    UserInvitation(MembershipEvent),
    /// `user.organization_membership_created`
    UserMembershipCreated(MembershipEvent),
    /// `user.organization_membership_updated`
    UserMembershipUpdated(MembershipEvent),
    /// `user.organization_membership_deleted`
    UserMembershipDeleted(MembershipEvent),
    /// `organization.created`
    OrganizationCreated(OrganizationEvent),
    /// `organization.updated`
    OrganizationUpdated(OrganizationEvent),
    /// `organization.deleted`
    OrganizationDeleted(OrganizationEvent),
    /// A type this crate does not know, or `data` that is no object: see [`Event::event_type`] and
    /// [`Event::data`].
    Other,
}

/// A session began or ended.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionEvent {
    /// The user, `usr_…`.
    pub user_id: Option<String>,
    /// The Scalekit session, `ses_…`; the `sid` of its tokens.
    pub session_id: Option<String>,
    /// The organization the session began in, `org_…`.
    pub organization_id: Option<String>,
    /// The user's e-mail address.
    pub email: Option<String>,
}

/// Something about a user in an organization.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MembershipEvent {
    /// The user, `usr_…`.
    pub user_id: Option<String>,
    /// The organization, `org_…`.
    pub organization_id: Option<String>,
    /// The user's e-mail address.
    pub email: Option<String>,
}

/// Something about an organization.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrganizationEvent {
    /// The organization, `org_…`.
    pub organization_id: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
    /// The application's own identifier of it, if it has set one.
    pub external_id: Option<String>,
}

impl Event {
    /// The type as Scalekit names it, `user.logout` for example.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.type_name
    }

    /// All that Scalekit says about it; `null` if it says nothing.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// Reads a body. The caller has checked that it is genuine.
    pub(super) fn read(body: &[u8]) -> Result<Self, WebhookError> {
        let mut envelope: Value = serde_json::from_slice(body).map_err(|_| WebhookError::NotJson)?;
        let type_name = text(&envelope, "type").ok_or(WebhookError::MissingMember("type"))?;
        let data = envelope.get_mut("data").map(Value::take).unwrap_or_default();
        Ok(Self {
            id: text(&envelope, "id").ok_or(WebhookError::MissingMember("id"))?,
            occurred_at: time(&envelope, "occurred_at"),
            environment_id: text(&envelope, "environment_id"),
            organization_id: text(&envelope, "organization_id"),
            kind: EventKind::read(&type_name, &data),
            type_name,
            data,
        })
    }
}

impl EventKind {
    fn read(type_name: &str, data: &Value) -> Self {
        if !data.is_object() {
            return Self::Other;
        }
        match type_name {
            "user.signup" => Self::UserSignup(MembershipEvent::read(data)),
            "user.login" => Self::UserLogin(SessionEvent::read(data)),
            "user.logout" => Self::UserLogout(SessionEvent::read(data)),
            "user.organization_invitation" => Self::UserInvitation(MembershipEvent::read(data)),
            "user.organization_membership_created" => Self::UserMembershipCreated(MembershipEvent::read(data)),
            "user.organization_membership_updated" => Self::UserMembershipUpdated(MembershipEvent::read(data)),
            "user.organization_membership_deleted" => Self::UserMembershipDeleted(MembershipEvent::read(data)),
            "organization.created" => Self::OrganizationCreated(OrganizationEvent::read(data)),
            "organization.updated" => Self::OrganizationUpdated(OrganizationEvent::read(data)),
            "organization.deleted" => Self::OrganizationDeleted(OrganizationEvent::read(data)),
            _ => Self::Other,
        }
    }
}

/// A member of a member.
fn inner(data: &Value, object: &str, name: &str) -> Option<String> {
    text(data.get(object)?, name)
}

impl SessionEvent {
    /// `data` is `{user, user_session}`; both name the user.
    fn read(data: &Value) -> Self {
        Self {
            user_id: inner(data, "user", "id").or_else(|| inner(data, "user_session", "user_id")),
            session_id: inner(data, "user_session", "session_id"),
            organization_id: inner(data, "user_session", "organization_id"),
            email: inner(data, "user", "email"),
        }
    }
}

impl MembershipEvent {
    /// `data` is `{organization, user}`.
    fn read(data: &Value) -> Self {
        Self {
            user_id: inner(data, "user", "id"),
            organization_id: inner(data, "organization", "id"),
            email: inner(data, "user", "email"),
        }
    }
}

impl OrganizationEvent {
    /// `data` is the organization itself.
    fn read(data: &Value) -> Self {
        Self {
            organization_id: text(data, "id"),
            display_name: text(data, "display_name"),
            external_id: text(data, "external_id"),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("id", &self.id).field("type", &self.type_name).finish_non_exhaustive()
    }
}

impl fmt::Debug for SessionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionEvent").finish_non_exhaustive()
    }
}

impl fmt::Debug for MembershipEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MembershipEvent").finish_non_exhaustive()
    }
}

impl fmt::Debug for OrganizationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganizationEvent").finish_non_exhaustive()
    }
}
