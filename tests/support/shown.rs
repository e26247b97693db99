//! What pages show, read from their HTML: the claims of the profile, the rows of the sessions.

use super::browser::Browser;

/// What the page of sessions shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Devices {
    pub(crate) html: String,
    pub(crate) rows: Vec<Device>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// By what it can be ended; nothing for the session that asks.
    pub(crate) id: Option<String>,
    /// Whether it is a session of this application.
    pub(crate) here: bool,
    /// All that stands in the row.
    pub(crate) html: String,
}

impl Device {
    fn read(html: &str) -> Self {
        let about = html.split("data-about=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut words = about.unwrap_or("here").split(' ');
        Self {
            here: words.next() == Some("here"),
            id: words.next().map(str::to_owned),
            html: html.split("</li>").next().unwrap().to_owned(),
        }
    }

    /// When the person signed in, as the page tells it.
    pub(crate) fn signed_in_at(&self) -> &str {
        self.html.split("Signed in").nth(1).unwrap().split("datetime=\"").nth(1).unwrap().split('"').next().unwrap()
    }
}

impl Devices {
    /// By what the other sessions can be ended, in the page's order.
    pub(crate) fn others(&self) -> Vec<String> {
        self.rows.iter().filter_map(|row| row.id.clone()).collect()
    }

    /// The first other session's name.
    pub(crate) fn other(&self) -> String {
        self.others().swap_remove(0)
    }

    /// The name of a session that only the provider knows.
    pub(crate) fn elsewhere(&self) -> String {
        self.rows.iter().find(|row| !row.here).and_then(|row| row.id.clone()).unwrap()
    }
}

impl Browser {
    /// The page of the person's sessions.
    pub(crate) async fn devices(&mut self) -> Devices {
        let answer = self.get("/dashboard/sessions").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let rows = answer.body.split("<li class=\"device").skip(1).map(Device::read).collect();
        Devices { html: answer.body, rows }
    }

    /// A claim's value, as the profile shows it.
    pub(crate) async fn claim(&mut self, name: &str) -> String {
        let answer = self.get("/dashboard/profile").await;
        let row = answer
            .body
            .split(&format!("<code>{name}</code>"))
            .nth(1)
            .unwrap_or_else(|| panic!("no {name}: {}", answer.body));
        row.split("<td>").nth(1).unwrap().split("</td>").next().unwrap().to_owned()
    }
}
