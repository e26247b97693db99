//! A session: what it is, when it is due for a refresh and when it ends. Rules only, and pure: every function
//! takes `now`.
//!
//! Not here: where it is kept, and the provider.

use scalekit::{AccessTokenClaims, IdTokenClaims, SessionIdentity};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{app_data::AppData, device::Device, limits::Limits};

/// How long before its end an access token is refreshed: 30 s, or a tenth of a short lifetime.
const REFRESH_AHEAD_SECONDS: i64 = 30;

/// A signed-in session: the checked claims that every request needs. The tokens are apart, in
/// [`SessionTokens`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// User and provider session: what tokens of this session must name; and the organization, which a
    /// refresh may change.
    pub identity: Identity,
    /// The person, from the ID token.
    pub person: Person,
    /// Role names in the organization, from the access token.
    pub roles: Vec<String>,
    /// Permission names in the organization, from the access token.
    pub permissions: Vec<String>,
    /// The organization's name, if the access token carries it.
    pub organization_name: Option<String>,
    /// This application's own identifier of the organization.
    pub organization_external_id: Option<String>,
    /// This application's own identifier of the person.
    pub user_external_id: Option<String>,
    /// All checked claims of the ID token, for display.
    pub id_claims: Map<String, Value>,
    /// All checked claims of the access token, for display.
    pub access_claims: Map<String, Value>,
    /// What the person signed in with.
    #[serde(default)]
    pub device: Device,
    /// When the person signed in; Unix seconds.
    pub signed_in_at: i64,
    /// When the provider issued the sign-in's ID token, by its own clock; Unix seconds. 0 in records of
    /// earlier releases.
    #[serde(default)]
    pub issued_at: i64,
    /// When the access token was received; Unix seconds.
    pub access_issued_at: i64,
    /// When the access token ends; Unix seconds.
    pub access_expires_at: i64,
    /// When this session ends whatever happens; Unix seconds.
    pub ends_at: i64,
    /// The provider refuses to refresh it, since when and how; gone once it gives tokens again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The application's own. [`Sessions::update_app_data`](crate::Sessions::update_app_data) changes it.
    #[serde(default, skip_serializing_if = "AppData::is_empty")]
    pub app_data: AppData,
}

/// That the provider refuses to refresh a session. Kept in the record, so that all replicas know it, and the
/// next process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The error code, the same each time since.
    pub code: String,
    /// When it was said first; Unix seconds.
    pub since: i64,
    /// When it was said last; Unix seconds. 0 in records of earlier releases.
    #[serde(default)]
    pub last: i64,
}

/// Whose session it is, at the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `sub`: the user.
    pub user_id: String,
    /// `sid`: the provider's session.
    pub provider_session_id: String,
    /// `oid`: the organization, as the newest tokens say.
    pub organization_id: String,
}

/// The person as the ID token describes them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Full name.
    pub name: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider verified the address.
    pub email_verified: bool,
    /// Address of a picture.
    pub picture: Option<String>,
}

/// The provider's tokens of a session. Opened by refresh and logout only.
#[derive(Debug, Clone)]
pub struct SessionTokens {
    /// The access token, for calls on the person's behalf.
    pub access_token: SecretString,
    /// The newest ID token: the hint that names the session at logout.
    pub id_token: SecretString,
    /// The newest refresh token, if the provider gave one.
    pub refresh_token: Option<SecretString>,
}

/// What the clock says about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The access token is good.
    Fresh,
    /// The access token is good but ends soon: serve, and refresh beside it.
    Due,
    /// The access token has ended: refresh before serving.
    Expired,
}

impl Session {
    /// Begins a session from a verified sign-in.
    #[must_use]
    pub fn begin(id: &IdTokenClaims, access: &AccessTokenClaims, device: Device, limits: &Limits, now: i64) -> Self {
        let mut session = Self {
            identity: Identity {
                user_id: id.sub.clone(),
                provider_session_id: id.sid.clone(),
                organization_id: id.oid.clone(),
            },
            person: Person::default(),
            roles: Vec::new(),
            permissions: Vec::new(),
            organization_name: None,
            organization_external_id: None,
            user_external_id: None,
            id_claims: Map::new(),
            access_claims: Map::new(),
            device,
            signed_in_at: now,
            issued_at: id.iat,
            access_issued_at: now,
            access_expires_at: access.ends_at,
            ends_at: limits.absolute_end(now),
            refusal: None,
            app_data: AppData::default(),
        };
        session.take_identity_claims(id);
        session.take_access_claims(access, Some(id), now);
        session
    }

    /// Takes over what a refresh brought: organization, roles and permissions always, the person if there is
    /// a new ID token.
    pub fn renew(&mut self, access: &AccessTokenClaims, id: Option<&IdTokenClaims>, now: i64) {
        self.identity.organization_id.clone_from(&access.oid);
        if let Some(id) = id {
            self.take_identity_claims(id);
        }
        self.take_access_claims(access, id, now);
    }

    fn take_identity_claims(&mut self, id: &IdTokenClaims) {
        self.person = Person {
            name: id.name.clone(),
            given_name: id.given_name.clone(),
            email: id.email.clone(),
            email_verified: id.email_verified.unwrap_or(false),
            picture: id.picture.clone(),
        };
        self.id_claims = claims_as_map(id);
    }

