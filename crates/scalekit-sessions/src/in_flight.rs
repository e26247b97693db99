//! Sign-ins that are under way while the provider ends what they are about to begin: the notice finds no
//! session to end yet, so it leaves a mark in the store, which every replica's sign-ins look for after they
//! have stored theirs.
//!
//! A notice about one session marks that session, whose `sid` never comes back. One about a person, or about
//! their place in an organization, must not touch whoever signs in anew a moment later; so its mark holds the
//! provider's time of the notice, and is compared with the provider's time of the sign-in. No clock of ours
//! takes part, however many replicas there are.
//!
//! A refresh that moves a session to another organization looks too: a notice about that one may have come
//! just before.
//!
//! Not here: ending the sessions that are stored already (`ending`).

use scalekit::SignIn;

use crate::{
    id::{Mark, MarkOf},
    patience::LONGEST_TOKEN_CALL,
    store::{SessionStore, StoreError},
};

/// How long a sign-in may take from the code exchange to the stored session, in seconds, and more.
const LONGEST_SIGN_IN: i64 = 120;
const _: () = assert!(LONGEST_SIGN_IN.unsigned_abs() > 2 * LONGEST_TOKEN_CALL.as_secs());

/// For so many seconds after a notice, by the provider's clock, a sign-in of before may still be on its way:
/// its code lives for ten minutes; and a minute for clocks that differ.
pub(crate) const REMEMBERED: i64 = 600 + LONGEST_SIGN_IN + 60;

/// How far ahead of ours the provider's clock is believed to be. A notice from the future would keep the
/// person out until then.
const BELIEVED_AHEAD: i64 = 60;

/// When a sign-in happened, by the provider's clock; Unix seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedInAt {
    /// When the person showed who they are: `auth_time`, or when their code was presented.
    person: i64,
    /// When the code was presented.
    code: i64,
}

impl SignedInAt {
    /// `took`: how many seconds the exchange took. The tokens may have been made at its end, so that is as
    /// long ago as the code may have been presented.
    pub(crate) fn of(sign_in: &SignIn, took: i64) -> Self {
        let code = sign_in.id.iat.saturating_sub(took);
        let person = sign_in.id.other.get("auth_time").and_then(serde_json::Value::as_i64);
        Self { person: person.unwrap_or(code), code }
    }
}

/// The mark of one session of the provider.
pub(crate) fn session(sid: &str) -> Mark {
    Mark::of(MarkOf::EndedProviderSession, sid)
}

/// The mark of a person.
pub(crate) fn user(user_id: &str) -> Mark {
    Mark::of(MarkOf::EndedUser, user_id)
}

/// The mark of a person's place in an organization.
pub(crate) fn membership(user_id: &str, organization_id: &str) -> Mark {
    Mark::of(MarkOf::EndedMembership, &[user_id, "\0", organization_id].concat())
}

/// Notes that what `mark` names has ended at `at`, by the provider's clock. Of two notices the later one
/// counts, in whatever order and however close together they come.
///
/// # Errors
/// [`StoreError`] if the store does not take it.
pub(crate) async fn note(store: &dyn SessionStore, mark: &Mark, at: i64, now: i64) -> Result<(), StoreError> {
    let at = at.min(now.saturating_add(BELIEVED_AHEAD));
    if at.saturating_add(REMEMBERED) <= now {
        // Told so late that nothing of before can be under way.
        return Ok(());
    }
    store.mark_at_least(mark, at.saturating_add(REMEMBERED), now).await
}

/// How something stands that the provider may have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Ended,
}

/// A mark's end is the time of its notice, moved on: whether it would still stand then tells whether the
/// notice is as late as `at`.
const fn still_standing(at: i64) -> i64 {
    at.saturating_add(REMEMBERED - 1)
}

/// How what `mark` names stands: ended, if that happened at `at`, by the provider's clock, or after.
async fn standing_since(store: &dyn SessionStore, mark: &Mark, at: i64) -> Result<Standing, StoreError> {
    let is_marked = store.is_marked(mark, still_standing(at)).await?;
    Ok(if is_marked { Standing::Ended } else { Standing::Good })
}

/// How the session stands that this sign-in has just begun.
///
/// # Errors
/// [`StoreError`] if the store can't tell.
pub(crate) async fn standing_of_sign_in(
    store: &dyn SessionStore,
    sign_in: &SignIn,
    at: SignedInAt,
    now: i64,
) -> Result<Standing, StoreError> {
    let (sub, oid) = (&sign_in.id.sub, &sign_in.id.oid);
    let marks = [
        (session(&sign_in.id.sid), now),
        (user(sub), still_standing(at.person)),
        (membership(sub, oid), still_standing(at.code)),
    ];
    Ok(if store.is_any_marked(&marks).await? { Standing::Ended } else { Standing::Good })
}

/// How the person's membership in the organization stands: ended, if that happened at `at`, by the provider's
/// clock, or after.
///
/// # Errors
/// [`StoreError`] if the store can't tell.
pub(crate) async fn standing_of_membership(
    store: &dyn SessionStore,
    user_id: &str,
    organization_id: &str,
    at: i64,
) -> Result<Standing, StoreError> {
    standing_since(store, &membership(user_id, organization_id), at).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;

    #[tokio::test]
    async fn the_latest_notice_counts_and_who_signs_in_after_it_is_let_in() {
        let (store, mark) = (MemoryStore::default(), user("usr_1"));
        let at = async |at| standing_since(&store, &mark, at).await.unwrap();
        assert_eq!(at(0).await, Standing::Good);
        note(&store, &mark, 1000, 1005).await.unwrap();
        assert_eq!((at(999).await, at(1000).await), (Standing::Ended, Standing::Ended));
        assert_eq!(at(1001).await, Standing::Good);
        note(&store, &mark, 1010, 1010).await.unwrap();
        note(&store, &mark, 990, 1011).await.unwrap();
        assert_eq!(at(1010).await, Standing::Ended);
        assert_eq!(at(1011).await, Standing::Good);
        let other = membership("usr_1", "org_1");
        assert_eq!(standing_since(&store, &other, 0).await.unwrap(), Standing::Good, "another kind of notice");
    }

    #[tokio::test]
    async fn a_notice_from_the_future_keeps_nobody_out_for_long_and_old_ones_leave_nothing_behind() {
        let (store, mark) = (MemoryStore::default(), user("usr_1"));
        note(&store, &mark, i64::MAX, 1000).await.unwrap();
        assert_eq!(standing_since(&store, &mark, 1000 + BELIEVED_AHEAD + 1).await.unwrap(), Standing::Good);
        store.delete_ended(1000 + BELIEVED_AHEAD + REMEMBERED).await.unwrap();
        assert_eq!(standing_since(&store, &mark, 0).await.unwrap(), Standing::Good);
        note(&store, &mark, 1000, 1000 + REMEMBERED).await.unwrap();
        assert_eq!(standing_since(&store, &mark, 0).await.unwrap(), Standing::Good);
    }
}
