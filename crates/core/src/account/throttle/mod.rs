//! Guessing passwords is slow: attempts are counted, and too many have to wait.
//!
//! Owns what is counted and when an attempt is not looked at. An attempt is *reserved* before its
//! password is hashed, as if it had failed, and *refunded* when it succeeded: so however many come
//! at once, no more are hashed than the counters allow. Nobody is locked out and nothing sleeps:
//! the refusal says how long to wait. Names that nobody has count like any other.
//!
//! Three counters, each with its [`Ladder`]: of one account from one network, of one account from
//! everywhere (not for a browser that has logged in to it before, see
//! [`super::known_device`]), and of one network. A network is an IPv4 address or an IPv6 /64.
//!
//! A key is an HMAC, under a subkey of the master key, of the kind and what is counted: the table
//! tells nobody which names were tried.

mod ladder;

use std::net::{IpAddr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use ladder::Ladder;

use crate::account::user;
use crate::audit::{Event, Kind};
use crate::error::Error;
use crate::provider::Provider;
use crate::store::{StoreError, StoreExt as _, ThrottleRow, Tx};
use crate::time::{Seconds, Timestamp};

/// How often a counter is read again because somebody else moved it first. Each time somebody got
/// through, so only more than so many at once ever see the end of it.
const RETRIES: usize = 100;

/// The shortest time between two audit events about the same counter.
const TOLD_FOR: Seconds = Seconds(60);

/// Which attempts are counted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// One account from one network. Default 5 failures, then 2 seconds to 15 minutes.
    pub account_and_network: Ladder,
    /// One account from everywhere. Default 50 failures, then 2 seconds to a minute.
    pub account: Ladder,
    /// One network. Default 100 failures, then 2 seconds to a minute.
    pub network: Ladder,
}

impl Policy {
    /// A policy with these numbers of free failures (account and network, account, network; 0
    /// turns a counter off) that are forgotten within `memory`. Waits grow from `first` to
    /// `longest`, and to no more than a minute where other people share the counter.
    pub fn new(free: [u32; 3], first: Seconds, longest: Seconds, memory: Seconds) -> Self {
        let shared = longest.min(Seconds::minutes(1));
        let [pair, account, network] = free;
        Self {
            account_and_network: Ladder { free: pair, first, longest, memory },
            account: Ladder { free: account, first, longest: shared, memory },
            network: Ladder { free: network, first, longest: shared, memory },
        }
    }

    /// Nothing is counted.
    pub fn off() -> Self {
        Self::new([0; 3], Seconds::ZERO, Seconds::ZERO, Seconds::ZERO)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new([5, 50, 100], Seconds(2), Seconds::minutes(15), Seconds::hours(1))
    }
}

/// What an attempt was counted in; to be refunded when it succeeds.
#[derive(Debug, Clone, Default)]
#[must_use = "an attempt that succeeds is refunded"]
pub struct Reservation(Vec<Counter>);

#[derive(Debug, Clone)]
struct Counter {
    kind: &'static str,
    key: String,
    ladder: Ladder,
}

/// Why an attempt has to wait.
struct Blocked {
    counter: Counter,
    wait: Seconds,
}

/// Reserves an attempt to log in as `login` (in any spelling) from the caller's network. `spared`
/// says that this browser has logged in to that account before.
///
/// # Errors
/// [`Error::Throttled`] when there were too many: do not look at the password. The first such
/// refusal of a wait is an audit event. [`Error::Store`] when the database fails.
pub fn reserve(
    provider: &Provider,
    login: &str,
    spared: bool,
    now: Timestamp,
) -> Result<Reservation, Error> {
    let login = user::normalize_login(login);
    let counters = counters(provider, &login, spared)?;
    if counters.is_empty() {
        return Ok(Reservation::default());
    }
    // A flood that must wait reads, and does not queue up for the write lock.
    let mut blocked = provider.store.read(|tx| blocked(tx, &counters, now))?;
    if blocked.is_none() {
        blocked = claim(provider, &counters, now)?;
    }
    let Some(blocked) = blocked else { return Ok(Reservation(counters)) };
    tell(provider, &login, &blocked, now)?;
    Err(Error::Throttled(blocked.wait))
}

/// Takes an attempt out of its counters again, because it succeeded.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn refund(tx: &mut dyn Tx, reservation: &Reservation) -> Result<(), Error> {
    for counter in &reservation.0 {
        tx.refund_throttle(&counter.key, counter.ladder.leak())?;
    }
    Ok(())
}

