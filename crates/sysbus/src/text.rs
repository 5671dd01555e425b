//! Cleans text that came from the network before it can reach a message.

/// How many characters of a text of the box are kept in an error.
const LONGEST: usize = 200;

/// The text without control, direction and invisible characters, blanks collapsed, cut to 200 characters.
///
/// Rule names, host names and the like are echoed in the box's `info` (protocol section 1.8), so whoever can name
/// a device writes into our errors: it must stay one line of plain visible text.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut blank = false;
    for char in text.chars() {
        if char.is_whitespace() {
            blank = true;
            continue;
        }
        if char.is_control() || is_invisible(char) {
            continue;
        }
        if count >= LONGEST {
            out.push('…');
            break;
        }
        if blank && !out.is_empty() {
            out.push(' ');
            count += 1;
        }
        blank = false;
        out.push(char);
        count += 1;
    }
    out
}

/// Characters that change how a line reads without being seen: zero-width, direction, fillers, tags.
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_cannot_be_seen_is_removed() {
        assert_eq!(clean("  a\r\n\tb\u{202e}c\u{200b}\u{7}\u{1b}[31m "), "a bc[31m");
        assert_eq!(clean("clé d’accès"), "clé d’accès");
        assert_eq!(clean(""), "");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(clean(&"é".repeat(500)), format!("{}…", "é".repeat(200)));
        assert_eq!(clean(&"x".repeat(200)), "x".repeat(200));
    }
}
