//! A signed-in session for tests of your own, without a browser and without the provider.
//!
//! Nothing of it exists without the feature `testing`, which belongs into dev-dependencies only: it makes
//! sessions that nobody signed in to.

use secrecy::SecretString;
use serde_json::Map;

use crate::{
    app_data::AppData,
    begin::BeginError,
    device::Device,
    id::SessionId,
    record,
    session::{Identity, Person, Session, SessionTokens},
    sessions::Sessions,
};

/// Who is signed in, and as what.
#[derive(Clone, Default)]
pub struct TestPerson {
    /// `sub`.
    pub user_id: String,
    /// `oid`.
    pub organization_id: String,
    /// Name, address, picture.
    pub person: Person,
    /// Role names.
    pub roles: Vec<String>,
    /// Permission names.
    pub permissions: Vec<String>,
}

impl TestPerson {
    /// Somebody without roles and permissions.
    #[must_use]
    pub fn new(user_id: &str, organization_id: &str) -> Self {
        Self { user_id: user_id.to_owned(), organization_id: organization_id.to_owned(), ..Self::default() }
    }

    /// With these permissions.
    #[must_use]
    pub fn with_permissions(self, permissions: &[&str]) -> Self {
        Self { permissions: permissions.iter().map(|name| (*name).to_owned()).collect(), ..self }
    }
}

/// A session could not be made.
#[derive(Debug, thiserror::Error)]
#[error("a session for a test could not be made: {0}")]
pub struct TestSessionError(String);

/// How long the access token of such a session is good for, in seconds. It has no refresh token, so it ends
/// with that.
const ACCESS_SECONDS: i64 = 3600;

/// Signs somebody in. The answer is the value for a session cookie.
///
/// # Errors
/// [`TestSessionError`] if the store does not take the session.
pub async fn sign_in(sessions: &Sessions, who: TestPerson) -> Result<SessionId, TestSessionError> {
    begin(sessions, who).await.map_err(|error| TestSessionError(error.to_string()))
}

async fn begin(sessions: &Sessions, who: TestPerson) -> Result<SessionId, BeginError> {
    let shared = &sessions.shared;
    let (now, id) = (shared.clock.now(), SessionId::generate()?);
    let session = Session {
        identity: Identity {
            provider_session_id: ["ses_test_", &who.user_id].concat(),
            user_id: who.user_id,
            organization_id: who.organization_id,
        },
        person: who.person,
        roles: who.roles,
        permissions: who.permissions,
        organization_name: None,
        organization_external_id: None,
        user_external_id: None,
        id_claims: Map::new(),
        access_claims: Map::new(),
        device: Device::default(),
        signed_in_at: now,
        issued_at: now,
        access_issued_at: now,
        access_expires_at: now.saturating_add(ACCESS_SECONDS),
        ends_at: shared.limits.absolute_end(now),
        refusal: None,
        app_data: AppData::default(),
    };
    let token = || SecretString::from("a token of a test");
    let tokens = SessionTokens { access_token: token(), id_token: token(), refresh_token: None };
    let key = id.key();
    let record = record::begin(&shared.ring, &key, &session, &tokens, &shared.limits, now)?;
    shared.store.create(&key, &record, now).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        clock::Clock,
        limits::Limits,
        memory::MemoryStore,
        seal::KeyRing,
        sessions::{Current, Presence},
    };

    #[tokio::test]
    async fn somebody_is_signed_in_without_a_provider() {
        let secret = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let config = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".into()).unwrap();
        let sessions = Sessions::new(
            Arc::new(MemoryStore::default()),
            KeyRing::parse(&secret).unwrap(),
            scalekit::Client::new(config).unwrap(),
            Limits::default(),
            Clock::default(),
        );
        let who = TestPerson::new("usr_1", "org_1").with_permissions(&["projects:read"]);
        let id = sign_in(&sessions, who).await.unwrap();
        let Current::SignedIn(session) = sessions.current(&id.key(), Presence::Watching).await else { panic!() };
        assert!(session.may("projects:read") && session.identity.user_id == "usr_1");
    }
}
