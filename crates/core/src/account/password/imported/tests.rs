//! Values that Django 5.2 (with argon2-cffi 25.1 and bcrypt 5.0) and libxcrypt made.

use proptest::prelude::*;

use super::super::{check_stored, needs_rehash, verify};
use crate::secret::Secret;

const PLAIN: &str = "correct horse battery staple";
const NUL: &str = "before\0after";
const DECOMPOSED: &str = "cafe\u{301}";
const COMPOSED: &str = "caf\u{e9}";
const OTHER_SCRIPT: &str = "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{1f511}";

/// Password, and what Django stored of it.
const DJANGO: &[(&str, &[&str])] = &[
    (
        PLAIN,
        &[
            "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
            "bcrypt_sha256$$2b$04$/OcCI.xBkM9Zxv83wpLTMei9F1U9i50Y1Andk/JtLRCG0U1lusixi",
            "bcrypt$$2b$04$potMLUAFeKI7Xzm2hWKjouLdqMNQ.SlHMTTbfrlZg7O7XizBFcTm.",
            "argon2$argon2id$v=19$m=64,t=2,p=2$eExKdDNSak1ncDZvRWhJMjdTWXZUbA\
             $HQ2zTvYB9vIhJCE/8xd5O/ZdcIzkMNXwckMKJq4viec",
            "argon2$argon2id$v=19$m=64,t=2,p=4$c29tZXNhbHRzb21lc2FsdA\
             $aH+LMi31ndzDhQKJuQ165kJy2CZXUFV+tx3xDWr1bKQ",
            "argon2$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$6YlszrSIK+KxlSfpYGd2lg",
            "argon2$argon2i$v=16$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Q9t/bPSKcWe8uDR7u06MJw",
            "argon2$argon2i$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Q9t/bPSKcWe8uDR7u06MJw",
        ],
    ),
    (
        NUL,
        &[
            "pbkdf2_sha256$1000$seasalt$g/SUaC0ynjCv+AuehdTkiLJs5nZzGTosDZCJzUTCXXY=",
            "bcrypt_sha256$$2b$04$euDaK4rfG/m.v0CS.6rFYuYHyFjul6NXQWRoe1Z19h6MOQHsdA/om",
            "bcrypt$$2b$04$nQSot8aO.yc/wZr0CQb0tu7xsmKo7Pd5jzrNiJM6XwF0L5W36qn8.",
            "argon2$argon2id$v=19$m=64,t=2,p=2$WWhhSmpqTE9obHVJQ3R2c09vRDhMUQ\
             $CO4qIBlmCxNTCYrmgJKn6v7UIVoH3waBkIDTRXOZQZI",
        ],
    ),
    (
        DECOMPOSED,
        &[
            "pbkdf2_sha256$1000$seasalt$U9vql0UGovZ4kxk176T3aUkhnmD005c5nqbwcJZtXpc=",
            "bcrypt_sha256$$2b$04$r4XZhLl06peg/n2C9ie0dOuQbFz80t8VYk5IR02f4C0lo4CaHLsK2",
            "bcrypt$$2b$04$GI.hBn4xFzdoVfjc8hJhou7U6TB6eucLRMnjxilTqz5LCjEwZXGGi",
            "argon2$argon2id$v=19$m=64,t=2,p=2$RWlWaURiSzRZbGNvbFhUSHo3VjI0Mg\
             $kibY4iLHsXzCdZOCBB/AXdzItuDzyQungTcYDLeELho",
        ],
    ),
    (
        COMPOSED,
        &[
            "pbkdf2_sha256$1000$seasalt$YmHjLPk97D05jH1HTdnipqUCkw7I+R12S+4SmPgr6Mw=",
            "bcrypt_sha256$$2b$04$eYhEv5oumulL/MS3BGUz8e6LZB7W5a0zwyAHYAaHqSp4pFU7f8uhe",
            "bcrypt$$2b$04$awXLWAJRyikletZnGRVU.OkuGc0sfuxM2HlQtvG7tKF7gpBU/59cm",
            "argon2$argon2id$v=19$m=64,t=2,p=2$WDJKQWhtUFNnekdtNTB0UzJDUjFsSg\
             $xucDFQH7WEhIORP23aV1R0tVITqkO3Lvb74mw7ZSRtE",
        ],
    ),
    (
        OTHER_SCRIPT,
        &[
            "pbkdf2_sha256$1000$seasalt$OxquX6kVyi1OenrU2fivDatC3sQHDxsxXx12C/Q3LHI=",
            "bcrypt_sha256$$2b$04$B/dy1jy.y6iDFRuX0LR3DOaNGfRpM5tC0F/LQ9Zl34AjTxyrhbFM2",
            "bcrypt$$2b$04$LSLYygLnSLwFNAVPyE6hTe5hVVN3fuE8M4E.CZQZ17IeLT99VyQta",
            "argon2$argon2id$v=19$m=64,t=2,p=2$WjRLcFZPaVBVQnp6OFltb1k5clpqVQ\
             $4CD4OADADImkH4BDCIUGGgwBU61dG6mxf8Lm57c90AQ",
        ],
    ),
];

