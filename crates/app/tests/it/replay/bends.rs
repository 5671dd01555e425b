//! Ways in which a firmware that nobody has seen may answer differently.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Value, json};

use super::recorded::Bend;

/// A bend and its description.
pub struct Bent {
    pub name: String,
    pub bend: Bend,
}

/// What becomes of one value.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Dropped,
    Null,
    Redacted,
    Empty,
    Small,
    Negative,
    Lowest,
    Huge,
    Fraction,
    Flag,
    Blank,
    Long,
    Other,
    List,
    Map,
}

const FATES: [Fate; 15] = [
    Fate::Dropped,
    Fate::Null,
    Fate::Redacted,
    Fate::Empty,
    Fate::Small,
    Fate::Negative,
    Fate::Lowest,
    Fate::Huge,
    Fate::Fraction,
    Fate::Flag,
    Fate::Blank,
    Fate::Long,
    Fate::Other,
    Fate::List,
    Fate::Map,
];

impl Fate {
    fn befall(self, value: &mut Value) {
        *value = match (self, &*value) {
            (Self::Dropped | Self::Null, _) => Value::Null,
            (Self::Redacted, _) => json!("**REDACTED**"),
            // An empty map is a list to some boxes, and the other way round.
            (Self::Empty, Value::Object(_)) | (Self::List, _) => json!([]),
            (Self::Empty | Self::Map, _) => json!({}),
            (Self::Small, _) => json!(7),
            (Self::Negative, _) => json!(-1),
            (Self::Lowest, _) => json!(i64::MIN),
            (Self::Huge, _) => json!(i64::MAX),
            (Self::Fraction, _) => json!(1.5),
            (Self::Flag, _) => json!(true),
            (Self::Blank, _) => json!(""),
            (Self::Long, _) => json!("é\u{202e}<b>".repeat(1500)),
            // A number in words, words for a number.
            (Self::Other, Value::String(_)) => json!([{ "Value": 1 }]),
            (Self::Other, other) => json!(other.to_string()),
        };
    }
}

/// Every scalar, wherever it stands.
fn scalars(value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| scalars(value, change)),
        Value::Array(list) => list.iter_mut().for_each(|value| scalars(value, change)),
        _ => change(value),
    }
}

/// Every value with that name.
fn named(value: &mut Value, fate_of: &dyn Fn(&str) -> Option<Fate>) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| !matches!(fate_of(name), Some(Fate::Dropped)));
            for (name, value) in object {
                match fate_of(name) {
                    Some(fate) => fate.befall(value),
                    None => named(value, fate_of),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| named(value, fate_of)),
        _ => {}
    }
}

fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.keys().cloned());
            object.values().for_each(|value| names(value, found));
        }
        // What the first few entries have stands for all.
        Value::Array(list) => list.iter().take(8).for_each(|value| names(value, found)),
        _ => {}
    }
}

fn emptied(value: &mut Value) {
    match value {
        Value::Object(object) if object.values().all(|value| !value.is_object() && !value.is_array()) => {
            *value = json!([]);
        }
        Value::Object(object) => object.values_mut().for_each(emptied),
        Value::Array(list) if list.iter().all(|value| !value.is_object()) => *value = json!({}),
        Value::Array(list) => list.iter_mut().for_each(emptied),
        _ => {}
    }
}

fn enriched(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(enriched);
            object.insert("X_ORANGE-COM_New".to_owned(), json!({ "Deep": [1, null, { "Enable": "maybe" }] }));
        }
        Value::Array(list) => {
            list.iter_mut().for_each(enriched);
            list.push(Value::Null);
            list.push(json!("odd"));
        }
        _ => {}
    }
}

/// The payload's places. Errors are left alone.
fn payload(body: &mut Value, change: impl Fn(&mut Value)) {
    if let Some(object) = body.as_object_mut()
        && !object.contains_key("errors")
    {
        object
            .iter_mut()
            .filter(|(name, _)| *name == "status" || *name == "data")
            .for_each(|(_, value)| change(value));
    }
}

/// Everything that happens to an answer as it was first seen; `dice` make the choice another one for each answer.
pub fn all(body: &Value, dice: &mut Dice, few: usize) -> Vec<Bent> {
    type Change = Box<dyn Fn(&mut Value) + Send + Sync>;
    let whole = |fate: Fate| -> Change {
        Box::new(move |value| {
            let mut seen = 0_u32;
            scalars(value, &mut |scalar| {
                // An answer of nothing but long texts would be larger than any that is read.
                if !matches!(fate, Fate::Long) || seen.is_multiple_of(16) {
                    fate.befall(scalar);
                }
                seen += 1;
            });
        })
    };
    let mut changes: Vec<(String, Change)> = Vec::new();
    for fate in [
        Fate::Null,
        Fate::Redacted,
        Fate::Small,
        Fate::Lowest,
        Fate::Huge,
        Fate::Long,
        Fate::Flag,
        Fate::Other,
    ] {
        changes.push((format!("every scalar {fate:?}"), whole(fate)));
    }
    changes.push(("innermost containers emptied".to_owned(), Box::new(emptied)));
    changes.push(("fields added".to_owned(), Box::new(enriched)));
    changes.push((
        "lower case".to_owned(),
        Box::new(|value| {
            scalars(value, &mut |scalar| {
                if let Value::String(text) = scalar {
                    *text = text.to_lowercase();
                }
            });
        }),
    ));
    for fate in [Fate::Null, Fate::Redacted, Fate::Small, Fate::Flag, Fate::List, Fate::Map] {
        changes.push((format!("payload {fate:?}"), Box::new(move |value| fate.befall(value))));
    }
    let mut known = BTreeSet::new();
    for place in ["status", "data"] {
        names(&body[place], &mut known);
    }
    let known: Vec<String> = known.into_iter().collect();
    for turn in 0..few {
        // One name alone, a few, many.
        let one_in = [known.len().max(1), 12, 4][turn % 3];
        let mut chosen = Dice(dice.roll(1 << 30) as u64);
        let fates: BTreeMap<String, Fate> = known
            .iter()
            .filter(|_| chosen.roll(one_in) == 0)
            .map(|name| (name.clone(), FATES[dice.roll(FATES.len())]))
            .collect();
        let name = format!("{fates:?}");
        let fate_of = move |name: &str| fates.get(name).copied();
        changes.push((name, Box::new(move |value| named(value, &fate_of))));
    }
    changes
        .into_iter()
        .map(|(name, change)| Bent { name, bend: Arc::new(move |body: &mut Value| payload(body, &change)) })
        .collect()
}

/// Numbers that look random and are the same each time (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }
}
