//! `AuditTx`.

use keywright_core::id::{ClientId, GrantId, RowId, UserId};
use keywright_core::store::{AuditEvent, AuditFilter};
use keywright_testkit::database::each;
use serde_json::{Map, json};

use crate::rows::{at, read, write};

fn event(id: &str, kind: &str, age: i64) -> AuditEvent {
    AuditEvent {
        id: RowId::new(id),
        at: at(age),
        kind: kind.into(),
        request_id: "r1".into(),
        user_id: None,
        client_id: None,
        grant_id: None,
        details: Map::new(),
    }
}

#[test]
fn events_come_back_as_they_were_written_newest_first() {
    each(|scratch| {
        let mut full = event("e1", "code.replayed", 1);
        full.user_id = Some(UserId::new("nobody we know"));
        full.client_id = Some(ClientId::new("c1"));
        full.grant_id = Some(GrantId::new("g1"));
        full.details.insert("address".into(), json!("2001:db8::/64"));
        let bare = event("e2", "sweep", 2);
        write(&scratch, |tx| tx.audit(&full));
        write(&scratch, |tx| tx.audit(&bare));
        let found = read(&scratch, |tx| tx.audit_events(&AuditFilter::default(), 10));
        assert_eq!(format!("{found:?}"), format!("{:?}", [bare, full]));
        let found = read(&scratch, |tx| tx.audit_events(&AuditFilter::default(), 1));
        assert_eq!(found.len(), 1);
    });
}

#[test]
fn every_part_of_a_filter_narrows() {
    each(|scratch| {
        for (id, kind, user, client, age) in [
            ("e1", "login.failed", "u1", "c1", 1),
            ("e2", "login.failed", "u2", "c1", 2),
            ("e3", "refresh.reused", "u1", "c2", 3),
            ("e4", "login.failed", "u1", "c2", 4),
        ] {
            let mut row = event(id, kind, age);
            row.user_id = Some(UserId::new(user));
            row.client_id = Some(ClientId::new(client));
            write(&scratch, |tx| tx.audit(&row));
        }
        let ids = |filter: AuditFilter| -> Vec<String> {
            let events = read(&scratch, |tx| tx.audit_events(&filter, 10));
            events.into_iter().map(|e| e.id.to_string()).collect()
        };
        let kind = Some("login.failed".to_owned());
        let user_id = Some(UserId::new("u1"));
        let client_id = Some(ClientId::new("c2"));
        let any = AuditFilter::default;
        assert_eq!(ids(AuditFilter { kind: kind.clone(), ..any() }), ["e4", "e2", "e1"]);
        assert_eq!(ids(AuditFilter { user_id: user_id.clone(), ..any() }), ["e4", "e3", "e1"]);
        assert_eq!(ids(AuditFilter { client_id: client_id.clone(), ..any() }), ["e4", "e3"]);
        assert_eq!(ids(AuditFilter { since: Some(at(3)), ..any() }), ["e4", "e3"]);
        assert_eq!(ids(AuditFilter { kind, user_id, client_id, since: Some(at(4)) }), ["e4"]);
    });
}
