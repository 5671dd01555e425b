//! Readers for what holds others: parts, maps and lists.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{Read, tally};

/// Reads structs from objects only: serde would fill one from a list too, field by field in our order.
pub(crate) struct ByName<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ByName<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// Notes that something is not of the expected shape: an error while paths are told, else nothing but counted.
fn refuse<E: Error>(error: impl FnOnce() -> E) -> Result<(), E> {
    if tally::odd() { Err(error()) } else { Ok(()) }
}

/// An entry that reads as absent when it is not of the expected shape.
struct Attempt<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Attempt<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match T::deserialize(ByName(deserializer)) {
            Ok(entry) => Ok(Self(Some(entry))),
            Err(error) => refuse(|| error).map(|()| Self(None)),
        }
    }
}

/// A part of an answer, an object, that may be missing or of another shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T>(Read<T>);

impl<T> Part<T> {
    /// The part, when there and of the expected shape.
    pub fn get(&self) -> Option<&T> {
        if let Read::Is(part) = &self.0 { Some(part) } else { None }
    }

    /// Takes the part out.
    pub fn into_inner(self) -> Option<T> {
        if let Read::Is(part) = self.0 { Some(part) } else { None }
    }

    /// Whether something is there that is not of the expected shape.
    pub fn is_odd(&self) -> bool {
        matches!(self.0, Read::Odd)
    }
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(Read::Absent)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor(PhantomData))
    }
}

struct PartVisitor<T>(PhantomData<T>);

/// The visits of values that are no container, for a visitor whose `odd` makes the value that then stands there.
macro_rules! scalars_are_odd {
    ($value:ty) => {
        fn visit_bool<E: Error>(self, flag: bool) -> Result<$value, E> {
            self.odd(Unexpected::Bool(flag))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<$value, E> {
            self.odd(Unexpected::Signed(number))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<$value, E> {
            self.odd(Unexpected::Unsigned(number))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<$value, E> {
            self.odd(Unexpected::Float(number))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<$value, E> {
            // Boxes write "" for what they do not have.
            if text.trim().is_empty() { Ok(<$value>::default()) } else { self.odd(Unexpected::Str(text)) }
        }

        fn visit_unit<E: Error>(self) -> Result<$value, E> {
            Ok(<$value>::default())
        }
    };
}

impl<T> PartVisitor<T> {
    #[expect(clippy::unused_self, reason = "the form that the macro calls")]
    fn odd<E: Error>(self, found: Unexpected<'_>) -> Result<Part<T>, E> {
        refuse(|| E::invalid_type(found, &"an object"))?;
        Ok(Part(Read::Odd))
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for PartVisitor<T> {
    type Value = Part<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part<T>, A::Error> {
        let part = match T::deserialize(MapAccessDeserializer::new(&mut map)) {
            Ok(part) => Read::Is(part),
            Err(error) => {
                refuse(|| error)?;
                Read::Odd
            }
        };
        // What a refused part left unread would count against the whole.
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Part(part))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Part<T>, A::Error> {
        if list.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Part::default());
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.odd(Unexpected::Seq)
    }

    scalars_are_odd!(Part<T>);
}

/// A map from key to entry, in the box's order. An empty one may come as `[]` or `null`. Entries that are not of
/// the expected shape are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T> {
    entries: Vec<(String, T)>,
    is_odd: bool,
}

impl<T> Table<T> {
    /// Keys and entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.entries.iter().map(|(key, entry)| (key.as_str(), entry))
    }

    /// The entries.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// The entry with that key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.iter().find(|(known, _)| *known == key).map(|(_, entry)| entry)
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether something is there that is no map, or has entries none of which is of the expected shape: empty does
    /// not mean that there are none.
    pub fn is_odd(&self) -> bool {
        self.is_odd
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), is_odd: false }
    }
}

impl<T> IntoIterator for Table<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TableVisitor(PhantomData))
    }
}

struct TableVisitor<T>(PhantomData<T>);

