//! `SESSION_STORE=redis://…`: what a Redis address may say, read once and checked whole.
//!
//! Not here: connecting. Neither an error nor `Debug` nor `Display` shows a password. TLS is always verified:
//! there is no way to say otherwise.

use std::{fmt, path::PathBuf};

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Where Redis listens unless the address says otherwise.
const PORT: u16 = 6379;

/// Where a sentinel listens unless the address says otherwise.
const SENTINEL_PORT: u16 = 26379;

/// A Redis of one of three shapes, and how to be let in.
#[derive(Clone)]
pub struct RedisAddress {
    pub(super) shape: Shape,
    pub(super) tls: bool,
    /// The server; or the first nodes of a cluster; or the sentinels. Never empty.
    pub(super) nodes: Vec<Node>,
    pub(super) login: Option<Login>,
    /// Which of a server's numbered databases; 0 in a cluster.
    pub(super) database: i64,
    /// What every key begins with.
    pub(super) prefix: String,
    /// A file with the certificate authorities to trust instead of the system's.
    pub(super) authorities: Option<PathBuf>,
}

/// How the servers belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One server, or an address behind which there is always the one that takes writes.
    Server,
    /// Several that share the keys.
    Cluster,
    /// Sentinels that know which server takes writes at present, under this name.
    Sentinel(String),
}

/// A host name or IP address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Who signs in to Redis: the default user if there is only a password.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: SecretString,
}

