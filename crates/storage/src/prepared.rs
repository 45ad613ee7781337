//! Updates of the request path, written as SQL. Diesel compiles a statement of its own update DSL
//! anew each time, since the set of its columns may change; these are compiled once per connection.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Text};
use keywright_core::id::GrantId;
use keywright_core::store::Rotation;
use keywright_core::time::Timestamp;

/// Replaces the current refresh token of a grant.
pub(crate) struct Rotate<'a> {
    pub(crate) grant: &'a GrantId,
    pub(crate) rotation: &'a Rotation,
    /// The list of recent rotations as JSON.
    pub(crate) recent: &'a str,
}

/// Marks the code of a grant redeemed, if it is not.
pub(crate) struct RedeemCode<'a> {
    pub(crate) grant: &'a GrantId,
    pub(crate) now: Timestamp,
}

impl<DB: Backend> QueryFragment<DB> for Rotate<'_>
where
    str: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Rotation { from, to, generation, idle_expires_at, recent: _ } = self.rotation;
        out.push_sql("UPDATE refresh_tokens SET token = ");
        out.push_bind_param::<Binary, [u8]>(&to.0)?;
        out.push_sql(", generation = ");
        out.push_bind_param::<BigInt, i64>(generation)?;
        out.push_sql(", idle_expires_at = ");
        out.push_bind_param::<BigInt, i64>(&idle_expires_at.0)?;
        out.push_sql(", recent = ");
        out.push_bind_param::<Text, str>(self.recent)?;
        out.push_sql(" WHERE grant_id = ");
        out.push_bind_param::<Text, str>(self.grant.as_str())?;
        out.push_sql(" AND token = ");
        out.push_bind_param::<Binary, [u8]>(&from.0)
    }
}

impl<DB: Backend> QueryFragment<DB> for RedeemCode<'_>
where
    str: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE codes SET redeemed_at = ");
        out.push_bind_param::<BigInt, i64>(&self.now.0)?;
        out.push_sql(" WHERE grant_id = ");
        out.push_bind_param::<Text, str>(self.grant.as_str())?;
        out.push_sql(" AND redeemed_at IS NULL");
        Ok(())
    }
}

impl QueryId for Rotate<'_> {
    type QueryId = Rotate<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryId for RedeemCode<'_> {
    type QueryId = RedeemCode<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C> RunQueryDsl<C> for Rotate<'_> {}
impl<C> RunQueryDsl<C> for RedeemCode<'_> {}
