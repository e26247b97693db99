//! Listens, accepts and stops: everything between the socket and the router.
//!
//! `axum::serve` puts no limit on how long a client may take to send its request, nor on how many may be
//! connected; this does. Not here: what is answered, and limits that need to know what a request is about.

mod body;
mod connection;
mod load;
mod shares;
mod stop;
mod tls;
mod traffic;
mod watched;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_util::task::TaskTracker;

use self::{load::Load, shares::Shares, traffic::Traffic};

pub use body::HeldAnyway;
pub use stop::stop_signal;
pub use tls::{Tls, TlsError};

/// How long accepting pauses after the system refused, for example because no file descriptors are left.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// File descriptors that are kept for everything but connections: the store, the provider, the log.
const SPARE_DESCRIPTORS: u64 = 256;

/// In bytes: what the system keeps of an answer that its client does not take, for each connection. Enough
/// for a megabyte a second across the world. Linux adds as much for itself.
const SEND_BUFFER: u32 = 64 * 1024;

/// Connections that the kernel accepts before the process does.
const QUEUE: u32 = 1024;

/// What clients may take of time, memory and connections.
#[derive(Debug, Clone)]
pub struct ServeLimits {
    /// Connections at once. Further ones wait in the kernel's queue. One client may have a quarter of them,
    /// its further ones are refused.
    pub connections: usize,
    /// Whose connections are everybody's: proxies, which have no share.
    pub trusted_proxies: Vec<IpNet>,
    /// In bytes: what all clients together may hold before those that do nothing have to hurry.
    pub memory: usize,
    /// From the connection, its TLS handshake done, to the first whole request head; how long that handshake
    /// may take; and from the first byte of a later head to its end.
    pub head: Duration,
    /// Without a request, once there was one. Longer than reverse proxies keep theirs, so that they close
    /// first.
    pub idle: Duration,
    /// Without progress while the client has to do the next thing for a request: send its body, or take its
    /// answer.
    pub stalled: Duration,
    /// At most so long for each of these three while the load is high: more than `memory`, or nine of ten
    /// connections.
    pub hurry: Duration,
    /// From the word to stop until connections without a request are closed: their clients may be about to
    /// send one.
    pub last_chance: Duration,
    /// From the word to stop until what is still under way is cut off.
    pub stop: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            trusted_proxies: Vec::new(),
            // Deployed processes have a gigabyte; estimates and what is not estimated take the rest.
            memory: 128 << 20,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(30),
            hurry: Duration::from_secs(2),
            last_chance: Duration::from_secs(1),
            stop: Duration::from_secs(20),
        }
    }
}

impl ServeLimits {
    /// Raises the process's limit of file descriptors as far as it may, and lowers the number of connections
    /// to what fits.
    #[must_use]
    pub fn fitted_to_descriptors(self) -> Self {
        // Where it may not be raised, it is what it is.
        let descriptors = rlimit::increase_nofile_limit(u64::MAX)
            .or_else(|_| rlimit::Resource::NOFILE.get_soft())
            .unwrap_or(u64::MAX);
        let most = usize::try_from(descriptors.saturating_sub(SPARE_DESCRIPTORS)).unwrap_or(usize::MAX).max(1);
        if most < self.connections {
            tracing::warn!(
                wanted = self.connections,
                most,
                "the limit of file descriptors allows fewer connections than are wanted; raise it (ulimit -n, LimitNOFILE)"
            );
        }
        Self { connections: self.connections.min(most), ..self }
    }
}

/// Listens at an address.
///
/// # Errors
/// The system's: the address is in use, or not this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A process that is started again must not wait for the connections of the one before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves until `stop` ends, then finishes what has been accepted. Tells when it was told to stop.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    router: Router,
    limits: ServeLimits,
    stop: impl Future<Output = ()>,
) -> Instant {
    let limits = Arc::new(limits);
    let permits = Arc::new(Semaphore::new(limits.connections));
    let shares = Shares::new(limits.connections, limits.trusted_proxies.clone());
    let load = Load::new(limits.memory, limits.connections - limits.connections / 10);
    let connections = TaskTracker::new();
    let (told_to_stop, stopping) = watch::channel(false);
    let begin = |stream: TcpStream, peer: Option<IpAddr>, permit| {
        // Whoever has its share is refused; who came before the process was told to stop is served in any
        // case.
        let slot = peer.map(|peer| shares.take(peer));
        if matches!(slot, Some(None)) {
            return;
        }
        let traffic = Traffic::new(&load, slot.flatten());
        let conversation =
            connection::serve(stream, traffic, tls.clone(), router.clone(), Arc::clone(&limits), stopping.clone());
        let connected = load.connect();
        connections.spawn(async move {
            conversation.await;
            drop((permit, connected));
        });
    };
    let accepting = async {
        loop {
            // The permit first: who is beyond the limit costs nothing here. The semaphore is never closed.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => begin(stream, Some(peer.ip()), Some(permit)),
                Err(error) => after_refusal(&error).await,
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop => {}
    }
    let stopped_at = Instant::now();
    tracing::info!(connections = connections.len(), "told to stop: finishing what has been accepted");
    // For their clients, connections in the kernel's queue have been accepted too.
    for stream in queued(listener) {
        begin(stream, None, None);
    }
    told_to_stop.send_replace(true);
    connections.close();
    let left = limits.stop.saturating_sub(stopped_at.elapsed());
    if tokio::time::timeout(left, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections are cut off");
    }
    stopped_at
}

/// A client that has gone already is none of our trouble; anything else is logged, and passes or not, without
/// a busy loop.
async fn after_refusal(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(error = error as &dyn std::error::Error, "no connection can be accepted");
        tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
    }
}

/// Closes the listener and gives what its queue held.
fn queued(listener: TcpListener) -> Vec<TcpStream> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let mut streams = Vec::new();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                // One that can't be used has gone already.
                streams.extend(stream);
            }
            // A client that went away while it waited; the next one may be there.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => return streams,
        }
    }
}
