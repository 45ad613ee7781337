//! Login names and subjects that are taken: by an earlier line, or by somebody who is there.

use std::collections::HashMap;

use keywright_core::store::StoreExt as _;

use super::line::Refused;
use super::progress::Progress;
use super::row::Candidate;
use crate::failure::Failure;
use crate::wire::Wired;

/// The candidates who are not in the file twice; of several the first stays.
pub(super) fn within_the_file(
    candidates: Vec<Candidate>,
    refused: &mut Vec<Refused>,
) -> Vec<Candidate> {
    let mut logins = HashMap::new();
    let mut subjects = HashMap::new();
    let mut good = Vec::new();
    for candidate in candidates {
        let Candidate { line, user, .. } = &candidate;
        let (login, subject) = (user.login.clone(), user.subject.clone());
        let earlier = logins
            .get(&login)
            .map(|line| ("login", line))
            .or_else(|| subjects.get(&subject).map(|line| ("subject", line)));
        if let Some((name, earlier)) = earlier {
            let reason = format!("{name}: is in line {earlier} already");
            refused.push(candidate.refused(reason));
            continue;
        }
        logins.insert(login, *line);
        subjects.insert(subject, *line);
        good.push(candidate);
    }
    good
}

/// The candidates whose login name and subject nobody has.
///
/// # Errors
/// When the database fails.
pub(super) fn with_the_database(
    candidates: Vec<Candidate>,
    refused: &mut Vec<Refused>,
    wired: &Wired<'_>,
) -> Result<Vec<Candidate>, Failure> {
    let progress = Progress::new("checking", candidates.len());
    let good = wired.store.read(|tx| {
        let mut good = Vec::new();
        for candidate in candidates {
            let user = &candidate.user;
            let taken = if tx.find_user_by_login(&user.login)?.is_some() {
                Some("login")
            } else if candidate.has_own_subject && tx.find_user_by_subject(&user.subject)?.is_some()
            {
                Some("subject")
            } else {
                None
            };
            match taken {
                Some(name) => refused.push(candidate.refused(format!("{name}: is taken"))),
                None => good.push(candidate),
            }
            progress.step();
        }
        Ok(good)
    })?;
    Ok(good)
}