impl<T> TableVisitor<T> {
    #[expect(clippy::unused_self, reason = "the form that the macro calls")]
    fn odd<E: Error>(self, found: Unexpected<'_>) -> Result<Table<T>, E> {
        refuse(|| E::invalid_type(found, &"an object"))?;
        Ok(Table { entries: Vec::new(), is_odd: true })
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for TableVisitor<T> {
    type Value = Table<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table<T>, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
        let mut refused = false;
        while let Some((key, Attempt(entry))) = map.next_entry::<String, Attempt<T>>()? {
            refused |= entry.is_none();
            entries.extend(entry.map(|entry| (key, entry)));
        }
        Ok(Table { is_odd: refused && entries.is_empty(), entries })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Table<T>, A::Error> {
        if list.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Table::default());
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.odd(Unexpected::Seq)
    }

    scalars_are_odd!(Table<T>);
}

/// A list of entries. Some methods declare a list and answer a map: its values are taken then. Entries that are not
/// of the expected shape are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    entries: Vec<T>,
    is_odd: bool,
}

impl<T> Rows<T> {
    /// The entries, in the box's order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether something is there that is no list, or has entries none of which is of the expected shape: empty does
    /// not mean that there are none.
    pub fn is_odd(&self) -> bool {
        self.is_odd
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), is_odd: false }
    }
}

impl<T> IntoIterator for Rows<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
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
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowsVisitor(PhantomData))
    }
}

struct RowsVisitor<T>(PhantomData<T>);

impl<T> RowsVisitor<T> {
    #[expect(clippy::unused_self, reason = "the form that the macro calls")]
    fn odd<E: Error>(self, found: Unexpected<'_>) -> Result<Rows<T>, E> {
        refuse(|| E::invalid_type(found, &"a list"))?;
        Ok(Rows { entries: Vec::new(), is_odd: true })
    }

    fn of(entries: impl Iterator<Item = Option<T>>) -> Rows<T> {
        let mut refused = false;
        let entries: Vec<T> = entries.inspect(|entry| refused |= entry.is_none()).flatten().collect();
        Rows { is_odd: refused && entries.is_empty(), entries }
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for RowsVisitor<T> {
    type Value = Rows<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows<T>, A::Error> {
        let mut entries = Vec::with_capacity(list.size_hint().unwrap_or_default());
        while let Some(Attempt(entry)) = list.next_element::<Attempt<T>>()? {
            entries.push(entry);
        }
        Ok(Self::of(entries.into_iter()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows<T>, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
        while let Some((_, Attempt(entry))) = map.next_entry::<IgnoredAny, Attempt<T>>()? {
            entries.push(entry);
        }
        Ok(Self::of(entries.into_iter()))
    }

    scalars_are_odd!(Rows<T>);
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::scalar::{Int, Text};

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
        for odd in [json!([1]), json!([1, 2]), json!("x"), json!(1.5), json!(true), json!({"a": "x"})] {
            let part = Part::<Strict>::deserialize(&odd).unwrap();
            assert_eq!((part.get(), part.is_odd()), (None, true), "{odd}");
        }
        for absent in [json!([]), json!(null), json!("")] {
            let part = Part::<Strict>::deserialize(&absent).unwrap();
            assert_eq!((part.get(), part.is_odd()), (None, false), "{absent}");
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
    }

    #[test]
    fn empty_is_not_unknown() {
        let rows = |value| from_value::<Rows<Strict>>(value).unwrap().is_odd();
        let table = |value| from_value::<Table<Strict>>(value).unwrap().is_odd();
        for empty in [json!([]), json!({}), json!(null), json!("")] {
            assert!(!rows(empty.clone()) && !table(empty));
        }
        for odd in [json!("no"), json!(3), json!([[1, 2]]), json!({"a": 7})] {
            assert!(rows(odd.clone()) && table(odd));
        }
        let good = json!({"a": 1, "b": 2});
        assert!(!rows(json!([good, null])) && table(json!([good])) && !table(json!({"x": good, "y": null})));
    }
}
