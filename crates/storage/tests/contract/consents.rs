//! `ConsentTx`.

use keywright_core::id::{ClientId, GrantId, UserId};
use keywright_core::store::{ConsentKey, ConsentRow};
use keywright_core::time::Timestamp;
use keywright_testkit::database::each;

use crate::rows::{NOW, at, client, find_grant, grant, populate, read, user, write};

fn consent(user: &str, client: &str, scope: &str, granted_at: Timestamp) -> ConsentRow {
    ConsentRow {
        user_id: UserId::new(user),
        client_id: ClientId::new(client),
        key: ConsentKey {
            resource: "https://api.example/".into(),
            scope: scope.into(),
            claim: String::new(),
        },
        granted_at,
    }
}

#[test]
fn a_consent_is_remembered_once_with_its_first_date() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| tx.put_consent(&consent("u1", "c1", "read", NOW)));
        write(&scratch, |tx| tx.put_consent(&consent("u1", "c1", "read", at(50))));
        let found = read(&scratch, |tx| tx.consents(&UserId::new("u1"), None));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].granted_at, NOW);
        assert_eq!(found[0].key, consent("u1", "c1", "read", NOW).key);
    });
}

#[test]
fn each_part_of_the_key_tells_consents_apart() {
    each(|scratch| {
        populate(&scratch);
        let plain = consent("u1", "c1", "read", NOW);
        let mut identity = plain.clone();
        identity.key.resource = String::new();
        let mut claim = plain.clone();
        claim.key =
            ConsentKey { resource: String::new(), scope: String::new(), claim: "read".into() };
        for row in [&plain, &identity, &claim] {
            write(&scratch, |tx| tx.put_consent(row));
        }
        let found = read(&scratch, |tx| tx.consents(&UserId::new("u1"), None));
        assert_eq!(found.len(), 3);
    });
}

#[test]
fn consents_are_read_for_one_client_or_for_all() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| tx.insert_client(&client("c2")));
        write(&scratch, |tx| tx.insert_user(&user("u2")));
        for (user, client) in [("u1", "c1"), ("u1", "c2"), ("u2", "c1")] {
            write(&scratch, |tx| tx.put_consent(&consent(user, client, "read", NOW)));
        }
        let user = UserId::new("u1");
        assert_eq!(read(&scratch, |tx| tx.consents(&user, None)).len(), 2);
        let one = read(&scratch, |tx| tx.consents(&user, Some(&ClientId::new("c2"))));
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].client_id, ClientId::new("c2"));
    });
}

#[test]
fn revoking_consent_revokes_the_grants_between_the_two() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| tx.insert_client(&client("c2")));
        write(&scratch, |tx| tx.insert_grant(&grant("g2", Some("u1"), "c2")));
        for client in ["c1", "c2"] {
            write(&scratch, |tx| tx.put_consent(&consent("u1", client, "read", NOW)));
        }
        let (user, client) = (UserId::new("u1"), ClientId::new("c1"));
        assert_eq!(write(&scratch, |tx| tx.revoke_consent(&user, &client, at(4))), 1);
        assert_eq!(write(&scratch, |tx| tx.revoke_consent(&user, &client, at(5))), 0);
        let fate =
            |id: &str| read(&scratch, |tx| find_grant(tx, &GrantId::new(id))).unwrap().revoked;
        assert_eq!(fate("g1"), Some((at(4), "consent_revoked".into())));
        assert_eq!(fate("g2"), None);
        assert_eq!(read(&scratch, |tx| tx.consents(&user, None)).len(), 1);
    });
}
