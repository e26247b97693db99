//! The contract of a session store, as tests: every store runs [`holds`] on an empty store.
#![expect(clippy::unwrap_used, reason = "a store that fails fails the test")]

use std::{sync::Arc, time::Duration};

use crate::{
    id::{LeaseHolder, Mark, MarkOf, ProviderSessionKey, SessionId, SessionKey, UserKey},
    store::{Record, Replaced, SessionStore},
};

const MINUTE: Duration = Duration::from_secs(60);

/// Session times of these tests; stores on a network also end records by real time, so the ends lie far
/// enough ahead.
const START: i64 = 1_000_000;
const END: i64 = START + 1000;

pub(crate) fn record(ends_at: i64, text: &str) -> Record {
    Record {
        version: 1,
        user: UserKey::of("usr_1"),
        provider_session: ProviderSessionKey::of("ses_1"),
        active_at: START,
        ends_at,
        claims: text.as_bytes().to_vec(),
        tokens: b"tokens".to_vec(),
    }
}

fn of(user: &str, provider_session: &str) -> Record {
    Record {
        user: UserKey::of(user),
        provider_session: ProviderSessionKey::of(provider_session),
        ..record(END, "claims")
    }
}

pub(crate) fn key() -> SessionKey {
    SessionId::generate().unwrap().key()
}

/// Runs the whole contract on an empty store.
///
/// # Panics
/// If the store does not keep it.
pub async fn holds(store: Arc<dyn SessionStore>) {
    a_created_record_is_loaded_until_it_ends(&*store).await;
    a_large_record_is_kept_whole(&*store).await;
    replace_writes_only_the_expected_version(&*store).await;
    replace_leaves_owner_and_times_alone(&*store).await;
    only_the_expected_version_is_deleted(&*store).await;
    a_deleted_record_stays_deleted(&*store).await;
    an_ended_record_is_neither_written_nor_extended(&*store).await;
    activity_moves_forward_only_and_keeps_the_version(&*store).await;
    a_persons_sessions_are_listed_and_deleted_together(&*store).await;
    the_sessions_of_a_provider_session_are_deleted_together(&*store).await;
    ended_records_are_swept(&*store).await;
    a_lease_has_one_holder_until_it_is_given_back_or_runs_out(&*store).await;
    a_mark_is_new_once(&*store).await;
    several_marks_are_as_one_after_the_other(&*store).await;
    of_marks_that_move_on_the_latest_end_counts(Arc::clone(&store)).await;
    one_of_many_concurrent_writers_wins(Arc::clone(&store)).await;
    one_of_many_takers_gets_the_lease_and_the_mark(store).await;
}

async fn a_created_record_is_loaded_until_it_ends(store: &dyn SessionStore) {
    let key = key();
    assert_eq!(store.load(&key, START).await.unwrap(), None);
    store.create(&key, &record(END, "a"), START).await.unwrap();
    assert_eq!(store.load(&key, END - 1).await.unwrap(), Some(record(END, "a")));
    assert_eq!(store.load(&key, END).await.unwrap(), None);
    assert!(store.create(&key, &record(END, "b"), START).await.is_err(), "a key is used once");
    assert_eq!(store.load(&key, START).await.unwrap(), Some(record(END, "a")));
    store.ping().await.unwrap();
}

/// A person with 1,500 permissions: an access token of 45 kB, and its claims.
async fn a_large_record_is_kept_whole(store: &dyn SessionStore) {
    let (key, mut large) = (key(), record(END, "a"));
    (large.claims, large.tokens) = (vec![7; 200 * 1024], vec![9; 100 * 1024]);
    store.create(&key, &large, START).await.unwrap();
    let found = store.load(&key, START).await.unwrap().unwrap();
    assert!(found.claims == large.claims && found.tokens == large.tokens);
    assert!(store.delete(&key).await.unwrap());
}

async fn replace_writes_only_the_expected_version(store: &dyn SessionStore) {
    let key = key();
    store.create(&key, &record(END, "first"), START).await.unwrap();
    assert_eq!(store.replace(&key, 1, b"second", b"new", START).await.unwrap(), Replaced::Yes);
    assert_eq!(store.replace(&key, 1, b"late", b"late", START).await.unwrap(), Replaced::Changed);
    assert_eq!(store.replace(&key, 3, b"early", b"early", START).await.unwrap(), Replaced::Changed);
    let stored = store.load(&key, START).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.claims.as_slice(), stored.tokens.as_slice()), (2, &b"second"[..], &b"new"[..]));
    assert_eq!(store.replace(&key, 2, b"third", b"new", START).await.unwrap(), Replaced::Yes);
}

