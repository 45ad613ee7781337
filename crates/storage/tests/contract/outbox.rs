//! `OutboxTx`.

use keywright_core::id::RowId;
use keywright_testkit::database::each;

use crate::rows::{NOW, at, message, read, write};

#[test]
fn due_messages_come_oldest_first_and_bounded() {
    each(|scratch| {
        for (id, due) in [("late", 5), ("early", -5), ("now", 0)] {
            let mut row = message(id);
            row.due_at = at(due);
            write(&scratch, |tx| tx.insert_outbox(&row));
        }
        let due = |limit| -> Vec<String> {
            let rows = read(&scratch, |tx| tx.due_outbox(NOW, limit));
            rows.into_iter().map(|row| row.id.to_string()).collect()
        };
        assert_eq!(due(10), ["early", "now"]);
        assert_eq!(due(1), ["early"]);
    });
}

#[test]
fn a_message_comes_back_as_it_was_written() {
    each(|scratch| {
        let mut row = message("m1");
        row.attempts = 3;
        row.leased_until = Some(at(-1));
        write(&scratch, |tx| tx.insert_outbox(&row));
        let found = read(&scratch, |tx| tx.due_outbox(NOW, 10));
        assert_eq!(format!("{found:?}"), format!("{:?}", [row]));
    });
}

#[test]
fn a_leased_message_is_nobody_elses_until_the_lease_ends() {
    each(|scratch| {
        let id = RowId::new("m1");
        write(&scratch, |tx| tx.insert_outbox(&message("m1")));
        assert!(write(&scratch, |tx| tx.claim_outbox(&id, NOW, at(60))));
        assert!(!write(&scratch, |tx| tx.claim_outbox(&id, at(59), at(120))));
        assert!(read(&scratch, |tx| tx.due_outbox(at(59), 10)).is_empty());
        assert_eq!(read(&scratch, |tx| tx.due_outbox(at(60), 10)).len(), 1);
        assert!(write(&scratch, |tx| tx.claim_outbox(&id, at(60), at(120))));
        let found = read(&scratch, |tx| tx.due_outbox(at(120), 10));
        assert_eq!((found[0].attempts, found[0].leased_until), (2, Some(at(120))));
    });
}

#[test]
fn a_message_that_was_given_back_is_tried_when_it_is_due_again() {
    each(|scratch| {
        let id = RowId::new("m1");
        write(&scratch, |tx| tx.insert_outbox(&message("m1")));
        write(&scratch, |tx| tx.claim_outbox(&id, NOW, at(60)));
        write(&scratch, |tx| tx.retry_outbox(&id, at(30)));
        assert!(read(&scratch, |tx| tx.due_outbox(at(29), 10)).is_empty());
        let found = read(&scratch, |tx| tx.due_outbox(at(30), 10));
        assert_eq!((found[0].attempts, found[0].leased_until), (1, None));
    });
}

#[test]
fn a_message_that_was_sent_is_gone() {
    each(|scratch| {
        let id = RowId::new("m1");
        write(&scratch, |tx| tx.insert_outbox(&message("m1")));
        write(&scratch, |tx| tx.remove_outbox(&id));
        assert!(read(&scratch, |tx| tx.due_outbox(at(999), 10)).is_empty());
        assert!(!write(&scratch, |tx| tx.claim_outbox(&id, NOW, at(60))));
    });
}
