//! One connection: its TLS handshake, its requests, and its end.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Version, header},
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
};
use tower::ServiceExt as _;

use super::{
    ServeLimits, Tls,
    traffic::{CountedBody, Traffic},
};
use crate::server::client_address::PeerAddress;

/// In bytes: the longest request head. Twice what is read of cookies, so that a browser with too many gets pages, not a refusal.
const LONGEST_HEAD: u32 = 128 * 1024;

/// Requests at once on one HTTP/2 connection, and in bytes the longest list of headers of each: what a client can make the process
/// remember before it has sent one whole request.
const STREAMS: u32 = 32;
const LONGEST_HEADER_LIST: u32 = 64 * 1024;

/// How long a connection that has to end may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves a connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<Arc<Tls>>,
    router: Router,
    limits: ServeLimits,
    stopping: watch::Receiver<bool>,
) {
    // Answers are written whole: waiting for more to send would only delay them. A socket that has no options is closed.
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok().map(|address| address.ip());
    let Some(tls) = tls else { return converse(stream, peer, router, limits, stopping).await };
    let mut stopping_too = stopping.clone();
    let handshake = tokio::time::timeout(limits.first_request, tls.acceptor().accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = told_to_stop(&mut stopping_too, limits.last_chance) => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(stream, peer, router, limits, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Option<IpAddr>,
    router: Router,
    limits: ServeLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let traffic = Traffic::new();
    let is_stopping = stopping.clone();
    let service = service_fn(|mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(PeerAddress(peer));
        }
        let under_way = traffic.begin();
        let is_stopping = is_stopping.clone();
        let has_streams = request.version() == Version::HTTP_2;
        let answer = router.clone().oneshot(request.map(Body::new));
        async move {
            let Ok(mut response) = answer.await;
            // A client that keeps the connection must not send another request just as it is closed.
            if *is_stopping.borrow() && !has_streams {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.map(|body| CountedBody { body, _under_way: under_way }))
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // The head's own limit would also end idle connections, as early as slow ones: `Traffic` tells the two apart.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(LONGEST_HEAD as usize);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_header_list_size(LONGEST_HEADER_LIST);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);

    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = traffic.overdue(&limits) => {
            connection.as_mut().graceful_shutdown();
            if let Ok(ended) = tokio::time::timeout(FAREWELL, connection).await {
                note(ended);
            }
            return;
        }
        () = told_to_stop(&mut stopping, limits.last_chance) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        ended = connection => note(ended),
        () = traffic.overdue(&limits) => {}
    }
}

/// Ends a moment after the process was told to stop. Until then, what is answered says that it is the last.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>, last_chance: Duration) {
    // A sender that is gone means the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    tokio::time::sleep(last_chance).await;
}

/// Clients go away in the middle all the time.
fn note(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(error = &*error as &dyn std::error::Error, "a connection ended early");
    }
}
