//! What a connection is made of: the library's client for each shape, with sign-in, TLS and time limits.
//!
//! Not here: when to connect ([`super::connection`]).

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion, PushInfo,
    PushKind, RedisConnectionInfo, RedisError, TlsCertificates, TlsMode,
    aio::MultiplexedConnection,
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    io::tcp::TcpSettings,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, time::timeout};

use super::{
    address::{RedisAddress, Shape},
    failure::describe,
};

/// How long it may take to connect: name, TCP, TLS, sign-in, and where to (sentinel, cluster).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer may take.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The address can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisOpenError {
    /// The file with the certificate authorities can't be read.
    #[error("the certificates in {0} can't be read: {1}")]
    File(PathBuf, io::Error),
    /// The file has no certificate in it.
    #[error("{0} has no certificate in PEM format")]
    NoCertificate(PathBuf),
    /// The client refused the address.
    #[error("the Redis address can't be used: {0}")]
    Address(String),
}

/// From what a connection is made. Each asks anew where to connect.
pub(super) enum Source {
    Server(Client),
    Cluster(ClusterClient),
    Sentinel(Mutex<SentinelClient>),
}

/// Clones share one connection: commands are sent one behind the other without waiting for answers.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Source {
    /// Prepares the library's client. Connects nothing.
    pub(super) fn of(address: &RedisAddress) -> Result<Self, RedisOpenError> {
        let certificates = certificates(address)?;
        let certificates = certificates.as_ref();
        match &address.shape {
            Shape::Server => server(address, certificates).map(Self::Server),
            Shape::Cluster => cluster(address, certificates).map(Self::Cluster),
            Shape::Sentinel(service) => {
                sentinel(address, service, certificates).map(|client| Self::Sentinel(Mutex::new(client)))
            }
        }
        .map_err(|error| RedisOpenError::Address(describe(&error)))
    }

    /// Connects; a sentinel is asked and a name looked up anew each time. `closed` turns true when the server
    /// ends the connection.
    pub(super) async fn connect(&self, closed: Arc<AtomicBool>) -> Result<Connection, String> {
        let config = AsyncConnectionConfig::new()
            // Both are bounded by us, for all shapes alike.
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_push_sender(note_end(closed));
        let connection = timeout(CONNECT_TIMEOUT, async {
            match self {
                Self::Server(client) => {
                    client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::One)
                }
                Self::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
                Self::Sentinel(client) => {
                    client.lock().await.get_async_connection_with_config(&config).await.map(Connection::One)
                }
            }
        });
        match connection.await {
            Ok(connection) => connection.map_err(|error| describe(&error)),
            Err(_) => Err(format!("no connection within {CONNECT_TIMEOUT:?}")),
        }
    }
}

/// Notes when the server closes the connection.
fn note_end(closed: Arc<AtomicBool>) -> impl Fn(PushInfo) -> Result<(), std::convert::Infallible> {
    move |push| {
        if push.kind == PushKind::Disconnection {
            closed.store(true, Ordering::Release);
        }
        Ok(())
    }
}

fn server(address: &RedisAddress, certificates: Option<&TlsCertificates>) -> Result<Client, RedisError> {
    let info = connection_infos(address)?.swap_remove(0);
    match certificates {
        Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        None => Client::open(info),
    }
}

fn cluster(address: &RedisAddress, certificates: Option<&TlsCertificates>) -> Result<ClusterClient, RedisError> {
    let mut builder = ClusterClient::builder(connection_infos(address)?)
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(RESPONSE_TIMEOUT)
        .tcp_settings(tcp_settings());
    if address.tls {
        builder = builder.tls(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates.clone());
    }
    builder.build()
}

fn sentinel(
    address: &RedisAddress,
    service: &str,
    certificates: Option<&TlsCertificates>,
) -> Result<SentinelClient, RedisError> {
    let sentinels = node_addresses(address);
    let mut builder = SentinelClientBuilder::new(sentinels, service, SentinelServerType::Master)?
        .set_client_to_redis_db(address.database)
        .set_client_to_redis_protocol(ProtocolVersion::RESP3)
        .set_client_to_redis_tcp_settings(tcp_settings());
    if let Some(login) = &address.login {
        builder = builder.set_client_to_redis_password(login.password.expose_secret());
        if let Some(user) = &login.user {
            builder = builder.set_client_to_redis_username(user);
        }
    }
    if address.tls {
        builder =
            builder.set_client_to_redis_tls_mode(TlsMode::Secure).set_client_to_sentinel_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates.clone());
    }
    builder.build()
}

fn node_addresses(address: &RedisAddress) -> impl Iterator<Item = ConnectionAddr> {
    address.nodes.iter().map(|node| {
        let (host, port) = (node.host.clone(), node.port);
        if address.tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        }
    })
}

fn connection_infos(address: &RedisAddress) -> Result<Vec<ConnectionInfo>, RedisError> {
    let mut redis = RedisConnectionInfo::default()
        .set_db(address.database)
        // The newer protocol, of Redis 6, tells when a server closes an idle connection.
        .set_protocol(ProtocolVersion::RESP3)
        .set_skip_set_lib_name();
    if let Some(login) = &address.login {
        redis = redis.set_password(login.password.expose_secret());
        if let Some(user) = &login.user {
            redis = redis.set_username(user);
        }
    }
    node_addresses(address)
        .map(|node| {
            let info = node.into_connection_info()?;
            Ok(info.set_redis_settings(redis.clone()).set_tcp_settings(tcp_settings()))
        })
        .collect()
}

/// Commands are small and somebody waits for each: none is held back to travel with others.
fn tcp_settings() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

/// The authorities that the address names. Read once: a new file counts after a restart.
fn certificates(address: &RedisAddress) -> Result<Option<TlsCertificates>, RedisOpenError> {
    let Some(path) = &address.authorities else {
        return Ok(None);
    };
    let pem = fs::read(path).map_err(|error| RedisOpenError::File(path.clone(), error))?;
    if !pem.windows(27).any(|line| line == b"-----BEGIN CERTIFICATE-----") {
        return Err(RedisOpenError::NoCertificate(path.clone()));
    }
    Ok(Some(TlsCertificates { client_tls: None, root_cert: Some(pem) }))
}
