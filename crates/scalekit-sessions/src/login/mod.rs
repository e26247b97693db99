//! A sign-in, from the authorization request to the session that its answer begins.
//!
//! Until everything has passed, nothing changes: no session is touched. The attempt is used up first, so an
//! answer can't be tried twice; the same one once more gets what the first one got (`answers`). `attempt`:
//! what is remembered in between, in the browser's cookie. `exchange`: from the code to the session.
//! `problem`: why there is none.
//!
//! Not here: cookies and redirects. What goes into them and comes out of them is a name and a value.

mod answers;
mod attempt;
mod exchange;
mod problem;

use std::time::Duration;

use scalekit::{CallbackQuery, LoginRequest, LoginSecrets, PendingLogin};
use serde::{Serialize, de::DeserializeOwned, de::IgnoredAny};
use url::Url;

use crate::{
    device::Device,
    exchanges::ExchangePermit,
    id::{NoRandomness, SessionId, SessionKey, SessionSeed},
    in_flight::Standing,
    metrics,
    seal::SealError,
    sessions::Sessions,
    store::StoreError,
};
use answers::{Answer, Claim};
use attempt::{LIFETIME_SECONDS, LoginAttempt};
use exchange::Exchange;

pub use attempt::LoginCookies;
pub use problem::LoginProblem;

/// How long the cookie of a login attempt is good for; Scalekit's codes live as long.
pub const LOGIN_LIFETIME: Duration = Duration::from_secs(LIFETIME_SECONDS.unsigned_abs());

/// Who began a sign-in, as far as the browser says. Another site may begin one, but not replace who is signed
/// in by somebody of its choice (login CSRF, RFC 9700 §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOrigin {
    /// The person: on a page of this site, or by the address bar.
    Here,
    /// Another site, or nobody can tell.
    Elsewhere,
}

/// A sign-in that has begun: what to send to the browser.
#[derive(Debug)]
pub struct StartedLogin {
    /// Where the person signs in.
    pub url: Url,
    /// The name of the cookie that remembers the attempt for [`LOGIN_LIFETIME`].
    pub cookie_name: String,
    /// Its value, sealed.
    pub cookie_value: String,
    /// The names of cookies that make room for it: unreadable ones and the oldest.
    pub surplus: Vec<String>,
}

/// A sign-in could not be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeginLoginError {
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The attempt could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The browser that brings the answer to a login.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// What it says of its device.
    pub device: Device,
    /// The identifier in its session cookie, if there is one: that session ends when the new one begins.
    pub session: Option<SessionId>,
}

/// A sign-in that is done.
#[derive(Debug)]
pub struct FinishedLogin<T> {
    /// Where the person wanted to go.
    pub back: T,
    /// The identifier for the session cookie. `None`: the browser keeps the session that it has.
    pub session: Option<SessionId>,
    /// The name of the attempt's cookie, which is of no use any more.
    pub spent: Option<String>,
}

/// A sign-in that came to nothing.
#[derive(Debug)]
pub struct LoginRefused<T> {
    /// Why.
    pub problem: LoginProblem,
    /// Where the person wanted to go, once the attempt was found.
    pub back: Option<T>,
    /// The name of the attempt's cookie, if it is of no use any more. Otherwise the same answer can be tried
    /// again.
    pub spent: Option<String>,
}

impl<T> From<LoginProblem> for LoginRefused<T> {
    fn from(problem: LoginProblem) -> Self {
        Self { problem, back: None, spent: None }
    }
}

/// An answer whose attempt this browser has.
struct SpentAttempt<T> {
    query: CallbackQuery,
    answer: Answer,
    attempt: LoginAttempt<T>,
    /// Its cookie.
    cookie: String,
}

/// Whether an answer is the first one to its attempt.
enum Arrival {
    /// It is, and may be exchanged.
    First(ExchangePermit),
    /// The same answer came before.
    Repeated,
}

