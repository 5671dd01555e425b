//! How a secret may be spelled, and where that spelling is taken for it.
//!
//! | Secret | Recognised |
//! |---|---|
//! | 8 characters and more | anywhere, inside of words too |
//! | 4 to 7 characters | as a whole word only: no letter, digit or `_` beside it |
//! | only digits | from 8 on, as a whole number only |
//! | one sign repeated (`--------`), fewer than 4 characters | never |
//! | a word of letters, `-` and `_` that the program itself writes (`internet`, `admin`) | never |
//!
//! Of a long one the first 32 bytes are enough, as far as they and what follows agree, because texts of the box are
//! cut. Beside the secret as it is, the forms are recognised that it takes on its way: cleaned, quoted and tabulated
//! as names are, escaped as JSON, in a URL, in hexadecimal, and in Base64 behind any other text.

use zeroize::Zeroizing;

use crate::text::{plain, within_quotes};

/// Shorter ones occur in every text.
const SHORTEST: usize = 4;
/// From here on no ordinary text holds it by chance.
const SURE: usize = 8;
/// No word that we write is longer.
const LONGEST_WORD: usize = 32;

/// One spelling of a secret.
pub(super) struct Form {
    pub(super) text: Zeroizing<String>,
    pub(super) place: Place,
}

/// Where a spelling counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    Word,
    Number,
}

impl Place {
    /// Whether this character beside the spelling makes it a part of something longer.
    pub(super) fn goes_on(self, beside: char) -> bool {
        match self {
            Self::Anywhere => false,
            Self::Word => beside.is_alphanumeric() || beside == '_',
            Self::Number => beside.is_ascii_digit(),
        }
    }
}

/// Whether a text can be recognised at all.
pub(super) fn is_recognisable(text: &str) -> bool {
    place(text).is_some()
}

fn place(text: &str) -> Option<Place> {
    let length = text.chars().count();
    let mut chars = text.chars();
    let first = chars.next()?;
    if length < SHORTEST || !first.is_alphanumeric() && chars.all(|char| char == first) {
        return None;
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match (length >= SURE, digits) {
        (true, true) => Some(Place::Number),
        (true, false) => Some(Place::Anywhere),
        (false, true) => None,
        (false, false) => Some(Place::Word),
    }
}

/// Whether a program could have written it as a word.
fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD
        && text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
}

/// The spellings of a secret; none of one that is not to be recognised.
pub(super) fn of(secret: &str, is_ours: fn(&str) -> bool) -> Vec<Form> {
    let counts = |text: &str| place(text).filter(|_| !(is_word(text) && is_ours(text)));
    let Some(place) = counts(secret) else { return Vec::new() };
    let mut forms: Vec<Form> = Vec::new();
    let mut add = |text: String, place: Place| {
        let text = Zeroizing::new(text);
        if forms.iter().all(|form| form.text != text) {
            forms.push(Form { text, place });
        }
    };
    let cleaned = plain(secret, usize::MAX);
    let quoted = within_quotes(&cleaned).into_owned();
    for text in [secret.to_owned(), cleaned.replace('|', "¦"), quoted, cleaned] {
        if let Some(place) = counts(&text) {
            add(escaped(&text, true), place);
            add(escaped(&text, false), place);
            add(text, place);
        }
    }
    for text in [
        percent(secret, b"-_.~", true),
        percent(secret, b"-_.~", false),
        percent(secret, b"-_.!~*'()", true),
        percent(secret, b"*-._", true).replace("%20", "+"),
    ] {
        // Never shorter than the secret, so as sure as it is.
        add(text, place);
    }
    let bytes = secret.as_bytes();
    let encoded = (0..3).flat_map(|before| [base64(bytes, before, *b"+/"), base64(bytes, before, *b"-_")]);
    for text in
        encoded.chain([hexadecimal(bytes, b"0123456789abcdef"), hexadecimal(bytes, b"0123456789ABCDEF")])
    {
        if text.len() >= SURE {
            add(text, Place::Anywhere);
        }
    }
    forms
}

