//! Redis servers for tests: each with a port and a folder of its own, ended with the test.

use std::{
    fs,
    io::ErrorKind,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, aio::MultiplexedConnection};
use tempfile::TempDir;

/// How long a server may take to listen; a busy machine needs some time.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running `redis-server`.
pub(super) struct Server {
    process: Child,
    arguments: Vec<String>,
    folder: TempDir,
    pub(super) port: u16,
}

impl Server {
    /// Starts one without persistence on loopback, with further arguments.
    pub(super) fn start(further: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), |port| {
            let port = port.to_string();
            [&["--port", &port], further].concat().into_iter().map(str::to_owned).collect()
        })
    }

    /// Starts one in a folder that has been prepared. `arguments` gets a free port and says how to use it.
    pub(super) fn start_in(folder: TempDir, arguments: impl Fn(u16) -> Vec<String>) -> Self {
        // Between choosing a port and using it, another test may take it: then the server ends, and another
        // port is tried.
        for _ in 0..5 {
            let port = free_port();
            let mut arguments = arguments(port);
            for fixed in ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"] {
                arguments.push(fixed.to_owned());
            }
            arguments.push(folder.path().to_str().unwrap().to_owned());
            let mut process = spawn(&arguments);
            if listens(&mut process, port) {
                return Self { process, arguments, folder, port };
            }
            end(&mut process);
        }
        panic!("redis-server does not start");
    }

    /// Kills the server.
    pub(super) fn stop(&mut self) {
        end(&mut self.process);
    }

    /// Starts a stopped server on the same port, empty.
    pub(super) fn start_again(&mut self) {
        self.process = spawn(&self.arguments);
        assert!(listens(&mut self.process, self.port), "redis-server does not start again on port {}", self.port);
    }

    /// Lets the server hang: it takes connections, but answers nothing.
    pub(super) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(super) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A connection of the test's own; `login` is `user:password@` or empty.
    pub(super) async fn admin(&self, login: &str) -> MultiplexedConnection {
        let client = redis::Client::open(format!("redis://{login}127.0.0.1:{}", self.port)).unwrap();
        // The library's own limits are too short for a busy machine.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn spawn(arguments: &[String]) -> Child {
    match Command::new("redis-server").args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn() {
        Ok(process) => process,
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("redis-server is missing: run `make setup`"),
        Err(error) => panic!("redis-server can't be started: {error}"),
    }
}

fn end(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

fn listens(process: &mut Child, port: u16) -> bool {
    let limit = Instant::now() + START_LIMIT;
    while Instant::now() < limit && matches!(process.try_wait(), Ok(None)) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// A port that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Three servers that share the keys.
pub(super) async fn cluster() -> [Server; 3] {
    let servers = [(); 3].map(|()| {
        Server::start_in(tempfile::tempdir().unwrap(), |port| {
            let (port, bus) = (port.to_string(), free_port().to_string());
            ["--port", &port, "--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"]
                .map(str::to_owned)
                .into()
        })
    });
    let bus_of = |server: &Server| server.arguments[5].clone();
    for (number, (server, slots)) in servers.iter().zip([(0, 5460), (5461, 10922), (10923, 16383)]).enumerate() {
        let admin = server.admin("").await;
        let cluster = |arguments: &[String]| {
            let mut command = redis::cmd("CLUSTER");
            command.arg(arguments);
            let mut admin = admin.clone();
            async move { command.exec_async(&mut admin).await.unwrap() }
        };
        cluster(&["SET-CONFIG-EPOCH".to_owned(), (number + 1).to_string()]).await;
        cluster(&["ADDSLOTSRANGE".to_owned(), slots.0.to_string(), slots.1.to_string()]).await;
        if number > 0 {
            let first = &servers[0];
            cluster(&["MEET".to_owned(), "127.0.0.1".to_owned(), first.port.to_string(), bus_of(first)]).await;
        }
    }
    for server in &servers {
        let mut admin = server.admin("").await;
        eventually("the cluster is complete", async || {
            let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut admin).await.unwrap();
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        })
        .await;
    }
    servers
}

/// A master, its replica and a sentinel that watches them as `mymaster`. The servers' password is `secret`.
pub(super) struct Watched {
    /// Before any failover.
    pub(super) master: Server,
    pub(super) replica: Server,
    pub(super) sentinel: Server,
}

impl Watched {
    pub(super) async fn start() -> Self {
        let password = ["--requirepass", "secret", "--masterauth", "secret"];
        let master = Server::start(&password);
        let of_master = ["--replicaof", &format!("127.0.0.1 {}", master.port), "--repl-diskless-sync-delay", "0"];
        let replica = Server::start(&[password.as_slice(), &of_master].concat());
        let mut admin = replica.admin(":secret@").await;
        eventually("the replica follows", async || {
            let info: String = redis::cmd("INFO").arg("replication").query_async(&mut admin).await.unwrap();
            info.contains("master_link_status:up")
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sentinel.conf");
        // Failovers are ordered here: a server that answers late on a busy machine is not to be taken for one
        // that is down.
        fs::write(
            &file,
            format!(
                "sentinel monitor mymaster 127.0.0.1 {} 1\nsentinel auth-pass mymaster secret\n\
                 sentinel down-after-milliseconds mymaster 10000\nsentinel failover-timeout mymaster 10000\n",
                master.port
            ),
        )
        .unwrap();
        let file = file.to_str().unwrap().to_owned();
        let sentinel = Server::start_in(folder, |port| {
            [&file, "--sentinel", "--port", &port.to_string()].map(str::to_owned).into()
        });
        Self { master, replica, sentinel }
    }

    /// Makes the replica the master and waits until the former one knows. Until then it still takes writes,
    /// and loses them.
    pub(super) async fn fail_over(&self) {
        let mut sentinel = self.sentinel.admin("").await;
        eventually("the sentinel begins a failover", async || {
            redis::cmd("SENTINEL").arg(&["FAILOVER", "mymaster"]).exec_async(&mut sentinel).await.is_ok()
        })
        .await;
        eventually("the replica is the master", async || {
            let (_, port): (String, String) = redis::cmd("SENTINEL")
                .arg(&["GET-MASTER-ADDR-BY-NAME", "mymaster"])
                .query_async(&mut sentinel)
                .await
                .unwrap();
            port == self.replica.port.to_string()
        })
        .await;
        eventually("the former master is a replica", async || {
            let mut former = self.master.admin(":secret@").await;
            let info: redis::RedisResult<String> = redis::cmd("INFO").arg("replication").query_async(&mut former).await;
            // Its connections are closed at that moment.
            info.is_ok_and(|info| info.contains("role:slave"))
        })
        .await;
    }
}

/// A server that speaks TLS only, with a certificate for 127.0.0.1 of an authority in `ca.pem` of its folder.
pub(super) fn tls_server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("san"), "subjectAltName=IP:127.0.0.1").unwrap();
    openssl(&folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority");
    openssl(&folder, "req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=redis");
    openssl(
        &folder,
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile san",
    );
    let files = [path("cert.pem"), path("key.pem"), path("ca.pem")];
    Server::start_in(folder, |port| {
        let port = port.to_string();
        let [certificate, key, authorities] = &files;
        ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file", certificate]
            .into_iter()
            .chain(["--tls-key-file", key, "--tls-ca-cert-file", authorities])
            .map(str::to_owned)
            .collect()
    })
}

fn openssl(folder: &TempDir, arguments: &str) {
    let output = match Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output() {
        Ok(output) => output,
        Err(error) => panic!("openssl can't be started ({error}): run `make setup`"),
    };
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Waits until something is so.
pub(super) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < limit, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
