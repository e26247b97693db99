//! Where the environment begins.
//!
//! What for: reads a TOML file into a directory that is known to be consistent.
//! Not here: the rules (`check`), changes at run time (`control`).
//! Called by: `Options`, the binary's `--seed`, and `Control::reset`, which returns to it.

mod check;

use serde::Deserialize;

use crate::directory::{Directory, Environment, Membership, Organization, Role, User};

/// The built-in environment: five people in three organizations.
const DEFAULT: &str = include_str!("../../seed/default.toml");

/// The people, organizations and roles an emulator starts with. See `seed/default.toml` for the format.
#[derive(Debug, Clone)]
pub struct Seed {
    pub(crate) number: u64,
    pub(crate) directory: Directory,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "one")]
    number: u64,
    #[serde(default)]
    environment: Environment,
    #[serde(default)]
    roles: Vec<Role>,
    #[serde(default)]
    organizations: Vec<Organization>,
    #[serde(default)]
    users: Vec<User>,
}

fn one() -> u64 {
    1
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    ///
    /// Names every problem at once: an unknown role, a duplicated e-mail address, an id that does not look
    /// like Scalekit's, and so on. A file that is no TOML of this shape gives the one problem the parser saw.
    pub fn from_toml(text: &str) -> Result<Self, SeedError> {
        let file: File =
            toml::from_str(text).map_err(|error| SeedError { problems: vec![error.to_string().trim().to_owned()] })?;
        let directory = Directory {
            environment: file.environment,
            roles: file.roles,
            organizations: file.organizations,
            users: file.users,
        };
        let problems = check::problems(&directory);
        if problems.is_empty() { Ok(Self { number: file.number, directory }) } else { Err(SeedError { problems }) }
    }

    /// The people as `(name, e-mail, what they are)`, for a banner or a page of help.
    #[must_use]
    pub fn people(&self) -> Vec<(String, String, String)> {
        self.directory
            .users
            .iter()
            .map(|user| (user.label().to_owned(), user.email.clone(), describe(&self.directory, &user.memberships)))
            .collect()
    }
}

/// `admin at Analytical Engines, viewer at Harbor Compilers`.
pub(crate) fn describe(directory: &Directory, memberships: &[Membership]) -> String {
    let places = memberships.iter().map(|membership| {
        let organization =
            directory.organization(&membership.organization).map_or("an unknown organization", |found| found.label());
        let roles = if membership.roles.is_empty() { "no role".to_owned() } else { membership.roles.join(" and ") };
        format!("{roles} at {organization}")
    });
    places.collect::<Vec<_>>().join(", ")
}

impl Default for Seed {
    /// The built-in environment.
    fn default() -> Self {
        // A test proves that the embedded file is a good seed; should it ever not be, an empty environment
        // still starts, and its hosted page says that nobody is seeded.
        Self::from_toml(DEFAULT).unwrap_or_else(|_| Self { number: 1, directory: Directory::default() })
    }
}

/// Everything that is wrong with a seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seed has {} problem(s):\n  - {}", problems.len(), problems.join("\n  - "))]
pub struct SeedError {
    problems: Vec<String>,
}

impl SeedError {
    /// One sentence a problem.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_seed_is_good_and_has_the_five_people() {
        let seed = Seed::from_toml(DEFAULT).unwrap();
        let people = seed.people();
        assert_eq!(people.len(), 5);
        assert_eq!(people[0].0, "Ada Lovelace");
        assert_eq!(people[0].2, "admin at Analytical Engines");
    }

    #[test]
    fn every_problem_of_a_bad_seed_is_named() {
        let error = Seed::from_toml(
            r#"
            [environment]
            default_creator_role = "owner"
            access_token_lifetime = 0
            organization_name_claim = "roles"
            [[roles]]
            name = "member"
            permissions = ["projects"]
            [[organizations]]
            id = "acme"
            [[users]]
            id = "usr_100000000000000001"
            email = "nobody"
            memberships = [{ organization = "org_1", roles = ["king"] }]
            [[users]]
            id = "usr_100000000000000001"
            email = "b@acme.example"
            "#,
        )
        .unwrap_err();
        let all = error.to_string();
        for part in [
            "default_creator_role",
            "owner",
            "access_token_lifetime",
            "organization_name_claim is `roles`, which is reserved",
            "`projects`",
            "`acme`",
            "`nobody`",
            "`org_1`",
            "`king`",
            "usr_100000000000000001 is used twice",
            "belongs to no organization",
        ] {
            assert!(all.contains(part), "{part} missing in: {all}");
        }
    }

    #[test]
    fn a_misspelt_field_is_named() {
        let error =
            Seed::from_toml("[[organizations]]\nid = \"org_100000000000000001\"\ndisplayname = \"A\"").unwrap_err();
        assert!(error.to_string().contains("displayname"), "{error}");
    }
}
