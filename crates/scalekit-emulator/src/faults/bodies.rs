//! Bodies that nobody should wait for or keep.
//!
//! What for: proves that a client bounds its time (a drip) and its memory (a body without end).
//! Not here: when they are sent. They end with the emulator, or when the client hangs up.
//! Called by: the layer beside this file.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures_util::stream;

use crate::world::Shared;

/// Of one byte and the next.
const PAUSE: Duration = Duration::from_millis(50);

/// White space, so that a reader of JSON goes on hoping.
static CHUNK: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// 1 GiB.
const LONGEST: u64 = 1 << 30;

/// A byte now and then, for ever.
pub(super) fn drip(shared: &Arc<Shared>) -> Body {
    Body::from_stream(stream::unfold(Arc::clone(shared), async |shared| {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), shared)),
            () = shared.stopped() => None,
        }
    }))
}

/// 1 GiB, as fast as the client takes it. What it takes is counted.
pub(super) fn endless(shared: &Arc<Shared>) -> Body {
    Body::from_stream(stream::unfold((Arc::clone(shared), 0), async |(shared, sent)| {
        if sent >= LONGEST {
            return None;
        }
        let chunk = Bytes::from_static(&CHUNK);
        let length = u64::try_from(chunk.len()).unwrap_or_default();
        shared.world().counters.endless_bytes += length;
        // The connection's buffer takes what it is given without waiting; other tasks have their turn in
        // between.
        tokio::task::yield_now().await;
        Some((Ok::<_, Infallible>(chunk), (shared, sent + length)))
    }))
}
