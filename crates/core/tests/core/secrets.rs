//! Two secrets of a client overlap until the old one ends.

use keywright_core::client::authenticate::{Presented, authenticate, secret_digest};
use keywright_core::error::ErrorCode;
use keywright_core::id::{ClientId, RowId};
use keywright_core::secret::Secret;
use keywright_core::store::{ClientSecretRow, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_testkit::World;
use keywright_testkit::world::CLIENT_SECRET;

const NEW: &str = "the-new-secret-that-replaces-the-old-one";

fn accepts(world: &World, secret: &str) -> bool {
    let presented = Presented {
        client_id: Some("app".into()),
        client_secret: Some(Secret::new(secret)),
        ..Presented::default()
    };
    let now = world.provider.now();
    match authenticate(&world.provider, &presented, now) {
        Ok(client) => client.id.as_str() == "app",
        Err(error) => {
            assert_eq!(error.code(), Some(ErrorCode::InvalidClient));
            false
        }
    }
}

#[test]
fn both_secrets_work_until_the_date_and_the_new_one_alone_afterwards() {
    World::each(|world| {
        world.add_client("app", World::web_client());
        let (now, id) = (world.provider.now(), ClientId::new("app"));
        let digest = secret_digest(&world.provider.master, &Secret::new(NEW));
        let row = ClientSecretRow {
            id: RowId::new("new"),
            client_id: id.clone(),
            digest: digest.unwrap(),
            created_at: now,
            expires_at: None,
        };
        let rotated = world.provider.store.write(|tx| {
            tx.expire_client_secrets(&id, None, now.plus(Seconds(60)))?;
            Ok(tx.insert_client_secret(&row)?)
        });
        rotated.unwrap();
        world.provider.poll().unwrap();
        assert!(accepts(&world, CLIENT_SECRET) && accepts(&world, NEW));
        world.clock.advance(Seconds(59));
        assert!(accepts(&world, CLIENT_SECRET) && accepts(&world, NEW));
        world.clock.advance(Seconds(1));
        assert!(!accepts(&world, CLIENT_SECRET) && accepts(&world, NEW));
    });
}
