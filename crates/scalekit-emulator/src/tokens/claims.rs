//! Which claims a token has.
//!
//! What for: the tables of scalekit-api §8, as pure functions of the facts and of now.
//! Not here: signing (`jwt`), tampering (`tokens::sign`).
//! Called by: `tokens`.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::IdToken;
use crate::{
    directory::{Organization, User},
    world::{CLIENT_ID, World, grants::Grant, settings::Settings},
};

/// The environment's own machine token lives a day (scalekit-api §5: sample 86399).
pub(crate) const MACHINE_TOKEN_LIFETIME: u64 = 86_400;

/// "Preferably at most two minutes" (Back-Channel Logout 1.0 section 4), in seconds.
const LOGOUT_TOKEN_LIFETIME: i64 = 120;

/// What the claims of one login are made of, read from the directory at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    issuer: String,
    audience: Vec<String>,
    custom_claims: Map<String, Value>,
    /// Where pictures are that the seed names by path.
    base_url: String,
    user: User,
    organization: Organization,
    roles: Vec<String>,
    permissions: Vec<String>,
    sid: String,
    scope: Vec<String>,
    connection: Option<String>,
    organization_name_claim: Option<String>,
    now: i64,
}

impl Facts {
    /// Reads them; `None` when person or organization are gone.
    pub(crate) fn gather(world: &World, grant: &Grant, now: i64) -> Option<Self> {
        let user = world.directory.user(&grant.user)?.clone();
        let organization = world.directory.organization(&grant.organization)?.clone();
        let roles = user.membership(&organization.id).map(|found| found.roles.clone()).unwrap_or_default();
        Some(Self {
            issuer: world.settings.issuer.clone(),
            audience: world.settings.audience.clone(),
            custom_claims: world.settings.access_token_claims.clone(),
            base_url: world.base_url.clone(),
            permissions: world.directory.permissions(&roles),
            roles,
            sid: grant.sid.clone(),
            scope: grant.scope.clone(),
            connection: world.sessions.get(&grant.sid).and_then(|session| session.connection.clone()),
            organization_name_claim: world.directory.environment.organization_name_claim.clone(),
            user,
            organization,
            now,
        })
    }

    /// scalekit-api §8.2: who, where and what they may do; no e-mail address, no name, no scope. Roles,
    /// permissions and the two external identifiers are always there, empty if there are none: so are live
    /// environments' tokens.
    pub(crate) fn access_token(&self, token_id: &str, lifetime: u64) -> Map<String, Value> {
        let mut claims = self.custom_claims.clone();
        claims.extend(self.common(lifetime));
        claims.insert("aud".into(), json!(self.audience));
        claims.insert("nbf".into(), json!(self.now));
        claims.insert("jti".into(), json!(token_id));
        claims.insert("roles".into(), json!(self.roles));
        claims.insert("permissions".into(), json!(self.permissions));
        claims.insert("xuid".into(), json!(self.user.external_id.as_deref().unwrap_or_default()));
        if let Some(name) = &self.organization_name_claim {
            // An expression that resolves to nothing omits the claim (scalekit-api §8.2).
            let value = Some(self.organization.display_name.as_str()).filter(|name| !name.is_empty());
            insert_some(&mut claims, name, value);
        }
        claims
    }

    /// scalekit-api §8.1: who they are, as far as the scopes allow. `bind` adds what ties it to the answer.
    pub(crate) fn id_token(&self, lifetime: u64) -> Map<String, Value> {
        let mut claims = self.common(lifetime);
        claims.insert("azp".into(), json!(CLIENT_ID));
        if let Some(connection) = &self.connection {
            claims.insert("amr".into(), json!([connection]));
        }
        claims.extend(profile(&self.user, &self.scope, &self.base_url));
        claims
    }

    fn common(&self, lifetime: u64) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("iss".into(), json!(self.issuer));
        claims.insert("aud".into(), json!([CLIENT_ID]));
        claims.insert("sub".into(), json!(self.user.id));
        claims.insert("client_id".into(), json!(CLIENT_ID));
        claims.insert("iat".into(), json!(self.now));
        claims.insert("exp".into(), json!(self.now.saturating_add_unsigned(lifetime)));
        claims.insert("sid".into(), json!(self.sid));
        claims.insert("oid".into(), json!(self.organization.id));
        claims.insert("xoid".into(), json!(self.organization.external_id.as_deref().unwrap_or_default()));
        claims
    }
}

/// Ties an ID token to its access token, code and request (OpenID Connect Core 3.1.3.6, 3.3.2.11).
pub(crate) fn bind(claims: &mut Map<String, Value>, kind: IdToken<'_>, access_token: &str) {
    claims.insert("at_hash".into(), json!(half_hash(access_token)));
    if let IdToken::AtLogin { nonce, code } = kind {
        claims.insert("c_hash".into(), json!(half_hash(code)));
        insert_some(claims, "nonce", nonce);
    }
}

/// What `profile` and `email` scopes allow to say about a person.
pub(crate) fn profile(user: &User, scope: &[String], base_url: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    if scope.iter().any(|name| name == "email") {
        claims.insert("email".into(), json!(user.email));
        claims.insert("email_verified".into(), json!(user.email_verified));
    }
    if scope.iter().any(|name| name == "profile") {
        insert_some(&mut claims, "name", Some(user.name.as_str()).filter(|name| !name.is_empty()));
        insert_some(&mut claims, "given_name", user.given_name.as_deref());
        insert_some(&mut claims, "family_name", user.family_name.as_deref());
        insert_some(&mut claims, "picture", user.picture_url(base_url).as_deref());
    }
    claims
}

