//! Where the person is signed in, and the end of what they don't want any more.
//!
//! Ending is a plain post that the server answers with this page again, `?ended=…`; where the browser's half
//! has taken over, a call, and the row is hidden (`islands::confirmation`).

use axum::response::Response;
use leptos::{either::Either, prelude::*};
use scalekit_sessions::{Device, DeviceKind};

use crate::{
    app::Frame,
    components::problem::ProblemPart,
    error::AppError,
    islands::{
        confirmation::{Confirmation, Ending, OTHERS_ENDED},
        places::{Place, name as island},
        sign_out::SignOut,
        time_text::{TimeText, time_ago},
    },
    server::{
        page::PageRequest,
        views::session_list::{ProviderAnswer, SessionEntry, SessionList, sessions_of},
    },
};

/// `/dashboard/sessions`
///
/// # Errors
/// [`AppError::Internal`] if the page's rule lets anybody through.
pub async fn sessions(request: PageRequest) -> Result<Response, AppError> {
    let list = sessions_of(&request).await;
    let done = match request.parameter("ended").as_deref() {
        None => "",
        Some("others") => OTHERS_ENDED,
        Some(_) => "The session was ended.",
    };

    Ok(request.show(Frame::signed_in("Sessions", "/dashboard/sessions"), || {
        view! {
            <h1>"Sessions"</h1>
            <p class="lead">"Where you are signed in. End what you don't recognise or don't use any more."</p>
            {match list {
                Ok(list) => Either::Left(view! { <Devices list done/> }),
                Err(error) => Either::Right(view! { <ProblemPart error retry="/dashboard/sessions"/> }),
            }}
        }
    }))
}

#[component]
fn Devices(list: SessionList, done: &'static str) -> impl IntoView {
    let SessionList { sessions, provider, server_time } = list;
    let is_alone = !sessions.iter().any(|entry| !entry.current);
    let incomplete = match provider {
        ProviderAnswer::Unreachable => {
            "Sessions in other applications can't be shown right now. The list of your sessions here is complete."
        }
        ProviderAnswer::NotAllowed => {
            "Sessions in other applications are not shown, as this application may not ask for them. \
             The list of your sessions here is complete."
        }
        ProviderAnswer::Included | ProviderAnswer::NotAsked => "",
    };

    view! {
        <p class="said" role="status">
            {done}
        </p>
        <section class="card session-list" class:alone=is_alone aria-labelledby="devices-title">
            <h2 id="devices-title" tabindex="-1">"Your devices"</h2>
            <p class="hint">{incomplete}</p>
            <ul class="devices">{sessions.into_iter().map(|entry| device(entry, server_time)).collect_view()}</ul>
            <p class="nothing when-alone">
                "You are signed in on this device only. When you sign in with another browser or on another device, it \
                 appears here, and you can end its session from here."
            </p>
            <div class="end-others unless-alone">
                <End ending=Ending::Others/>
            </div>
        </section>
    }
}

fn device(entry: SessionEntry, now: i64) -> impl IntoView {
    let SessionEntry { id, current, here, device, location, signed_in_at, active_at } = entry;
    let name = name(&device);
    let elsewhere =
        (!here).then(|| "Signed in through another application that uses the same sign-in service.".to_owned());
    let end = if current {
        Either::Left(view! { <SignOut class="button"/> })
    } else {
        Either::Right(view! { <End ending=Ending::One { id, device: name.clone(), here }/> })
    };

    view! {
        <li class="device" class:other=!current>
            <svg class="icon device-icon" aria-hidden="true"><use href=icon(device.kind)></use></svg>
            <div>
                <p class="device-name">
                    <strong>{name}</strong>
                    {current.then(|| view! { <span class="tag success">"This device"</span> })}
                </p>
                {line(location)}
                {line(elsewhere)}
                <p class="device-times">
                    "Last active " {time_ago(active_at, now)} " · Signed in " <TimeText at=Signal::stored(signed_in_at)/>
                </p>
            </div>
            {end}
        </li>
    }
}

#[component]
fn End(ending: Ending) -> impl IntoView {
    view! {
        <Place name=island::CONFIRMATION about=Some(ending.about())>
            <Confirmation ending/>
        </Place>
    }
}

fn line(text: Option<String>) -> impl IntoView {
    text.map(|text| view! { <p>{text}</p> })
}

/// A person's words for a device: browser and system, as far as they are known.
fn name(device: &Device) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_is_named_by_what_is_known_of_it() {
        let device = |kind, browser: Option<&str>, system: Option<&str>| Device {
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
