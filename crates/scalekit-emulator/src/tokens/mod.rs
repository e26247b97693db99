//! Tokens, as Scalekit writes them (scalekit-api §8).
//!
//! What for: turns a grant into signed tokens, reading roles and permissions from the directory at that
//! moment. Not here: who may have them (`world::grants`), the HTTP answer (`endpoints::token`). Called by:
//! token, userinfo, logout, the management API, `notify`.

pub(crate) mod claims;
pub(crate) mod jwt;
pub(crate) mod keys;
pub(crate) mod pkce;

use serde_json::{Map, Value};

use crate::{
    orders::{Tamper, TokenKind, use_once},
    world::{CLIENT_ID, World, grants::Grant},
};
use claims::Facts;
use jwt::Unsigned;
use keys::SigningFailed;

/// The signed tokens of one answer.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: Option<String>,
}

/// Which ID token to write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IdToken<'a> {
    /// None: a refresh with `id_token_on_refresh` switched off.
    None,
    /// After a refresh: without nonce, as OpenID Connect Core 12.2 asks.
    Refreshed,
    /// At a login: with the request's nonce, bound to the code.
    AtLogin { nonce: Option<&'a str>, code: &'a str },
}

/// Signs the tokens of a grant, with the claims the directory gives it now.
pub(crate) fn issue(world: &mut World, grant: &Grant, id_token: IdToken<'_>) -> Result<Tokens, SigningFailed> {
    let now = world.now();
    let token_id = world.ids.next("tkn");
    let Some(facts) = Facts::gather(world, grant, now) else {
        return Err(SigningFailed);
    };
    let access = facts.access_token(&token_id, world.settings.access_token_lifetime);
    let id = match id_token {
        IdToken::None => None,
        other => Some((facts.id_token(world.settings.id_token_lifetime), other)),
    };

    let access_token = sign(world, TokenKind::Access, access)?;
    let id_token = match id {
        None => None,
        Some((mut claims, kind)) => {
            claims::bind(&mut claims, kind, &access_token);
            Some(sign(world, TokenKind::Id, claims)?)
        }
    };
    Ok(Tokens { access_token, id_token })
}

/// Signs the access token of a machine (scalekit-api §8.3).
pub(crate) fn issue_for_machine(world: &mut World, scope: &str) -> Result<String, SigningFailed> {
    let now = world.now();
    let token_id = world.ids.next("tkn");
    let claims = claims::machine(&world.settings.issuer, CLIENT_ID, &token_id, scope, now);
    sign(world, TokenKind::Access, claims)
}

/// Signs a logout token (`claims::logout`), wrongly if that was ordered.
pub(crate) fn issue_logout_token(
    world: &mut World,
    claims: Map<String, Value>,
    tamper: Option<Tamper>,
) -> Result<String, SigningFailed> {
    sign_as_ordered(world, TokenKind::Logout, claims, tamper)
}

/// Signs the token of a login that starts at an identity provider's portal (scalekit-api §11).
pub(crate) fn issue_idp_initiated_login(
    world: &mut World,
    claims: Map<String, Value>,
) -> Result<String, SigningFailed> {
    sign(world, TokenKind::IdpInitiated, claims)
}

/// Takes what the control interface ordered to be wrong with the next token of this kind.
pub(crate) fn take_tamper(world: &mut World, kind: TokenKind) -> Option<Tamper> {
    let index = world.tampers.iter().position(|tamper| tamper.token == kind)?;
    let found = world.tampers.get_mut(index)?;
    let tamper = found.clone();
    if use_once(&mut found.times) {
        world.tampers.remove(index);
    }
    Some(tamper)
}

fn sign(world: &mut World, kind: TokenKind, claims: Map<String, Value>) -> Result<String, SigningFailed> {
    let tamper = take_tamper(world, kind);
    sign_as_ordered(world, kind, claims, tamper)
}

fn sign_as_ordered(
    world: &mut World,
    kind: TokenKind,
    claims: Map<String, Value>,
    tamper: Option<Tamper>,
) -> Result<String, SigningFailed> {
    let media_type = match kind {
        TokenKind::Id | TokenKind::Access | TokenKind::IdpInitiated => "JWT",
        // Back-Channel Logout 1.0 section 2.4: explicit typing, so that no other token can pass for one.
        TokenKind::Logout => "logout+jwt",
    };
    let mut token = Unsigned::new(&world.keys.current().kid, media_type, claims);
    match tamper {
        None => token.sign(world.keys.current()),
        Some(tamper) => {
            token.change(&tamper.header, &tamper.claims);
            token.sign_wrongly(&mut world.keys, tamper.signature)
        }
    }
}
