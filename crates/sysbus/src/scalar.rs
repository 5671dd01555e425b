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

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

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
        deserializer.deserialize_any(Scalar(|found: Found<'_>| match found {
            Found::Text(text) => Self(Some(text.trim().to_owned())),
            Found::Whole(number) => Self(Some(number.to_string())),
            Found::Fraction(number) => Self(Some(number.to_string())),
            Found::Truth(flag) => Self(Some(flag.to_string())),
            Found::Other => Self(None),
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
        deserializer.deserialize_any(Scalar(|found: Found<'_>| {
            Self(match found {
                Found::Whole(number) => i64::try_from(number).ok(),
                Found::Fraction(number) => whole(number),
                Found::Text(text) => text.trim().parse().ok(),
                Found::Truth(flag) => Some(i64::from(flag)),
                Found::Other => None,
            })
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
        deserializer.deserialize_any(Scalar(|found: Found<'_>| {
            Self(match found {
                Found::Truth(flag) => Some(flag),
                Found::Whole(0) => Some(false),
                Found::Whole(1) => Some(true),
                Found::Text(text) => match text.trim() {
                    "0" => Some(false),
                    "1" => Some(true),
                    text if text.eq_ignore_ascii_case("false") => Some(false),
                    text if text.eq_ignore_ascii_case("true") => Some(true),
                    _ => None,
                },
                Found::Whole(_) | Found::Fraction(_) | Found::Other => None,
            })
        }))
    }
}

/// A JSON value as far as a scalar cares.
enum Found<'a> {
    Text(&'a str),
    Whole(i128),
    Fraction(f64),
    Truth(bool),
    /// Null, a list or an object.
    Other,
}

/// Makes a scalar of whatever stands there. Nothing is copied but what is kept: answers have thousands of fields.
struct Scalar<F>(F);

impl<'de, T, F: FnOnce(Found<'_>) -> T> Visitor<'de> for Scalar<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<T, E> {
        Ok(self.0(Found::Truth(flag)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(self.0(Found::Whole(number.into())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(self.0(Found::Whole(number.into())))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Ok(self.0(Found::Fraction(number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(self.0(Found::Text(text)))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(self.0(Found::Other))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.0(Found::Other))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.0(Found::Other))
    }
}

/// An entry that reads as absent when it is not of the expected shape.
struct Attempt<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Attempt<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).ok()))
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
        deserializer.deserialize_any(PartVisitor(PhantomData))
    }
}

struct PartVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for PartVisitor<T> {
    type Value = Part<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part<T>, A::Error> {
        let part = T::deserialize(MapAccessDeserializer::new(&mut map)).ok();
        // What a refused part left unread would count against the whole.
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Part(part))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Part<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Part<T>, E> {
        Ok(Part(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Part<T>, E> {
        Ok(Part(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Part<T>, E> {
        Ok(Part(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Part<T>, E> {
        Ok(Part(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Part<T>, E> {
        Ok(Part(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Part<T>, E> {
        Ok(Part(None))
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
        deserializer.deserialize_any(TableVisitor(PhantomData))
    }
}

struct TableVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for TableVisitor<T> {
    type Value = Table<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table<T>, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
        while let Some((key, Attempt(entry))) = map.next_entry::<String, Attempt<T>>()? {
            entries.extend(entry.map(|entry| (key, entry)));
        }
        Ok(Table(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Table<T>, A::Error> {
        match list.next_element::<IgnoredAny>()? {
            None => Ok(Table::default()),
            Some(_) => Err(A::Error::custom("expected a map")),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Table<T>, E> {
        Ok(Table::default())
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
        deserializer.deserialize_any(RowsVisitor(PhantomData))
    }
}

struct RowsVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for RowsVisitor<T> {
    type Value = Rows<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows<T>, A::Error> {
        let mut rows = Vec::with_capacity(list.size_hint().unwrap_or_default());
        while let Some(Attempt(row)) = list.next_element()? {
            rows.extend(row);
        }
        Ok(Rows(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows<T>, A::Error> {
        let mut rows = Vec::with_capacity(map.size_hint().unwrap_or_default());
        while let Some((_, Attempt(row))) = map.next_entry::<IgnoredAny, Attempt<T>>()? {
            rows.extend(row);
        }
        Ok(Rows(rows))
    }

    fn visit_unit<E: Error>(self) -> Result<Rows<T>, E> {
        Ok(Rows::default())
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

    /// A shape that can be refused in its middle.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Strict {
        a: u8,
        b: u8,
    }

    #[test]
    fn a_refused_part_does_not_cost_the_whole() {
        #[derive(Debug, Deserialize)]
        struct Whole {
            part: Part<Strict>,
            table: Table<Strict>,
            rows: Rows<Strict>,
            last: Int,
        }
        let bad = json!({"a": "x", "b": 1, "c": [1, {"d": null}]});
        let good = json!({"a": 1, "b": 2});
        let whole = json!({"part": bad, "table": {"x": bad, "y": good}, "rows": [bad, good, 7], "last": "5"});
        let text = whole.to_string();
        let whole = Whole::deserialize(&whole).unwrap();
        assert_eq!((whole.part.get(), whole.last.get()), (None, Some(5)));
        assert_eq!(whole.table.get("y"), Some(&Strict { a: 1, b: 2 }));
        assert_eq!((whole.table.len(), whole.rows.len()), (1, 1));
        // Answers are decoded from values; text that is read directly may only fail, never lie.
        if let Ok(whole) = serde_json::from_str::<Whole>(&text) {
            assert_eq!(whole.last.get(), Some(5));
        }
        for odd in [json!([]), json!([1]), json!("x"), json!(1.5), json!(true), json!(null)] {
            assert_eq!(Part::<Strict>::deserialize(&odd).unwrap().get(), None);
        }
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