async fn replace_leaves_owner_and_times_alone(store: &dyn SessionStore) {
    let key = key();
    store.create(&key, &record(END, "a"), START).await.unwrap();
    store.touch(&key, START + 10, END + 10, START).await.unwrap();
    assert_eq!(store.replace(&key, 1, b"b", b"c", START).await.unwrap(), Replaced::Yes);
    let expected =
        Record { version: 2, active_at: START + 10, ends_at: END + 10, tokens: b"c".to_vec(), ..record(END, "b") };
    assert_eq!(store.load(&key, START).await.unwrap(), Some(expected));
}

async fn only_the_expected_version_is_deleted(store: &dyn SessionStore) {
    let key = key();
    assert_eq!(store.delete_version(&key, 1).await.unwrap(), Replaced::Gone);
    store.create(&key, &of("usr_version", "ses_version"), START).await.unwrap();
    assert_eq!(store.replace(&key, 1, b"b", b"c", START).await.unwrap(), Replaced::Yes);
    assert_eq!(store.delete_version(&key, 1).await.unwrap(), Replaced::Changed);
    assert!(store.load(&key, START).await.unwrap().is_some());
    assert_eq!(store.delete_version(&key, 2).await.unwrap(), Replaced::Yes);
    assert_eq!(store.load(&key, START).await.unwrap(), None);
    assert_eq!(store.list_by_user(&UserKey::of("usr_version"), START).await.unwrap(), []);
}

async fn a_deleted_record_stays_deleted(store: &dyn SessionStore) {
    let key = key();
    store.create(&key, &record(END, "a"), START).await.unwrap();
    assert!(store.delete(&key).await.unwrap());
    assert!(!store.delete(&key).await.unwrap());
    assert_eq!(store.replace(&key, 1, b"b", b"c", START).await.unwrap(), Replaced::Gone);
    store.touch(&key, START + 1, END + 1, START).await.unwrap();
    assert_eq!(store.load(&key, START).await.unwrap(), None);
}

async fn an_ended_record_is_neither_written_nor_extended(store: &dyn SessionStore) {
    let key = key();
    store.create(&key, &record(END, "a"), START).await.unwrap();
    assert_eq!(store.replace(&key, 1, b"b", b"c", END).await.unwrap(), Replaced::Gone);
    store.touch(&key, END, END + 1000, END).await.unwrap();
    assert_eq!(store.load(&key, END).await.unwrap(), None);
}

async fn activity_moves_forward_only_and_keeps_the_version(store: &dyn SessionStore) {
    let key = key();
    store.create(&key, &record(END, "a"), START).await.unwrap();
    store.touch(&key, START + 60, END + 60, START).await.unwrap();
    store.touch(&key, START + 30, END + 30, START).await.unwrap();
    let stored = store.load(&key, END + 59).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.active_at, stored.ends_at), (1, START + 60, END + 60));
}

async fn a_persons_sessions_are_listed_and_deleted_together(store: &dyn SessionStore) {
    let (mine, other, ended) = ([key(), key()], key(), key());
    for key in &mine {
        store.create(key, &of("usr_list", "ses_list"), START).await.unwrap();
    }
    store.create(&other, &of("usr_other", "ses_list_other"), START).await.unwrap();
    store.create(&ended, &Record { ends_at: START + 5, ..of("usr_list", "ses_list") }, START).await.unwrap();
    let user = UserKey::of("usr_list");
    let mut listed = store.list_by_user(&user, START + 5).await.unwrap();
    listed.sort_by_key(|(key, _)| *key);
    let mut expected = mine.map(|key| (key, of("usr_list", "ses_list")));
    expected.sort_by_key(|(key, _)| *key);
    assert_eq!(listed, expected);
    store.delete(&mine[0]).await.unwrap();
    assert_eq!(store.list_by_user(&user, START + 5).await.unwrap().len(), 1);
    assert_eq!(store.count_by_user(&user, START + 5).await.unwrap(), 1);
    assert!(store.delete_by_user(&user).await.unwrap() >= 1);
    assert_eq!(store.list_by_user(&user, START).await.unwrap(), []);
    assert_eq!(store.load(&mine[1], START).await.unwrap(), None);
    assert!(store.load(&other, START).await.unwrap().is_some());
    assert_eq!(store.delete_by_user(&user).await.unwrap(), 0);
}

