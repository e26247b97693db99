//! How many code exchanges may be at the provider at once, for each process. Anybody can begin one, with a
//! made-up code; so they have permits of their own, and refreshes never wait behind them (those: `refresh`).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::patience::EXCHANGE_PERMIT;

/// Code exchanges that may be at the provider at the same time.
pub const EXCHANGES_AT_ONCE: usize = 32;

/// The permits of one process.
#[derive(Clone)]
pub(crate) struct Exchanges(Arc<Semaphore>);

/// Leave for one exchange.
pub(crate) struct ExchangePermit(
    #[expect(dead_code, reason = "held, and given back when it is dropped")] OwnedSemaphorePermit,
);

impl Default for Exchanges {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(EXCHANGES_AT_ONCE)))
    }
}

impl Exchanges {
    /// A permit, to be kept as long as the exchange takes; `None` if there is none in time.
    pub(crate) async fn permit(&self) -> Option<ExchangePermit> {
        // An error would mean that the semaphore is closed, which it never is.
        tokio::time::timeout(EXCHANGE_PERMIT, Arc::clone(&self.0).acquire_owned()).await.ok()?.ok().map(ExchangePermit)
    }
}
