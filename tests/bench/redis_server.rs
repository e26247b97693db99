//! What sessions take in Redis.

use crate::{
    each, report, sign_in,
    support::{Redis, World},
};

pub(crate) async fn room() {
    let redis = Redis::start().await;
    let world = World::start(1, &redis.address()).await;
    let before = redis_bytes(&redis.address()).await;
    sign_in(&world).await;
    let room = each(redis_bytes(&redis.address()).await.saturating_sub(before));
    report("memory of a session in Redis, its index entries included", &format!("{room} bytes"));
}

/// What Redis holds.
async fn redis_bytes(address: &str) -> u64 {
    let mut connection = redis::Client::open(address).unwrap().get_multiplexed_async_connection().await.unwrap();
    let memory: String = redis::cmd("INFO").arg("memory").query_async(&mut connection).await.unwrap();
    memory.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap()
}
