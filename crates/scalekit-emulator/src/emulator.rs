//! Starting and stopping.
//!
//! What for: a running emulator as a value; it stops when it is stopped or dropped.
//! Not here: what it answers (`router`).
//! Called by: the app in development, tests, the binary.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    Control, Options, StartError,
    connection::{Connection, CuttableListener},
    ids::Secrets,
    messages::Notifications,
    notify::{courier, signature::WEBHOOK_SECRET},
    router,
    state_file::{State, StateKeeper},
    tokens::keys::{KeyRing, SigningKey},
    world::{CLIENT_ID, CLIENT_SECRET, Shared, registered::AppUrl},
};

/// How long `stop` waits for open requests.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    url: String,
    control: Control,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    courier: JoinHandle<()>,
}

impl Emulator {
    /// Binds the loopback addresses and begins to answer. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    ///
    /// See [`StartError`]; nothing is left running.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        if options.is_production() {
            return Err(StartError::Production);
        }
        let client = courier::client().map_err(|_| StartError::HttpClient)?;
        let apps = options.app_urls.iter().map(|url| AppUrl::parse(url)).collect::<Result<Vec<_>, _>>()?;
        let (port, listeners) = bind(options.port).await?;
        let state = options.state_file.as_deref().and_then(|path| State::read(path, &options.seed));
        let keys = if let Some(keys) = state.as_ref().and_then(State::keys) {
            keys
        } else {
            let draw = if options.shared_key { SigningKey::shared } else { || SigningKey::generate().map(Arc::new) };
            let key = tokio::task::spawn_blocking(draw).await;
            KeyRing::new(key.map_err(|_| StartError::Keys)?.map_err(|_| StartError::Keys)?)
        };
        let keeper = options.state_file.map(|path| StateKeeper::new(path, &options.seed));
        let secrets = Secrets::draw().map_err(|_| StartError::Keys)?;

        let url = format!("http://localhost:{port}");
        let (stop, stopped) = watch::channel(false);
        let (notifications, orders) = Notifications::new(options.seed.number);
        let shared = Arc::new(Shared::new(url.clone(), options.seed, keys, secrets, notifications, stopped));
        for app in &apps {
            shared.world().registered.add_app(app);
        }
        if let Some(state) = state {
            state.restore(&mut shared.world());
        }
        let router = router::router(&shared, keeper);
        let servers = listeners
            .into_iter()
            .map(|listener| {
                let service = router.clone().into_make_service_with_connect_info::<Connection>();
                let shared = Arc::clone(&shared);
                let until = async move { shared.stopped().await };
                tokio::spawn(async move {
                    let served = axum::serve(CuttableListener(listener), service).with_graceful_shutdown(until).await;
                    if let Err(error) = served {
                        tracing::error!(%error, "emulator stopped listening");
                    }
                })
            })
            .collect();
        let courier = tokio::spawn(courier::run(Arc::clone(&shared), orders, client));
        Ok(Self { url, control: Control::new(shared), stop, servers, courier })
    }

    /// `http://localhost:PORT`: the environment URL, and the issuer until [`crate::SettingsChange::issuer`]
    /// changes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client id of the one application of this environment.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        CLIENT_ID
    }

    /// Its secret.
    #[must_use]
    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    /// The secret of webhooks: [`WEBHOOK_SECRET`].
    #[must_use]
    pub fn webhook_secret(&self) -> &'static str {
        WEBHOOK_SECRET
    }

    /// The handle that changes the environment while it runs.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops answering and telling. Open requests get two seconds; what hangs on purpose and what is being
    /// delivered ends at once.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for server in self.servers.drain(..) {
            let abort = server.abort_handle();
            if tokio::time::timeout(PATIENCE, server).await.is_err() {
                abort.abort();
            }
        }
        // Says so only if the courier panicked, and then there is nothing left to stop.
        let _ = (&mut self.courier).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Both loopback addresses on one port: browsers resolve `localhost` to either. A machine without IPv6 gets
/// one.
async fn bind(port: u16) -> Result<(u16, Vec<TcpListener>), StartError> {
    const ATTEMPTS: usize = 20;
    for _ in 0..ATTEMPTS {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| explain(error, port))?;
        let chosen = v4.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, chosen)).await {
            Ok(v6) => return Ok((chosen, vec![v4, v6])),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(StartError::PortInUse { port });
            }
            Err(_) => return Ok((chosen, vec![v4])),
        }
    }
    Err(StartError::PortInUse { port })
}

fn explain(error: io::Error, port: u16) -> StartError {
    if error.kind() == io::ErrorKind::AddrInUse { StartError::PortInUse { port } } else { StartError::Listen(error) }
}
