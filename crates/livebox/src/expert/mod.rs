//! The box's own interface, for what no other tool covers: calls by name, and what the box says it offers.
//!
//! The calls that a model may make are in [`reads`]; what is taken out of their answers in [`hide`]; how an answer of
//! megabytes becomes a page in [`cut`].

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::{Lang, Page, Show, ToolError, say, schema::UNTRUSTED};

mod args;
mod cut;
mod explore;
mod hide;
mod names;
mod reads;
mod send;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

use args::{Place, Service};
use cut::{Budget, cut};
use explore::Declared;
use hide::{hide, hide_all};

/// A raw answer of the box, as far as it may and can be shown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Raw {
    #[schemars(schema_with = "anything")]
    answer: Value,
    /// Secrets, shown as `***`.
    #[serde(skip_serializing_if = "is_zero")]
    hidden: usize,
    /// Paths not shown whole; `{…9}` and `[…9]` stand for 9 members, `…+9` for 9 more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cut: Vec<Declared>,
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ UNTRUSTED: true })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Raw {
    /// What was answered to a call that is done: nothing of it may be an error any more.
    fn told(
        service: &Service,
        answer: Value,
        place: Option<&Place>,
        limit: Option<u16>,
        is_secret: bool,
    ) -> Self {
        let budget = Budget::limited(limit);
        let shown = if is_secret { hide_all(answer) } else { hide(service.as_str(), answer) };
        let answer = without_nothing(shown.answer);
        Self::part(&answer, place, budget).or_else(|| Self::part(&answer, None, budget)).map_or(
            Self { answer: Value::Null, hidden: shown.hidden, cut: Vec::new() },
            |part| Self { hidden: shown.hidden, ..part },
        )
    }

    /// What an answer of that object comes down to, or that part of it.
    fn of(
        service: &Service,
        answer: Value,
        place: Option<&Place>,
        limit: Option<u16>,
    ) -> Result<Self, ToolError> {
        // The secrets go first: a part does not say what it stands under.
        let shown = hide(service.as_str(), without_nothing(answer));
        let part = Self::part(&shown.answer, place, Budget::limited(limit)).ok_or_else(|| {
            let place = crate::Untrusted::quotable(&place.map(ToString::to_string).unwrap_or_default());
            ToolError::Arguments(say!(
                "The answer has nothing at `{place}`: leave `path` out to see what it has.",
                "La réponse n'a rien à « {place} » : retirez « path » pour voir ce qu'elle contient."
            ))
        })?;
        Ok(Self { hidden: shown.hidden, ..part })
    }

    /// A part of an answer without secrets, cut; `None`: there is no such part.
    fn part(answer: &Value, place: Option<&Place>, budget: Budget) -> Option<Self> {
        let part = match place {
            None => answer,
            Some(place) => place.find(answer)?,
        };
        let cut = cut(part, budget);
        let at = |path: String| match (place.map(ToString::to_string), path.is_empty()) {
            (None, _) => path,
            (Some(place), true) => place,
            (Some(place), false) => format!("{place}.{path}"),
        };
        let parts = cut.parts.into_iter().map(at).map(Declared).collect();
        Some(Self { answer: cut.answer, hidden: 0, cut: parts })
    }
}

/// Without the one of `status` and `data` that the method has no use for.
fn without_nothing(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut()
        && members.values().any(|value| !value.is_null())
    {
        members.retain(|_, value| !value.is_null());
    }
    answer
}

impl Show for Raw {
    fn show(&self, lang: Lang) -> Page {
        let mut page = outline(Page::new(), &self.answer, 0);
        if self.hidden > 0 {
            let hidden = self.hidden;
            page = page.line(
                lang.pick(format!("Hidden as secrets: {hidden}."), format!("Secrets cachés : {hidden}.")),
            );
        }
        if let Some(Declared(first)) = self.cut.first() {
            page = page.line(lang.pick(
                format!("Cut. Ask for a part with path={first}, or for more with a higher limit."),
                format!("Coupé. Demandez une partie avec path={first}, ou plus avec un limit plus grand."),
            ));
        }
        page
    }
}

/// One member a line, what lies below it indented.
fn outline(page: Page, value: &Value, depth: usize) -> Page {
    let indent = "  ".repeat(depth);
    let member = |page: Page, name: &str, value: &Value| match value {
        Value::Object(members) if !members.is_empty() => {
            outline(page.line(format!("{indent}{name}:")), value, depth + 1)
        }
        Value::Array(list) if !list.is_empty() => {
            outline(page.line(format!("{indent}{name}:")), value, depth + 1)
        }
        scalar => page.line(format!("{indent}{name}: {scalar}")),
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().fold(page, |page, (name, value)| member(page, name, value))
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().fold(page, |page, value| member(page, "-", value))
        }
        scalar => page.line(format!("{indent}{scalar}")),
    }
}
