//! Declared users and their first passwords.

use keywright_core::account::password;
use keywright_core::account::sessions::{Ending, end_everything};
use keywright_core::audit::{Event, Kind};
use keywright_core::id::{Subject, UserId};
use keywright_core::provider::Provider;
use keywright_core::secret::Secret;
use keywright_core::store::{
    CredentialKind, CredentialRow, Origin, StoreError, StoreExt as _, Tx, UserRow,
};

use super::{Reconciler, check_owner};
use crate::account;
use crate::config::{Password, UserDeclaration};
use crate::failure::Failure;

/// A declared user, with the hash that must be stored if the user did not choose a password.
pub(super) struct Prepared<'d> {
    declaration: &'d UserDeclaration,
    hash: Option<Secret>,
}

/// The setting that remembers, as SHA-256, which declared hash was stored. A login replaces a hash
/// of another scheme or cost; without this the next start would put the old one back.
fn applied_setting(user: &UserId) -> String {
    format!("declared_password_hash/{user}")
}

/// Forgets which password was declared for a user that is removed.
///
/// # Errors
/// When the database fails.
pub(crate) fn forget_user(tx: &mut dyn Tx, user: &UserId) -> Result<(), StoreError> {
    tx.put_setting(&applied_setting(user), None)
}

/// Verifies and hashes passwords, before the write lock. A password that is stored already
/// is not hashed anew.
pub(super) fn prepare<'d>(
    provider: &Provider,
    declared: &'d [UserDeclaration],
) -> Result<Vec<Prepared<'d>>, Failure> {
    let prepare = |declaration: &'d UserDeclaration| {
        let (stored, applied) = provider.store.read(|tx| {
            let Some(user) = tx.find_user_by_login(&declaration.login)? else {
                return Ok((None, None));
            };
            let stored = tx.find_credential(&user.id, CredentialKind::Password)?;
            Ok((stored, tx.find_setting(&applied_setting(&user.id))?))
        })?;
        let text = stored.as_ref().map(|row| String::from_utf8_lossy(&row.data).into_owned());
        let hash = match (&declaration.password, text) {
            _ if stored.is_some_and(|row| row.set_by_user) => None,
            (None, _) => None,
            (Some(Password::Plain(plain)), Some(text)) if password::verify(plain, &text) => None,
            (Some(Password::Plain(plain)), _) => {
                let cost = provider.settings.password_cost;
                Some(Secret::new(password::hash(provider.random.as_ref(), plain, cost)?))
            }
            (Some(Password::Hashed(hash)), Some(text))
                if hash.expose() == text || applied.as_deref() == Some(&hash.digest().0[..]) =>
            {
                None
            }
            (Some(Password::Hashed(hash)), _) => Some(hash.clone()),
        };
        Ok(Prepared { declaration, hash })
    };
    declared.iter().map(prepare).collect()
}

impl Reconciler<'_> {
    pub(super) fn users(
        &self,
        tx: &mut dyn Tx,
        declared: &[Prepared<'_>],
        changes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        for user in declared {
            let login = &user.declaration.login;
            let (id, row_written) = self.put(tx, user.declaration)?;
            if self.put_password(tx, &id, user)? || row_written {
                changes.push(format!("wrote user {login}"));
            }
        }
        for mut row in account::declared(tx)? {
            let is_declared = declared.iter().any(|user| user.declaration.login == row.login);
            if row.disabled_at.is_none() && !is_declared {
                row.disabled_at = Some(self.now);
                row.updated_at = self.now;
                tx.update_user(&row)?;
                end_everything(tx, &row.id, Ending::Disabled, self.now)?;
                self.record(tx, Event::new(Kind::UserDisabled).user(&row.id))?;
                changes.push(format!("disabled user {}", row.login));
            }
        }
        Ok(())
    }

    fn put(
        &self,
        tx: &mut dyn Tx,
        declaration: &UserDeclaration,
    ) -> Result<(UserId, bool), Failure> {
        let login = &declaration.login;
        let Some(mut row) = tx.find_user_by_login(login)? else {
            let row = self.new_row(declaration)?;
            tx.insert_user(&row)?;
            let event = Event::new(Kind::UserAdded).user(&row.id);
            self.record(tx, event.detail("login", login.as_str()))?;
            return Ok((row.id, true));
        };
        let remedy = format!("rename it in the file, or run `keywright users remove {login}`");
        check_owner("user", login, row.origin, &remedy)?;
        if let Some(subject) = declaration.subject.as_ref().filter(|s| **s != row.subject) {
            return Err(Failure::new(format!(
                "the configuration changes the subject of user {login:?} from {} to {subject}",
                row.subject
            ))
            .hint("a subject is immutable, since clients know the user by it; change it back"));
        }
        let same = row.claims == declaration.claims
            && row.groups == declaration.groups
            && row.roles == declaration.roles;
        let was_disabled = row.disabled_at.is_some();
        if !same || was_disabled {
            row.claims.clone_from(&declaration.claims);
            row.groups.clone_from(&declaration.groups);
            row.roles.clone_from(&declaration.roles);
            row.disabled_at = None;
            row.updated_at = self.now;
            tx.update_user(&row)?;
        }
        if !same {
            self.record(tx, Event::new(Kind::UserChanged).user(&row.id))?;
        }
        if was_disabled {
            self.record(tx, Event::new(Kind::UserEnabled).user(&row.id))?;
        }
        Ok((row.id, !same || was_disabled))
    }

    fn new_row(&self, declaration: &UserDeclaration) -> Result<UserRow, Failure> {
        let random = self.provider.random.as_ref();
        let subject = declaration.subject.clone();
        Ok(UserRow {
            id: UserId::generate(random)?,
            subject: subject.map_or_else(|| Subject::generate(random), Ok)?,
            login: declaration.login.clone(),
            claims: declaration.claims.clone(),
            groups: declaration.groups.clone(),
            roles: declaration.roles.clone(),
            origin: Origin::Config,
            disabled_at: None,
            created_at: self.now,
            updated_at: self.now,
        })
    }

    /// Asks again whether the user chose a password meanwhile: this is the transaction that decides.
    fn put_password(
        &self,
        tx: &mut dyn Tx,
        user: &UserId,
        prepared: &Prepared<'_>,
    ) -> Result<bool, Failure> {
        let Some(hash) = &prepared.hash else { return Ok(false) };
        let stored = tx.find_credential(user, CredentialKind::Password)?;
        if stored.is_some_and(|row| row.set_by_user) {
            return Ok(false);
        }
        tx.put_credential(&CredentialRow::password(user, hash.expose(), false, self.now))?;
        let declared = match &prepared.declaration.password {
            Some(Password::Hashed(hash)) => Some(hash.digest()),
            _ => None,
        };
        let setting = applied_setting(user);
        tx.put_setting(&setting, declared.as_ref().map(|digest| &digest.0[..]))?;
        end_everything(tx, user, Ending::PasswordChanged, self.now)?;
        self.record(tx, Event::new(Kind::PasswordChanged).user(user))?;
        Ok(true)
    }
}