/// 72 times `a` and 8 times `b`; Django refuses to make a `bcrypt` of it today.
const LONG: &[&str] = &[
    "pbkdf2_sha256$1000$seasalt$Rnmx8+StACauWJdZwwxWVfsftRWE/tKGkgl0GohbgRo=",
    "bcrypt_sha256$$2b$04$RGYpV1XMC3wK3dGC0H6pkeMXyv2CURUhcihY2t1r.QOXp04DW.YE2",
    "argon2$argon2id$v=19$m=64,t=2,p=2$Um9zZWl4VGJTdU85SmRCczNJOUJIRA\
     $0lRO34mSGD/YDqrvVRGxi8/D8MDFv/n43kTpnq2ioRI",
];

fn matches(password: &str, stored: &str) -> bool {
    verify(&Secret::new(password), stored)
}

fn why(stored: &str) -> &'static str {
    check_stored(stored).expect_err(stored)
}

#[test]
fn what_django_stored_matches_its_password_and_no_other() {
    for (password, stored) in DJANGO {
        for stored in *stored {
            assert_eq!(check_stored(stored), Ok(()), "{stored}");
            for (other, _) in DJANGO {
                assert_eq!(matches(other, stored), other == password, "{other:?} {stored}");
            }
            assert!(!matches("", stored), "{stored}");
            // HMAC pads its key with NULs, so PBKDF2 takes this for the same password, in Django too.
            let is_hmac = stored.starts_with("pbkdf2");
            assert_eq!(matches(&format!("{password}\0"), stored), is_hmac, "{stored}");
        }
    }
}

#[test]
fn a_long_password_keeps_every_byte_where_its_scheme_does() {
    let long = "a".repeat(72) + &"b".repeat(8);
    for stored in LONG {
        assert!(matches(&long, stored), "{stored}");
        for other in ["a".repeat(72), "a".repeat(72) + &"b".repeat(7), long.clone() + "b"] {
            assert!(!matches(&other, stored), "{stored}");
        }
    }
}

#[test]
fn plain_bcrypt_reads_72_bytes_as_the_program_did_that_made_it() {
    let stored = "$2y$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe";
    for tail in ["", "bbb", "anything"] {
        assert!(matches(&("a".repeat(72) + tail), stored), "{tail}");
    }
    assert!(!matches(&"a".repeat(71), stored));
    let django = "bcrypt$$2b$04$eH6DjMUpae44xaVmvnVR6O227aVhWBPCiC7.FTQz/xvTNcTfHgbOK";
    assert!(matches(&"a".repeat(72), django) && matches(&"a".repeat(80), django));
}

#[test]
fn the_three_tags_of_bcrypt_are_one_scheme_and_2x_is_refused() {
    for tag in ["2a", "2b", "2y"] {
        let stored = format!("${tag}$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG");
        assert!(matches(PLAIN, &stored), "{tag}");
        assert!(!matches("correct horse", &stored), "{tag}");
    }
    let stored = "$2x$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
    assert!(why(stored).contains("$2a$, $2b$ or $2y$"));
    assert!(!matches(PLAIN, stored));
}

#[test]
fn every_imported_hash_is_due_for_one_of_ours() {
    for stored in DJANGO.iter().flat_map(|(_, stored)| *stored) {
        assert!(needs_rehash(stored, 4), "{stored}");
    }
}