/// The counters of an attempt, always in the same order, so that no two wait for each other.
fn counters(provider: &Provider, login: &str, spared: bool) -> Result<Vec<Counter>, Error> {
    let policy = &provider.settings.throttle;
    let network = provider.caller.address.map(|address| network(address).to_string());
    let pair = format!("{} {login}", network.as_deref().unwrap_or("unknown"));
    let mut counters = Vec::with_capacity(3);
    let mut add = |kind, ladder: Ladder, subject: &str| {
        if ladder.is_on() {
            counters.push(Counter { kind, key: key(provider, kind, subject)?, ladder });
        }
        Ok::<_, Error>(())
    };
    add("account and network", policy.account_and_network, &pair)?;
    if !spared {
        add("account", policy.account, login)?;
    }
    if let Some(network) = &network {
        add("network", policy.network, network)?;
    }
    Ok(counters)
}

/// What counts as one network, by its first address: an IPv4 address, also one that is mapped into
/// IPv6, or the /64 that one customer gets.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

fn key(provider: &Provider, kind: &str, subject: &str) -> Result<String, Error> {
    let digest = provider.master.hmac("throttle", format!("{kind}\n{subject}").as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(digest.0))
}

/// The counter with the longest wait, if there is one to wait for.
fn blocked(
    tx: &mut dyn Tx,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Option<Blocked>, Error> {
    let mut longest: Option<Blocked> = None;
    for counter in counters {
        let row = tx.find_throttle(&counter.key)?;
        let wait = counter.ladder.wait(row.as_ref(), now);
        if wait > longest.as_ref().map_or(Seconds::ZERO, |blocked| blocked.wait) {
            longest = Some(Blocked { counter: counter.clone(), wait });
        }
    }
    Ok(longest)
}

/// Raises every counter, or none of them and says which one has to wait.
fn claim(
    provider: &Provider,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Option<Blocked>, Error> {
    let mut refused = None;
    let claimed = provider.store.write(|tx| {
        for counter in counters {
            let wait = raise(tx, counter, now)?;
            if wait > Seconds::ZERO {
                refused = Some(Blocked { counter: counter.clone(), wait });
                return Err(Error::Throttled(wait));
            }
        }
        Ok(())
    });
    match claimed {
        Err(Error::Throttled(_)) => Ok(refused),
        other => other.map(|()| None),
    }
}

/// Raises one counter from what was read, or says how long to wait.
fn raise(tx: &mut dyn Tx, counter: &Counter, now: Timestamp) -> Result<Seconds, Error> {
    for _ in 0..RETRIES {
        let row: Option<ThrottleRow> = tx.find_throttle(&counter.key)?;
        let wait = counter.ladder.wait(row.as_ref(), now);
        if wait > Seconds::ZERO {
            return Ok(wait);
        }
        let raised = counter.ladder.raised(&counter.key, row.as_ref(), now);
        if tx.claim_throttle(row.as_ref(), &raised)? {
            return Ok(Seconds::ZERO);
        }
    }
    Err(StoreError::Unavailable("too many attempts at once on one counter".into()).into())
}

/// Records that attempts have to wait: once per counter and wait, not once per request of a flood.
fn tell(provider: &Provider, login: &str, blocked: &Blocked, now: Timestamp) -> Result<(), Error> {
    let key = key(provider, "told", &blocked.counter.key)?;
    let is_told = |row: &Option<ThrottleRow>| row.as_ref().is_some_and(|r| now < r.expires_at);
    if is_told(&provider.store.read(|tx| Ok(tx.find_throttle(&key)?))?) {
        return Ok(());
    }
    provider.store.write(|tx| {
        let row = tx.find_throttle(&key)?;
        let expires_at = now.plus(blocked.wait.max(TOLD_FOR));
        let told = ThrottleRow { key: key.clone(), failures: 1, last_at: now, expires_at };
        if is_told(&row) || !tx.claim_throttle(row.as_ref(), &told)? {
            return Ok(());
        }
        let event = Event::new(Kind::LoginThrottled)
            .detail("counter", blocked.counter.kind)
            .detail("wait", blocked.wait.0);
        let user = tx.find_user_by_login(login)?;
        user.iter().fold(event, |event, user| event.user(&user.id)).record(provider, tx, now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_ipv4_address_or_an_ipv6_64() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2::9"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
    }

    #[test]
    fn what_others_share_waits_a_minute_at_most() {
        let policy = Policy::default();
        assert_eq!(policy.account_and_network.longest, Seconds::minutes(15));
        assert_eq!(policy.account.longest, Seconds::minutes(1));
        assert_eq!(policy.network.longest, Seconds::minutes(1));
    }
}
