//! Sessions of people with the emulated Scalekit (single sign-on), known to the browser by a cookie.
//!
//! What for: silent sign-in, idle and absolute timeouts, and one place where everything of a session ends.
//! Not here: the app's own sessions, which the emulator never sees.
//! Called by: authorize, hosted pages, token (activity), logout, the management API, control.

use serde::{Deserialize, Serialize};

use super::World;

/// One person signed in in one browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) sid: String,
    pub(crate) user: String,
    /// The organization of the latest login of this session; a silent login lands in it.
    pub(crate) organization: String,
    /// Every organization this session has signed in to (scalekit-api §12).
    pub(crate) authenticated_organizations: Vec<String>,
    /// The SSO or social connection of the latest login (claim `amr`).
    pub(crate) connection: Option<String>,
    /// What the latest login of this session asked for: access tokens don't say it, and userinfo goes by it.
    pub(crate) scope: Vec<String>,
    /// The value of the browser's cookie.
    pub(crate) cookie: String,
    /// The browser it was begun in, by its own word.
    pub(crate) user_agent: String,
    /// Counts sessions; the newest has the largest.
    pub(crate) number: u64,
    pub(crate) created_at: i64,
    pub(crate) last_active_at: i64,
    /// How somebody ended it. A session that merely expired has none: what the clock says decides
    /// (`World::end_of`).
    #[serde(skip)]
    pub(crate) end: Option<End>,
    /// Apps have been told that it expired.
    #[serde(skip)]
    pub(crate) expiry_announced: bool,
}

/// How and when a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: EndReason,
    pub(crate) at: i64,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// The person signed out, or another person signed in in the same browser.
    Logout,
    /// An administrator, the app's server, or the deletion of the person or of their membership.
    Revoked,
    /// It was idle for too long, or is too old.
    Expired,
}

/// What a request says about the browser it comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    /// The value of the session cookie.
    pub(crate) cookie: Option<String>,
    /// The header `User-Agent`, or its beginning.
    pub(crate) user_agent: String,
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

    /// Signs in: the same person keeps the browser's session (and `sid`), as an organization switch does in
    /// Scalekit (§12); another person ends it and gets a new one. Returns the `sid`.
    pub(crate) fn begin_or_continue_session(&mut self, browser: &Browser, login: &SignedIn) -> String {
        let now = self.now();
        let previous = self
            .session_by_cookie(browser.cookie.as_deref())
            .map(|session| (session.sid.clone(), session.user.clone()));
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
            self.end_session(&sid, EndReason::Logout);
        }
        self.sessions_begun += 1;
        let session = Session {
            sid: self.ids.next("ses"),
            user: login.user.clone(),
            organization: login.organization.clone(),
            authenticated_organizations: vec![login.organization.clone()],
            connection: login.connection.clone(),
            scope: Vec::new(),
            cookie: self.secrets.next(),
            user_agent: browser.user_agent.clone(),
            number: self.sessions_begun,
            created_at: now,
            last_active_at: now,
            end: None,
            expiry_announced: false,
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

    /// Ends a session: no silent sign-in, no refresh, no exchange of a code that is still out. Access tokens
    /// stay valid until they expire (scalekit-api §7). Apps are told. Says whether there was a live session
    /// to end.
    pub(crate) fn end_session(&mut self, sid: &str, reason: EndReason) -> bool {
        let Some(session) = self.sessions.get(sid) else {
            return false;
        };
        // One that has expired meanwhile keeps that as its reason.
        let before = self.end_of(session);
        let end = before.unwrap_or(End { reason, at: self.now() });
        if let Some(session) = self.sessions.get_mut(sid) {
            session.end = Some(end);
        }
        for token in self.refresh_tokens.values_mut().filter(|token| token.grant.sid == sid) {
            token.revoked = true;
        }
        if before.is_none() {
            self.announce_end(sid, reason);
        }
        before.is_none()
    }

    /// Tells apps about sessions that have expired since this was called last. Nothing runs when a session
    /// expires; whoever reads or uses sessions calls this first.
    pub(crate) fn notice_expired_sessions(&mut self) {
        let now = self.now();
        // The clock knows whole seconds, so a second look within one finds nothing new; load tests look
        // often.
        if self.expiry_noticed_at.replace(now) == Some(now) {
            return;
        }
        let expired: Vec<String> = self
            .sessions
            .values()
            .filter(|session| session.end.is_none() && !session.expiry_announced && self.end_of(session).is_some())
            .map(|session| session.sid.clone())
            .collect();
        for sid in expired {
            if let Some(session) = self.sessions.get_mut(&sid) {
                session.expiry_announced = true;
            }
            self.announce_end(&sid, EndReason::Expired);
        }
    }

    /// How the session ended, by somebody's doing or by the clock; `None` while it is live.
    pub(crate) fn end_of(&self, session: &Session) -> Option<End> {
        let expiry = self.idle_expiry(session).min(self.absolute_expiry(session));
        let expired = (self.now() >= expiry).then_some(End { reason: EndReason::Expired, at: expiry });
        session.end.or(expired)
    }

    /// What the control interface shows.
    pub(crate) fn session_reports(&self) -> Vec<SessionReport> {
        let reports = self.sessions.values().map(|session| SessionReport {
            sid: session.sid.clone(),
            user: session.user.clone(),
            organization: session.organization.clone(),
            authenticated_organizations: session.authenticated_organizations.clone(),
            status: match self.end_of(session).map(|end| end.reason) {
                None => "active",
                Some(EndReason::Expired) => "expired",
                Some(EndReason::Logout | EndReason::Revoked) => "ended",
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
        self.end_of(session).is_none()
    }

    /// When the session ends if nothing happens.
    pub(crate) fn idle_expiry(&self, session: &Session) -> i64 {
        session.last_active_at.saturating_add_unsigned(self.settings.session_idle_lifetime)
    }

    /// When the session ends whatever happens.
    pub(crate) fn absolute_expiry(&self, session: &Session) -> i64 {
        session.created_at.saturating_add_unsigned(self.settings.session_absolute_lifetime)
    }
}
