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

/// What a body gives when it is asked for more.
type Polled<D, E> = Poll<Option<Result<Frame<D>, E>>>;

/// A body on its way, with who takes note of what passes.
pub(super) struct Noted<B, N> {
    body: B,
    note: N,
}

/// Takes note of what passes, and hands it on.
pub(super) trait Note {
    type Data: Buf;

    fn pass<E>(&mut self, polled: Polled<Bytes, E>) -> Polled<Self::Data, E>;
}

impl<B: HttpBody<Data = Bytes> + Unpin, N: Note + Unpin> HttpBody for Noted<B, N> {
    type Data = N::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<N::Data, B::Error> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.note.pass(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a request. What has come of it is held until it is dropped.
pub(super) fn asked(body: Incoming, under_way: &Arc<UnderWay>) -> Noted<Incoming, Asked> {
    let note = Asked { under_way: Arc::clone(under_way), held: under_way.hold(0), is_awaited: false };
    Noted { body, note }
}

pub(super) struct Asked {
    under_way: Arc<UnderWay>,
    held: Held,
    is_awaited: bool,
}

impl Note for Asked {
    type Data = Bytes;

    fn pass<E>(&mut self, polled: Polled<Bytes, E>) -> Polled<Bytes, E> {
        self.is_awaited = polled.is_pending();
        if self.is_awaited {
            self.under_way.await_client();
        } else {
            self.under_way.await_server();
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.held.grow(frame.data_ref().map_or(0, Bytes::len));
        }
        polled
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
pub(super) fn answered(body: Body, under_way: Arc<UnderWay>, holds_memory: bool) -> Noted<Body, Answered> {
    // Until it is asked for the first piece, a client that takes nothing keeps it from being sent.
    under_way.await_client();
    Noted { body, note: Answered { under_way, holds_memory } }
}

pub(super) struct Answered {
    under_way: Arc<UnderWay>,
    holds_memory: bool,
}

impl Note for Answered {
    type Data = Piece;

    fn pass<E>(&mut self, polled: Polled<Bytes, E>) -> Polled<Piece, E> {
        if !matches!(polled, Poll::Ready(Some(_))) {
            self.under_way.await_server();
        }
        polled.map_ok(|frame| frame.map_data(|bytes| Piece::new(bytes, &self.under_way, self.holds_memory)))
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
