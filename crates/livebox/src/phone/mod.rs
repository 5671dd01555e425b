//! The telephone: lines, handsets, the call log.

use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Page, Show, Untrusted};

mod since;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

/// The telephone service.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Phone {
    /// Null when the box does not tell.
    lines: Option<Vec<Line>>,
    /// The same.
    handsets: Option<Vec<Handset>>,
}

/// A line at the operator.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Line {
    number: Option<Untrusted>,
    name: Option<Untrusted>,
    enabled: Option<bool>,
    working: Option<bool>,
    /// As the box says it.
    state: Option<Untrusted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Untrusted>,
}

/// A telephone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Handset {
    name: Option<Untrusted>,
    kind: Option<HandsetKind>,
    extension: Option<Untrusted>,
    line: Option<Untrusted>,
    active: Option<bool>,
}

// How a telephone is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HandsetKind {
    /// By wire.
    Fxs,
    /// Cordless.
    Dect,
}

impl Show for Phone {
    fn show(&self, lang: Lang) -> Page {
        let text = |value: &Option<Untrusted>| {
            value.as_ref().map(|value| value.shown().to_owned()).unwrap_or_default()
        };
        let yes = |value: Option<bool>| match value {
            Some(true) => lang.pick("yes", "oui").to_owned(),
            Some(false) => lang.pick("no", "non").to_owned(),
            None => String::new(),
        };
        let page = match self.lines.as_deref() {
            None => Page::new()
                .line(lang.pick("Telephone lines: not known.", "Lignes téléphoniques : inconnues.")),
            Some([]) => Page::new().line(lang.pick("No telephone line.", "Aucune ligne téléphonique.")),
            Some(lines) => Page::new().table(
                lang.pick(["Line", "Number", "Works", "State"], ["Ligne", "Numéro", "Fonctionne", "État"]),
                lines.iter().map(|line| {
                    let state = [text(&line.state), text(&line.detail)].join(" ");
                    [text(&line.name), text(&line.number), yes(line.working), state.trim().to_owned()]
                }),
            ),
        };
        let handsets = match self.handsets.as_deref() {
            None => {
                return page
                    .line(lang.pick("Telephones attached: not known.", "Téléphones branchés : inconnus."));
            }
            Some([]) => return page.line(lang.pick("No telephone attached.", "Aucun téléphone branché.")),
            Some(handsets) => handsets,
        };
        page.table(
            lang.pick(["Telephone", "Kind", "Extension", "Line"], ["Téléphone", "Type", "Poste", "Ligne"]),
            handsets.iter().map(|handset| {
                let kind = match handset.kind {
                    Some(HandsetKind::Fxs) => lang.pick("wired", "filaire"),
                    Some(HandsetKind::Dect) => lang.pick("cordless (DECT)", "sans fil (DECT)"),
                    None => "",
                };
                [text(&handset.name), kind.to_owned(), text(&handset.extension), text(&handset.line)]
            }),
        )
    }
}

// Which way a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    In,
    Out,
}

// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Answered,
    Missed,
    Failed,
}

/// One call of the log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CallRecord {
    /// Null when withheld.
    number: Option<Untrusted>,
    name: Option<Untrusted>,
    direction: Option<Direction>,
    outcome: Option<Outcome>,
    #[schemars(with = "Option<String>")]
    start: Option<Timestamp>,
    duration_s: Option<u64>,
    handset: Option<Untrusted>,
}

impl CallRecord {
    /// Whether the number or the name holds what was typed; numbers whatever their blanks and country prefix.
    fn matches(&self, wanted: &str) -> bool {
        let wanted_digits = digits(wanted);
        let is_number = !wanted_digits.is_empty() && !wanted.contains(char::is_alphabetic);
        if is_number {
            return self
                .number
                .as_ref()
                .is_some_and(|number| digits(number.shown()).contains(&wanted_digits));
        }
        let wanted = Untrusted::clean(wanted).shown().to_lowercase();
        let holds = |text: &Option<Untrusted>| {
            text.as_ref().is_some_and(|text| text.shown().to_lowercase().contains(&wanted))
        };
        holds(&self.name) || holds(&self.number)
    }
}

/// The digits of a number, in its French national form: 0033, +33 and 0 begin the same number.
fn digits(number: &str) -> String {
    let number = number.trim();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national =
        if number.starts_with('+') { digits.strip_prefix("33") } else { digits.strip_prefix("0033") };
    national.map_or_else(|| digits.clone(), |rest| format!("0{}", rest.strip_prefix('0').unwrap_or(rest)))
}

/// Part of the call log, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CallList {
    calls: Vec<CallRecord>,
    /// Calls that match, whatever `limit`.
    matching: usize,
    /// Calls in the log.
    total: usize,
    /// Missed calls in the log; null: not known.
    missed: Option<usize>,
}

impl Show for CallList {
    fn show(&self, lang: Lang) -> Page {
        let (total, matching, shown) = (self.total, self.matching, self.calls.len());
        let mut head = lang.count(
            total,
            ["call in the log", "calls in the log"],
            ["appel au journal", "appels au journal"],
        );
        if let Some(missed) = self.missed {
            head.push_str(lang.pick(", ", ", dont "));
            head.push_str(&lang.count(missed, ["missed"; 2], ["manqué", "manqués"]));
        }
        head.push('.');
        if shown < matching {
            head.push_str(&match shown {
                1 => lang.pick(
                    format!(" The last of {matching}; `limit` shows more."),
                    format!(" Le dernier sur {matching} ; `limit` en montre davantage."),
                ),
                _ => lang.pick(
                    format!(" The last {shown} of {matching}; `limit` shows more."),
                    format!(" Les {shown} derniers sur {matching} ; `limit` en montre davantage."),
                ),
            });
        } else if matching < total {
            head.push(' ');
            head.push_str(&lang.count(matching, ["matches", "match"], ["correspond", "correspondent"]));
            head.push('.');
        }
        let text = |value: &Option<Untrusted>| {
            value.as_ref().map(|value| value.shown().to_owned()).unwrap_or_default()
        };
        Page::new().line(head).table(
            lang.pick(
                ["When", "Call", "Number", "Name", "Length"],
                ["Quand", "Appel", "Numéro", "Nom", "Durée"],
            ),
            self.calls.iter().map(|call| {
                let number = match &call.number {
                    Some(number) => number.shown().to_owned(),
                    None => lang.pick("withheld", "masqué").to_owned(),
                };
                [
                    call.start
                        .map(|start| {
                            start.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
                        })
                        .unwrap_or_default(),
                    words(call.direction, call.outcome, lang).to_owned(),
                    number,
                    text(&call.name),
                    call.duration_s
                        .filter(|length| *length > 0)
                        .map(|length| format!("{}:{:02}", length / 60, length % 60))
                        .unwrap_or_default(),
                ]
            }),
        )
    }
}

fn words(direction: Option<Direction>, outcome: Option<Outcome>, lang: Lang) -> &'static str {
    match (direction, outcome) {
        (_, Some(Outcome::Missed)) => lang.pick("missed", "manqué"),
        (Some(Direction::In), _) => lang.pick("received", "reçu"),
        (Some(Direction::Out), Some(Outcome::Failed)) => {
            lang.pick("dialled, no answer", "émis, sans réponse")
        }
        (Some(Direction::Out), _) => lang.pick("dialled", "émis"),
        (None, Some(Outcome::Answered)) => lang.pick("answered", "abouti"),
        (None, Some(Outcome::Failed)) => lang.pick("failed", "échoué"),
        (None, None) => "?",
    }
}