impl Sessions {
    /// Begins a sign-in: makes the authorization request, and what the browser has to remember of it.
    /// `callback` is where the answer comes to, `back` where the person wants to go then, `cookies` those of
    /// attempts that the browser holds already.
    ///
    /// # Errors
    /// [`BeginLoginError`] if there is no randomness.
    pub fn begin_login<T: Serialize>(
        &self,
        request: &LoginRequest,
        callback: &Url,
        back: T,
        origin: LoginOrigin,
        cookies: LoginCookies<'_>,
    ) -> Result<StartedLogin, BeginLoginError> {
        let secrets = LoginSecrets::generate().map_err(|_| NoRandomness)?;
        let seed = Some(SessionSeed::generate()?);
        let (url, pending) = request.begin(self.shared.scalekit.config(), callback, secrets);
        let started_here = origin == LoginOrigin::Here;
        let attempt =
            LoginAttempt { pending, return_to: back, started_at: self.shared.clock.now(), started_here, seed };
        let (cookie_name, cookie_value) = attempt.seal(cookies.prefix, &self.shared.ring)?;
        Ok(StartedLogin { url, cookie_name, cookie_value, surplus: cookies.surplus(&self.shared.ring) })
    }

    /// Whether the browser has begun the sign-in that this answer ends. Uses nothing up.
    #[must_use]
    pub fn expects_answer(&self, query: &str, cookies: LoginCookies<'_>) -> bool {
        CallbackQuery::parse(query).is_ok_and(|query| {
            let Some(state) = query.state() else { return false };
            cookies.recall::<IgnoredAny>(state, &self.shared.ring, self.shared.clock.now()).is_some()
        })
    }

    /// Completes a sign-in. `query` is the callback's as the browser sent it, `cookies` those of attempts
    /// that it holds.
    ///
    /// # Errors
    /// Why there is no session. The cause is in the log.
    pub async fn finish_login<T: DeserializeOwned>(
        &self,
        query: &str,
        cookies: LoginCookies<'_>,
        browser: Browser,
    ) -> Result<FinishedLogin<T>, LoginRefused<T>> {
        let (found, permit) = match self.take_attempt(query, cookies).await {
            Ok((found, Arrival::First(permit))) => (found, permit),
            // The first one was counted.
            Ok((found, Arrival::Repeated)) => return self.once_more(found, browser.session).await,
            Err(refused) => {
                metrics::sign_in(refused.problem.word());
                return Err(refused);
            }
        };
        let SpentAttempt { query, answer, attempt, cookie } = found;
        let begun = match new_session_id(&attempt, &answer) {
            Ok(id) => {
                let previous = browser.session.map(|held| held.key());
                let exchange = Exchange {
                    id: id.clone(),
                    answer,
                    device: browser.device,
                    previous,
                    started_here: attempt.started_here,
                    permit,
                };
                self.judge_and_begin(query, attempt.pending, exchange).await.map(|()| id)
            }
            Err(problem) => Err(problem),
        };
        metrics::sign_in(begun.as_ref().err().map_or("done", |problem| problem.word()));
        match begun {
            Ok(id) => Ok(FinishedLogin { back: attempt.return_to, session: Some(id), spent: Some(cookie) }),
            Err(problem) => Err(LoginRefused { problem, back: Some(attempt.return_to), spent: Some(cookie) }),
        }
    }

    async fn judge_and_begin(
        &self,
        query: CallbackQuery,
        pending: PendingLogin,
        exchange: Exchange,
    ) -> Result<(), LoginProblem> {
        let code =
            query.into_code(pending, self.shared.scalekit.config()).map_err(|error| problem::of_callback(&error))?;
        exchange.run(self, code).await
    }

