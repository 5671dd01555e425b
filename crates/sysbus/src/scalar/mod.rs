//! Lenient readers for the box's values.
//!
//! One parameter comes as a number on one firmware and as a string on the next, booleans come as `"0"`, an
//! empty map comes as `[]`, text is padded with blanks, and any field may be missing (protocol section 2,
//! "Types"). A wire struct therefore uses these types for its fields, with `#[serde(default)]` on the
//! struct: a value of the wrong type reads as unknown, so that one odd field never costs the whole answer.
//!
//! Unknown is not the same as absent: each type tells with `is_odd` whether something was there that is not what
//! was expected, so that nobody makes "no" or "none" of it. An answer in which nothing at all is as expected is
//! [`Error::NotUnderstood`](crate::Error::NotUnderstood).
//!
//! ```
//! use sysbus::scalar::{Flag, Int, Text};
//!
//! #[derive(Default, serde::Deserialize)]
//! #[serde(default, rename_all = "PascalCase")]
//! struct Status { name: Text, up_time: Int, enable: Flag, missing: Text, odd: Flag }
//!
//! let status: Status =
//!     serde_json::from_str(r#"{"Name":"box   ","UpTime":"42","Enable":1,"New":{},"Odd":"blue"}"#).unwrap();
//! assert_eq!(status.name.get(), Some("box"));
//! assert_eq!(status.up_time.get(), Some(42));
//! assert_eq!(status.enable.get(), Some(true));
//! assert_eq!((status.missing.get(), status.missing.is_odd()), (None, false));
//! assert_eq!((status.odd.get(), status.odd.is_odd()), (None, true));
//! ```

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor},
};

mod container;
pub(crate) mod tally;

pub(crate) use container::ByName;
pub use container::{Part, Rows, Table};

/// What stands in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Read<T> {
    /// Nothing: the field is missing, null or empty.
    #[default]
    Absent,
    /// Something else than was expected.
    Odd,
    /// What was expected.
    Is(T),
}

/// A text: a string. Blanks around it are padding and removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Read<String>);

impl Text {
    /// The text; `None` when absent, of another type, or empty.
    pub fn get(&self) -> Option<&str> {
        self.given().filter(|text| !text.is_empty())
    }

    /// The text, even an empty one; `None` when absent or of another type.
    pub fn given(&self) -> Option<&str> {
        if let Read::Is(text) = &self.0 { Some(text) } else { None }
    }

    /// The text, empty when absent.
    pub fn or_empty(&self) -> &str {
        self.given().unwrap_or_default()
    }

    /// The non-empty parts of a list written as one string, separated by commas, semicolons or blanks.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.or_empty().split([',', ';', ' ']).filter(|part| !part.is_empty())
    }

    /// Whether something is there that is no text.
    pub fn is_odd(&self) -> bool {
        self.0 == Read::Odd
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |found: &Found<'_>| match found {
            Found::Text(text) => Read::Is(text.trim().to_owned()),
            other => other.unreadable(),
        };
        deserializer.deserialize_any(Scalar("a text", read)).map(Self)
    }
}

/// A text that some firmware writes as a number or a boolean: ports, telephone numbers, states.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word(Text);

impl Word {
    /// As [`Text::get`].
    pub fn get(&self) -> Option<&str> {
        self.0.get()
    }

    /// As [`Text::or_empty`].
    pub fn or_empty(&self) -> &str {
        self.0.or_empty()
    }

    /// Whether something is there that is not one.
    pub fn is_odd(&self) -> bool {
        self.0.is_odd()
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |found: &Found<'_>| match found {
            Found::Text(text) => Read::Is(text.trim().to_owned()),
            Found::Whole(number) => Read::Is(number.to_string()),
            Found::Fraction(number) => Read::Is(number.to_string()),
            Found::Truth(flag) => Read::Is(flag.to_string()),
            other => other.unreadable(),
        };
        deserializer.deserialize_any(Scalar("a text", read)).map(|read| Self(Text(read)))
    }
}

/// A whole number: a JSON number, or a string that holds one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Int(Read<i64>);

impl Int {
    /// The number; `None` when absent or not a number.
    pub fn get(self) -> Option<i64> {
        if let Read::Is(number) = self.0 { Some(number) } else { None }
    }

    /// The number as an unsigned one; `None` when absent, not a number or negative.
    pub fn unsigned(self) -> Option<u64> {
        self.get().and_then(|number| u64::try_from(number).ok())
    }

    /// Whether something is there that is no whole number.
    pub fn is_odd(self) -> bool {
        self.0 == Read::Odd
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |found: &Found<'_>| {
            let number = match found {
                Found::Whole(number) => i64::try_from(*number).ok(),
                Found::Fraction(number) => whole(*number),
                Found::Text(text) => text.trim().parse().ok(),
                Found::Truth(flag) => Some(i64::from(*flag)),
                Found::Nothing | Found::Other(_) => None,
            };
            number.map_or_else(|| found.unreadable(), Read::Is)
        };
        deserializer.deserialize_any(Scalar("a whole number", read)).map(Self)
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
pub struct Flag(Read<bool>);

impl Flag {
    /// The truth value; `None` when absent or not one.
    pub fn get(self) -> Option<bool> {
        if let Read::Is(flag) = self.0 { Some(flag) } else { None }
    }

    /// Whether it is present and true.
    pub fn is_true(self) -> bool {
        self.get() == Some(true)
    }

    /// The truth value, that one when absent; `None` when something is there that is not one.
    pub fn or(self, absent: bool) -> Option<bool> {
        match self.0 {
            Read::Absent => Some(absent),
            Read::Odd => None,
            Read::Is(flag) => Some(flag),
        }
    }

