//! Questions of the 2026 protocol, which travel with the call: it is answered with the question and a sealed state, and
//! comes again with a person's answer and that state.
//!
//! The state is out of our hands meanwhile. It is sealed with a key that only this process has, is good for minutes, for
//! the same call of the same client only, and counts once.

use std::{
    collections::HashMap,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use livebox::{Client, ToolError, say};
use ring::rand::{SecureRandom as _, SystemRandom};
use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Seals states, and opens each of them once.
pub(super) struct Seals {
    /// How long a state is good.
    valid: Duration,
    /// Made when first needed: starting takes nothing, not even random bytes.
    codec: OnceLock<RequestStateCodec>,
    next: AtomicU64,
    /// The states that came back, and until when each must be remembered.
    spent: Mutex<HashMap<u64, Instant>>,
}

/// What is in a state. It is signed, not hidden.
#[derive(Serialize, Deserialize)]
struct State {
    number: u64,
    /// Hash of the plan that was shown.
    plan: String,
}

/// What a state is for: this tool with these arguments, all of them, for this client.
pub(super) fn binding(tool: &str, args: &Value, client: &Client) -> Vec<u8> {
    let mut args = args.clone();
    args.sort_all_objects();
    json!([tool, args, client.name, client.version]).to_string().into_bytes()
}

impl Seals {
    pub(super) fn new(valid: Duration) -> Self {
        Self { valid, codec: OnceLock::new(), next: AtomicU64::new(1), spent: Mutex::default() }
    }

    /// The codec; `None` on a computer without randomness, where nothing can be sealed.
    fn codec(&self) -> Option<&RequestStateCodec> {
        if let Some(codec) = self.codec.get() {
            return Some(codec);
        }
        let mut key = [0; RequestStateCodec::MIN_KEY_LENGTH];
        SystemRandom::new().fill(&mut key).ok()?;
        let codec = RequestStateCodec::try_new(key).ok()?;
        Some(self.codec.get_or_init(|| codec))
    }

    /// A state for the question about that plan.
    pub(super) fn seal(&self, plan: &str, binding: &[u8]) -> Option<String> {
        let state = State { number: self.next.fetch_add(1, Ordering::Relaxed), plan: plan.to_owned() };
        let options = SealOptions::new().associated_data(binding).ttl(self.valid);
        self.codec()?.seal_json_with(&state, &options).ok()
    }

    /// Opens a state that came back with a call, and uses it up, whatever becomes of the call: of several calls with the
    /// same state one gets the hash of the plan that was shown, the others an error.
    pub(super) fn redeem(&self, sealed: &str, binding: &[u8]) -> Result<String, ToolError> {
        let opened = self.codec().ok_or(RequestStateError::IntegrityCheckFailed);
        let state: State = match opened.and_then(|codec| codec.open_json_with(sealed, binding)) {
            Ok(state) => state,
            Err(RequestStateError::Expired) => return Err(expired(self.valid)),
            Err(_) => return Err(foreign()),
        };
        let now = Instant::now();
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        // What is older has expired by itself.
        spent.retain(|_, until| *until > now);
        match spent.insert(state.number, now + self.valid) {
            None => Ok(state.plan),
            Some(_) => Err(used()),
        }
    }
}

fn foreign() -> ToolError {
    ToolError::NotConsented(say!(
        "Nothing was changed: the answer came with a state that does not belong to this call, or was altered. Make the call anew, without it.",
        "Rien n'a été modifié : la réponse est venue avec un état qui n'est pas celui de cet appel, ou qui a été altéré. Refaites l'appel sans lui."
    ))
}

fn expired(valid: Duration) -> ToolError {
    let minutes = valid.as_secs().div_ceil(60);
    ToolError::NotConsented(say!(
        "Nothing was changed: the answer came too late, it was good for {minutes} minutes. Make the call anew.",
        "Rien n'a été modifié : la réponse est venue trop tard, elle valait {minutes} minutes. Refaites l'appel."
    ))
}

fn used() -> ToolError {
    ToolError::NotConsented(say!(
        "Nothing was changed by this call: the answer it came with was used already. Make the call anew to ask again.",
        "Rien n'a été modifié par cet appel : la réponse qui l'accompagne a déjà servi. Refaites l'appel pour redemander."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> Client {
        Client { name: name.to_owned(), version: "1".to_owned(), transport: "stdio".to_owned() }
    }

    #[test]
    fn a_state_is_good_once_for_the_same_call() {
        let seals = Seals::new(Duration::from_secs(60));
        let call = binding("dmz_set", &json!({ "host": "nas", "n": { "b": 1, "a": 2 } }), &client("one"));
        let sealed = seals.seal("hash", &call).unwrap();
        for other in [
            binding("dmz_set", &json!({ "host": "tv", "n": { "b": 1, "a": 2 } }), &client("one")),
            binding("dmz_set", &json!({ "host": "nas" }), &client("one")),
            binding("dmz_clear", &json!({ "host": "nas", "n": { "b": 1, "a": 2 } }), &client("one")),
            binding("dmz_set", &json!({ "host": "nas", "n": { "b": 1, "a": 2 } }), &client("two")),
        ] {
            assert!(seals.redeem(&sealed, &other).is_err());
        }
        let again = binding("dmz_set", &json!({ "n": { "a": 2, "b": 1 }, "host": "nas" }), &client("one"));
        assert_eq!(seals.redeem(&sealed, &again).unwrap(), "hash", "the order of arguments says nothing");
        assert!(seals.redeem(&sealed, &call).unwrap_err().to_string().contains("used already"));
    }

    #[test]
    fn an_altered_or_foreign_state_is_refused() {
        let seals = Seals::new(Duration::from_secs(60));
        let sealed = seals.seal("hash", b"call").unwrap();
        for place in 0..sealed.len() {
            let mut letters = sealed.clone().into_bytes();
            letters[place] = if letters[place] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(letters).unwrap();
            assert!(seals.redeem(&altered, b"call").is_err(), "letter {place}");
        }
        for rubbish in ["", "x", "rs1..", &sealed[1..], &format!("{sealed}A")] {
            assert!(seals.redeem(rubbish, b"call").is_err(), "{rubbish}");
        }
        assert!(Seals::new(Duration::from_secs(60)).redeem(&sealed, b"call").is_err(), "another process");
        assert!(seals.redeem(&sealed, b"call").is_ok(), "none of that used it up");
    }

    #[test]
    fn what_is_forgotten_has_expired() {
        let seals = Seals::new(Duration::from_millis(20));
        let sealed = seals.seal("hash", b"call").unwrap();
        let first = seals.redeem(&sealed, b"call");
        std::thread::sleep(Duration::from_millis(40));
        let other = seals.seal("hash", b"call").unwrap();
        let _ = seals.redeem(&other, b"call");
        assert!(first.is_ok() && seals.spent.lock().unwrap().len() <= 1);
        assert!(seals.redeem(&sealed, b"call").unwrap_err().to_string().contains("too late"));
    }

    #[test]
    fn of_many_at_once_one_wins() {
        let seals = Seals::new(Duration::from_secs(60));
        let sealed = seals.seal("hash", b"call").unwrap();
        let wins: usize = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..8).map(|_| scope.spawn(|| seals.redeem(&sealed, b"call").is_ok())).collect();
            tries.into_iter().map(|attempt| usize::from(attempt.join().unwrap())).sum()
        });
        assert_eq!(wins, 1);
    }
}
