//! The language of `Devices:get`: tags joined by `and`/`&&`, `or`/`||`, `not`/`!`, parentheses, and tests of fields
//! such as `.Active==true` or `.PhysAddress!=""` (protocol section 4.10).

use serde_json::Value;

use super::Entry;

/// Longest expression read, in tokens: each may nest one level deeper, and the stack is finite.
const LONGEST: usize = 600;

/// A condition on a device.
#[derive(Debug)]
pub(super) enum Expression {
    /// Everything, which is what no expression means.
    All,
    Tag(String),
    Field(String, Test, String),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Different,
    Less,
    Greater,
    AtMost,
    AtLeast,
    /// The field alone: it is there and not false, 0 or empty.
    True,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Test(Test),
    Field(String),
    Word(String),
    Text(String),
}

impl Expression {
    /// Reads an expression; `None` when it cannot be understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text).filter(|tokens| tokens.len() <= LONGEST)?;
        if tokens.is_empty() {
            return Some(Self::All);
        }
        let mut parser = Parser { tokens: &tokens };
        let expression = parser.or()?;
        parser.tokens.is_empty().then_some(expression)
    }

    /// Whether a device meets it.
    pub(super) fn accepts(&self, entry: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::Tag(tag) => entry.has_tag(tag),
            Self::Field(name, test, wanted) => passes(entry.field(name), *test, wanted),
            Self::Not(inner) => !inner.accepts(entry),
            Self::And(left, right) => left.accepts(entry) && right.accepts(entry),
            Self::Or(left, right) => left.accepts(entry) || right.accepts(entry),
        }
    }
}

fn passes(found: Option<&Value>, test: Test, wanted: &str) -> bool {
    let found = found.map(as_text).unwrap_or_default();
    let order = || Some(found.parse::<f64>().ok()?.total_cmp(&wanted.parse::<f64>().ok()?));
    match test {
        Test::Equal => same(&found, wanted),
        Test::Different => !same(&found, wanted),
        Test::Less => order().is_some_and(std::cmp::Ordering::is_lt),
        Test::Greater => order().is_some_and(std::cmp::Ordering::is_gt),
        Test::AtMost => order().is_some_and(std::cmp::Ordering::is_le),
        Test::AtLeast => order().is_some_and(std::cmp::Ordering::is_ge),
        Test::True => !matches!(found.as_str(), "" | "false" | "0"),
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Clients write booleans as `true`, `True`, `1`.
fn same(found: &str, wanted: &str) -> bool {
    match found {
        "true" => wanted.eq_ignore_ascii_case("true") || wanted == "1",
        "false" => wanted.eq_ignore_ascii_case("false") || wanted == "0",
        _ => found == wanted,
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '&' | '|' => {
                let double = rest.starts_with("&&") || rest.starts_with("||");
                (if first == '&' { Token::And } else { Token::Or }, if double { 2 } else { 1 })
            }
            '=' => (Token::Test(Test::Equal), if rest.starts_with("==") { 2 } else { 1 }),
            '!' if rest.starts_with("!=") => (Token::Test(Test::Different), 2),
            '!' => (Token::Not, 1),
            '<' if rest.starts_with("<=") => (Token::Test(Test::AtMost), 2),
            '<' => (Token::Test(Test::Less), 1),
            '>' if rest.starts_with(">=") => (Token::Test(Test::AtLeast), 2),
            '>' => (Token::Test(Test::Greater), 1),
            '"' | '\'' => {
                let inner = rest.get(1..)?;
                let end = inner.find(first)?;
                (Token::Text(inner.get(..end)?.to_owned()), end + 2)
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()&|=!<>\"'".contains(c));
                let word = rest.get(..end.unwrap_or(rest.len()))?;
                let token = match (word, word.strip_prefix('.')) {
                    (_, Some(field)) => Token::Field(field.to_owned()),
                    ("and", _) => Token::And,
                    ("or", _) => Token::Or,
                    ("not", _) => Token::Not,
                    _ => Token::Word(word.to_owned()),
                };
                (token, word.len())
            }
        };
        found.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(found)
}

struct Parser<'t> {
    tokens: &'t [Token],
}

impl Parser<'_> {
    fn next_if(&mut self, wanted: &Token) -> bool {
        let fits = self.tokens.first() == Some(wanted);
        if fits {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        fits
    }

    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn or(&mut self) -> Option<Expression> {
        let mut left = self.and()?;
        while self.next_if(&Token::Or) {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Expression> {
        let mut left = self.unary()?;
        while self.next_if(&Token::And) {
            left = Expression::And(Box::new(left), Box::new(self.unary()?));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expression> {
        match self.next()? {
            Token::Not => Some(Expression::Not(Box::new(self.unary()?))),
            Token::Open => {
                let inner = self.or()?;
                self.next_if(&Token::Close).then_some(inner)
            }
            Token::Word(tag) => Some(Expression::Tag(tag)),
            Token::Field(name) => {
                let Some(Token::Test(test)) = self.tokens.first().cloned() else {
                    return Some(Expression::Field(name, Test::True, String::new()));
                };
                self.next();
                match self.next()? {
                    Token::Word(value) | Token::Text(value) => Some(Expression::Field(name, test, value)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
