//! Two people's genuine cookies mixed into hostile headers: the answer is for the one that the rule says, or
//! for nobody.

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use super::user_with;
use crate::support::{ADA, CHARLES, app};

/// A piece of a header, and what it is by the rules of `server::cookies`.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// A genuine session cookie.
    Genuine(&'static str),
    /// Somebody's identifier under this name and quoting, which the rules don't read.
    Disguised(&'static str, &'static str, &'static str),
    /// A plain pair of the session's name whose value is no session.
    Copy(&'static str),
    /// Something foreign.
    Foreign(&'static [u8]),
}

fn piece() -> impl Strategy<Value = Piece> {
    let person = || prop::sample::select(vec![ADA, CHARLES]);
    let disguises = vec![
        ("%73ession=", ""),
        ("Session=", ""),
        ("session =", ""),
        ("session=\"", "\""),
        ("=session=", ""),
        ("__Host-session=", ""),
        ("session= ", ""),
        ("session=%", ""),
        ("x=y,session=", ""),
        ("session=", ",x=y"),
        ("\u{feff}session=", ""),
        ("session=", "\u{e9}"),
        ("session\t=", ""),
        ("$session=", ""),
        ("session=", " x"),
    ];
    prop_oneof![
        4 => person().prop_map(Piece::Genuine),
        4 => (person(), prop::sample::select(disguises)).prop_map(|(person, (before, after))| Piece::Disguised(person, before, after)),
        1 => prop::sample::select(vec!["", "planted", "A", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]).prop_map(Piece::Copy),
        4 => prop::sample::select(vec![
            b"a=b".as_slice(), b"x=\xff\xfe", b"caf\xc3\xa9=1", b"", b" ", b"=", b"==", b"broken", b"$Version=1", b"q=\"1; 2\"", b"\t",
            b"login.AAAAAAAA=x", b"_ga=GA1.2.3", b"%=%", b"a=b=c",
        ]).prop_map(Piece::Foreign),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mix_of_two_peoples_cookies_is_read_by_the_rules() {
    let app = app().await;
    let ada = app.signed_in(ADA).await.cookies["session"].clone();
    let charles = app.signed_in(CHARLES).await.cookies["session"].clone();
    let session_of = |person: &str| if person == ADA { &ada } else { &charles };
    let mut runner = TestRunner::deterministic();
    let headers = prop::collection::vec((piece(), any::<bool>()), 0..6);
    let mut outcomes = std::collections::BTreeMap::<Option<&str>, u32>::new();
    for _ in 0..600 {
        let pieces = headers.new_tree(&mut runner).unwrap().current();
        let mut lines = vec![Vec::new()];
        let mut plain = Vec::new();
        for (piece, starts_line) in &pieces {
            let text = match piece {
                Piece::Genuine(person) => {
                    plain.push(Some(*person));
                    format!("session={}", session_of(person)).into_bytes()
                }
                Piece::Disguised(person, before, after) => {
                    format!("{before}{}{after}", session_of(person)).into_bytes()
                }
                Piece::Copy(value) => {
                    plain.push(None);
                    format!("session={value}").into_bytes()
                }
                Piece::Foreign(bytes) => bytes.to_vec(),
            };
            if *starts_line {
                lines.push(text);
            } else if let Some(line) = lines.last_mut() {
                line.extend_from_slice(b"; ");
                line.extend_from_slice(&text);
            }
        }
        // One plain session cookie: its person. None, or several: nobody.
        let expected = if let [only] = plain.as_slice() { *only } else { None };
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        assert_eq!(user_with(&app, &lines).await.as_deref(), expected, "{pieces:?}");
        *outcomes.entry(expected).or_default() += 1;
    }
    assert!(
        [Some(ADA), Some(CHARLES), None].iter().all(|outcome| outcomes[outcome] > 30),
        "all were met: {outcomes:?}"
    );
}