/// scalekit-api §8.3: the environment's own client acting for itself.
pub(crate) fn machine(issuer: &str, client_id: &str, token_id: &str, scope: &str, now: i64) -> Map<String, Value> {
    let claims = json!({
        "iss": issuer,
        "aud": [client_id],
        "sub": client_id,
        "client_id": client_id,
        "iat": now,
        "nbf": now,
        "exp": now.saturating_add_unsigned(MACHINE_TOKEN_LIFETIME),
        "jti": token_id,
        "scope": scope,
        "scopes": scope.split_whitespace().collect::<Vec<_>>(),
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// OpenID Connect Back-Channel Logout 1.0 section 2.4: which session of whom has ended. Never a nonce.
pub(crate) fn logout(settings: &Settings, token_id: &str, user: &str, sid: &str, now: i64) -> Map<String, Value> {
    let claims = json!({
        "iss": settings.issuer,
        "aud": settings.audience,
        "iat": now,
        "exp": now.saturating_add(LOGOUT_TOKEN_LIFETIME),
        "jti": token_id,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        "sub": user,
        "sid": sid,
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// The left half of the SHA-256 hash, in base64url.
fn half_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

fn insert_some(claims: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        claims.insert(name.into(), json!(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let seed = crate::Seed::default().directory;
        let user = seed.user_by_email("alan@harbor.example").unwrap().clone();
        let organization = seed.organization(&user.memberships[0].organization).unwrap().clone();
        Facts {
            issuer: "http://localhost:3002".into(),
            audience: vec![CLIENT_ID.into()],
            custom_claims: Map::new(),
            base_url: "http://localhost:3002".into(),
            roles: user.memberships[0].roles.clone(),
            permissions: seed.permissions(&user.memberships[0].roles),
            user,
            organization,
            sid: "ses_1".into(),
            scope: vec!["openid".into(), "profile".into(), "email".into()],
            connection: None,
            organization_name_claim: None,
            now: 1_000,
        }
    }

    #[test]
    fn access_token_names_roles_and_external_ids_but_no_email_and_no_name() {
        let claims = facts().access_token("tkn_1", 300);
        assert_eq!(claims["aud"], json!([CLIENT_ID]));
        assert_eq!((&claims["iat"], &claims["nbf"], &claims["exp"]), (&json!(1000), &json!(1000), &json!(1300)));
        assert_eq!(claims["roles"], json!(["member"]));
        assert_eq!(claims["permissions"], json!(["members:read", "projects:read", "projects:write"]));
        assert_eq!((&claims["xoid"], &claims["xuid"]), (&json!("harbor-0042"), &json!("employee-1912")));
        for absent in ["email", "name", "azp", "at_hash", "nonce", "scope"] {
            assert!(!claims.contains_key(absent), "{absent}");
        }
    }

    #[test]
    fn external_ids_that_nobody_has_set_are_empty() {
        let mut facts = facts();
        (facts.user.external_id, facts.organization.external_id) = (None, None);
        let claims = facts.access_token("tkn_1", 300);
        assert_eq!((&claims["xoid"], &claims["xuid"]), (&json!(""), &json!("")));
    }

    #[test]
    fn custom_claims_are_in_access_tokens_only_and_change_no_claim_of_scalekits() {
        let Value::Object(custom_claims) = json!({ "events": [1], "sub": "usr_2", "roles": "root" }) else { panic!() };
        let facts = Facts { custom_claims, audience: vec!["https://api.example".into()], ..facts() };
        let claims = facts.access_token("tkn_1", 300);
        assert_eq!((&claims["events"], &claims["aud"]), (&json!([1]), &json!(["https://api.example"])));
        assert_eq!((&claims["sub"], &claims["roles"]), (&json!(facts.user.id), &json!(["member"])));
        let claims = facts.id_token(1800);
        assert_eq!((claims.get("events"), &claims["aud"]), (None, &json!([CLIENT_ID])));
    }

    #[test]
    fn a_configured_claim_carries_the_organizations_name_unless_it_has_none() {
        let mut facts = Facts { organization_name_claim: Some("organization_name".into()), ..facts() };
        assert_eq!(facts.access_token("tkn_1", 300)["organization_name"], "Harbor Compilers");
        facts.organization.display_name.clear();
        assert!(!facts.access_token("tkn_1", 300).contains_key("organization_name"));
    }

    #[test]
    fn id_token_says_only_what_the_scopes_allow_and_has_no_roles() {
        let mut facts = facts();
        let claims = facts.id_token(1800);
        assert_eq!(claims["email"], "alan@harbor.example");
        assert_eq!(claims["azp"], CLIENT_ID);
        for absent in ["roles", "permissions", "xuid", "jti", "picture", "amr"] {
            assert!(!claims.contains_key(absent), "{absent}");
        }
        facts.scope = vec!["openid".into()];
        let claims = facts.id_token(1800);
        assert!(!claims.contains_key("email") && !claims.contains_key("name"));
    }

    #[test]
    fn at_hash_is_the_one_of_the_specification() {
        // OpenID Connect Core, appendix A.3.
        assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