    /// `id` came with it, if there is a new one.
    fn take_access_claims(&mut self, access: &AccessTokenClaims, id: Option<&IdTokenClaims>, now: i64) {
        self.roles.clone_from(&access.roles);
        self.permissions.clone_from(&access.permissions);
        // Gone when it is in no token of this answer: the organization may have lost it to another.
        self.organization_external_id = access.xoid.clone().or_else(|| id.and_then(|id| id.xoid.clone()));
        self.user_external_id.clone_from(&access.xuid);
        self.organization_name = organization_name(access);
        self.access_issued_at = now;
        self.access_expires_at = access.ends_at;
        self.access_claims = claims_as_map(access);
    }

    /// Whether the session has reached its absolute end, or its person has been idle for too long.
    #[must_use]
    pub fn has_ended(&self, active_at: i64, limits: &Limits, now: i64) -> bool {
        now >= self.end(active_at, limits)
    }

    /// When the session ends if the person, last active at `active_at`, does nothing more.
    #[must_use]
    pub fn end(&self, active_at: i64, limits: &Limits) -> i64 {
        self.ends_at.min(limits.absolute_end(self.signed_in_at)).min(limits.idle_end(active_at))
    }

    /// Whether the access token is good, due for a refresh, or expired.
    #[must_use]
    pub fn freshness(&self, now: i64) -> Freshness {
        let lifetime = self.access_expires_at - self.access_issued_at;
        let ahead = (lifetime / 10).clamp(1, REFRESH_AHEAD_SECONDS);
        match self.access_expires_at - now {
            ..=0 => Freshness::Expired,
            left if left <= ahead => Freshness::Due,
            _ => Freshness::Fresh,
        }
    }

    /// What the tokens of a refresh must name.
    #[must_use]
    pub fn provider_identity(&self) -> SessionIdentity {
        SessionIdentity { sub: self.identity.user_id.clone(), sid: self.identity.provider_session_id.clone() }
    }

    /// Whether the person holds exactly this permission in their organization.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| held == permission)
    }
}

/// Personal data stays out of logs.
impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("access_expires_at", &self.access_expires_at).finish_non_exhaustive()
    }
}

/// The organization's name: not a standard claim of Scalekit's tokens; teams add it in the Dashboard under
/// "Token claims", where it arrives at the top level, or by an interceptor, where it arrives in
/// `custom_claims`.
fn organization_name(access: &AccessTokenClaims) -> Option<String> {
    const CLAIM: &str = "organization_name";
    let custom = access.custom_claims.as_ref().and_then(|claims| claims.get(CLAIM));
    let name = access.other.get(CLAIM).or(custom)?.as_str()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn claims_as_map(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;

    pub(crate) fn session(issued_at: i64, expires_at: i64) -> Session {
        Session {
            identity: Identity {
                user_id: "usr_1".to_owned(),
                provider_session_id: "ses_1".to_owned(),
                organization_id: "org_1".to_owned(),
            },
            person: Person { email: Some("ada@example.com".to_owned()), ..Person::default() },
            roles: vec!["admin".to_owned()],
            permissions: vec!["projects:read".to_owned()],
            organization_name: None,
            organization_external_id: None,
            user_external_id: None,
            id_claims: Map::new(),
            access_claims: Map::new(),
            device: Device::default(),
            signed_in_at: issued_at,
            issued_at,
            access_issued_at: issued_at,
            access_expires_at: expires_at,
            ends_at: issued_at + 1_000_000,
            refusal: None,
            app_data: AppData::default(),
        }
    }

    #[test]
    fn a_five_minute_token_is_due_thirty_seconds_ahead_to_the_second() {
        let session = session(1000, 1300);
        assert_eq!(session.freshness(1269), Freshness::Fresh);
        assert_eq!(session.freshness(1270), Freshness::Due);
        assert_eq!(session.freshness(1299), Freshness::Due);
        assert_eq!(session.freshness(1300), Freshness::Expired);
    }

    #[test]
    fn a_short_token_is_due_a_tenth_of_its_life_ahead_and_at_least_a_second() {
        assert_eq!(session(0, 100).freshness(89), Freshness::Fresh);
        assert_eq!(session(0, 100).freshness(90), Freshness::Due);
        assert_eq!(session(0, 5).freshness(3), Freshness::Fresh);
        assert_eq!(session(0, 5).freshness(4), Freshness::Due);
        assert_eq!(session(0, 5).freshness(5), Freshness::Expired);
    }

    #[test]
    fn a_session_ends_when_idle_or_at_its_absolute_end_to_the_second() {
        let session = session(0, 300);
        let limits = Limits { idle: Duration::from_secs(1000), ..Limits::default() };
        assert!(!session.has_ended(500, &limits, 1499));
        assert!(session.has_ended(500, &limits, 1500));
        assert!(!session.has_ended(999_990, &limits, 999_999));
        assert!(session.has_ended(999_990, &limits, 1_000_000));
    }

    #[test]
    fn a_permission_is_held_only_when_its_whole_name_is() {
        let session = session(0, 300);
        assert!(session.may("projects:read"));
        assert!(!session.may("projects"));
        assert!(!session.may("projects:read "));
        assert!(!session.may("Projects:read"));
    }

    #[test]
    fn debug_shows_no_personal_data() {
        let text = format!("{:?}", session(0, 300));
        assert!(!text.contains("ada") && !text.contains("usr_1") && !text.contains("ses_1"), "{text}");
    }
}
