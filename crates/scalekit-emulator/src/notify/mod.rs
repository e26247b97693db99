//! What apps are told: webhooks (scalekit-api §14) and back-channel logout (§7).
//!
//! What for: whatever happens is queued under the world's lock and sent in the background, so that no request
//! waits for an app. Not here: when something happens (`world`), the queue and the record (`messages`),
//! claims and signature of a logout token (`tokens`). Called by: `world` (announces), `courier` (sends),
//! control (orders messages).

pub(crate) mod courier;
mod events;
pub(crate) mod signature;

pub(crate) use events::envelope;
