//! What apps are told: webhooks (scalekit-api §14) and back-channel logout (§7).
//!
//! What for: whatever happens is queued under the world's lock and sent in the background, so that no request waits
//! for an app, and every message is on record before the request that caused it is answered.
//! Not here: when something happens (`world`), claims and signature of a logout token (`tokens`).
//! Called by: `world` (announces), `courier` (sends), control (reads the record, orders messages).

pub(crate) mod courier;
mod deliveries;
mod events;
pub(crate) mod signature;

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use deliveries::Deliveries;
pub use deliveries::DeliveryReport;
pub(crate) use events::envelope;

use crate::{control::Tamper, ids::Ids, world::World};

/// Messages of one emulator: what was ordered, and the way to the courier.
pub(crate) struct Notifications {
    deliveries: Deliveries,
    queue: mpsc::UnboundedSender<Order>,
    /// Apart from the world's names, so that a session is called the same whether or not apps are told about it.
    pub(crate) ids: Ids,
}

/// One message and where it goes.
pub(crate) struct Order {
    message: Message,
    /// The number of each delivery in the record, and its URL.
    targets: Vec<(u64, String)>,
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
}

impl World {
    /// Records a message for these URLs and hands it to the courier.
    fn queue_message(&mut self, message: Message, urls: Vec<String>) {
        if urls.is_empty() {
            return;
        }
        let deliveries = &mut self.notifications.deliveries;
        let targets = urls.into_iter().map(|url| (deliveries.add(message.kind(), message.id(), &url), url)).collect();
        // Without a courier the emulator has stopped, and nobody is left to be told.
        let _ = self.notifications.queue.send(Order { message, targets });
    }
}
