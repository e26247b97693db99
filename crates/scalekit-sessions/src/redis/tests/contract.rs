//! The contract on every shape of Redis.

use redis::{aio::MultiplexedConnection, cmd};

use super::{
    super::testing::{Server, Watched, cluster, eventually, tls_server},
    *,
};
use crate::contract::{self, key, record};

/// Fails if something would stay forever.
async fn assert_everything_ends(admin: &mut MultiplexedConnection) -> usize {
    let keys: Vec<Vec<u8>> = cmd("KEYS").arg("*").query_async(admin).await.unwrap();
    for key in &keys {
        let left: i64 = cmd("PTTL").arg(key).query_async(admin).await.unwrap();
        // -2: it has ended since.
        assert!(left > 0 || left == -2, "{} never ends", String::from_utf8_lossy(key));
    }
    keys.len()
}

#[tokio::test]
async fn it_holds_on_one_server_and_everything_ends_by_itself() {
    let server = Server::start(&[]);
    contract::holds(Arc::new(store_on(&server))).await;
    assert!(assert_everything_ends(&mut server.admin("").await).await > 10);
}

#[tokio::test]
async fn it_holds_with_a_user_of_the_documented_rights_and_a_prefix() {
    let rights = "--user app on >p%40ss ~acme:* resetchannels -@all +@read +@write +@scripting +@connection";
    let server = Server::start(&rights.split(' ').chain(["--user", "default", "off"]).collect::<Vec<_>>());
    let address = |password: &str| format!("redis://app:{password}@127.0.0.1:{}/1?prefix=acme", server.port);
    contract::holds(Arc::new(store(&address("p%2540ss")))).await;

    let refused = causes(&store(&address("hunter2")).ping().await.unwrap_err());
    assert!(refused.contains("Redis can't be reached") && !refused.contains("hunter2"), "{refused}");
    let elsewhere = store(&address("p%2540ss").replace("acme", "other"));
    let key = key();
    let refused = causes(&elsewhere.create(&key, &record(100, "a"), 0).await.unwrap_err());
    assert!(refused.contains("NOPERM") && !refused.contains("other:"), "{refused}");
}

#[tokio::test]
async fn it_holds_over_tls_which_is_verified() {
    let server = tls_server();
    let authorities = server.folder().join("ca.pem");
    let address = |host: &str, authorities: &str| format!("rediss://{host}:{}{authorities}", server.port);
    let trusting = format!("?ca={}", authorities.display());
    contract::holds(Arc::new(store(&address("127.0.0.1", &trusting)))).await;

    for (address, why) in [
        (address("127.0.0.1", ""), "the authority is unknown"),
        (address("localhost", &trusting), "the certificate is another host's"),
        (format!("redis://127.0.0.1:{}", server.port), "the server speaks TLS only"),
    ] {
        assert!(store(&address).ping().await.is_err(), "{why}");
    }
}

#[tokio::test]
async fn it_holds_on_a_cluster() {
    let servers = cluster().await;
    let [a, b, c] = &servers;
    let address = format!("redis-cluster://127.0.0.1:{}?node=127.0.0.1:{}&node=127.0.0.1:{}", a.port, b.port, c.port);
    contract::holds(Arc::new(store(&address))).await;
    for server in &servers {
        assert!(assert_everything_ends(&mut server.admin("").await).await > 0, "every node has a share");
    }
}

#[tokio::test]
async fn it_holds_behind_a_sentinel_and_the_store_follows_a_failover() {
    let watched = Watched::start().await;
    let store = store(&format!("redis-sentinel://:secret@127.0.0.1:{}?service=mymaster", watched.sentinel.port));
    contract::holds(Arc::new(store.clone())).await;

    let (before, after) = (key(), key());
    store.create(&before, &record(1000, "before"), 0).await.unwrap();
    // Redis copies to the other server a moment later; a failover in that moment loses it, which is decision
    // 7's to accept.
    let name = store.keys.session(&before);
    let mut replica = watched.replica.admin(":secret@").await;
    eventually("the other server has the session", async || {
        cmd("EXISTS").arg(&name).query_async::<bool>(&mut replica).await.unwrap_or(false)
    })
    .await;
    watched.fail_over().await;
    eventually("the new master takes sessions", async || store.create(&after, &record(1000, "after"), 0).await.is_ok())
        .await;
    assert_eq!(store.load(&before, 0).await.unwrap(), Some(record(1000, "before")));
    let mut new_master = watched.replica.admin(":secret@").await;
    let found: bool = cmd("EXISTS").arg(store.keys.session(&after)).query_async(&mut new_master).await.unwrap();
    assert!(found);
    drop(watched.master);
    store.ping().await.unwrap();
}
