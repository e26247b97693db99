//! Deleting people and memberships.
//!
//! What for: whatever a deletion has to end ends with it, in one place, and apps are told.
//! Not here: who may delete (`endpoints::management`, `Control`).
//! Called by: the management API, control.

use super::{World, sessions::EndReason};
use crate::directory::UnknownInDirectory;

impl World {
    /// Deletes a person: their sessions end, their memberships go (scalekit-api §13.3).
    pub(crate) fn delete_user(&mut self, id: &str) -> Result<(), UnknownInDirectory> {
        let unknown = || UnknownInDirectory(format!("user {id}"));
        let user = self.directory.user(id).ok_or_else(unknown)?;
        let organizations: Vec<String> =
            user.memberships.iter().map(|membership| membership.organization.clone()).collect();
        // While the person is still there, so that the events can say who it was.
        for sid in self.live_sessions_of(id) {
            self.end_session(&sid, EndReason::Revoked);
        }
        for organization in organizations {
            self.announce_membership_deleted(id, &organization);
        }
        self.directory.users.retain(|user| user.id != id);
        self.last_logins.remove(id);
        Ok(())
    }

    /// Deletes a membership: the person's sessions in that organization end, other sessions of theirs lose it
    /// (scalekit-api §13.3).
    pub(crate) fn delete_membership(&mut self, user: &str, organization: &str) -> Result<(), UnknownInDirectory> {
        let found = self.directory.user(user).ok_or_else(|| UnknownInDirectory(format!("user {user}")))?;
        if found.membership(organization).is_none() {
            return Err(UnknownInDirectory(format!("membership of {user} in {organization}")));
        }
        for sid in self.live_sessions_of(user) {
            if self.sessions.get(&sid).is_some_and(|session| session.organization == organization) {
                self.end_session(&sid, EndReason::Revoked);
            } else if let Some(session) = self.sessions.get_mut(&sid) {
                session.authenticated_organizations.retain(|other| other != organization);
            }
        }
        // Logins in this organization whose session has gone on to another one.
        self.codes.retain(|_, code| code.grant.user != user || code.grant.organization != organization);
        for token in self.refresh_tokens.values_mut() {
            token.revoked |= token.grant.user == user && token.grant.organization == organization;
        }
        self.announce_membership_deleted(user, organization);
        if let Some(user) = self.directory.users.iter_mut().find(|candidate| candidate.id == user) {
            user.memberships.retain(|membership| membership.organization != organization);
        }
        Ok(())
    }

    /// The ids of a person's live sessions, the oldest first.
    pub(crate) fn live_sessions_of(&self, user: &str) -> Vec<String> {
        let mut sessions: Vec<_> =
            self.sessions.values().filter(|session| session.user == user && self.end_of(session).is_none()).collect();
        sessions.sort_by_key(|session| session.number);
        sessions.into_iter().map(|session| session.sid.clone()).collect()
    }
}
