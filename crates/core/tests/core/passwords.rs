//! Stored passwords that are not as the operator wants them, and what a login makes of them.

use keywright_core::account::{login, password};
use keywright_core::id::UserId;
use keywright_core::provider::Settings;
use keywright_core::secret::Secret;
use keywright_core::store::{AuditFilter, CredentialKind, CredentialRow, StoreExt as _};
use keywright_testkit::World;

use crate::journey::{browser, log_in, populate, stranger};

/// What Django stored of the password that every user of a world has.
const DJANGO: [&str; 5] = [
    "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
    "bcrypt_sha256$$2b$04$/OcCI.xBkM9Zxv83wpLTMei9F1U9i50Y1Andk/JtLRCG0U1lusixi",
    "bcrypt$$2b$04$potMLUAFeKI7Xzm2hWKjouLdqMNQ.SlHMTTbfrlZg7O7XizBFcTm.",
    "argon2$argon2id$v=19$m=64,t=2,p=2$eExKdDNSak1ncDZvRWhJMjdTWXZUbA\
     $HQ2zTvYB9vIhJCE/8xd5O/ZdcIzkMNXwckMKJq4viec",
    "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
];

fn stored(world: &World) -> String {
    let row = world.provider.store.read(|tx| {
        let id = UserId::new("user-alice");
        Ok(tx.find_credential(&id, CredentialKind::Password)?)
    });
    String::from_utf8(row.unwrap().unwrap().data).unwrap()
}

fn store(world: &World, hash: &str) {
    let id = UserId::new("user-alice");
    let row = CredentialRow::password(&id, hash, false, world.provider.now());
    world.provider.store.write(|tx| Ok(tx.put_credential(&row)?)).unwrap();
}

fn upgrades(world: &World) -> usize {
    let filter = AuditFilter { kind: Some("password.upgraded".into()), ..AuditFilter::default() };
    world.provider.store.read(|tx| Ok(tx.audit_events(&filter, 100)?)).unwrap().len()
}

#[test]
fn an_imported_password_is_replaced_by_one_of_ours_at_the_next_login() {
    World::each(|world| {
        populate(&world);
        for (count, imported) in DJANGO.iter().enumerate() {
            store(&world, imported);
            let attempt = login::look_up(&world.provider, "alice", &stranger()).unwrap();
            let wrong = login::verify(&world.provider, &attempt, &Secret::new("a wrong one"));
            assert!(matches!(wrong, login::Verdict::Wrong), "{imported}");
            assert_eq!(stored(&world), *imported);
            log_in(&world.provider, &mut browser(), "alice");
            assert!(!password::needs_rehash(&stored(&world), 4), "{imported}");
            log_in(&world.provider, &mut browser(), "alice");
            assert_eq!(upgrades(&world), count + 1, "{imported}");
        }
    });
}

#[test]
fn a_hash_of_another_cost_is_renewed_at_the_next_login() {
    keywright_testkit::database::each(|scratch| {
        let settings = Settings { password_cost: 5, ..World::settings("http://127.0.0.1:8080") };
        let world = World::with(scratch, settings);
        populate(&world);
        assert!(password::needs_rehash(&stored(&world), 5));
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        assert!(!password::needs_rehash(&stored(&world), 5));
        log_in(&world.provider, &mut browser, "alice");
    });
}
