//! Scalekit for Rust: OpenID Connect sign-in, token refresh and sign-out.
//!
//! What for: a Rust server that lets its users sign in through Scalekit's hosted pages and wants every answer
//! checked before it is believed. Not here: routes, cookies, sessions, pages. This crate knows no web
//! framework, reads no environment variable and takes the time (`now`, seconds since 1970) as an argument.
//!
//! # One sign-in, step by step
//!
//! ```text
//! LoginRequest::begin      → (Url, PendingLogin)  pure: send the browser to Url, seal the rest in a cookie
//! CallbackQuery::into_code → AuthorizationCode    pure: the browser is back; state and issuer are checked
//! Client::exchange         → TokenSet             IO: received, not yet checked
//! Client::verify_sign_in   → SignIn               checked claims (fetches signing keys when needed)
//! ```
//!
//! Later: [`Client::refresh`] and [`Client::verify_refresh`], and [`LogoutRequest`] at the end. A step can't
//! be left out: each takes the type that only the step before can make.
//!
//! # What Scalekit sends on its own
//!
//! ```text
//! Client::verify_idp_initiated_login → IdpInitiatedLogin   where to begin a login
//! Client::verify_logout_token        → LogoutToken         whose session ends (back-channel logout)
//! WebhookSecrets::verify             → Webhook      pure   what has happened
//! ```
//!
//! # Layout
//!
//! - [`config`]: where the Scalekit environment is and who we are; every complaint at once.
//! - [`authorize`]: builds the authorization URL and the secrets of one login attempt.
//! - [`callback`]: judges what the browser brings back.
//! - [`tokens`]: judges what the token endpoint answers.
//! - [`keys`]: the environment's signing keys, and the cache that fetches them with restraint.
//! - [`verify`]: signature and claim rules of ID, access, logout and IdP-initiated login tokens; pure.
//! - [`claims`]: what is known once a token has been verified.
//! - [`client`]: ties them together; with [`discovery`], [`keys`] and [`management`], the only part that does
//!   IO.
//! - [`discovery`]: what the environment says about itself; for checks of a set-up.
//! - [`logout`]: builds the end-session URL.
//! - [`webhooks`]: signatures and events of webhooks; pure.
//! - [`management`]: sessions of users at Scalekit, on behalf of the application.
//! - [`error`]: what can go wrong between us and Scalekit, sorted by what the caller should do.
//! - [`provider_text`]: foreign words, made fit for a log.
#![warn(missing_docs)]

mod application_token;
pub mod authorize;
pub mod callback;
pub mod claims;
pub mod client;
pub mod config;
pub mod discovery;
pub mod error;
mod http;
pub mod keys;
pub mod logout;
pub mod management;
mod members;
pub mod provider_text;
pub mod proxy;
#[cfg(test)]
mod testing;
pub mod tokens;
pub mod verify;
pub mod webhooks;

pub use authorize::{ExtraParameters, LoginRequest, LoginSecrets, PendingLogin, Prompt, Provider, RandomnessError};
pub use callback::{AuthorizationCode, CallbackError, CallbackQuery, ProviderError, ProviderErrorCode};
pub use claims::{AccessTokenClaims, IdTokenClaims, IdpInitiatedLogin, LogoutToken};
pub use client::{Client, Refreshed, SessionIdentity, SignIn};
pub use config::{Config, ConfigError, TraceContext, is_loopback};
pub use discovery::Discovery;
pub use error::{Blame, Error, UnavailableReason, VerificationError};
pub use keys::{KeySet, KeySetFetches};
pub use logout::LogoutRequest;
pub use management::{Management, ManagementError, ProviderDevice, ProviderSession, ProviderSessionStatus};
pub use provider_text::ProviderText;
pub use proxy::{Proxy, ProxyError};
pub use tokens::TokenSet;
pub use webhooks::{
    Event, EventKind, MembershipEvent, OrganizationEvent, SessionEvent, Webhook, WebhookError, WebhookHeaders,
    WebhookSecretError, WebhookSecretProblem, WebhookSecrets,
};

/// Compiles the README's example with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