    /// Whether something is there that is no truth value.
    pub fn is_odd(self) -> bool {
        self.0 == Read::Odd
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |found: &Found<'_>| match found {
            Found::Truth(flag) => Read::Is(*flag),
            Found::Whole(0) => Read::Is(false),
            Found::Whole(1) => Read::Is(true),
            Found::Text(text) => match text.trim() {
                "0" => Read::Is(false),
                "1" => Read::Is(true),
                text if text.eq_ignore_ascii_case("false") => Read::Is(false),
                text if text.eq_ignore_ascii_case("true") => Read::Is(true),
                _ => found.unreadable(),
            },
            other => other.unreadable(),
        };
        deserializer.deserialize_any(Scalar("a truth value", read)).map(Self)
    }
}

/// A JSON value as far as a scalar cares.
enum Found<'a> {
    Text(&'a str),
    Whole(i128),
    Fraction(f64),
    Truth(bool),
    /// Null, or an empty list or object, which stand for nothing on some boxes.
    Nothing,
    /// A list or an object.
    Other(Unexpected<'static>),
}

impl Found<'_> {
    /// What it is to a type that cannot read it.
    fn unreadable<T>(&self) -> Read<T> {
        match self {
            Self::Nothing => Read::Absent,
            // Boxes write "" for a number that they do not have.
            Self::Text(text) if text.trim().is_empty() => Read::Absent,
            _ => Read::Odd,
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Text(text) => Unexpected::Str(text),
            Self::Whole(_) => Unexpected::Signed(0),
            Self::Fraction(number) => Unexpected::Float(*number),
            Self::Truth(flag) => Unexpected::Bool(*flag),
            Self::Nothing => Unexpected::Unit,
            Self::Other(kind) => *kind,
        }
    }
}

/// Makes a scalar of whatever stands there; the name is what was expected. Nothing is copied but what is kept:
/// answers have thousands of fields.
struct Scalar<F>(&'static str, F);

impl<T, F: FnOnce(&Found<'_>) -> Read<T>> Scalar<F> {
    fn read<E: Error>(self, found: &Found<'_>) -> Result<Read<T>, E> {
        let Self(expected, read) = self;
        let read = read(found);
        match read {
            Read::Is(_) => tally::good(),
            Read::Odd if tally::odd() => return Err(E::invalid_type(found.unexpected(), &expected)),
            Read::Odd | Read::Absent => {}
        }
        Ok(read)
    }
}

impl<'de, T, F: FnOnce(&Found<'_>) -> Read<T>> Visitor<'de> for Scalar<F> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Read<T>, E> {
        self.read(&Found::Truth(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Read<T>, E> {
        self.read(&Found::Whole(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Read<T>, E> {
        self.read(&Found::Whole(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Read<T>, E> {
        self.read(&Found::Fraction(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read<T>, E> {
        self.read(&Found::Text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Read<T>, E> {
        self.read(&Found::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Read<T>, A::Error> {
        let mut found = Found::Nothing;
        while list.next_element::<IgnoredAny>()?.is_some() {
            found = Found::Other(Unexpected::Seq);
        }
        self.read(&found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read<T>, A::Error> {
        let mut found = Found::Nothing;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            found = Found::Other(Unexpected::Map);
        }
        self.read(&found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn numbers_come_in_every_dress() {
        let read = |value| from_value::<Int>(value).unwrap();
        assert_eq!(read(json!(-20457)).get(), Some(-20457));
        assert_eq!(read(json!("405666067226")).get(), Some(405_666_067_226));
        assert_eq!(read(json!(3.0)).get(), Some(3));
        assert_eq!(read(json!(true)).get(), Some(1));
        for odd in [json!("**REDACTED**"), json!(1.5), json!([1]), json!({"a": 1})] {
            assert_eq!((read(odd.clone()).get(), read(odd).is_odd()), (None, true));
        }
        for absent in [json!(null), json!([]), json!({}), json!("")] {
            assert_eq!((read(absent.clone()).get(), read(absent).is_odd()), (None, false));
        }
        assert_eq!(read(json!(-1)).unsigned(), None);
    }

    #[test]
    fn truth_comes_in_every_dress() {
        let read = |value| from_value::<Flag>(value).unwrap();
        assert_eq!(read(json!(true)).get(), Some(true));
        assert_eq!(read(json!("0")).get(), Some(false));
        assert_eq!(read(json!(1)).get(), Some(true));
        for odd in [json!(-1), json!("Enabled"), json!(1.0), json!([true])] {
            assert_eq!(
                (read(odd.clone()).get(), read(odd.clone()).is_odd(), read(odd).or(true)),
                (None, true, None)
            );
        }
        assert_eq!((read(json!("")).is_odd(), read(json!(null)).or(true)), (false, Some(true)));
    }

    #[test]
    fn a_text_is_no_number_but_a_word_may_be() {
        let text = |value| from_value::<Text>(value).unwrap();
        assert_eq!((text(json!(" a ")).get(), text(json!("")).given()), (Some("a"), Some("")));
        for odd in [json!(7), json!(false), json!(["a"])] {
            assert_eq!((text(odd.clone()).get(), text(odd).is_odd()), (None, true));
        }
        assert!(!text(json!(null)).is_odd() && !text(json!({})).is_odd());
        let word = |value| from_value::<Word>(value).unwrap();
        assert_eq!(
            (word(json!(7)).get(), word(json!(true)).get(), word(json!("x")).get()),
            (Some("7"), Some("true"), Some("x"))
        );
        assert!(word(json!({"a": 1})).is_odd());
    }
}
