//! One connection to Redis, shared by all requests; made when it is first needed, and anew when it fails.
//!
//! The same rule for all shapes: a failed connection is dropped and the next call makes another, after a
//! sentinel was asked again or a name was looked up again. While Redis can't be reached, one call at a time
//! tries, at growing intervals, and the others fail at once. Not here: what a connection is made of
//! ([`super::source`]), and what is asked.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use redis::{Cmd, RedisError, Value, aio::ConnectionLike as _};
use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, timeout},
};
use tracing::Instrument as _;

use super::{
    address::RedisAddress,
    failure::RedisFailure,
    source::{Connection, RESPONSE_TIMEOUT, RedisOpenError, Source},
    steps::Call,
};

/// The pause after the first failed attempt to connect; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// So many failures in a row condemn a cluster's connection. It replaces single nodes' connections by itself,
/// and one dead node must not cost the others theirs.
const CLUSTER_PATIENCE: u32 = 5;

/// Makes connections and keeps the present one.
pub(super) struct Connections {
    source: Source,
    state: Mutex<State>,
}

enum State {
    Connected(Arc<Link>),
    /// Not connected: not yet, or no longer. `attempts` failed in a row; the next may begin at `next`.
    Lost {
        attempts: u32,
        next: Instant,
        why: String,
    },
}

/// A connection and how it fares.
struct Link {
    connection: Connection,
    /// The server closed it: known before anybody uses it, because the newer protocol tells.
    closed: Arc<AtomicBool>,
    /// Failures since the last answer.
    failures: AtomicU32,
    answered: AtomicBool,
    /// How many attempts went before.
    attempts: u32,
}

impl Connections {
    /// Prepares to connect. Nothing is connected yet: a process starts without Redis too.
    pub(super) fn to(address: &RedisAddress) -> Result<Self, RedisOpenError> {
        let state = State::Lost { attempts: 0, next: Instant::now(), why: String::new() };
        Ok(Self { source: Source::of(address)?, state: Mutex::new(state) })
    }

    /// Sends one command and waits for its answer.
    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value, RedisFailure> {
        self.send(command).await.map_err(|error| match error {
            AskError::MissingScript => RedisFailure::Refused("NOSCRIPT".to_owned()),
            AskError::Failed(failure) => failure,
        })
    }

    /// Runs a step.
    pub(super) async fn run(&self, call: &Call) -> Result<Value, RedisFailure> {
        match self.send(&call.by_hash()).await {
            Ok(answer) => Ok(answer),
            Err(AskError::Failed(failure)) => Err(failure),
            Err(AskError::MissingScript) => self.ask(&call.by_text()).await,
        }
    }

    /// Sends commands at once and gives the answers in the same order. They travel together without waiting
    /// for each other's answers: a pipeline that works in a cluster too, where each key has a node of its
    /// own.
    pub(super) async fn ask_all(self: &Arc<Self>, commands: Vec<Cmd>) -> Result<Vec<Value>, RedisFailure> {
        self.ask_each(commands).await?.into_iter().collect()
    }

    /// The same, where one may fail alone.
    pub(super) async fn ask_each(
        self: &Arc<Self>,
        commands: Vec<Cmd>,
    ) -> Result<Vec<Result<Value, RedisFailure>>, RedisFailure> {
        self.each(commands, |connections, command| async move { connections.ask(&command).await }).await
    }

    /// Runs steps like [`Self::ask_all`].
    pub(super) async fn run_all(self: &Arc<Self>, calls: Vec<Call>) -> Result<Vec<Value>, RedisFailure> {
        let run = |connections: Arc<Self>, call: Call| async move { connections.run(&call).await };
        self.each(calls, run).await?.into_iter().collect()
    }

    async fn each<T, F>(
        self: &Arc<Self>,
        items: Vec<T>,
        work: impl Fn(Arc<Self>, T) -> F,
    ) -> Result<Vec<Result<Value, RedisFailure>>, RedisFailure>
    where
        F: Future<Output = Result<Value, RedisFailure>> + Send + 'static,
    {
        let mut answers = vec![Ok(Value::Nil); items.len()];
        let mut running = JoinSet::new();
        for (position, item) in items.into_iter().enumerate() {
            let answer = work(Arc::clone(self), item);
            running.spawn(async move { (position, answer.await) }.in_current_span());
        }
        while let Some(done) = running.join_next().await {
            let (position, answer) = done.map_err(|error| RedisFailure::Broken(error.to_string()))?;
            answers[position] = answer;
        }
        Ok(answers)
    }

