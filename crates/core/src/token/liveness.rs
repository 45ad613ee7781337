//! Liveness: whether what was issued still counts. One function for introspection and userinfo,
//! its half about grants for the token endpoint too.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::id::{ClientId, Jti};
use crate::mint::access_token;
use crate::provider::Provider;
use crate::store::{ClientRow, GrantRow, Standing, StoreExt as _, UserRow};
use crate::time::Timestamp;

/// A token that counts, with what it hangs on.
#[derive(Debug)]
pub struct Live {
    /// Its client.
    pub client: Arc<ClientRow>,
    /// Its grant and user; none for `client_credentials`.
    pub grant: Option<(GrantRow, UserRow)>,
}

/// Whether the claims of a genuine access token still count at `now`: expiry, `jti`, client,
/// grant, session, user. The `Err` inside says why not, for the log. Asks one question outside of
/// transactions; a client that is not in memory is read before it.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn of_token(
    provider: &Provider,
    claims: &Map<String, Value>,
    now: Timestamp,
) -> Result<Result<Live, &'static str>, Error> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_i64).map(Timestamp);
    let (Some(jti), Some(client_id), Some(issued), Some(expires)) =
        (text("jti"), text("client_id"), number("iat"), number("exp"))
    else {
        return Ok(Err("not an access token"));
    };
    if now >= expires {
        return Ok(Err("expired"));
    }
    let Some(registration) = provider.registration(&ClientId::new(client_id))? else {
        return Ok(Err("the client is gone"));
    };
    let client = Arc::clone(&registration.client);
    if let Err(why) = of_client(&client, issued) {
        return Ok(Err(why));
    }
    let jti = Jti::new(jti);
    let Some(id) = access_token::grant_of(jti.as_str()) else {
        let revoked = provider.store.glance(|tx| Ok(tx.is_jti_revoked(&jti)?))?;
        return Ok(if revoked { Err(REVOKED) } else { Ok(Live { client, grant: None }) });
    };
    let standing = provider.store.glance(|tx| Ok(tx.find_standing(&id, Some(&jti))?))?;
    let Some(standing) = standing else { return Ok(Err("the grant is gone")) };
    if standing.jti_revoked {
        return Ok(Err(REVOKED));
    }
    if let Err(why) = of_client(&client, standing.grant.created_at) {
        return Ok(Err(why));
    }
    Ok(of_grant(standing, now).map(|grant| Live { client, grant: Some(grant) }))
}

const REVOKED: &str = "the token was revoked";

/// Whether a grant still counts: not revoked, not expired, its session there if it is bound to
/// one, its user enabled.
///
/// # Errors
/// Why not.
pub fn of_grant(standing: Standing, now: Timestamp) -> Result<(GrantRow, UserRow), &'static str> {
    let Standing { grant, user, session_expires_at, jti_revoked: _ } = standing;
    if grant.revoked.is_some() {
        return Err("the grant was revoked");
    }
    if now >= grant.expires_at {
        return Err("the grant has expired");
    }
    if grant.session_bound && session_expires_at.is_none_or(|end| now >= end) {
        return Err("the session has ended");
    }
    match user {
        Some(user) if user.disabled_at.is_none() => Ok((grant, user)),
        Some(_) => Err("the user is disabled"),
        None if grant.user_id.is_none() => Err("the grant has no user"),
        None => Err("the user is gone"),
    }
}

/// Whether a client still counts for something issued at `issued`.
///
/// # Errors
/// Why not.
pub fn of_client(client: &ClientRow, issued: Timestamp) -> Result<(), &'static str> {
    if client.disabled_at.is_some() {
        return Err("the client is disabled");
    }
    if client.tokens_not_before.is_some_and(|limit| issued < limit) {
        return Err("the client's tokens of that time were revoked");
    }
    Ok(())
}
