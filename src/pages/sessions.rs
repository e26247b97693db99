//! Where the person is signed in, and the end of what they don't want any more.
//!
//! Ending is a plain post that the server answers with this page again, `?ended=…`; once the page is hydrated, a call and the
//! row's disappearance. Rows are hidden, not taken out: what was there when the page was made stays its only list.

use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use crate::{
    api::sessions::{
        DeviceKind, DeviceView, ProviderAnswer, SessionEntry, SessionList, end_other_sessions, end_session,
        list_sessions,
    },
    components::{
        confirm::Confirm,
        erase::Erase as _,
        frame::SignedInFrame,
        links::query_value,
        page_data::{load, once_loaded},
        problem::ProblemPart,
        session::Watcher,
        sign_out::SignOut,
        time_text::{TimeAgo, TimeText},
    },
    error::AppError,
};

/// `/dashboard/sessions`
#[component]
pub fn Sessions() -> impl IntoView {
    let list = load(list_sessions());
    let said = match query_value(&use_location().search.get_untracked(), "ended").as_deref() {
        None => "",
        Some("others") => OTHERS_ENDED,
        Some(_) => "The session was ended.",
    };

    let content = view! {
        <h1>"Sessions"</h1>
        <p class="lead">"Where you are signed in. End what you don't recognise or don't use any more."</p>
        {once_loaded(list.into_future(), move |answer| match answer {
            Ok(list) => view! { <Devices list=list said=said/> }.erase(),
            Err(error) => view! { <ProblemPart error=error retry="/dashboard/sessions"/> }.erase(),
        })}
    }
    .erase();
    view! {
        <SignedInFrame title="Sessions" path="/dashboard/sessions">{content}</SignedInFrame>
    }
}

const OTHERS_ENDED: &str = "All other sessions were ended.";

#[component]
fn Devices(list: SessionList, said: &'static str) -> impl IntoView {
    let SessionList { sessions, provider, server_time } = list;
    let others = sessions.iter().filter(|entry| !entry.current).map(|entry| entry.id.clone()).collect();
    let shown = Shown {
        others: RwSignal::new(others),
        said: RwSignal::new(said.to_owned()),
        heading: NodeRef::new(),
        watcher: expect_context(),
    };
    let rows = sessions
        .into_iter()
        .enumerate()
        .map(|(number, entry)| view! { <Device number=number entry=entry now=server_time shown=shown/> }.erase())
        .collect_view();
    let end_others = Ending::new(shown);

    view! {
        <p class="said" class:remark=move || shown.said.with(|said| !said.is_empty()) role="status">
            {shown.said}
        </p>
        <section class="card" aria-labelledby="devices-title">
            <h2 id="devices-title" node_ref=shown.heading tabindex="-1">"Your devices"</h2>
            {(provider == ProviderAnswer::Unreachable)
                .then(|| {
                    view! {
                        <p class="hint">
                            "Sessions in other applications can't be shown right now. The list of your sessions here is complete."
                        </p>
                    }
                })}
            <ul class="devices">{rows}</ul>
            <p class="nothing" hidden=move || shown.has_others()>
                "You are signed in on this device only. When you sign in with another browser or on another device, it \
                 appears here, and you can end its session from here."
            </p>
            <div class="end-others" hidden=move || !shown.has_others()>
                <Confirm
                    id="end-others".to_owned()
                    label="End all other sessions"
                    question="End all other sessions?".to_owned()
                    consequence="Every device but this one is signed out at once. Whoever uses it has to sign in again."
                    action="/api/end_other_sessions"
                    confirmed=Callback::new(move |()| end_others.begin(None, OTHERS_ENDED.to_owned()))
                />
                <Trouble ending=end_others/>
            </div>
        </section>
    }
    .erase()
}

#[component]
fn Device(number: usize, entry: SessionEntry, now: i64, shown: Shown) -> impl IntoView {
    let SessionEntry { id, current, here, device, place, signed_in_at, active_at } = entry;
    let name = name(&device);
    let ending = Ending::new(shown);
    let is_gone = {
        let id = id.clone();
        move || !current && shown.others.with(|others| !others.contains(&id))
    };
    let action = if current {
        view! { <SignOut class="button"/> }.erase()
    } else {
        let (named, called) = (id.clone(), name.clone());
        let confirmed = Callback::new(move |()| {
            ending.begin(Some(named.clone()), ["Signed out ", &called, "."].concat());
        });
        view! {
            <Confirm
                id=["end-session-", &number.to_string()].concat()
                label="End session"
                about=Some(name.clone())
                question=["End the session of ", &name, "?"].concat()
                consequence=if here { ENDS_HERE } else { ENDS_ELSEWHERE }
                action="/api/end_session"
                field=Some(("id", id))
                confirmed=confirmed
            />
        }
        .erase()
    };

    view! {
        <li class="device" class:ending=move || ending.is_under_way() hidden=is_gone>
            <span class="device-icon">
                <svg class="icon" aria-hidden="true"><use href=icon(device.kind)></use></svg>
            </span>
            <div class="device-text">
                <p class="device-name">
                    <strong>{name}</strong>
                    {current.then(|| view! { <span class="tag success">"This device"</span> })}
                </p>
                {place.map(|place| view! { <p>{place}</p> })}
                {(!here).then(|| view! { <p>"Signed in through another application that uses the same sign-in service."</p> })}
                <p class="device-times">
                    <span>"Last active " <TimeAgo at=active_at now=now/></span>
                    <span>"Signed in " <TimeText at=signed_in_at/></span>
                </p>
                <Trouble ending=ending/>
            </div>
            {action}
        </li>
    }
}