/// Why a text is no Redis address; continues a sentence that begins with the setting's name. Never quotes the
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisAddressError {
    /// It does not follow the grammar of URLs.
    #[error("is not a URL: {0}; special characters in a password must be percent-encoded")]
    NotAUrl(url::ParseError),
    /// It begins with something else. Settings call that no store address at all.
    #[error("must start with redis, rediss, redis-cluster, rediss-cluster, redis-sentinel or rediss-sentinel")]
    Scheme,
    /// It has no host.
    #[error("names no host")]
    NoHost,
    /// Several hosts with commas between, as other libraries write them.
    #[error("lists hosts; further nodes of a cluster or sentinels are written ?node=host:port")]
    HostList,
    /// It ends with `#…`.
    #[error("must not have a fragment; a # in a password is written %23")]
    Fragment,
    /// A user without a password.
    #[error("names a user but no password")]
    NoPassword,
    /// User or password are not UTF-8 after decoding.
    #[error("has a user or password that is not text")]
    NotText,
    /// The path is not a number.
    #[error("must end with a database number or nothing after the host, such as /0")]
    Database,
    /// A cluster has no numbered databases.
    #[error("is a cluster's, which has only database 0")]
    DatabaseOfCluster,
    /// A `node` parameter is not host and port.
    #[error("has a node that is not host:port")]
    Node,
    /// A single server has no further nodes.
    #[error("is a single server's, which takes no node; clusters start with redis-cluster or rediss-cluster")]
    NodeOfServer,
    /// Sentinels watch over several services: one must be named.
    #[error("needs the name that the sentinels know the servers by: ?service=NAME")]
    NoService,
    /// Only sentinels know services.
    #[error("has a service, which only sentinels know")]
    ServiceWithoutSentinel,
    /// A prefix that is empty, too long or of other characters.
    #[error("has a prefix that is not 1 to 64 letters, digits, dots, hyphens, underscores or colons")]
    Prefix,
    /// Certificates without TLS.
    #[error("has ca, which only the TLS schemes such as rediss take")]
    AuthoritiesWithoutTls,
    /// A parameter without a value.
    #[error("has {0} without a value")]
    Empty(&'static str),
    /// A parameter twice.
    #[error("has {0} twice")]
    Twice(&'static str),
    /// A parameter that does not exist.
    #[error("has a parameter that is none of node, service, prefix and ca")]
    UnknownParameter,
}

impl RedisAddress {
    /// Whether a text is meant as a Redis address, right or wrong.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        text.split_once(':').is_some_and(|(scheme, _)| scheme_parts(scheme).is_some())
    }

    /// Reads an address. `default_prefix` is what every key begins with unless the address says otherwise.
    ///
    /// # Errors
    /// [`RedisAddressError`] says what is wrong.
    pub fn parse(text: &str, default_prefix: &str) -> Result<Self, RedisAddressError> {
        let url = Url::parse(text).map_err(RedisAddressError::NotAUrl)?;
        let (kind, tls) = scheme_parts(url.scheme()).ok_or(RedisAddressError::Scheme)?;
        if url.fragment().is_some() {
            return Err(RedisAddressError::Fragment);
        }
        let mut parameters = Parameters::read(&url)?;
        let shape = match (kind, parameters.service.take()) {
            (Kind::Sentinel, Some(service)) => Shape::Sentinel(service),
            (Kind::Sentinel, None) => return Err(RedisAddressError::NoService),
            (_, Some(_)) => return Err(RedisAddressError::ServiceWithoutSentinel),
            (Kind::Cluster, None) => Shape::Cluster,
            (Kind::Server, None) => Shape::Server,
        };
        let default_port = if kind == Kind::Sentinel { SENTINEL_PORT } else { PORT };
        if kind == Kind::Server && !parameters.nodes.is_empty() {
            return Err(RedisAddressError::NodeOfServer);
        }
        let mut nodes = vec![node_of(&url, default_port).ok_or(RedisAddressError::NoHost)?];
        for text in &parameters.nodes {
            nodes.push(node(text, default_port)?);
        }
        if nodes.iter().any(|node| node.host.contains(',')) {
            return Err(RedisAddressError::HostList);
        }
        let database = database(&url)?;
        if kind == Kind::Cluster && database != 0 {
            return Err(RedisAddressError::DatabaseOfCluster);
        }
        if parameters.authorities.is_some() && !tls {
            return Err(RedisAddressError::AuthoritiesWithoutTls);
        }
        let prefix = parameters.prefix.unwrap_or_else(|| default_prefix.to_owned());
        // Braces are not among the characters: in a cluster they would put all keys on one node.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        if prefix.len() > 64 || !prefix.bytes().all(allowed) {
            return Err(RedisAddressError::Prefix);
        }
        Ok(Self {
            shape,
            tls,
            nodes,
            login: login(&url)?,
            database,
            prefix,
            authorities: parameters.authorities.map(PathBuf::from),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Server,
    Cluster,
    Sentinel,
}

/// The kind of address and whether it is TLS.
fn scheme_parts(scheme: &str) -> Option<(Kind, bool)> {
    match scheme {
        "redis" => Some((Kind::Server, false)),
        "rediss" => Some((Kind::Server, true)),
        "redis-cluster" => Some((Kind::Cluster, false)),
        "rediss-cluster" => Some((Kind::Cluster, true)),
        "redis-sentinel" => Some((Kind::Sentinel, false)),
        "rediss-sentinel" => Some((Kind::Sentinel, true)),
        _ => None,
    }
}

/// The query, by name.
#[derive(Default)]
struct Parameters {
    nodes: Vec<String>,
    service: Option<String>,
    prefix: Option<String>,
    authorities: Option<String>,
}

impl Parameters {
    fn read(url: &Url) -> Result<Self, RedisAddressError> {
        let mut parameters = Self::default();
        for (name, value) in url.query_pairs() {
            let (name, place) = match &*name {
                "node" => {
                    parameters.nodes.push(value.into_owned());
                    continue;
                }
                "service" => ("service", &mut parameters.service),
                "prefix" => ("prefix", &mut parameters.prefix),
                "ca" => ("ca", &mut parameters.authorities),
                _ => return Err(RedisAddressError::UnknownParameter),
            };
            if value.is_empty() {
                return Err(RedisAddressError::Empty(name));
            }
            if place.replace(value.into_owned()).is_some() {
                return Err(RedisAddressError::Twice(name));
            }
        }
        Ok(parameters)
    }
}

/// `host:port` or `host`.
fn node(text: &str, default_port: u16) -> Result<Node, RedisAddressError> {
    if text.contains(['@', '/', '?', '#']) {
        return Err(RedisAddressError::Node);
    }
    let url = Url::parse(&format!("redis://{text}")).map_err(|_| RedisAddressError::Node)?;
    node_of(&url, default_port).ok_or(RedisAddressError::Node)
}

fn node_of(url: &Url, default_port: u16) -> Option<Node> {
    let host = match url.host()? {
        url::Host::Domain(name) => name.to_owned(),
        url::Host::Ipv4(address) => address.to_string(),
        // Without the brackets, as resolvers and certificates want it.
        url::Host::Ipv6(address) => address.to_string(),
    };
    (!host.is_empty()).then(|| Node { host, port: url.port().unwrap_or(default_port) })
}

fn login(url: &Url) -> Result<Option<Login>, RedisAddressError> {
    let decode =
        |text: &str| percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| RedisAddressError::NotText);
    let user = Some(decode(url.username())?).filter(|user| !user.is_empty());
    match (user, url.password()) {
        (user, Some(password)) => Ok(Some(Login { user, password: SecretString::from(decode(password)?) })),
        (Some(_), None) => Err(RedisAddressError::NoPassword),
        (None, None) => Ok(None),
    }
}

fn database(url: &Url) -> Result<i64, RedisAddressError> {
    match url.path().trim_start_matches('/') {
        "" => Ok(0),
        number => number.parse::<u16>().map(i64::from).map_err(|_| RedisAddressError::Database),
    }
}

impl PartialEq for RedisAddress {
    fn eq(&self, other: &Self) -> bool {
        let password = |address: &Self| address.login.as_ref().map(|login| login.password.expose_secret().to_owned());
        self.to_string() == other.to_string() && password(self) == password(other)
    }
}

impl Eq for RedisAddress {}

/// Everything but the password.
impl fmt::Display for RedisAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match self.shape {
            Shape::Server => "",
            Shape::Cluster => "-cluster",
            Shape::Sentinel(_) => "-sentinel",
        };
        write!(formatter, "redis{}{shape}://", if self.tls { "s" } else { "" })?;
        if let Some(login) = &self.login {
            write!(formatter, "{}:***@", login.user.as_deref().unwrap_or(""))?;
        }
        for (position, Node { host, port }) in self.nodes.iter().enumerate() {
            let (comma, open, close) = (
                if position == 0 { "" } else { "," },
                if host.contains(':') { "[" } else { "" },
                if host.contains(':') { "]" } else { "" },
            );
            write!(formatter, "{comma}{open}{host}{close}:{port}")?;
        }
        write!(formatter, "/{}?prefix={}", self.database, self.prefix)?;
        if let Shape::Sentinel(service) = &self.shape {
            write!(formatter, "&service={service}")?;
        }
        if let Some(file) = &self.authorities {
            write!(formatter, "&ca={}", file.display())?;
        }
        Ok(())
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RedisAddress({self})")
    }
}
