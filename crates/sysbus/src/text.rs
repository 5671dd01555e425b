//! Cleans text that came from the network before it can reach a message, a table or a terminal.
//!
//! What a character does to its reader is taken from Unicode's own data. Letters that look like others (Cyrillic `а`,
//! Greek `ο`) and letters written from right to left are kept: they are how people write their names in those
//! scripts, and a name that was changed would name nothing any more. Who acts on a name sees the address beside it.

use std::borrow::Cow;

use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};

/// How many characters of a text of the box are kept in an error.
const LONGEST: usize = 200;
/// Marks (accents and the like) in a row. Hebrew and Arabic names need three; piled up by the dozen they cover the
/// lines above.
const MOST_MARKS: usize = 4;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::new();
const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// What a character does to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// It is seen, in its place.
    Seen,
    /// It is seen as an empty place.
    Blank,
    /// It is seen on the character before it.
    Mark,
    /// It is not seen, or moves what is: controls (an ANSI escape starts with one), direction marks, zero-width
    /// characters, fillers, tags, variation selectors, and what has no meaning that a reader could know.
    Hidden,
}

fn sight(char: char) -> Sight {
    match char {
        '!'..='~' => return Sight::Seen,
        // The last ones are symbols and letters that are drawn as nothing: empty Braille, a note without head,
        // Egyptian blanks.
        ' ' | '\t'..='\r' | '\u{85}' | '\u{2800}' | '\u{1d159}' | '\u{13441}'..='\u{13442}' => {
            return Sight::Blank;
        }
        // Stands for a picture that is not there; a filler of Khitan, which is no mark to the eye.
        '\u{fffc}' | '\u{16fe4}' => return Sight::Hidden,
        _ if IGNORABLE.contains(char) => return Sight::Hidden,
        _ => {}
    }
    match CATEGORIES.get(char) {
        GeneralCategory::SpaceSeparator
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => Sight::Blank,
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark => {
            Sight::Mark
        }
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::Surrogate
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned => Sight::Hidden,
        _ => Sight::Seen,
    }
}

/// The text as one line of plain visible characters: every blank is a space, what cannot be seen is gone, marks stand
/// on a character and do not pile up. Cut to that many characters, the last of which then is `…`.
pub fn plain(text: &str, longest: usize) -> String {
    let text = text.trim();
    if text.len() <= longest && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut count = 0;
    // More than can follow a blank that stands at the start.
    let mut marks = MOST_MARKS;
    for char in text.chars() {
        let char = match sight(char) {
            Sight::Hidden => continue,
            Sight::Mark if marks >= MOST_MARKS => continue,
            Sight::Mark => {
                marks += 1;
                char
            }
            // Two spaces may be a part of a name; of other blanks nobody sees how many there are.
            Sight::Blank if char != ' ' && (kept.is_empty() || kept.ends_with(' ')) => continue,
            Sight::Blank => {
                marks = MOST_MARKS;
                ' '
            }
            Sight::Seen => {
                marks = 0;
                char
            }
        };
        if kept.is_empty() && char == ' ' {
            continue;
        }
        if count == longest {
            kept.pop();
            kept.push('…');
            break;
        }
        kept.push(char);
        count += 1;
    }
    kept.truncate(kept.trim_end().len());
    kept
}

/// The text to be put between the quotes of a message: its own quotes become single ones, so that it cannot end ours
/// and go on as if we spoke.
pub fn within_quotes(text: &str) -> Cow<'_, str> {
    const QUOTES: [char; 12] = ['"', '`', '«', '»', '“', '”', '„', '‟', '″', '＂', '〝', '〞'];
    if text.contains(QUOTES) { text.replace(QUOTES, "'").into() } else { text.into() }
}

/// The text without what cannot be seen or moves the cursor, lines kept: the last look at what goes out.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_visible(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|char| may_leave(*char)).collect())
}

/// Whether [`visible`] has nothing to do.
pub(crate) fn is_visible(text: &str) -> bool {
    // Most of a text is plain, and the list of tools is a long one.
    text.chars().filter(|char| !matches!(char, ' '..='~' | '\n')).all(may_leave)
}

fn may_leave(char: char) -> bool {
    match sight(char) {
        Sight::Hidden => false,
        Sight::Blank => matches!(char, ' ' | '\n') || CATEGORIES.get(char) == GeneralCategory::SpaceSeparator,
        Sight::Seen | Sight::Mark => true,
    }
}