async fn the_sessions_of_a_provider_session_are_deleted_together(store: &dyn SessionStore) {
    let (first, second, other) = (key(), key(), key());
    store.create(&first, &of("usr_a", "ses_shared"), START).await.unwrap();
    store.create(&second, &of("usr_a", "ses_shared"), START).await.unwrap();
    store.create(&other, &of("usr_a", "ses_unshared"), START).await.unwrap();
    let shared = ProviderSessionKey::of("ses_shared");
    assert_eq!(store.delete_by_provider_session(&shared).await.unwrap(), 2);
    assert_eq!(store.delete_by_provider_session(&shared).await.unwrap(), 0);
    assert_eq!(store.load(&first, START).await.unwrap(), None);
    assert!(store.load(&other, START).await.unwrap().is_some());
    assert_eq!(store.list_by_user(&UserKey::of("usr_a"), START).await.unwrap().len(), 1);
}

async fn ended_records_are_swept(store: &dyn SessionStore) {
    let (ended, alive) = (key(), key());
    let before = store.count(END).await.unwrap();
    store.create(&ended, &of("usr_sweep", "ses_sweep"), START).await.unwrap();
    store.create(&alive, &Record { ends_at: END + 1, ..of("usr_sweep", "ses_sweep") }, START).await.unwrap();
    assert_eq!(store.count(END).await.unwrap(), before.map(|count| count + 1), "what has ended does not count");
    store.delete_ended(END).await.unwrap();
    assert_eq!(store.load(&ended, END).await.unwrap(), None);
    assert!(store.load(&alive, END).await.unwrap().is_some());
    assert_eq!(store.list_by_user(&UserKey::of("usr_sweep"), END).await.unwrap().len(), 1);
}

/// What a store does with a record that nobody of ours wrote: `damage` makes this one such. For stores that
/// can hold it.
///
/// # Panics
/// If the record stands in somebody's way.
pub async fn a_damaged_record_stands_in_nobodys_way(store: &dyn SessionStore, damage: impl AsyncFn(&SessionKey)) {
    let (broken, sound, user) = (key(), key(), UserKey::of("usr_damage"));
    for key in [&broken, &sound] {
        store.create(key, &of("usr_damage", "ses_damage"), START).await.unwrap();
    }
    damage(&broken).await;
    assert_eq!(store.load(&broken, START).await.unwrap(), None, "it serves nobody");
    let listed: Vec<_> = store.list_by_user(&user, START).await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(listed, [sound], "its owner's others are listed");
    store.touch(&broken, START + 1, END + 1, START).await.unwrap();
    store.create(&key(), &of("usr_damage", "ses_damage"), START).await.unwrap();
    assert!(store.delete(&broken).await.unwrap(), "it can be removed");
    assert_eq!(store.delete_by_user(&user).await.unwrap(), 2);
}

async fn a_lease_has_one_holder_until_it_is_given_back_or_runs_out(store: &dyn SessionStore) {
    let (key, another) = (key(), key());
    let [first, second] = [LeaseHolder::generate().unwrap(), LeaseHolder::generate().unwrap()];
    assert!(store.acquire_lease(&key, &first, MINUTE).await.unwrap());
    assert!(store.acquire_lease(&key, &first, MINUTE).await.unwrap(), "its holder gets it anew");
    assert!(!store.acquire_lease(&key, &second, MINUTE).await.unwrap());
    assert!(store.acquire_lease(&another, &second, MINUTE).await.unwrap(), "each session has a lease of its own");
    assert!(store.renew_lease(&key, &first, MINUTE).await.unwrap());
    assert!(!store.renew_lease(&key, &second, MINUTE).await.unwrap());
    store.release_lease(&key, &second).await.unwrap();
    assert!(!store.acquire_lease(&key, &second, MINUTE).await.unwrap(), "only its holder gives it back");
    store.release_lease(&key, &first).await.unwrap();
    assert!(!store.renew_lease(&key, &first, MINUTE).await.unwrap(), "what was given back is not renewed");

    let short = Duration::from_millis(30);
    assert!(store.acquire_lease(&key, &first, short).await.unwrap());
    while !store.acquire_lease(&key, &second, MINUTE).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!store.renew_lease(&key, &first, MINUTE).await.unwrap(), "the first holder has lost it");
    store.release_lease(&key, &first).await.unwrap();
    assert!(store.renew_lease(&key, &second, MINUTE).await.unwrap());
}

