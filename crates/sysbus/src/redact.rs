//! The last line of defence: knows every [`Secret`](crate::Secret) that this process has made, and takes it out of
//! what is about to leave.
//!
//! Nothing should ever reach it: secrets are typed, and tools do not decode what they must not show. It is here for
//! the mistake that nobody has noticed. What is recognised, and what is left alone so that ordinary text stays
//! readable, stands in [`forms`].

mod finder;
mod forms;

use std::{
    borrow::Cow,
    mem,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use serde_json::Value;
use zeroize::Zeroizing;

use self::finder::Finder;
use crate::text::{is_visible, visible};

/// What stands in the place of a secret.
const STARS: &str = "***";
/// How many secrets are remembered that nobody holds any more: what quotes one may be written after its last
/// user is gone. A server that stays for months opens thousands of sessions; those of last week leak no more.
const MOST_UNHELD: usize = 128;

static KNOWN: RwLock<Known> = RwLock::new(Known { secrets: Vec::new(), finder: None });
static OUR_WORDS: OnceLock<fn(&str) -> bool> = OnceLock::new();

/// The secrets made so far, the most recent last.
struct Known {
    secrets: Vec<Arc<Zeroizing<String>>>,
    /// Made when first needed; a new secret takes it away.
    finder: Option<Arc<Finder>>,
}

/// Takes a secret in. The same text twice is one secret.
pub(crate) fn remember(text: Zeroizing<String>) -> Arc<Zeroizing<String>> {
    if !forms::is_recognisable(&text) {
        return Arc::new(text);
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known.secrets.iter().position(|secret| **secret == text) {
        let secret = known.secrets.remove(place);
        known.secrets.push(Arc::clone(&secret));
        return secret;
    }
    let secret = Arc::new(text);
    known.secrets.push(Arc::clone(&secret));
    known.finder = None;
    let unheld = known.secrets.iter().filter(|secret| Arc::strong_count(secret) == 1).count();
    if unheld > MOST_UNHELD
        && let Some(oldest) = known.secrets.iter().position(|secret| Arc::strong_count(secret) == 1)
    {
        known.secrets.remove(oldest);
    }
    secret
}

/// What recognises the secrets known now; `None` where there are none.
fn finder() -> Option<Arc<Finder>> {
    let secrets = {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        match &known.finder {
            Some(finder) => return Some(Arc::clone(finder)),
            None if known.secrets.is_empty() => return None,
            None => known.secrets.clone(),
        }
    };
    // Without the lock: the words of the program are looked up meanwhile.
    let ours = OUR_WORDS.get().copied().unwrap_or(|_| false);
    let forms = secrets.iter().flat_map(|secret| forms::of(secret, ours));
    let finder = Arc::new(Finder::new(forms));
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.secrets == secrets {
        known.finder = Some(Arc::clone(&finder));
    }
    Some(finder)
}

/// Tells the redactor the words of the program itself: names of tools and fields, values that it writes. Somebody
/// whose password is `internet` would otherwise get answers full of stars and without that field, and the gap would
/// tell the password. Counts once, before the first text leaves; `is_ours` may be slow, and makes no secret.
pub fn spare_words(is_ours: fn(&str) -> bool) {
    // A second call can only happen in tests, where the first one serves.
    let _ = OUR_WORDS.set(is_ours);
}

/// The text with `***` in place of every secret that this process has made.
pub fn redact(text: &str) -> Cow<'_, str> {
    finder().map_or(Cow::Borrowed(text), |finder| finder.hide(text))
}

/// Takes every secret out of a JSON value: texts, names of members, and numbers that are a secret as they stand.
/// Says whether there was one.
pub fn redact_json(value: &mut Value) -> bool {
    finder().is_some_and(|finder| walk(value, |text| finder.hide(text)))
}

/// A text as it may leave the program: no secret, no character that hides or moves the cursor; lines are kept.
pub fn outgoing(text: &str) -> Cow<'_, str> {
    // In this order: what is scattered over invisible characters is a secret again without them.
    match visible(text) {
        Cow::Borrowed(text) => redact(text),
        Cow::Owned(text) => Cow::Owned(redact(&text).into_owned()),
    }
}

