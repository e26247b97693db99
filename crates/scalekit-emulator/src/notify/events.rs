//! What happened, put into words for apps.
//!
//! What for: which event follows from what, and its envelope (scalekit-api §14). §14 knows no deletion of a
//! person: it shows as the end of their sessions and of their memberships. Not here: the objects inside
//! (`objects`), sending (`courier`). Called by: `world`, hosted pages, control.

use serde_json::{Value, json};

use crate::{
    messages::Message,
    objects::{self, rfc3339},
    orders::TokenKind,
    tokens::{self, claims},
    world::{World, sessions::EndReason},
};

/// Every event names the environment. Invented, like the names of the seed.
const ENVIRONMENT_ID: &str = "env_103845067215790001";

impl World {
    /// A person has proved who they are, and the session began or went on. A silent sign-in is none.
    pub(crate) fn announce_login(&mut self, sid: &str) {
        let now = self.now();
        if let Some(session) = self.sessions.get(sid) {
            self.last_logins.insert(session.user.clone(), now);
        }
        self.announce_session(sid, "user.login");
    }

    /// A person has signed up, and is a member of their first organization.
    pub(crate) fn announce_sign_up(&mut self, user: &str) {
        let organization =
            self.directory.user(user).and_then(|user| user.memberships.first()).map(|first| first.organization.clone());
        if let Some(organization) = organization {
            self.announce_membership(user, &organization, "user.signup");
        }
    }

    /// A session has ended. An expiry has no webhook, only a logout token (scalekit-api §7).
    pub(crate) fn announce_end(&mut self, sid: &str, reason: EndReason) {
        if reason != EndReason::Expired {
            self.announce_session(sid, "user.logout");
        }
        if !self.settings.notify_apps || self.registered.backchannel_logout().is_empty() {
            return;
        }
        if let Some((id, claims)) = self.logout_claims(sid) {
            let tamper = tokens::take_tamper(self, TokenKind::Logout);
            let urls = self.registered.backchannel_logout().to_vec();
            self.notifications.queue(Message::Logout { id, claims, tamper }, urls);
        }
    }

    /// A membership is about to go.
    pub(crate) fn announce_membership_deleted(&mut self, user: &str, organization: &str) {
        self.announce_membership(user, organization, "user.organization_membership_deleted");
    }

    /// The name and the claims of a logout token for this session, if there ever was such a session.
    pub(crate) fn logout_claims(&mut self, sid: &str) -> Option<(String, serde_json::Map<String, Value>)> {
        let now = self.now();
        let session = self.sessions.get(sid)?;
        let id = self.notifications.ids.next("ltk");
        let claims = claims::logout(&self.settings, &id, &session.user, sid, now);
        Some((id, claims))
    }

    /// Queues an event for every app, and returns the name of its message.
    pub(crate) fn queue_event(&mut self, event_type: &str, data: Value) -> String {
        let (id, body) = envelope(self, event_type, data);
        let urls = self.registered.webhooks().to_vec();
        self.notifications.queue(Message::Webhook { id: id.clone(), event_type: event_type.to_owned(), body }, urls);
        id
    }

    fn announce_session(&mut self, sid: &str, event_type: &str) {
        if !self.sends_webhooks() {
            return;
        }
        let data = self.sessions.get(sid).map(|session| {
            let user = self.directory.user(&session.user).map(|user| objects::user(self, user));
            json!({ "user": user, "user_session": objects::session(self, session) })
        });
        if let Some(data) = data {
            self.queue_event(event_type, data);
        }
    }

    fn announce_membership(&mut self, user: &str, organization: &str, event_type: &str) {
        if !self.sends_webhooks() {
            return;
        }
        let organization = self.directory.organization(organization).map(objects::organization);
        let user = self.directory.user(user).map(|user| objects::user(self, user));
        self.queue_event(event_type, json!({ "organization": organization, "user": user }));
    }

    /// Building an event takes time; nobody may want it.
    fn sends_webhooks(&self) -> bool {
        self.settings.notify_apps && !self.registered.webhooks().is_empty()
    }
}

/// The name of a message and its body: what happened when, where and to whom.
pub(crate) fn envelope(world: &mut World, event_type: &str, data: Value) -> (String, String) {
    let organization = data["organization"]["id"].as_str().or(data["user_session"]["organization_id"].as_str());
    let mut body = json!({
        "spec_version": "1",
        "id": world.notifications.ids.next("evt"),
        "type": event_type,
        "object": object(event_type),
        "occurred_at": rfc3339(world.now()),
        "environment_id": ENVIRONMENT_ID,
        "organization_id": organization.unwrap_or_default(),
        "display_name": display_name(event_type),
    });
    body["data"] = data;
    (world.notifications.ids.next("msg"), body.to_string())
}

/// Scalekit names two: a sign-up is about a membership, a login about a person (scalekit-api §14). The others
/// follow from their names.
fn object(event_type: &str) -> &'static str {
    match event_type {
        "user.signup" => "OrgMembership",
        name if name.starts_with("user.organization_") => "OrgMembership",
        name if name.starts_with("user.") => "User",
        name if name.starts_with("organization.directory.") => "Directory",
        name if name.starts_with("organization.") => "Organization",
        name if name.starts_with("role.") => "Role",
        name if name.starts_with("permission.") => "Permission",
        _ => "",
    }
}

/// `user.login` is "User login". What Scalekit says here is not documented.
fn display_name(event_type: &str) -> String {
    let words = event_type.replace(['.', '_'], " ");
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_for_people_and_by_what_they_are_about() {
        assert_eq!(display_name("user.organization_membership_deleted"), "User organization membership deleted");
        assert_eq!(display_name(""), "");
        assert_eq!((object("user.signup"), object("user.login")), ("OrgMembership", "User"));
        assert_eq!(object("user.organization_membership_deleted"), "OrgMembership");
    }
}
