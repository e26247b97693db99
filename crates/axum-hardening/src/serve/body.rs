//! Bodies of requests and answers, as they pass: who has to do the next thing, and how much memory they hold.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::{Buf, Incoming};

use super::{load::Held, traffic::UnderWay};

/// In an answer's extensions: its content lies in memory anyway, such as a file of the site, and holds none
/// of its own.
#[derive(Debug, Clone, Copy)]
pub struct HeldAnyway;

/// The body of a request. What has come of it is held until it is dropped.
pub(super) struct Asked {
    body: Incoming,
    under_way: Arc<UnderWay>,
    held: Held,
    is_awaited: bool,
}

impl Asked {
    pub(super) fn new(body: Incoming, under_way: &Arc<UnderWay>) -> Self {
        Self { body, under_way: Arc::clone(under_way), held: under_way.hold(0), is_awaited: false }
    }
}

impl HttpBody for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_pending() {
            self.is_awaited = true;
            self.under_way.await_client();
        } else {
            self.is_awaited = false;
            self.under_way.await_server();
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.held.grow(length);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Whoever waited for it waits no more.
        if self.is_awaited {
            self.under_way.await_server();
        }
    }
}

/// The body of an answer. Its request is under way until the client has taken the last of it.
pub(super) struct Answered {
    body: Body,
    under_way: Arc<UnderWay>,
    holds_memory: bool,
}

impl Answered {
    pub(super) fn new(body: Body, under_way: Arc<UnderWay>, holds_memory: bool) -> Self {
        // Until it is asked for the first piece, a client that gives no room keeps it from being sent.
        under_way.await_client();
        Self { body, under_way, holds_memory }
    }
}

impl HttpBody for Answered {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if !matches!(polled, Poll::Ready(Some(_))) {
            self.under_way.await_server();
        }
        polled.map_ok(|frame| frame.map_data(|bytes| Piece::new(bytes, &self.under_way, self.holds_memory)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        self.under_way.await_server();
    }
}

/// A piece of an answer on its way into the socket. hyper and h2 keep it until all of it was written, which
/// for a client that takes nothing is never: so long its request is under way.
pub(super) struct Piece {
    bytes: Bytes,
    under_way: Arc<UnderWay>,
    _held: Held,
}

impl Piece {
    fn new(bytes: Bytes, under_way: &Arc<UnderWay>, holds_memory: bool) -> Self {
        under_way.hand_over();
        let held = under_way.hold(if holds_memory { bytes.len() } else { 0 });
        Self { bytes, under_way: Arc::clone(under_way), _held: held }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.under_way.take(count);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.under_way.let_go();
    }
}