/// A JSON value as it may leave the program: see [`outgoing`]. Says whether something had to go.
pub fn outgoing_json(value: &mut Value) -> bool {
    let shown = walk(value, visible);
    redact_json(value) || shown
}

/// Whether JSON that was written out may leave as it is: the quick question before [`outgoing_json`]. It may say no
/// where that finds nothing to do.
pub fn may_leave(json: &str) -> bool {
    is_visible(json)
        && !json.contains("\\u")
        && !json.contains("\\b")
        && !json.contains("\\r")
        && finder().is_none_or(|finder| matches!(finder.hide(json), Cow::Borrowed(_)))
}

/// Changes every text of a value; says whether one was changed.
fn walk(value: &mut Value, change: impl Fn(&str) -> Cow<'_, str>) -> bool {
    let mut any = false;
    let mut changed = |text: &str| match change(text) {
        Cow::Owned(text) => {
            any = true;
            Some(text)
        }
        Cow::Borrowed(_) => None,
    };
    each(value, &mut changed);
    any
}

fn each(value: &mut Value, changed: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            if let Some(text) = changed(&number.to_string()) {
                *value = Value::String(text);
            }
        }
        Value::String(text) => {
            if let Some(changed) = changed(text) {
                *text = changed;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| each(item, changed)),
        Value::Object(object) => {
            object.values_mut().for_each(|item| each(item, changed));
            if object.keys().any(|name| changed(name).is_some()) {
                let members = mem::take(object).into_iter();
                *object = members.map(|(name, item)| (changed(&name).unwrap_or(name), item)).collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Secret;

    // One registry serves all tests of this process, so each has secrets of its own.

    #[test]
    fn what_was_made_secret_is_taken_out() {
        let before = "the key is q7Wm-Zt93-first";
        assert_eq!(redact(before), before);
        let secret = Secret::new("q7Wm-Zt93-first");
        assert_eq!(redact(before), "the key is ***");
        assert_eq!(redact("twice: q7Wm-Zt93-firstq7Wm-Zt93-first."), "twice: ***.");
        drop(secret);
        assert_eq!(redact(before), "the key is ***", "an error may be written later");
        assert!(matches!(redact("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_is_walked() {
        let _secrets = [Secret::new("q7Wm-Zt93-\"json\""), Secret::new("90417263")];
        let mut value = json!({
            "list": [{ "q7Wm-Zt93-\"json\"": "x q7Wm-Zt93-\"json\" y" }, 90_417_263, 904_172_630, null, true],
            "after": 1,
        });
        let text = value.to_string();
        assert!(!may_leave(&text));
        assert!(redact_json(&mut value));
        assert_eq!(value.to_string(), r#"{"list":[{"***":"x *** y"},"***",904172630,null,true],"after":1}"#);
        assert!(!redact_json(&mut value) && may_leave(&value.to_string()));
        assert_eq!(redact(&text), r#"{"list":[{"***":"x *** y"},***,904172630,null,true],"after":1}"#);
    }

    #[test]
    fn what_goes_out_hides_nothing() {
        let _secret = Secret::new("q7Wm-Zt93-going");
        assert_eq!(outgoing("a\u{1b}[2Jb\nq7Wm-\u{200b}Zt93-going"), "a[2Jb\n***");
        let mut value = json!({ "a\u{202e}": "b\r\u{7}\nc" });
        assert!(!may_leave(&value.to_string()));
        assert!(outgoing_json(&mut value));
        assert_eq!(value, json!({ "a": "b\nc" }));
        assert!(may_leave(&value.to_string()));
    }

    #[test]
    fn many_sessions_do_not_push_out_what_is_in_use() {
        let held = Secret::new("q7Wm-Zt93-held");
        for number in 0..3 * MOST_UNHELD {
            drop(Secret::new(format!("q7Wm-Zt93-session-{number}")));
        }
        assert_eq!(redact(held.expose()), STARS);
        assert_eq!(redact(&format!("q7Wm-Zt93-session-{}", 3 * MOST_UNHELD - 1)), STARS);
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        let unheld = known.secrets.iter().filter(|secret| Arc::strong_count(secret) == 1).count();
        assert!(unheld <= MOST_UNHELD + 1, "{unheld}");
    }
}
