//! The little language of flag expressions: `statmon && !vlan && enabled`, or the same with words.

/// Longest expression read, in tokens: each may nest one level deeper, and the stack is finite.
const LONGEST: usize = 600;

/// Whether an expression holds for a set of flags, given by a test. Nothing asked for is always had; what cannot be
/// read never is.
pub(super) fn holds(expression: &str, has: &dyn Fn(&str) -> bool) -> bool {
    let tokens = tokens(expression);
    if tokens.is_empty() {
        return true;
    }
    if tokens.len() > LONGEST {
        return false;
    }
    let mut reader = Reader { tokens: &tokens, has };
    let result = reader.any();
    result == Some(true) && reader.tokens.is_empty()
}

fn tokens(expression: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in expression.chars() {
        if character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | '@' | ':') {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        match character {
            '&' | '|' if found.last().is_some_and(|last| last == &character.to_string()) => {}
            '!' | '(' | ')' | '&' | '|' => found.push(character.to_string()),
            _ => {}
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

struct Reader<'a> {
    tokens: &'a [String],
    has: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    fn next_is(&mut self, spellings: &[&str]) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if spellings.contains(&first.as_str()) => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Option<bool> {
        let mut result = self.all()?;
        while self.next_is(&["|", "or"]) {
            result |= self.all()?;
        }
        Some(result)
    }

    fn all(&mut self) -> Option<bool> {
        let mut result = self.one()?;
        loop {
            // Flags that just stand side by side are all wanted.
            let joined = self.next_is(&["&", "and"]);
            let follows = self.tokens.first().is_some_and(|next| !matches!(next.as_str(), "|" | "or" | ")"));
            if !joined && !follows {
                return Some(result);
            }
            result &= self.one()?;
        }
    }

    fn one(&mut self) -> Option<bool> {
        if self.next_is(&["!", "not"]) {
            return self.one().map(|held| !held);
        }
        if self.next_is(&["("]) {
            let inner = self.any();
            return if self.next_is(&[")"]) { inner } else { None };
        }
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        if matches!(first.as_str(), ")" | "&" | "|") {
            return None;
        }
        Some((self.has)(first))
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn expressions_are_read_in_both_spellings() {
        let has = |flag: &str| ["up", "netdev", "wlan5g"].contains(&flag);
        for (expression, expected) in [
            ("", true),
            ("up", true),
            ("up && !vlan && netdev", true),
            ("up and not vlan", true),
            ("vlan || wlan5g", true),
            ("vlan or (up and netdev)", true),
            ("!(up || vlan)", false),
            ("up netdev", true),
            ("up vlan", false),
            ("up &&", false),
            ("(up", false),
            (") up", false),
        ] {
            assert_eq!(holds(expression, &has), expected, "{expression}");
        }
    }
}