    /// Finds the attempt that the answer belongs to, and makes sure that it is used once. While too many
    /// codes are being exchanged it is left as it is: the same answer can be tried again.
    async fn take_attempt<T: DeserializeOwned>(
        &self,
        raw: &str,
        cookies: LoginCookies<'_>,
    ) -> Result<(SpentAttempt<T>, Arrival), LoginRefused<T>> {
        let query = CallbackQuery::parse(raw).map_err(|error| problem::of_callback(&error))?;
        let Some(state) = query.state() else {
            return Err(problem::of_an_answer_without_state(&query).into());
        };
        let (now, store) = (self.shared.clock.now(), &*self.shared.store);
        let Some((cookie, attempt)) = cookies.recall(state, &self.shared.ring, now) else {
            tracing::info!(
                outcome = "no attempt",
                error = query.error().map(tracing::field::display),
                "sign-in refused"
            );
            return Err(LoginProblem::NoAttempt.into());
        };
        let answer = Answer::new(raw, state, attempt.ends_at());
        if !answer.is_late(store, now).await.map_err(|error| not_taken(&error))? {
            let Some(permit) = self.exchanges.permit().await else {
                tracing::warn!("a sign-in has to wait: too many codes are being exchanged");
                return Err(LoginProblem::Unavailable.into());
            };
            if answer.take(store, now).await.map_err(|error| not_taken(&error))? == Claim::First {
                return Ok((SpentAttempt { query, answer, attempt, cookie }, Arrival::First(permit)));
            }
        }
        if answer.came(store, now).await.map_err(|error| not_taken(&error))? {
            return Ok((SpentAttempt { query, answer, attempt, cookie }, Arrival::Repeated));
        }
        tracing::info!(outcome = "attempt used before", "sign-in refused");
        Err(LoginRefused { problem: LoginProblem::NoAttempt, back: None, spent: Some(cookie) })
    }

    /// The same answer again: what the first one got, without another exchange.
    async fn once_more<T>(
        &self,
        found: SpentAttempt<T>,
        held: Option<SessionId>,
    ) -> Result<FinishedLogin<T>, LoginRefused<T>> {
        let SpentAttempt { query, answer, attempt, cookie } = found;
        let id = new_session_id(&attempt, &answer);
        let LoginAttempt { pending, return_to: back, .. } = attempt;
        match self.outcome_again((query, pending), &answer, id, held).await {
            Ok(session) => Ok(FinishedLogin { back, session, spent: Some(cookie) }),
            Err(problem) => Err(LoginRefused { problem, back: Some(back), spent: Some(cookie) }),
        }
    }

    async fn outcome_again(
        &self,
        (query, pending): (CallbackQuery, PendingLogin),
        answer: &Answer,
        id: Result<SessionId, LoginProblem>,
        held: Option<SessionId>,
    ) -> Result<Option<SessionId>, LoginProblem> {
        // What the provider refused stands in the answer itself.
        query.into_code(pending, self.shared.scalekit.config()).map_err(|error| problem::of_callback(&error))?;
        let id = id?;
        let refusal = answer.refusal(&*self.shared.store, &self.shared.clock, self.shared.patience()).await;
        if let Some(problem) = refusal.map_err(|error| not_taken(&error))? {
            tracing::info!(outcome = ?problem, "an answer came again: refused again");
            return Err(problem);
        }
        // Whoever has signed in anew meanwhile, or has the cookie, keeps what they have.
        if let Some(held) = held
            && self.standing(&held.key()).await? == Standing::Good
        {
            return Ok(None);
        }
        if self.standing(&id.key()).await? == Standing::Ended {
            tracing::info!(outcome = "its session has ended", "sign-in refused");
            return Err(LoginProblem::NoAttempt);
        }
        tracing::info!("an answer came again: its session is given again");
        Ok(Some(id))
    }

    async fn standing(&self, key: &SessionKey) -> Result<Standing, LoginProblem> {
        match self.shared.load(key).await {
            Ok(Some(_)) => Ok(Standing::Good),
            Ok(None) => Ok(Standing::Ended),
            Err(error) => Err(not_taken(&error)),
        }
    }
}

fn not_taken(error: &StoreError) -> LoginProblem {
    metrics::store_failed(error, "a login attempt could not be taken");
    LoginProblem::Unavailable
}

fn new_session_id<T>(attempt: &LoginAttempt<T>, answer: &Answer) -> Result<SessionId, LoginProblem> {
    attempt.session_id(answer.query()).map_err(|error| {
        tracing::error!(%error, "a session could not be begun");
        LoginProblem::Unavailable
    })
}
