//! The two languages that people read, side by side where the text is written.

use std::fmt;

/// Language of the text for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// The text in this language.
    pub fn pick<T>(self, english: T, french: T) -> T {
        match self {
            Self::En => english,
            Self::Fr => french,
        }
    }

    /// A count with its noun, each language's singular and plural given: `1 active host`, `0 appareil actif`.
    pub fn count(self, count: usize, english: [&str; 2], french: [&str; 2]) -> String {
        // One is singular in both; in French, none is too.
        let [one, many] = self.pick(english, french);
        let is_singular = count == 1 || (count == 0 && self == Self::Fr);
        format!("{count} {}", if is_singular { one } else { many })
    }

    /// The same for a count that may be unknown.
    pub fn count_if_known(self, count: Option<usize>, english: [&str; 2], french: [&str; 2]) -> String {
        match count {
            Some(count) => self.count(count, english, french),
            None => format!("? {}", self.pick(english, french)[1]),
        }
    }

    /// Reads a locale or language tag: `fr`, `fr_FR.UTF-8`, `en-GB`. Anything else is `None`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "fr" => Some(Self::Fr),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// One message in both languages. Built with [`say!`](crate::say).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    english: String,
    french: String,
}

/// Separates the languages while a message travels through an error type that carries one string only.
const SEPARATOR: char = '\u{1f}';

impl Message {
    /// A message from its two texts.
    pub fn new(english: impl Into<String>, french: impl Into<String>) -> Self {
        Self { english: english.into(), french: french.into() }
    }

    /// The text in that language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.english, &self.french)
    }

    /// Takes a message out of the text of a foreign error. serde and clap carry one string only, so a value
    /// type's parse error travels as [`Message`]'s `Display`, both languages in one; whatever the foreign
    /// type put around it is dropped. A text that holds no message serves for both languages.
    pub fn unpack(text: &str) -> Self {
        match text.split_once(SEPARATOR) {
            Some((english, rest)) => {
                let english = english.trim_start_matches("error: ");
                let french = rest.split(SEPARATOR).next().unwrap_or(rest);
                Self::new(english, french)
            }
            None => Self::new(text, text),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SEPARATOR}{}{SEPARATOR}", self.english, self.french)
    }
}

impl std::error::Error for Message {}

/// Builds a [`Message`]: `say!("port {port} is taken", "le port {port} est pris")`.
#[macro_export]
macro_rules! say {
    ($english:literal, $french:literal $(,)?) => {
        $crate::lang::Message::new(format!($english), format!($french))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_a_foreign_error() {
        let port = 70_000;
        let message = say!("port {port} is too high", "le port {port} est trop grand");
        let foreign: serde_json::Error = serde::de::Error::custom(&message);
        assert_eq!(Message::unpack(&foreign.to_string()), message);
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        let hosts = |count, lang: Lang| lang.count(count, ["host", "hosts"], ["appareil", "appareils"]);
        assert_eq!([0, 1, 2].map(|count| hosts(count, Lang::En)), ["0 hosts", "1 host", "2 hosts"]);
        assert_eq!(
            [0, 1, 2].map(|count| hosts(count, Lang::Fr)),
            ["0 appareil", "1 appareil", "2 appareils"]
        );
        assert_eq!(
            Lang::Fr.count_if_known(None, ["host", "hosts"], ["appareil", "appareils"]),
            "? appareils"
        );
    }

    #[test]
    fn locales_are_read() {
        assert_eq!(Lang::from_tag("fr_FR.UTF-8"), Some(Lang::Fr));
        assert_eq!(Lang::from_tag("C"), None);
    }
}
