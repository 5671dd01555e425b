//! What an object of the box offers, from its own description: short, page by page.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use sysbus::plain;

use super::{
    cut::estimate,
    hide::hide_one,
    reads::judge_method,
    wire::{Function, Node, Parameter},
};
use crate::{Lang, Page, Show, schema::UNTRUSTED, text::folded};

/// Longest declaration kept, in characters.
const LONGEST: usize = 160;
/// Longest value shown.
const LONGEST_VALUE: usize = 48;

/// What an object offers.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Explored {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<Declared>,
    /// May be called; optional arguments in [].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reads: Vec<Declared>,
    /// For a person at a terminal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Declared>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Declared>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instances: Vec<Declared>,
    total: usize,
    /// `skip` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<usize>,
    /// Not listed by the box: usual ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    guessed: bool,
}

/// A declaration, as the box gives it, cleaned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Declared(pub(super) String);

impl JsonSchema for Declared {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Declared".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", UNTRUSTED: true })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Object,
    Read,
    Change,
    Parameter,
    Instance,
}

/// What is listed, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The object that is described.
    pub(super) object: &'a str,
    /// Words to be found in a name.
    pub(super) search: Option<&'a str>,
    pub(super) values: bool,
    pub(super) skip: usize,
    pub(super) limit: usize,
    /// Tokens, about.
    pub(super) tokens: usize,
}

impl Explored {
    /// A page of what a description holds: of the object alone, or of everything below it when something is searched.
    pub(super) fn of(node: &Node, view: View<'_>) -> Self {
        let mut entries = Vec::new();
        collect(node, "", view, &mut entries);
        Self::page(entries, view)
    }

    /// A page of the objects that most boxes have.
    pub(super) fn guessed(roots: &[&str], view: View<'_>) -> Self {
        let wanted = roots.iter().filter(|name| is_wanted(name, view));
        let entries = wanted.map(|name| (Kind::Object, Declared((*name).to_owned()))).collect();
        Self { guessed: true, ..Self::page(entries, view) }
    }

    fn page(mut entries: Vec<(Kind, Declared)>, view: View<'_>) -> Self {
        entries.sort_by_key(|(kind, _)| *kind);
        let mut page = Self { total: entries.len(), ..Self::default() };
        let mut left = view.tokens;
        let mut shown = 0;
        for (kind, declared) in entries.into_iter().skip(view.skip).take(view.limit) {
            let cost = estimate(&declared.0) + 2;
            // One at least, or nobody could go on.
            if cost > left && shown > 0 {
                break;
            }
            left = left.saturating_sub(cost);
            shown += 1;
            match kind {
                Kind::Object => page.objects.push(declared),
                Kind::Read => page.reads.push(declared),
                Kind::Change => page.changes.push(declared),
                Kind::Parameter => page.parameters.push(declared),
                Kind::Instance => page.instances.push(declared),
            }
        }
        let next = view.skip.saturating_add(shown);
        page.next = (next < page.total).then_some(next);
        page
    }
}

fn is_wanted(name: &str, view: View<'_>) -> bool {
    view.search.is_none_or(|search| folded(name).contains(&folded(search)))
}

/// Lists an object's own declarations and, when something is searched, those below with their paths.
fn collect(node: &Node, path: &str, view: View<'_>, entries: &mut Vec<(Kind, Declared)>) {
    let at = |name: &str, joint: char| {
        if path.is_empty() { name.to_owned() } else { format!("{path}{joint}{name}") }
    };
    let mut add = |kind, text: &str| entries.push((kind, Declared(plain(text, LONGEST))));
    for function in node.functions() {
        let Some(name) = function.name.get().filter(|name| is_wanted(name, view)) else { continue };
        let kind = if judge_method(name).is_ok() { Kind::Read } else { Kind::Change };
        add(kind, &at(&signature(name, function), ':'));
    }
    for parameter in node.parameters() {
        let Some(name) = parameter.name.get().filter(|name| is_wanted(name, view)) else { continue };
        let service = view.values.then(|| format!("{}.{path}", view.object));
        add(Kind::Parameter, &at(&declaration(name, parameter, service.as_deref()), '.'));
    }
    let children = node.children().map(|child| (Kind::Object, child));
    let below: Vec<_> = children.chain(node.instances().map(|entry| (Kind::Instance, entry))).collect();
    for (kind, child) in &below {
        if let Some(name) = child.name().filter(|name| is_wanted(name, view)) {
            add(*kind, &at(name, '.'));
        }
    }
    if view.search.is_some() {
        for (_, child) in below {
            if let Some(name) = child.name() {
                collect(child, &at(name, '.'), view, entries);
            }
        }
    }
}

/// `setEnable(value bool, [temporary bool]) bool`
pub(super) fn signature(name: &str, function: &Function) -> String {
    let mut needed: Vec<_> = function.arguments().collect();
    needed.sort_by_key(|argument| !argument.is_mandatory());
    let arguments: Vec<String> = needed
        .into_iter()
        .filter_map(|argument| {
            let text = format!("{} {}", argument.name.get()?, argument.kind.or_empty());
            let text = text.trim_end();
            Some(if argument.is_mandatory() { text.to_owned() } else { format!("[{text}]") })
        })
        .collect();
    let returns = function.returns.get().filter(|kind| *kind != "void").map(|kind| format!(" {kind}"));
    format!("{name}({}){}", arguments.join(", "), returns.unwrap_or_default())
}

/// `Enable bool`, `Status string read-only`, with its value when the object it is of is given.
fn declaration(name: &str, parameter: &Parameter, valued: Option<&str>) -> String {
    let mut text = format!("{name} {}", parameter.kind.or_empty());
    if parameter.is_read_only() {
        text.push_str(" read-only");
    }
    if let Some(service) = valued {
        let value = hide_one(service, name, parameter.value.clone());
        let _ = write!(text, " = {}", plain(&value.to_string(), LONGEST_VALUE));
    }
    text.trim_end().to_owned()
}

impl Show for Explored {
    fn show(&self, lang: Lang) -> Page {
        let joined = |list: &[Declared]| {
            let texts: Vec<&str> = list.iter().map(|declared| declared.0.as_str()).collect();
            Some(texts.join(", ")).filter(|text| !text.is_empty())
        };
        let lists = [&self.objects, &self.reads, &self.changes, &self.parameters, &self.instances];
        let is_empty = lists.iter().all(|list| list.is_empty());
        let nothing = match self.total {
            0 => lang.pick("Nothing found.", "Rien trouvé."),
            _ => lang.pick("Nothing more here.", "Plus rien ici."),
        };
        let guessed = self.guessed.then(|| {
            lang.pick(
                "This box does not list its objects; most boxes have these:",
                "Cette box ne donne pas la liste de ses objets ; la plupart des box ont ceux-ci :",
            )
        });
        let next = self.next.map(|next| {
            let total = self.total;
            lang.pick(
                format!("{total} in all. Next: skip={next}, or search."),
                format!("{total} en tout. Suite : skip={next}, ou search."),
            )
        });
        Page::new()
            .note(guessed)
            .note(is_empty.then_some(nothing))
            .fact_if(lang.pick("Objects", "Objets"), joined(&self.objects))
            .fact_if(lang.pick("Reads", "Lectures"), joined(&self.reads))
            .fact_if(lang.pick("Other functions", "Autres fonctions"), joined(&self.changes))
            .fact_if(lang.pick("Parameters", "Paramètres"), joined(&self.parameters))
            .fact_if(lang.pick("Entries", "Entrées"), joined(&self.instances))
            .note(next)
    }
}