/// A text of the box for an error, blanks collapsed, cut to 200 characters.
///
/// Rule names, host names and the like are echoed in the box's `info` (protocol section 1.8), so whoever can name
/// a device writes into our errors: it must stay one line of plain visible text.
pub(crate) fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    plain(&words.join(" "), LONGEST)
}

#[cfg(test)]
mod tests {
    use unicode_general_category::{GeneralCategory, get_general_category};

    use super::{clean, plain, visible};

    #[test]
    fn what_cannot_be_seen_is_removed() {
        assert_eq!(clean("  a\r\n\tb\u{202e}c\u{200b}\u{7}\u{1b}[31m "), "a bc[31m");
        assert_eq!(clean("clé d’accès"), "clé d’accès");
        assert_eq!(clean(""), "");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(clean(&"é".repeat(500)), format!("{}…", "é".repeat(199)));
        assert_eq!(clean(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(plain(&"x".repeat(11), 10), format!("{}…", "x".repeat(9)));
        assert_eq!(plain(&format!("{}\u{200b} ", "é".repeat(10)), 10), "é".repeat(10));
    }

    #[test]
    fn blanks_are_spaces() {
        assert_eq!(plain("\u{2800}\u{3164}\u{a0}\u{3000} ", 64), "");
        assert_eq!(plain("a\u{202f}b\u{2028}c\n\n\td  e", 64), "a b c d  e");
        assert_eq!(plain("\u{2800}a \u{a0} b", 64), "a  b");
    }

    #[test]
    fn marks_do_not_pile_up() {
        assert_eq!(plain("e\u{301}te\u{301}", 64), "e\u{301}te\u{301}");
        assert_eq!(plain("\u{301}\u{301}a", 64), "a");
        assert_eq!(plain(" \u{301}a \u{301}b", 64), "a b");
        let pile = format!("Z{}a", "\u{35c}".repeat(500));
        assert_eq!(plain(&pile, 64), format!("Z{}a", "\u{35c}".repeat(4)));
    }

    #[test]
    fn names_in_every_script_are_kept() {
        for name in [
            "Télé d’Anaïs — 2ᵉ étage (日本語)",
            "Имя Ελλάδα ไทยกี่ हिन्दी שָׁלוֹם سَلَّم",
            "한국어 中文 ខ្មែរ",
            "🎮 PS5 🇫🇷 €",
        ] {
            assert_eq!(plain(name, 64), name);
            assert_eq!(visible(name), name);
        }
    }

    /// Against another copy of Unicode's data than the one in use, character by character.
    #[test]
    fn no_character_that_hides_gets_through() {
        for char in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let category = get_general_category(char);
            let hides = matches!(
                category,
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::PrivateUse
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
            );
            let between = format!("a{char}b");
            let (line, seen) = (plain(&between, 64), visible(&between).into_owned());
            if hides {
                assert!(line == "ab" || line == "a b", "{:04X} {line:?}", u32::from(char));
                assert!(seen == "ab" || char == '\n', "{:04X} {seen:?}", u32::from(char));
            }
            for kept in line.chars().chain(seen.chars().filter(|kept| *kept != '\n')) {
                assert!(!kept.is_control(), "{:04X}", u32::from(char));
            }
            // Nothing but a space is seen as an empty place.
            assert!(category != GeneralCategory::SpaceSeparator || line == "a b", "{:04X}", u32::from(char));
        }
        // Ignorable to Unicode, or drawn as nothing, whatever their category.
        for char in "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180e}\u{200b}\u{200d}\u{200e}\u{202e}\
            \u{2060}\u{2066}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fffc}\u{fff9}\u{16fe4}\u{1bca0}\u{1d173}\
            \u{e0001}\u{e0041}\u{e0100}\u{e01ef}\u{378}\u{fdd0}\u{ffff}\u{e000}\u{10ffff}"
            .chars()
        {
            assert_eq!(plain(&format!("a{char}b"), 64), "ab", "{:04X}", u32::from(char));
            assert_eq!(visible(&format!("a{char}b")), "ab", "{:04X}", u32::from(char));
        }
    }

    #[test]
    fn what_goes_out_keeps_its_lines() {
        assert_eq!(visible("a\n  b\u{a0}: c"), "a\n  b\u{a0}: c");
        assert_eq!(visible("a\r\n\tb\u{1b}[2J\u{9b}2J\u{7f}"), "a\nb[2J2J");
    }
}
