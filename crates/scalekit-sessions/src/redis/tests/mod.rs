//! The Redis store on real servers: the contract on every shape, what it leaves behind, and outages.

mod address;
mod contract;
mod outages;
mod storage;

use super::{testing::Server, *};

fn store(address: &str) -> RedisStore {
    RedisStore::open(&RedisAddress::parse(address, "app").unwrap()).unwrap()
}

fn store_on(server: &Server) -> RedisStore {
    store(&format!("redis://127.0.0.1:{}", server.port))
}

/// The causes of a failure, as a log has them.
fn causes(error: &StoreError) -> String {
    format!("{error}: {} ({error:?})", error.0)
}
