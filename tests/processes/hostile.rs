//! A thousand hostile connections of each kind against a process with the memory that deployed ones have, and
//! a stranger in between. Linux only, since the system is asked about the process, and has all of
//! 127.0.0.0/8. Ten thousand of each: `make bench`. What ends them: `tests/http/stalled.rs`.
#![cfg(target_os = "linux")]

use crate::support::{
    Process, free_port,
    hostile::{Kind, stranger},
    resident,
};

/// Of each kind.
const CONNECTIONS: usize = 1000;

/// On each connection of HTTP/2: few, since the program of tests takes long for a page.
const STREAMS: u32 = 2;

/// In bytes: half of what deployed processes have, for the kernel holds its part of all connections.
const MEMORY: usize = 512 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_hostile_connections_of_each_kind_leave_memory_and_a_stranger_is_served() {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let process =
        Process::start(port, folder.path(), &format!("http://localhost:{port}"), "http://localhost:1", "memory:");
    process.answers("/healthz", 200).await;
    let (mut held, mut memory) = (Vec::new(), vec![resident(process.id())]);
    for (block, kind) in (1..).zip(Kind::all(STREAMS)) {
        held.push(kind.hold(port, block, CONNECTIONS).await);
        stranger(port).await;
        memory.push(resident(process.id()));
        assert!(memory.iter().all(|bytes| *bytes < MEMORY), "with each kind more: {memory:?} bytes");
    }
}