#[test]
fn a_hash_that_would_occupy_the_server_is_refused_and_never_tried() {
    let pbkdf2 = |count| format!("pbkdf2_sha256${count}$salt${}", "A".repeat(43) + "=");
    assert_eq!(check_stored(&pbkdf2("10000000")), Ok(()));
    for count in ["0", "10000001", "999999999", "99999999999999999999", "-1", "+1", "1e3", ""] {
        assert!(why(&pbkdf2(count)).contains("iteration count"), "{count}");
    }
    let argon2 = |cost| format!("argon2$argon2id$v=19${cost}$c29tZXNhbHQ${}", "A".repeat(43));
    for cost in ["m=102400,t=2,p=8", "m=1048576,t=4,p=1", "m=41943,t=100,p=64"] {
        assert_eq!(check_stored(&argon2(cost)), Ok(()), "{cost}");
    }
    for cost in ["m=1048577,t=1,p=1", "m=64,t=101,p=1", "m=1048576,t=5,p=1", "m=999999999,t=9,p=1"]
    {
        assert!(why(&argon2(cost)).starts_with("costs more"), "{cost}");
    }
    assert!(why(&argon2("m=1024,t=1,p=65")).contains("lanes"));
    for cost in ["", "m=64", "m=64,t=1", "t=1,m=64,p=1", "m=64,t=1,p=1,data=AA", "m=,t=1,p=1"] {
        assert!(why(&argon2(cost)).contains("of the form"), "{cost}");
    }
    assert_eq!(why(&argon2("m=7,t=1,p=1")), "has an impossible argon2 cost");
    for cost in ["03", "17", "31", "99"] {
        let stored = format!("$2b${cost}$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG");
        assert_eq!(why(&stored), "has a bcrypt cost that is not from 4 to 16", "{cost}");
        assert!(!matches(PLAIN, &stored));
    }
}

#[test]
fn what_is_no_stored_password_is_refused_with_a_reason_that_shows_nothing_of_it() {
    let endless = format!("pbkdf2_sha256$1${}$AA==", "s".repeat(600));
    for text in [
        "",
        "!",
        PLAIN,
        "pbkdf2_sha1$1000$seasalt$b+Uk7KMBAKXICsKMn8ITH/ZgiG8=",
        "md5$salt$hash",
        "pbkdf2_sha256$1000$seasalt",
        "pbkdf2_sha256$1000$$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
        "pbkdf2_sha256$1000$seasalt$AA==",
        "pbkdf2_sha256$1000$seasalt$not base64",
        "bcrypt$2b$04$potMLUAFeKI7Xzm2hWKjouLdqMNQ.SlHMTTbfrlZg7O7XizBFcTm.",
        "bcrypt$$2b$04$potMLUAFeKI7Xzm2hWKjouLdqMNQ",
        "argon2$argon2d$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$u64BCktDvA3Oy3BT1ob4EA",
        "argon2$argon2id$v=18$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$u64BCktDvA3Oy3BT1ob4EA",
        "argon2$argon2id$v=19$m=64,t=2,p=1$c29tZQ$u64BCktDvA3Oy3BT1ob4EA",
        "argon2$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$u64B",
        &endless,
    ] {
        let why = why(text);
        assert!(why.len() > 8 && (text.len() < 4 || !why.contains(text)), "{text}: {why}");
        assert!(!matches(PLAIN, text), "{text}");
    }
}

/// Texts that look like stored passwords, or nearly.
fn nearly_stored() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        Just(String::new()),
        Just("argon2".to_owned()),
        Just("argon2id".to_owned()),
        Just("bcrypt".to_owned()),
        Just("bcrypt_sha256".to_owned()),
        Just("pbkdf2_sha256".to_owned()),
        Just("2b".to_owned()),
        Just("v=19".to_owned()),
        Just("m=64,t=1,p=1".to_owned()),
        "m=[0-9]{0,12},t=[0-9]{0,12},p=[0-9]{0,12}",
        "[0-9]{0,22}",
        "[A-Za-z0-9+/=.]{0,60}",
        "\\PC{0,8}",
    ];
    prop::collection::vec(field, 0..7).prop_map(|fields| fields.join("$"))
}

proptest! {
    #[test]
    fn no_text_makes_reading_a_stored_password_panic(text in "\\PC*", near in nearly_stored()) {
        let _ = check_stored(&text);
        let _ = check_stored(&near);
        let _ = check_stored(&format!("kw1{near}"));
    }

    #[test]
    fn a_truncated_or_altered_hash_never_matches_and_never_panics(
        which in 0..DJANGO[0].1.len(), cut in 0_usize..120, put in "[ $#é]{0,2}"
    ) {
        let stored = DJANGO[0].1[which];
        let at = cut.min(stored.len() - 1);
        let altered = format!("{}{put}", &stored[..at]);
        prop_assert!(!matches(PLAIN, &altered), "{}", altered);
    }
}
