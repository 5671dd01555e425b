//! Lenient readers for the box's values.
//!
//! One parameter comes as a number on one firmware and as a string on the next, booleans come as `"0"`, an
//! empty map comes as `[]`, text is padded with blanks, and any field may be missing (protocol section 2,
//! "Types"). A wire struct therefore uses these types for its fields, with `#[serde(default)]` on the
//! struct: a value of the wrong type reads as absent, so that one odd field never costs the whole answer.
//!
//! ```
//! use sysbus::scalar::{Flag, Int, Text};
//!
//! #[derive(Default, serde::Deserialize)]
//! #[serde(default, rename_all = "PascalCase")]
//! struct Status { name: Text, up_time: Int, enable: Flag, missing: Text }
//!
//! let status: Status = serde_json::from_str(r#"{"Name":"box   ","UpTime":"42","Enable":1,"New":{}}"#).unwrap();
//! assert_eq!(status.name.get(), Some("box"));
//! assert_eq!(status.up_time.get(), Some(42));
//! assert_eq!(status.enable.get(), Some(true));
//! assert_eq!(status.missing.get(), None);
//! ```

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;

/// A text: a string, or a number or boolean written as one. Blanks around it are padding and removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Option<String>);

impl Text {
    /// The text; `None` when absent, of another type, or empty.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// The text, empty when absent.
    pub fn or_empty(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The non-empty parts of a list written as one string, separated by commas, semicolons or blanks.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.or_empty().split([',', ';', ' ']).filter(|part| !part.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// A whole number: a JSON number, or a string that holds one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Int(Option<i64>);

impl Int {
    /// The number; `None` when absent or not a number.
    pub fn get(self) -> Option<i64> {
        self.0
    }

    /// The number as an unsigned one; `None` when absent, not a number or negative.
    pub fn unsigned(self) -> Option<u64> {
        self.0.and_then(|number| u64::try_from(number).ok())
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            Value::Bool(flag) => Some(i64::from(flag)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// A fraction that is exactly a whole number, as some JSON writers produce.
#[expect(clippy::cast_possible_truncation, reason = "bounded to the range that f64 holds exactly")]
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// A truth value: a boolean, 0 or 1, or a string that says one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(Option<bool>);

impl Flag {
    /// The truth value; `None` when absent or not one.
    pub fn get(self) -> Option<bool> {
        self.0
    }

    /// Whether it is present and true.
    pub fn is_true(self) -> bool {
        self.0 == Some(true)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Bool(flag) => Some(flag),
            Value::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "0" | "false" => Some(false),
                "1" | "true" => Some(true),
                _ => None,
            },
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// A part of an answer that may be missing or of another type: reads as absent then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T>(Option<T>);

impl<T> Part<T> {
    /// The part, when there and of the expected shape.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Takes the part out.
    pub fn into_inner(self) -> Option<T> {
        self.0
    }
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(if value.is_object() { T::deserialize(value).ok() } else { None }))
    }
}

/// A map from key to entry, in the box's order. An empty one may come as `[]` or `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T>(Vec<(String, T)>);

impl<T> Table<T> {
    /// Keys and entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, entry)| (key.as_str(), entry))
    }

    /// The entry with that key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.iter().find(|(known, _)| *known == key).map(|(_, entry)| entry)
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for Table<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Table<T> {
    /// Entries that are not of the expected shape are left out; a value that is neither a map, an empty list
    /// nor null is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(map) => Ok(Self(
                map.into_iter()
                    .filter_map(|(key, value)| T::deserialize(value).ok().map(|entry| (key, entry)))
                    .collect(),
            )),
            Value::Array(list) if list.is_empty() => Ok(Self::default()),
            Value::Null => Ok(Self::default()),
            _ => Err(D::Error::custom("expected a map")),
        }
    }
}

/// A list of entries. Some methods declare a list and answer a map: its values are taken then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T>(Vec<T>);

impl<T> Rows<T> {
    /// The entries, in the box's order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for Rows<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Rows<T> {
    /// Entries that are not of the expected shape are left out; a value that is neither a list, a map nor
    /// null is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries: Vec<Value> = match Value::deserialize(deserializer)? {
            Value::Array(list) => list,
            Value::Object(map) => map.into_iter().map(|(_, value)| value).collect(),
            Value::Null => Vec::new(),
            _ => return Err(D::Error::custom("expected a list")),
        };
        Ok(Self(entries.into_iter().filter_map(|value| T::deserialize(value).ok()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn numbers_come_in_every_dress() {
        let read = |value| from_value::<Int>(value).unwrap().get();
        assert_eq!(read(json!(-20457)), Some(-20457));
        assert_eq!(read(json!("405666067226")), Some(405_666_067_226));
        assert_eq!(read(json!(3.0)), Some(3));
        assert_eq!(read(json!(true)), Some(1));
        for odd in [json!("**REDACTED**"), json!(1.5), json!(null), json!([]), json!({}), json!("")] {
            assert_eq!(read(odd), None);
        }
        assert_eq!(from_value::<Int>(json!(-1)).unwrap().unsigned(), None);
    }

    #[test]
    fn truth_comes_in_every_dress() {
        let read = |value| from_value::<Flag>(value).unwrap().get();
        assert_eq!(read(json!(true)), Some(true));
        assert_eq!(read(json!("0")), Some(false));
        assert_eq!(read(json!(1)), Some(true));
        assert_eq!(read(json!(-1)), None);
        assert_eq!(read(json!("Enabled")), None);
    }

    #[test]
    fn containers_survive_odd_entries() {
        let table: Table<Part<Text>> = from_value(json!([])).unwrap();
        assert!(table.is_empty());
        let table: Table<Text> = from_value(json!({"b": "x", "a": 1})).unwrap();
        assert_eq!(table.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["b", "a"]);
        let rows: Rows<Int> = from_value(json!({"1": 5, "2": 6})).unwrap();
        assert_eq!(rows.into_iter().filter_map(Int::get).collect::<Vec<_>>(), [5, 6]);
        assert!(from_value::<Rows<Int>>(json!("no")).is_err());
    }
}