async fn a_mark_is_new_once(store: &dyn SessionStore) {
    let mark = |kind| Mark::of(kind, "name");
    assert!(!store.is_marked(&mark(MarkOf::Handled("event")), START).await.unwrap());
    assert!(store.mark(&mark(MarkOf::Handled("event")), END, START).await.unwrap());
    for (at, stands) in [(START, true), (END - 1, true), (END, false)] {
        assert_eq!(
            store.is_marked(&mark(MarkOf::Handled("event")), at).await.unwrap(),
            stands,
            "whenever it is asked for"
        );
    }
    assert!(!store.mark(&mark(MarkOf::Handled("event")), END + 5, START + 1).await.unwrap());
    assert!(store.mark(&mark(MarkOf::LogoutToken), END, START).await.unwrap());
    store.unmark(&mark(MarkOf::LogoutToken)).await.unwrap();
    assert!(!store.is_marked(&mark(MarkOf::LogoutToken), START).await.unwrap());
    assert!(store.mark(&mark(MarkOf::LogoutToken), END, START).await.unwrap());
    store.delete_ended(START).await.unwrap();
    assert!(
        !store.mark(&mark(MarkOf::Handled("event")), END, START).await.unwrap(),
        "a sweep keeps marks that are needed"
    );
}

async fn several_marks_are_as_one_after_the_other(store: &dyn SessionStore) {
    let [first, second, third] = ["first", "second", "third"].map(|name| Mark::of(MarkOf::EndedUser, name));
    let in_turn = async |first, second| store.mark_in_turn((first, END), (second, END), START).await.unwrap();
    assert_eq!(in_turn(&first, &second).await, (true, Some(true)));
    assert_eq!(in_turn(&third, &second).await, (true, Some(false)));
    let fourth = Mark::of(MarkOf::EndedUser, "fourth");
    assert_eq!(in_turn(&first, &fourth).await, (false, None), "the second is kept only with the first");
    assert!(!store.is_marked(&fourth, START).await.unwrap());
    assert!(store.is_any_marked(&[(fourth, START), (first, END - 1)]).await.unwrap());
    assert!(!store.is_any_marked(&[(fourth, START), (first, END)]).await.unwrap());
    assert!(!store.is_any_marked(&[]).await.unwrap());
}

async fn of_marks_that_move_on_the_latest_end_counts(store: Arc<dyn SessionStore>) {
    let mark = Mark::of(MarkOf::EndedUser, "moved on");
    let takers: Vec<_> = (0..20)
        .map(|number| {
            let store = Arc::clone(&store);
            // Neither the first nor the last one has the latest end.
            let until = END + (number + 10) % 20;
            tokio::spawn(async move { store.mark_at_least(&mark, until, START).await.unwrap() })
        })
        .collect();
    for taker in takers {
        taker.await.unwrap();
    }
    let stands_at = async |at| store.is_marked(&mark, at).await.unwrap();
    assert!(stands_at(END + 18).await && !stands_at(END + 19).await);
    store.mark_at_least(&mark, END, START).await.unwrap();
    assert!(stands_at(END + 18).await);
}

async fn one_of_many_concurrent_writers_wins(store: Arc<dyn SessionStore>) {
    let key = key();
    store.create(&key, &record(END, "start"), START).await.unwrap();
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.replace(&key, 1, &[number], b"", START).await.unwrap() })
        })
        .collect();
    let mut wins = 0;
    for writer in writers {
        wins += usize::from(writer.await.unwrap() == Replaced::Yes);
    }
    assert_eq!(wins, 1);
    assert_eq!(store.load(&key, START).await.unwrap().unwrap().version, 2);
}

async fn one_of_many_takers_gets_the_lease_and_the_mark(store: Arc<dyn SessionStore>) {
    let (key, mark) = (key(), Mark::of(MarkOf::LoginAttempt, "contested"));
    let takers: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let holder = LeaseHolder::generate().unwrap();
                let has_lease = store.acquire_lease(&key, &holder, MINUTE).await.unwrap();
                (has_lease, store.mark(&mark, END, START).await.unwrap())
            })
        })
        .collect();
    let (mut leases, mut marks) = (0, 0);
    for taker in takers {
        let (has_lease, is_marked) = taker.await.unwrap();
        leases += usize::from(has_lease);
        marks += usize::from(is_marked);
    }
    assert_eq!((leases, marks), (1, 1));
}
