//! From the code to the session: exchanged once, verified, begun.

use scalekit::{AuthorizationCode, SignIn};
use tracing::Instrument as _;

use super::{
    answers::Answer,
    problem::{self, LoginProblem},
};
use crate::{
    begin::BeginError,
    device::Device,
    exchanges::ExchangePermit,
    id::{SessionId, SessionKey},
    in_flight::SignedInAt,
    metrics,
    session::Session,
    sessions::Sessions,
};

/// A code that is to be exchanged, beside the code.
pub(super) struct Exchange {
    /// The identifier that the session will have.
    pub(super) id: SessionId,
    pub(super) answer: Answer,
    pub(super) device: Device,
    /// The session that the browser had.
    pub(super) previous: Option<SessionKey>,
    pub(super) started_here: bool,
    /// Kept as long as the exchange takes.
    pub(super) permit: ExchangePermit,
}

impl Exchange {
    /// Exchanges the code and begins the session.
    pub(super) async fn run(self, sessions: &Sessions, code: AuthorizationCode) -> Result<(), LoginProblem> {
        // In a task of its own: a browser that goes away must not cut the exchange in half.
        let task = self.exchange_and_settle(sessions.clone(), code).in_current_span();
        tokio::spawn(task).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the code exchange panicked");
            Err(LoginProblem::Unavailable)
        })
    }

    /// Whatever comes of it, those who bring the same answer again are told.
    async fn exchange_and_settle(self, sessions: Sessions, code: AuthorizationCode) -> Result<(), LoginProblem> {
        let Self { id, answer, device, previous, started_here, permit: _permit } = self;
        let outcome = exchange_and_begin(&sessions, code, &id, device, started_here, previous).await;
        let shared = &sessions.shared;
        if let Err(error) = answer.settle(&*shared.store, outcome.err(), shared.clock.now()).await {
            metrics::store_failed(&error, "what became of a sign-in could not be noted");
        }
        outcome
    }
}

async fn exchange_and_begin(
    sessions: &Sessions,
    code: AuthorizationCode,
    id: &SessionId,
    device: Device,
    started_here: bool,
    previous: Option<SessionKey>,
) -> Result<(), LoginProblem> {
    let shared = &sessions.shared;
    let asked_at = shared.clock.elapsed();
    let exchange = shared.scalekit.exchange(&code);
    let tokens =
        metrics::token_call("authorization_code", exchange).await.map_err(|error| problem::of_exchange(&error))?;
    let took = shared.clock.elapsed() - asked_at;
    let sign_in = shared
        .scalekit
        .verify_sign_in(tokens, &code, shared.clock.now())
        .await
        .map_err(|error| problem::of_exchange(&error))?;
    let at = SignedInAt::of(&sign_in, took);
    if !started_here && is_another_account(sessions, previous, &sign_in).await? {
        tracing::warn!(
            "another site started a sign-in to another account or organization than the browser is signed in to: refused"
        );
        return Err(LoginProblem::AnotherAccount);
    }
    sessions.begin(id, &sign_in, at, device, previous).await.map_err(|error| match error {
        BeginError::EndedMeanwhile => {
            tracing::info!("the provider ended a session while it was begun");
            LoginProblem::CodeRefused
        }
        BeginError::Store(error) => {
            metrics::store_failed(&error, "a session could not be begun");
            LoginProblem::Unavailable
        }
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "a session could not be begun");
            LoginProblem::Unavailable
        }
    })
}

/// Whether the browser is signed in as somebody else than the one who signs in, or to another of their
/// organizations.
async fn is_another_account(
    sessions: &Sessions,
    previous: Option<SessionKey>,
    sign_in: &SignIn,
) -> Result<bool, LoginProblem> {
    let Some(key) = previous else { return Ok(false) };
    let current = sessions.stored(&key).await.map_err(|error| {
        metrics::store_failed(&error, "nobody can tell who is signed in");
        LoginProblem::Unavailable
    })?;
    Ok(current.is_some_and(|Session { identity, .. }| {
        identity.user_id != sign_in.id.sub || identity.organization_id != sign_in.access.oid
    }))
}