/// Escaped as in JSON (and, nearly always, as Rust prints it for debugging), without the quotes.
fn escaped(text: &str, ascii: bool) -> String {
    let written = serde_json::to_string(text).unwrap_or_default();
    let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    if !ascii {
        return inner.to_owned();
    }
    let mut out = String::new();
    for char in inner.chars() {
        if char.is_ascii() {
            out.push(char);
        } else {
            let mut units = [0; 2];
            out.extend(char.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// As in a URL, with these signs kept.
fn percent(text: &str, kept: &[u8], upper: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => char::from(byte).to_string(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        })
        .collect()
}

fn hexadecimal(bytes: &[u8], digits: &[u8; 16]) -> String {
    let digit = |value: u8| digits.get(usize::from(value)).copied().map_or('?', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The Base64 characters that these bytes alone decide, when so many others stand before them.
fn base64(bytes: &[u8], before: usize, last: [u8; 2]) -> String {
    let digit = |value: u8| match value {
        0..26 => char::from(b'A' + value),
        26..52 => char::from(b'a' + (value - 26)),
        52..62 => char::from(b'0' + (value - 52)),
        62 => char::from(last[0]),
        _ => char::from(last[1]),
    };
    let bits = bytes.len() * 8;
    // Bits that share a character with what stands before.
    let shared = (6 - before * 8 % 6) % 6;
    let bit = |place: usize| bytes.get(place / 8).map_or(0, |byte| byte >> (7 - place % 8) & 1);
    (shared..)
        .step_by(6)
        .take_while(|start| start + 6 <= bits)
        .map(|start| digit((start..start + 6).fold(0, |value, place| value << 1 | bit(place))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(secret: &str) -> Vec<String> {
        of(secret, |word| word == "internet").iter().map(|form| form.text.to_string()).collect()
    }

    #[test]
    fn the_forms_of_a_secret() {
        let forms = texts("pâte \"à\" 100%");
        for form in [
            "pâte \"à\" 100%",
            "pâte \\\"à\\\" 100%",
            "p\\u00e2te \\\"\\u00e0\\\" 100%",
            "p%C3%A2te%20%22%C3%A0%22%20100%25",
            "p%c3%a2te%20%22%c3%a0%22%20100%25",
            "p%C3%A2te+%22%C3%A0%22+100%25",
            "70c3a274652022c3a02220313030 25".replace(' ', "").as_str(),
            "70C3A2746520",
        ] {
            assert!(forms.iter().any(|known| known.starts_with(form)), "{form} in {forms:#?}");
        }
        for form in ["p'te 'à'|x", "p`te \"à\"¦x"] {
            assert!(texts("p`te \"à\"|x").contains(&form.to_owned()), "{form}");
        }
        assert!(texts("two  blanks\t\tand tabs ").contains(&"two  blanks and tabs".to_owned()));
    }

    #[test]
    fn base64_behind_any_text() {
        // echo -n 'admin:secret-key' | base64, with one and two bytes more in front.
        let forms = texts("secret-key");
        for whole in ["YWRtaW46c2VjcmV0LWtleQ==", "eGFkbWluOnNlY3JldC1rZXk=", "eHhhZG1pbjpzZWNyZXQta2V5"] {
            assert!(forms.iter().any(|form| whole.contains(form.as_str())), "{whole} in {forms:?}");
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe], 0, *b"+/"), "+//+");
        assert_eq!(base64(&[0xfb, 0xff, 0xfe], 0, *b"-_"), "-__-");
        assert_eq!(base64(b"", 1, *b"+/"), "");
    }

    #[test]
    fn what_would_wreck_ordinary_text_is_not_recognised() {
        for text in
            ["", "abc", "1234567", "2026", "--------", "        ", "********", "────────────", "internet"]
        {
            assert!(texts(text).is_empty(), "{text:?}");
        }
        assert!(!texts(" internet ").contains(&"internet".to_owned()));
        for text in ["abcd", "12345678", "aaaaaaaa", "----x---", "internets", "Internet"] {
            assert!(!texts(text).is_empty(), "{text:?}");
        }
    }
}
