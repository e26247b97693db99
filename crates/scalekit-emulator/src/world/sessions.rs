//! Sessions of people with the emulated Scalekit (single sign-on), known to the browser by a cookie.
//!
//! What for: silent sign-in, idle and absolute timeouts, and one place where everything of a session ends.
//! Not here: the app's own sessions, which the emulator never sees.
//! Called by: authorize, hosted pages, token (activity), logout, control.

use serde::Serialize;

use super::World;

/// One person signed in in one browser.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) sid: String,
    pub(crate) user: String,
    /// The organization of the latest login of this session; a silent login lands in it.
    pub(crate) organization: String,
    /// Every organization this session has signed in to (scalekit-api §12).
    pub(crate) authenticated_organizations: Vec<String>,
    /// The SSO or social connection of the latest login (claim `amr`).
    pub(crate) connection: Option<String>,
    /// The value of the browser's cookie.
    pub(crate) cookie: String,
    pub(crate) created_at: i64,
    pub(crate) last_active_at: i64,
    pub(crate) ended: bool,
}

/// A session as the control interface shows it. Times are seconds since the epoch by the emulator's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionReport {
    /// `ses_…`, the claim `sid`.
    pub sid: String,
    /// `usr_…`, the claim `sub`.
    pub user: String,
    /// The organization of its latest login.
    pub organization: String,
    /// Every organization it has signed in to.
    pub authenticated_organizations: Vec<String>,
    /// `active`, `expired` or `ended`.
    pub status: &'static str,
    /// When the person signed in.
    pub created_at: i64,
    /// The latest login or refresh.
    pub last_active_at: i64,
    /// When it ends if nothing happens.
    pub idle_expires_at: i64,
    /// When it ends whatever happens.
    pub absolute_expires_at: i64,
    /// Refresh tokens of this session that still work.
    pub live_refresh_tokens: usize,
}

/// Who has just proved who they are, and where they want to go.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: String,
    pub(crate) organization: String,
    pub(crate) connection: Option<String>,
}

impl World {
    /// The session with this id, if it has neither ended nor expired.
    pub(crate) fn live_session(&self, sid: &str) -> Option<&Session> {
        self.sessions.get(sid).filter(|session| self.is_live(session))
    }

    /// The session this browser's cookie stands for, if it has neither ended nor expired.
    pub(crate) fn session_by_cookie(&self, cookie: Option<&str>) -> Option<&Session> {
        let cookie = cookie?;
        self.sessions.values().find(|session| session.cookie == cookie && self.is_live(session))
    }

    /// Signs in: the same person keeps the browser's session (and `sid`), as an organization switch does in Scalekit
    /// (§12); another person ends it and gets a new one. Returns the `sid`.
    pub(crate) fn begin_or_continue_session(&mut self, cookie: Option<&str>, login: &SignedIn) -> String {
        let now = self.now();
        let previous = self.session_by_cookie(cookie).map(|session| (session.sid.clone(), session.user.clone()));
        if let Some((sid, user)) = previous {
            if user == login.user {
                if let Some(session) = self.sessions.get_mut(&sid) {
                    session.organization.clone_from(&login.organization);
                    if !session.authenticated_organizations.contains(&login.organization) {
                        session.authenticated_organizations.push(login.organization.clone());
                    }
                    if login.connection.is_some() {
                        session.connection.clone_from(&login.connection);
                    }
                    session.last_active_at = now;
                }
                return sid;
            }
            self.end_session(&sid);
        }
        let session = Session {
            sid: self.ids.next("ses"),
            user: login.user.clone(),
            organization: login.organization.clone(),
            authenticated_organizations: vec![login.organization.clone()],
            connection: login.connection.clone(),
            cookie: self.secrets.next(),
            created_at: now,
            last_active_at: now,
            ended: false,
        };
        let sid = session.sid.clone();
        self.sessions.insert(sid.clone(), session);
        sid
    }

    /// Notes that the session was used, which moves its idle timeout (scalekit-api §9).
    pub(crate) fn touch_session(&mut self, sid: &str) {
        let now = self.now();
        if let Some(session) = self.sessions.get_mut(sid) {
            session.last_active_at = now;
        }
    }

    /// Ends a session: no silent sign-in, no refresh, no exchange of a code that is still out. Access tokens stay
    /// valid until they expire (scalekit-api §7). Says whether there was a live session to end.
    pub(crate) fn end_session(&mut self, sid: &str) -> bool {
        let was_live = self.live_session(sid).is_some();
        if let Some(session) = self.sessions.get_mut(sid) {
            session.ended = true;
        }
        for token in self.refresh_tokens.values_mut().filter(|token| token.grant.sid == sid) {
            token.revoked = true;
        }
        was_live
    }

    /// What the control interface shows.
    pub(crate) fn session_reports(&self) -> Vec<SessionReport> {
        let reports = self.sessions.values().map(|session| SessionReport {
            sid: session.sid.clone(),
            user: session.user.clone(),
            organization: session.organization.clone(),
            authenticated_organizations: session.authenticated_organizations.clone(),
            status: if session.ended {
                "ended"
            } else if self.is_live(session) {
                "active"
            } else {
                "expired"
            },
            created_at: session.created_at,
            last_active_at: session.last_active_at,
            idle_expires_at: self.idle_expiry(session),
            absolute_expires_at: self.absolute_expiry(session),
            live_refresh_tokens: self
                .refresh_tokens
                .values()
                .filter(|token| token.grant.sid == session.sid && !token.spent && !token.revoked)
                .count(),
        });
        reports.collect()
    }

    fn is_live(&self, session: &Session) -> bool {
        let now = self.now();
        !session.ended && now < self.idle_expiry(session) && now < self.absolute_expiry(session)
    }

    fn idle_expiry(&self, session: &Session) -> i64 {
        session.last_active_at.saturating_add_unsigned(self.settings.session_idle_lifetime)
    }

    fn absolute_expiry(&self, session: &Session) -> i64 {
        session.created_at.saturating_add_unsigned(self.settings.session_absolute_lifetime)
    }
}