const ENDS_HERE: &str = "That device is signed out at once. Whoever uses it has to sign in again.";
const ENDS_ELSEWHERE: &str = "The sign-in on that device is ended. The application that is used there asks to sign in again \
                              as soon as it notices.";

/// A person's words for a device: browser and system, as far as they are known.
fn name(device: &DeviceView) -> String {
    match (device.browser.as_deref(), device.system.as_deref()) {
        (Some(browser), Some(system)) => [browser, " on ", system].concat(),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => ["Unknown browser on ", system].concat(),
        (None, None) => match device.kind {
            DeviceKind::Computer => "Unknown computer",
            DeviceKind::Phone => "Unknown phone",
            DeviceKind::Tablet => "Unknown tablet",
            DeviceKind::Unknown => "Unknown device",
        }
        .to_owned(),
    }
}

fn icon(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Computer => "#icon-computer",
        DeviceKind::Phone => "#icon-phone",
        DeviceKind::Tablet => "#icon-tablet",
        DeviceKind::Unknown => "#icon-device",
    }
}

/// What the hydrated page shows by now.
#[derive(Clone, Copy)]
struct Shown {
    /// Ids of the other sessions that are still there.
    others: RwSignal<Vec<String>>,
    /// What was done last.
    said: RwSignal<String>,
    /// Takes the focus when the row that had it goes.
    heading: NodeRef<html::H2>,
    watcher: Watcher,
}

impl Shown {
    fn has_others(self) -> bool {
        self.others.with(|others| !others.is_empty())
    }

    /// Takes a session off the list, or all others.
    fn remove(self, id: Option<&String>, said: String) {
        // A page that was left meanwhile has nothing to show.
        let Some(heading) = self.heading.try_get_untracked().flatten() else { return };
        let had_focus = heading.parent_element().is_some_and(|card| card.matches(":focus-within") == Ok(true));
        self.others.update(|others| others.retain(|other| id.is_some_and(|id| id != other)));
        self.said.set(said);
        if had_focus {
            // It fails only on an element that can't take the focus.
            let _ = heading.focus();
        }
    }
}

/// One ending: under way, or failed.
#[derive(Clone, Copy)]
struct Ending {
    shown: Shown,
    under_way: RwSignal<bool>,
    failed: RwSignal<bool>,
}

impl Ending {
    fn new(shown: Shown) -> Self {
        Self { shown, under_way: RwSignal::new(false), failed: RwSignal::new(false) }
    }

    fn is_under_way(self) -> bool {
        self.under_way.get()
    }

    /// Ends the session of this id, or all others, and then says what was done.
    fn begin(self, id: Option<String>, said: String) {
        if self.under_way.get_untracked() {
            return;
        }
        self.under_way.set(true);
        self.failed.set(false);
        spawn_local(async move {
            let answer = match &id {
                Some(id) => end_session(id.clone()).await,
                None => end_other_sessions().await,
            };
            self.under_way.try_set(false);
            match answer {
                Ok(()) => self.shown.remove(id.as_ref(), said),
                // This device's own session has ended: the watcher says so.
                Err(AppError::Unauthenticated) => self.shown.watcher.refresh().await,
                Err(_) => drop(self.failed.try_set(true)),
            }
        });
    }
}

/// Says that an ending failed.
#[component]
fn Trouble(ending: Ending) -> impl IntoView {
    view! {
        <p class="device-trouble" role="alert">
            {move || if ending.failed.get() { "That did not work. Try again in a moment." } else { "" }}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_is_named_by_what_is_known_of_it() {
        let device = |kind, browser: Option<&str>, system: Option<&str>| DeviceView {
            kind,
            browser: browser.map(str::to_owned),
            system: system.map(str::to_owned),
        };
        assert_eq!(name(&device(DeviceKind::Computer, Some("Firefox"), Some("Windows"))), "Firefox on Windows");
        assert_eq!(name(&device(DeviceKind::Unknown, Some("Firefox"), None)), "Firefox");
        assert_eq!(name(&device(DeviceKind::Phone, None, Some("iOS"))), "Unknown browser on iOS");
        assert_eq!(name(&device(DeviceKind::Unknown, None, None)), "Unknown device");
    }
}
