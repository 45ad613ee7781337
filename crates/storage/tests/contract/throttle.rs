//! `ThrottleTx`.

use keywright_core::store::ThrottleRow;
use keywright_core::time::Seconds;
use keywright_testkit::database::each;

use crate::rows::{at, counter, read, write};

#[test]
fn a_counter_moves_only_from_what_was_read() {
    each(|scratch| {
        let one = counter("k", 1);
        assert!(write(&scratch, |tx| tx.claim_throttle(None, &one)));
        assert!(!write(&scratch, |tx| tx.claim_throttle(None, &one)));
        let mut two = counter("k", 2);
        two.last_at = at(5);
        two.expires_at = at(1800);
        assert!(write(&scratch, |tx| tx.claim_throttle(Some(&one), &two)));
        assert!(!write(&scratch, |tx| tx.claim_throttle(Some(&one), &two)));
        assert_eq!(read(&scratch, |tx| tx.find_throttle("k")), Some(two.clone()));
        let mut touched = two.clone();
        touched.last_at = at(6);
        assert!(!write(&scratch, |tx| tx.claim_throttle(Some(&touched), &counter("k", 9))));
        assert!(!write(&scratch, |tx| {
            tx.claim_throttle(Some(&counter("unknown", 1)), &counter("unknown", 2))
        }));
    });
}

#[test]
fn a_refund_takes_one_failure_back_but_never_below_zero() {
    each(|scratch| {
        write(&scratch, |tx| tx.claim_throttle(None, &counter("k", 2)));
        for (left, until) in [(1, 840), (0, 780), (0, 780)] {
            write(&scratch, |tx| tx.refund_throttle("k", Seconds(60)));
            let found = read(&scratch, |tx| tx.find_throttle("k"));
            let expected = ThrottleRow { expires_at: at(until), ..counter("k", left) };
            assert_eq!(found, Some(expected));
        }
        write(&scratch, |tx| tx.refund_throttle("unknown", Seconds(60)));
        assert_eq!(read(&scratch, |tx| tx.find_throttle("unknown")), None);
    });
}
