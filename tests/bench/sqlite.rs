//! What sessions take in an SQLite file.

use std::path::Path;

use crate::{each, report, sign_in, support::World};

pub(crate) async fn room(world: &World) {
    let database = world.folder.path().join("sessions.db");
    let before = database_bytes(&database);
    sign_in(world).await;
    report("room of a session in SQLite", &format!("{} bytes", each(database_bytes(&database).saturating_sub(before))));
}

/// Pages in use, those of the write-ahead log included.
fn database_bytes(path: &Path) -> u64 {
    let database = rusqlite::Connection::open(path).unwrap();
    let number = |pragma: &str| database.query_row(pragma, [], |row| row.get::<_, i64>(0)).unwrap();
    let pages = number("PRAGMA page_count") - number("PRAGMA freelist_count");
    u64::try_from(pages * number("PRAGMA page_size")).unwrap()
}
