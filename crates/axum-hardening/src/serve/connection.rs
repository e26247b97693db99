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
    HeldAnyway, ServeLimits, Tls,
    body::{answered, asked},
    traffic::Traffic,
    watched::Watched,
};
use crate::client::PeerAddress;

/// In bytes: the longest request head, which is what a client can make the process remember before it has
/// sent a whole one. More than is read of cookies, so that a browser with too many gets pages, not a refusal.
const LONGEST_HEAD: u32 = 32 * 1024;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 32;

/// In bytes: what of their bodies is kept that nobody has read yet, for a request and for a connection. The
/// largest body that is read is a few times as long (RFC 9113, section 6.9).
const WINDOW: u32 = 64 * 1024;

/// In bytes: what an HTTP/2 answer's pieces may take before more of them are asked for.
const SEND_BUFFER: usize = 64 * 1024;

/// In bytes: what TLS keeps beside them.
const TLS_BUFFER: usize = 16 * 1024;

/// How long a connection that has to end may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves a connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    traffic: Arc<Traffic>,
    tls: Option<Arc<Tls>>,
    router: Router,
    limits: Arc<ServeLimits>,
    stopping: watch::Receiver<bool>,
) {
    // Answers are written whole: waiting for more to send would only delay them. A socket that has no options
    // is closed.
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok().map(|address| address.ip());
    let Some(tls) = tls else {
        return converse(Watched { stream, traffic }, peer, router, &limits, stopping).await;
    };
    let mut stopping_too = stopping.clone();
    let keep_little = |connection: &mut rustls::ServerConnection| connection.set_buffer_limit(Some(TLS_BUFFER));
    let handshake = tokio::time::timeout(limits.head, tls.acceptor().accept_with(stream, keep_little));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = told_to_stop(&mut stopping_too, limits.last_chance) => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(Watched { stream, traffic }, peer, router, &limits, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse(
    stream: Watched<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>,
    peer: Option<IpAddr>,
    router: Router,
    limits: &ServeLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let traffic = Arc::clone(&stream.traffic);
    let is_stopping = stopping.clone();
    let service = service_fn(|mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(PeerAddress(peer));
        }
        let has_streams = request.version() == Version::HTTP_2;
        let under_way = traffic.begin(head_length(&request), has_streams);
        let is_stopping = is_stopping.clone();
        let answer = router.clone().oneshot(request.map(|body| Body::new(asked(body, &under_way))));
        async move {
            let Ok(mut response) = answer.await;
            // A client that keeps the connection must not send another request just as it is closed.
            if *is_stopping.borrow() && !has_streams {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            let holds_memory = response.extensions().get::<HeldAnyway>().is_none();
            Ok::<_, Infallible>(response.map(|body| answered(body, under_way, holds_memory)))
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // The head's own limit would also end idle connections, as early as slow ones: `Traffic` tells the two
    // apart.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(LONGEST_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(LONGEST_HEAD)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buf_size(SEND_BUFFER);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);

    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = traffic.overdue(limits) => {
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
        () = traffic.overdue(limits) => {}
    }
}

/// In bytes, without what divides them.
fn head_length(request: &Request<Incoming>) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    request.headers().iter().fold(target, |sum, (name, value)| sum + name.as_str().len() + value.len())
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
