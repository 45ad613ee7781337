//! `InteractionTx`.

use keywright_core::id::InteractionId;
use keywright_testkit::database::each;

use crate::rows::{interaction, read, write};

#[test]
fn an_interaction_comes_back_as_it_was_written() {
    each(|scratch| {
        let row = interaction("i1");
        write(&scratch, |tx| tx.insert_interaction(&row));
        let found = read(&scratch, |tx| tx.find_interaction(&row.id)).unwrap();
        assert!(found.browser.matches(&row.browser));
        assert_eq!(format!("{found:?}"), format!("{row:?}"));
    });
}

#[test]
fn a_step_is_taken_only_from_the_document_that_was_read() {
    each(|scratch| {
        let row = interaction("i1");
        write(&scratch, |tx| tx.insert_interaction(&row));
        let step = |from: &str, to: &str| {
            write(&scratch, |tx| tx.claim_interaction_step(&row.id, from, to))
        };
        assert!(step(&row.document, r#"{"step":2}"#));
        assert!(!step(&row.document, r#"{"step":3}"#));
        let found = read(&scratch, |tx| tx.find_interaction(&row.id)).unwrap();
        assert_eq!(found.document, r#"{"step":2}"#);
        assert_eq!(found.expires_at, row.expires_at);
    });
}

#[test]
fn an_interaction_is_answered_once() {
    each(|scratch| {
        let id = InteractionId::new("i1");
        write(&scratch, |tx| tx.insert_interaction(&interaction("i1")));
        assert!(write(&scratch, |tx| tx.claim_interaction(&id)));
        assert!(!write(&scratch, |tx| tx.claim_interaction(&id)));
        assert!(read(&scratch, |tx| tx.find_interaction(&id)).is_none());
        assert!(!write(&scratch, |tx| tx.claim_interaction_step(&id, "{}", "{}")));
    });
}
