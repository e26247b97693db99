//! The bodies of the session's server functions: the flows of this module between Leptos' request context and
//! its response. Logic is in the siblings.

use leptos::server_fn::ServerFn;
use scalekit_sessions::Session;

use super::{
    callback::{self, Refusal},
    logout,
};
use crate::{
    api::session::{
        ExchangeCode, Logout, OrganizationView, ProviderView, RefreshSession, SessionState, SessionView, UserView,
    },
    error::{AppError, SignInProblem},
    server::{refusals, request::RequestContext, return_to, state::AppState, views::people},
};

/// Body of `current_session` and of `note_presence`: their rules make the difference.
///
/// # Errors
/// [`AppError::Unavailable`] while the store or the provider is needed and out of reach.
pub fn current_session<F: ServerFn>() -> Result<SessionState, AppError> {
    let request = RequestContext::of::<F>()?;
    let session = request.visitor()?.session();
    Ok(SessionState {
        session: session.map(|session| view(&session, request.state.clock.now())),
        provider: provider(&request.state),
    })
}

/// Which identity provider this process uses.
#[must_use]
pub fn provider(state: &AppState) -> ProviderView {
    ProviderView { emulated: state.emulated, url: state.scalekit.config().environment_url().to_owned() }
}

/// Body of `exchange_code`.
///
/// # Errors
/// [`AppError::SignIn`] with the reason; [`AppError::TooManyRequests`] if not tried: the same query can be.
pub async fn exchange_code(query: String) -> Result<(), AppError> {
    let request = RequestContext::of::<ExchangeCode>()?;
    let cookies = request.cookies()?;
    // Not before: what anybody can make up must not use up what those need who come from the provider.
    if callback::has_attempt(&request.state, &cookies, &query)
        && let Err(error) = request.admit_genuine_callback()
    {
        request.set_page_status(&error);
        return Err(error);
    }
    let is_signed_in = request.visitor().is_ok_and(|visitor| visitor.session().is_some());
    match callback::finish_login(&request.state, &cookies, &query, request.device()).await {
        Ok(return_to) => request.redirect(return_to.as_str()),
        // An old answer, from a history or a restored tab: nothing to continue, and nothing is wrong.
        Err(Refusal { problem: SignInProblem::NoAttempt, .. }) if is_signed_in => request.redirect(return_to::DEFAULT),
        Err(Refusal { problem, return_to }) => {
            let return_to = return_to.map(|path| path.as_str().to_owned());
            let error = AppError::SignIn { problem, return_to };
            request.set_page_status(&error);
            Err(error)
        }
    }
}

/// Body of `refresh_session`. The guard has refreshed the session, as the function's rule says.
///
/// # Errors
/// [`AppError::Unauthenticated`] if the session ended, [`AppError::Unavailable`] if it can't refresh now.
pub fn refresh_session() -> Result<SessionView, AppError> {
    let request = RequestContext::of::<RefreshSession>()?;
    Ok(view(&*request.session()?, request.state.clock.now()))
}

/// Body of `logout`.
///
/// # Errors
/// [`AppError::Unavailable`] if the session's record can't be deleted.
pub async fn logout() -> Result<(), AppError> {
    let request = RequestContext::of::<Logout>()?;
    request.forget_pages_fetched_ahead();
    match logout::end_session(&request.state, &request.cookies()?).await {
        Ok(location) => request.redirect(&location),
        Err(error) => Err(refusals::store_failed(&error, "a session could not be ended")),
    }
}

/// What pages may know about a session.
#[must_use]
pub fn view(session: &Session, now: i64) -> SessionView {
    let Session { identity, person, .. } = session;
    let display_name = people::display_name(session);
    SessionView {
        user: UserView {
            id: identity.user_id.clone(),
            initials: people::initials(person, &display_name),
            display_name,
            given_name: person.given_name.clone().or_else(|| people::first_word(person.name.as_deref())),
            email: person.email.clone(),
            email_verified: person.email_verified,
            picture: person.picture.clone().filter(|address| people::is_showable(address)),
            external_id: session.user_external_id.clone(),
        },
        organization: OrganizationView {
            id: identity.organization_id.clone(),
            name: session.organization_name.clone(),
            external_id: session.organization_external_id.clone(),
        },
        roles: session.roles.clone(),
        permissions: session.permissions.clone(),
        signed_in_at: session.signed_in_at,
        access_issued_at: session.access_issued_at,
        access_expires_at: session.access_expires_at,
        session_ends_at: session.ends_at,
        server_time: now,
    }
}