    async fn send(&self, command: &Cmd) -> Result<Value, AskError> {
        let link = self.link().await.map_err(AskError::Failed)?;
        let mut connection = link.connection.clone();
        let answer = timeout(RESPONSE_TIMEOUT, async {
            match &mut connection {
                Connection::One(connection) => connection.req_packed_command(command).await,
                Connection::Cluster(connection) => connection.req_packed_command(command).await,
            }
        });
        let failure = match answer.await {
            // A server's refusal can come as a value, too.
            Ok(answer) => match answer.and_then(Value::extract_error) {
                Ok(value) => {
                    link.answered.store(true, Ordering::Relaxed);
                    link.failures.store(0, Ordering::Relaxed);
                    return Ok(value);
                }
                Err(error) if is_missing_script(&error) => return Err(AskError::MissingScript),
                Err(error) => RedisFailure::of(&error),
            },
            Err(_) => RedisFailure::Silent(RESPONSE_TIMEOUT),
        };
        if failure.is_of_the_connection() {
            self.note_failure(&link, &failure).await;
        }
        Err(AskError::Failed(failure))
    }

    /// The present connection, or a new one.
    async fn link(&self) -> Result<Arc<Link>, RedisFailure> {
        let mut state = self.state.lock().await;
        let attempts = match &*state {
            State::Connected(link) if !link.closed.load(Ordering::Acquire) => return Ok(Arc::clone(link)),
            // It closed after it had worked for a while, so there is nothing to wait for.
            State::Connected(_) => 0,
            State::Lost { next, why, .. } if *next > Instant::now() => {
                return Err(RedisFailure::Unreachable(why.clone()));
            }
            State::Lost { attempts, .. } => *attempts,
        };
        // Whoever else needs a connection waits at the lock and then finds this one, or the reason why there
        // is none.
        let closed = Arc::new(AtomicBool::new(false));
        match self.source.connect(Arc::clone(&closed)).await {
            Ok(connection) => {
                tracing::info!("connected to Redis");
                let link = Arc::new(Link {
                    connection,
                    closed,
                    failures: AtomicU32::new(0),
                    answered: AtomicBool::new(false),
                    attempts,
                });
                *state = State::Connected(Arc::clone(&link));
                Ok(link)
            }
            Err(why) => {
                if attempts == 0 {
                    tracing::warn!("Redis can't be reached: {why}");
                }
                let attempts = attempts.saturating_add(1);
                *state = State::Lost { attempts, next: Instant::now() + pause(attempts), why: why.clone() };
                Err(RedisFailure::Unreachable(why))
            }
        }
    }

    /// Drops a connection that failed, unless somebody else did already.
    async fn note_failure(&self, link: &Arc<Link>, failure: &RedisFailure) {
        let failures = link.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if matches!(link.connection, Connection::Cluster(_)) && failures < CLUSTER_PATIENCE {
            return;
        }
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Connected(present) if Arc::ptr_eq(present, link)) {
            tracing::warn!("{failure}; the next call connects anew");
            // A connection that never answered counts as a failed attempt: a server that accepts and then
            // breaks is not asked without a pause.
            let attempts = if link.answered.load(Ordering::Relaxed) { 0 } else { link.attempts.saturating_add(1) };
            *state = State::Lost { attempts, next: Instant::now() + pause(attempts), why: failure.to_string() };
        }
    }
}

/// Why a command has no answer.
enum AskError {
    /// The server doesn't know the script of this hash (any more): it takes the text instead.
    MissingScript,
    /// Anything else.
    Failed(RedisFailure),
}

fn is_missing_script(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::NoScript)
}

/// The pause after so many failed attempts.
fn pause(attempts: u32) -> Duration {
    match attempts {
        0 => Duration::ZERO,
        _ => FIRST_PAUSE.saturating_mul(1 << (attempts - 1).min(16)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let pauses: Vec<_> = [0, 1, 2, 3, 5, 6, u32::MAX].map(|attempts| pause(attempts).as_millis()).into();
        assert_eq!(pauses, [0, 100, 200, 400, 1600, 2000, 2000]);
    }
}
