//! Cuts an answer to what a model can afford, from the top down, saying where.

use std::collections::VecDeque;

use serde_json::{Map, Value};

/// What is left of an answer.
#[derive(Debug)]
pub(super) struct Cut {
    /// The answer; a part that was left out is `"{…12}"` or `"[…12]"`, with the number of its members, and what
    /// follows the members that are shown is `"…+12"`.
    pub(super) answer: Value,
    /// Paths of parts that were cut, the uppermost first; a few of them.
    pub(super) parts: Vec<String>,
}

/// How much an answer may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Tokens, about.
    pub(super) tokens: usize,
    /// Members shown of a list, or of a map of objects.
    pub(super) entries: usize,
    /// Members shown of any other object.
    pub(super) fields: usize,
}

/// Tokens of an answer as JSON; the text costs as many again.
const TOKENS: usize = 800;
const ENTRIES: usize = 10;
const FIELDS: usize = 40;

impl Budget {
    /// With that many members of each list or object.
    pub(super) fn limited(limit: Option<u16>) -> Self {
        let limit = limit.map(|limit| usize::from(limit).max(1));
        Self { tokens: TOKENS, entries: limit.unwrap_or(ENTRIES), fields: limit.unwrap_or(FIELDS) }
    }
}

/// How many of the parts that were cut are named.
const NAMED: usize = 5;

/// A part of the answer that is shown, with as many of its members as there is room for.
struct Part<'a> {
    value: &'a Value,
    path: String,
    members: Vec<(&'a str, usize)>,
}

/// Opens the answer level by level, so that its outline is there before the details of its first entry are.
pub(super) fn cut(answer: &Value, budget: Budget) -> Cut {
    let mut parts = vec![Part { value: answer, path: String::new(), members: Vec::new() }];
    let mut left = budget.tokens.saturating_sub(cost_closed(answer));
    let mut waiting = VecDeque::from([0]);
    while let Some(at) = waiting.pop_front() {
        let Some(part) = parts.get(at) else { continue };
        let (value, path) = (part.value, part.path.clone());
        let mut shown = Vec::new();
        for (name, member) in members(value).take(limit(value, budget)) {
            let cost = estimate(name) + 2 + cost_closed(member);
            let Some(rest) = left.checked_sub(cost) else { break };
            left = rest;
            let index = shown.len().to_string();
            let step = if name.is_empty() && value.is_array() { &index } else { name };
            let path = if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
            waiting.push_back(parts.len());
            shown.push((name, parts.len()));
            parts.push(Part { value: member, path, members: Vec::new() });
        }
        if let Some(part) = parts.get_mut(at) {
            part.members = shown;
        }
    }
    let cut = parts.iter().filter(|part| part.members.len() < members(part.value).count());
    let named = cut.map(|part| part.path.clone()).take(NAMED).collect();
    Cut { answer: build(&parts, 0), parts: named }
}

/// The members of a list or object; none of anything else.
fn members(value: &Value) -> Box<dyn Iterator<Item = (&str, &Value)> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter().map(|value| ("", value))),
        Value::Object(members) => Box::new(members.iter().map(|(name, value)| (name.as_str(), value))),
        _ => Box::new(std::iter::empty()),
    }
}

fn is_group(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

fn limit(value: &Value, budget: Budget) -> usize {
    let is_table = value.is_array() || members(value).all(|(_, member)| is_group(member));
    if is_table { budget.entries } else { budget.fields }
}

fn build(parts: &[Part<'_>], at: usize) -> Value {
    let Some(part) = parts.get(at) else { return Value::Null };
    let count = members(part.value).count();
    let hidden = count - part.members.len();
    match part.value {
        Value::Array(_) if part.members.is_empty() && count > 0 => format!("[…{count}]").into(),
        Value::Object(_) if part.members.is_empty() && count > 0 => format!("{{…{count}}}").into(),
        Value::Array(_) => {
            let list = part.members.iter().map(|(_, member)| build(parts, *member));
            list.chain((hidden > 0).then(|| format!("…+{hidden}").into())).collect()
        }
        Value::Object(_) => {
            let shown = part.members.iter().map(|(name, member)| ((*name).to_owned(), build(parts, *member)));
            let rest = (hidden > 0).then(|| ("…".to_owned(), format!("+{hidden}").into()));
            Value::Object(shown.chain(rest).collect::<Map<_, _>>())
        }
        scalar => scalar.clone(),
    }
}

/// What a value costs as long as it is not opened.
fn cost_closed(value: &Value) -> usize {
    // A closed part, or the mark of what follows its members.
    if is_group(value) { 7 } else { estimate(&value.to_string()) }
}

/// About how many tokens a text costs, rather too many: models count words, groups of three digits, and signs.
pub(super) fn estimate(text: &str) -> usize {
    let (mut tokens, mut run, mut last) = (0, 0, Kind::Sign);
    for letter in text.chars() {
        let (kind, longest) = match letter {
            'a'..='z' => (Kind::Lower, 4),
            'A'..='Z' => (Kind::Upper, 2),
            '0'..='9' => (Kind::Digit, 3),
            ' ' => continue,
            _ if letter.is_ascii() => (Kind::Sign, 2),
            // No token holds less than a byte.
            _ => {
                tokens += letter.len_utf8();
                run = 0;
                continue;
            }
        };
        // A word may begin with one capital letter.
        let goes_on = kind == last || (kind == Kind::Lower && last == Kind::Upper && run == 1);
        if run > 0 && run < longest && goes_on {
            run += 1;
        } else {
            tokens += 1;
            run = 1;
        }
        last = kind;
    }
    tokens
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lower,
    Upper,
    Digit,
    Sign,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BUDGET: Budget = Budget { tokens: 200, entries: 3, fields: 5 };

    #[test]
    fn a_small_answer_is_whole() {
        let answer = json!({"status": {"Enable": true, "list": [1, [], {}, "x"], "n": null}});
        let whole = cut(&answer, Budget { entries: 10, ..BUDGET });
        assert_eq!((whole.answer, whole.parts.len()), (answer, 0));
        assert_eq!(cut(&json!("x"), BUDGET).answer, json!("x"));
    }

    #[test]
    fn what_is_left_out_is_said_where_it_was() {
        let device = json!({"a": 1, "b": 2, "c": 3, "d": {"e": 4}, "f": 5, "g": 6});
        let answer = json!({"status": vec![device; 5]});
        let short = cut(&answer, BUDGET);
        let first = json!({"a": 1, "b": 2, "c": 3, "d": {"e": 4}, "f": 5, "…": "+1"});
        assert_eq!(short.answer, json!({"status": [first, first, first, "…+2"]}));
        assert_eq!(short.parts, ["status", "status.0", "status.1", "status.2"]);
    }

    #[test]
    fn the_outline_comes_before_the_details() {
        let big: Vec<Value> = (0..100).map(|n| json!({"number": n, "text": "some words of text"})).collect();
        let answer = json!({"first": big, "second": {"x": {"y": 1}}, "third": 3});
        let short = cut(&answer, Budget { tokens: 90, entries: 4, fields: 10 });
        assert_eq!(short.answer["third"], 3);
        assert_eq!(short.answer["first"][3], "{…2}", "{}", short.answer);
        assert_eq!(short.answer["second"], json!({"x": "{…1}"}), "{}", short.answer);
        assert_eq!(short.parts.first().unwrap(), "first");
        assert_eq!(cut(&answer, Budget { tokens: 0, ..BUDGET }).answer, "{…3}");
    }
}
