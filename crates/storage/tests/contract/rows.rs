//! Rows to begin with. A test changes what it is about.

use std::collections::BTreeMap;

use keywright_core::claims::request::ClaimsRequest;
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::Error;
use keywright_core::id::{ClientId, GrantId, InteractionId, Kid, RowId, Sid, Subject, UserId};
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::secret::Digest;
use keywright_core::store::{
    AccessTokenRow, Authentication, ClientRow, ClientSecretRow, CodeRow, Confirmation, GrantRow,
    InteractionRow, KeyRow, KeyState, Origin, OutboxRow, RefreshRow, SessionRow, StoreError,
    StoreExt as _, ThrottleRow, Tx, UserRow,
};
use keywright_core::time::Timestamp;
use keywright_testkit::database::ScratchDatabase;
use serde_json::{Map, Value, json};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000);

pub(crate) fn at(offset: i64) -> Timestamp {
    Timestamp(NOW.0 + offset)
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

/// Writes, and expects that to work.
pub(crate) fn write<T>(
    scratch: &ScratchDatabase,
    body: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError>,
) -> T {
    scratch.database.write(|tx| body(tx).map_err(Error::Store)).unwrap()
}

/// Reads, and expects that to work.
pub(crate) fn read<T>(
    scratch: &ScratchDatabase,
    body: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError>,
) -> T {
    scratch.database.read(|tx| body(tx).map_err(Error::Store)).unwrap()
}

/// The grant alone, of what stands with it.
pub(crate) fn find_grant(tx: &mut dyn Tx, id: &GrantId) -> Result<Option<GrantRow>, StoreError> {
    Ok(tx.find_standing(id, None)?.map(|standing| standing.grant))
}

pub(crate) fn client(id: &str) -> ClientRow {
    ClientRow {
        id: ClientId::new(id),
        metadata: ClientMetadata {
            client_name: "Nötes \"quoted\"".into(),
            redirect_uris: vec!["https://notes.example/cb?a=1&b=ü".into()],
            ..ClientMetadata::default()
        },
        origin: Origin::Cli,
        disabled_at: None,
        tokens_not_before: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn client_secret(id: &str, client: &str) -> ClientSecretRow {
    ClientSecretRow {
        id: RowId::new(id),
        client_id: ClientId::new(client),
        digest: digest(7),
        created_at: NOW,
        expires_at: None,
    }
}

pub(crate) fn user(id: &str) -> UserRow {
    let mut claims = Map::new();
    claims.insert("name".into(), Value::from("Zoë"));
    claims.insert("email_verified".into(), Value::from(true));
    UserRow {
        id: UserId::new(id),
        subject: Subject::new(format!("sub-{id}")),
        login: format!("{id}@example.com"),
        claims,
        groups: vec!["staff".into()],
        roles: vec![],
        origin: Origin::Cli,
        disabled_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn session(sid: &str, user: &str, cookie: u8) -> SessionRow {
    SessionRow {
        cookie: digest(cookie),
        sid: Sid::new(sid),
        user_id: UserId::new(user),
        methods: vec![Authentication { amr: "pwd".into(), at: NOW }],
        user_agent: "Firefox".into(),
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: at(1000),
    }
}

pub(crate) fn interaction(id: &str) -> InteractionRow {
    InteractionRow {
        id: InteractionId::new(id),
        browser: digest(3),
        document: json!({"step": 1}).to_string(),
        created_at: NOW,
        expires_at: at(600),
    }
}

pub(crate) fn grant(id: &str, user: Option<&str>, client: &str) -> GrantRow {
    let resources = BTreeMap::from([(
        "https://api.example/".to_owned(),
        ["notes:read", "notes:write"].into_iter().collect(),
    )]);
    GrantRow {
        id: GrantId::new(id),
        user_id: user.map(UserId::new),
        client_id: ClientId::new(client),
        sid: Some(Sid::new("sid-1")),
        session_bound: true,
        subject: Subject::new("sub-u1"),
        scopes: ["openid", "notes:read", "notes:write"].into_iter().collect(),
        resources,
        claims: ClaimsRequest::parse(r#"{"id_token": {"acr": {"essential": true}}}"#).unwrap(),
        auth_time: NOW,
        acr: Some("1".into()),
        amr: vec!["pwd".into(), "otp".into()],
        confirmation: Some(Confirmation::Jkt("thumbprint".into())),
        actor: Value::Null,
        created_at: NOW,
        expires_at: at(10_000),
        revoked: None,
    }
}

pub(crate) fn code(byte: u8, grant: &str) -> CodeRow {
    CodeRow {
        grant_id: GrantId::new(grant),
        digest: digest(byte),
        client_id: ClientId::new("c1"),
        redirect_uri: "http://127.0.0.1:7777/cb".into(),
        redirect_uri_given: true,
        nonce: Some("n-0S6".into()),
        challenge: None,
        confirmation: Some(Confirmation::X5t("certificate".into())),
        created_at: NOW,
        expires_at: at(60),
        redeemed_at: None,
    }
}

pub(crate) fn refresh(grant: &str, token: u8) -> RefreshRow {
    RefreshRow {
        grant_id: GrantId::new(grant),
        family: digest(200),
        token: digest(token),
        generation: 0,
        idle_expires_at: at(5000),
        recent: vec![],
    }
}

pub(crate) fn access_token(byte: u8, grant: Option<&str>) -> AccessTokenRow {
    AccessTokenRow {
        digest: digest(byte),
        grant_id: grant.map(GrantId::new),
        client_id: ClientId::new("c1"),
        claims: r#"{"iss":"https://id.example"}"#.into(),
        expires_at: at(300),
    }
}

pub(crate) fn key(kid: &str, state: KeyState) -> KeyRow {
    KeyRow {
        kid: Kid::new(kid),
        algorithm: Algorithm::ES256,
        state,
        public_jwk: r#"{"kty":"EC"}"#.into(),
        sealed_private: Some(vec![0, 1, 255]),
        announced_at: NOW,
        activated_at: None,
        retired_at: None,
        removed_at: None,
    }
}

pub(crate) fn message(id: &str) -> OutboxRow {
    OutboxRow {
        id: RowId::new(id),
        kind: "mail".into(),
        sealed_payload: vec![0, 159, 146, 150],
        due_at: NOW,
        attempts: 0,
        leased_until: None,
    }
}

pub(crate) fn counter(key: &str, failures: i64) -> ThrottleRow {
    ThrottleRow { key: key.into(), failures, last_at: NOW, expires_at: at(900) }
}

/// A client, a user, a session and a grant between them, with a code, refresh state and an
/// opaque token: `c1`, `u1`, `sid-1`, `g1`.
pub(crate) fn populate(scratch: &ScratchDatabase) {
    write(scratch, |tx| {
        tx.insert_client(&client("c1"))?;
        tx.insert_user(&user("u1"))?;
        tx.insert_session(&session("sid-1", "u1", 1))?;
        tx.insert_grant(&grant("g1", Some("u1"), "c1"))?;
        tx.insert_code(&code(1, "g1"))?;
        tx.insert_refresh(&refresh("g1", 1))?;
        tx.insert_access_token(&access_token(1, Some("g1")))
    });
}
