//! Messages to apps: what is queued, and the record of what was sent.
//!
//! What for: `world` keeps them under its lock, so that every message is on record before the request that
//! caused it is answered. Not here: what happened (`notify::events`), sending (`notify::courier`).

mod deliveries;

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::{ids::Ids, orders::Tamper};
use deliveries::Deliveries;
pub use deliveries::DeliveryReport;

/// Messages of one emulator: what was ordered, and the way to the courier.
pub(crate) struct Notifications {
    pub(crate) deliveries: Deliveries,
    queue: mpsc::UnboundedSender<Order>,
    /// Apart from the world's names, so that a session is called the same whether or not apps are told about
    /// it.
    pub(crate) ids: Ids,
}

/// One message and where it goes.
pub(crate) struct Order {
    pub(crate) message: Message,
    /// The number of each delivery in the record, and its URL.
    pub(crate) targets: Vec<(u64, String)>,
}

/// What is sent. It is signed on the way, not under the lock of the request that caused it.
pub(crate) enum Message {
    /// An event: the name of the message, and the body to be signed as it stands.
    Webhook {
        /// `msg_…`
        id: String,
        /// What happened, such as `user.login`.
        event_type: String,
        /// The JSON text.
        body: String,
    },
    /// A logout token that still has to be signed.
    Logout {
        /// The claim `jti`.
        id: String,
        /// All claims.
        claims: Map<String, Value>,
        /// What a test ordered to be wrong with it, when the session ended.
        tamper: Option<Tamper>,
    },
}

impl Message {
    fn id(&self) -> &str {
        match self {
            Self::Webhook { id, .. } | Self::Logout { id, .. } => id,
        }
    }

    /// As `DeliveryReport::kind` names it.
    fn kind(&self) -> &str {
        match self {
            Self::Webhook { event_type, .. } => event_type,
            Self::Logout { .. } => "backchannel_logout",
        }
    }
}

impl Notifications {
    /// An empty record, and the other end of the queue for the courier.
    pub(crate) fn new(seed_number: u64) -> (Self, mpsc::UnboundedReceiver<Order>) {
        let (queue, orders) = mpsc::unbounded_channel();
        // Another row of names than the world's, from the same number.
        let ids = Ids::new(!seed_number);
        (Self { deliveries: Deliveries::default(), queue, ids }, orders)
    }

    /// Forgets the record; what has not been sent yet stays unsent.
    pub(crate) fn forget(&mut self) {
        self.deliveries.forget();
    }

    /// The record, the oldest first.
    pub(crate) fn reports(&self) -> Vec<DeliveryReport> {
        self.deliveries.reports()
    }

    /// Records a message for these URLs and hands it to the courier.
    pub(crate) fn queue(&mut self, message: Message, urls: Vec<String>) {
        if urls.is_empty() {
            return;
        }
        let deliveries = &mut self.deliveries;
        let targets = urls.into_iter().map(|url| (deliveries.add(message.kind(), message.id(), &url), url)).collect();
        // Without a courier the emulator has stopped, and nobody is left to be told.
        let _ = self.queue.send(Order { message, targets });
    }
}
