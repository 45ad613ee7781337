//! `VersionTx` and `ResourceTx`.

use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::ClientId;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::resource::{ClaimPreset, Resource, ResourceScope, TokenFormat};
use keywright_core::store::{Origin, ResourceRow, StoreError, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_testkit::database::each;

use crate::rows::{NOW, client, read, write};

fn resource(identifier: &str) -> ResourceRow {
    ResourceRow {
        resource: Resource {
            identifier: identifier.into(),
            name: "Nötes".into(),
            scopes: vec![ResourceScope { name: "read".into(), description: "Read".into() }],
            algorithm: Algorithm::ES256,
            access_token_lifetime: Some(Seconds(60)),
            format: TokenFormat::Opaque,
            claim_preset: ClaimPreset::Simplejwt,
            access_token_claims: vec!["groups".into()],
            servers: vec![ClientId::new("api")],
            userinfo_audience: false,
        },
        origin: Origin::Config,
        disabled_at: Some(NOW),
    }
}

#[test]
fn a_setting_is_claimed_once_and_put_at_will() {
    each(|scratch| {
        assert!(write(&scratch, |tx| tx.claim_setting("check", b"first")));
        assert!(!write(&scratch, |tx| tx.claim_setting("check", b"second")));
        let find = || read(&scratch, |tx| tx.find_setting("check"));
        assert_eq!(find(), Some(b"first".to_vec()));
        write(&scratch, |tx| tx.put_setting("check", Some(&[0, 255])));
        assert_eq!(find(), Some(vec![0, 255]));
        write(&scratch, |tx| tx.put_setting("check", None));
        assert_eq!(find(), None);
        write(&scratch, |tx| tx.put_setting("check", Some(b"again")));
        assert_eq!(find(), Some(b"again".to_vec()));
    });
}

#[test]
fn a_change_that_is_rolled_back_does_not_raise_the_version() {
    each(|scratch| {
        let before = read(&scratch, |tx| tx.versions());
        let refused: Result<(), Error> = scratch.database.write(|tx| {
            tx.insert_client(&client("c1"))?;
            Err(Error::refused(ErrorCode::InvalidRequest, "no"))
        });
        assert!(refused.is_err());
        assert_eq!(read(&scratch, |tx| tx.versions()), before);
    });
}

#[test]
fn a_resource_comes_back_as_it_was_written_by_identifier() {
    each(|scratch| {
        let (first, second) = (resource("https://a.example/"), resource("https://b.example/"));
        write(&scratch, |tx| tx.put_resource(&second));
        write(&scratch, |tx| tx.put_resource(&first));
        let found = read(&scratch, |tx| tx.resources());
        assert_eq!(format!("{found:?}"), format!("{:?}", [first, second]));
    });
}

#[test]
fn a_resource_is_replaced_whole_and_raises_the_version() {
    each(|scratch| {
        let version = || read(&scratch, |tx| Ok(tx.versions()?.resources));
        let first = version();
        write(&scratch, |tx| tx.put_resource(&resource("https://a.example/")));
        let second = version();
        assert!(second > first);
        let mut changed = resource("https://a.example/");
        changed.resource.scopes.clear();
        changed.origin = Origin::Cli;
        changed.disabled_at = None;
        write(&scratch, |tx| tx.put_resource(&changed));
        assert!(version() > second);
        let found = read(&scratch, |tx| tx.resources());
        assert_eq!(format!("{found:?}"), format!("{:?}", [changed]));
    });
}

#[test]
fn a_resource_is_added_once_and_removed_once_and_both_raise_the_version() {
    each(|scratch| {
        let row = resource("https://a.example/");
        let version = || read(&scratch, |tx| Ok(tx.versions()?.resources));
        let before = version();
        write(&scratch, |tx| tx.insert_resource(&row));
        assert!(version() > before);
        let again = write(&scratch, |tx| Ok(tx.insert_resource(&row)));
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let before = version();
        assert!(write(&scratch, |tx| tx.remove_resource("https://a.example/")));
        assert!(version() > before);
        assert!(read(&scratch, |tx| tx.resources()).is_empty());
        assert!(!write(&scratch, |tx| tx.remove_resource("https://a.example/")));
    });
}
