//! What a change would do, before it is done: shown to a person, hashed, and held to.

use std::{borrow::Cow, fmt::Write as _, pin::Pin, time::Duration};

use ring::digest;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sysbus::{Call, Secret};

use crate::{
    Access, Change, Changed, Context, Lang, Message, Page, Show, ToolError, say,
    state::{lasting, lines},
    tool,
};

/// How much a change can hurt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Touches one rule, name or address.
    Low,
    /// Opens the home network, or may disturb some devices.
    Medium,
    /// Interrupts people, or locks somebody out.
    High,
}

/// What stops working, and for how long.
#[derive(Clone, Debug)]
pub struct Cut {
    /// What: "the 5 GHz Wi-Fi".
    pub what: Message,
    /// For about how long; `None`: until it is undone.
    pub lasts: Option<Duration>,
}

/// Time limits of the guard that watches a change which can cut its caller off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// Seconds within which the box must answer again.
    pub box_s: u64,
    /// Seconds within which the Internet must be back, and a device on the home network, if they were there before.
    pub internet_s: u64,
    /// Seconds for which box and Internet must then stay, before the change counts as good.
    pub settle_s: u64,
}

/// One call of the box that the change sends.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedCall {
    /// `Firewall:setDMZ`.
    call: String,
    /// Its parameters, secrets as `***`.
    parameters: Value,
    /// When it is only sent in some cases: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<Condition>,
    /// What [`Context::write`] compares.
    #[serde(skip)]
    print: Print,
}

/// What stands for a secret.
const STARS: &str = "***";

/// In which case a call is sent.
#[derive(Clone, Debug)]
struct Condition(Message);

impl Serialize for Condition {
    /// In one language, so that a plan has one hash.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.text(Lang::En).serialize(serializer)
    }
}

/// Fingerprint of one call, its secrets included: what may be sent is exactly what was planned. Never shown.
pub(crate) type Print = [u8; 32];

/// The fingerprint of a call.
pub(crate) fn print_of<C: Call>(call: &C) -> Result<Print, ToolError> {
    print(&call.service(), C::METHOD, &parameters(call)?)
}

pub(crate) fn print(service: &str, method: &str, parameters: &Value) -> Result<Print, ToolError> {
    sha256(&json!([service, method, parameters]))
}

fn parameters<C: Call>(call: &C) -> Result<Value, ToolError> {
    serde_json::to_value(call).map_err(|error| unwritable(&error))
}

fn sha256(value: &Value) -> Result<[u8; 32], ToolError> {
    let text = serde_json::to_vec(value).map_err(|error| unwritable(&error))?;
    let mut print = [0; 32];
    print.copy_from_slice(digest::digest(&digest::SHA256, &text).as_ref());
    Ok(print)
}

fn unwritable(error: &serde_json::Error) -> ToolError {
    ToolError::Failed(say!("plan not writable: {error}", "plan impossible à écrire : {error}"))
}

/// How a change is taken back.
#[derive(Clone, Debug)]
pub enum Undo {
    /// By this tool with these arguments.
    Call {
        /// MCP name of the tool, listed or internal.
        tool: String,
        /// Its arguments; secrets as handles.
        args: Value,
    },
    /// Not at all, because …
    Impossible(Message),
}

/// A plan under construction, and the closure that will carry it out: what a [`Change`](crate::Change) returns.
pub struct Prepared<S>(pub(crate) Stage<S>);

pub(crate) enum Stage<S> {
    /// Nothing has to be sent.
    Already(Box<Changed<S>>),
    /// To be consented to, recorded, then applied.
    Planned(Box<Draft>, Apply<S>),
}

pub(crate) type Apply<S> =
    Box<dyn FnOnce(Context) -> Pin<Box<dyn Future<Output = Result<Changed<S>, ToolError>> + Send>> + Send>;

impl<S> std::fmt::Debug for Prepared<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Stage::Already(_) => "Prepared::Already",
            Stage::Planned(..) => "Prepared::Planned",
        })
    }
}

impl<S: Clone> Prepared<S> {
    /// The box is as asked already: nothing is sent, asked or recorded.
    pub fn already_so(what: Message, state: Option<S>) -> Self {
        Self(Stage::Already(Box::new(Changed::already_so(what, state))))
    }
}

/// What a change tells about itself.
#[derive(Debug)]
pub struct Draft {
    pub(crate) what: Message,
    pub(crate) subject: Value,
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) calls: Vec<PlannedCall>,
    pub(crate) undo: Undo,
    pub(crate) risk: Option<Risk>,
    pub(crate) cut: Option<Cut>,
    pub(crate) word: Option<Cow<'static, str>>,
    pub(crate) watch: Option<Watch>,
    pub(crate) notes: Vec<Message>,
    pub(crate) bound_to: Option<String>,
    pub(crate) args: Option<Value>,
    problem: Option<ToolError>,
}

impl Draft {
    /// A change, in one line that a person understands ("Make NAS the DMZ host"), of that subject.
    pub fn new(what: Message, subject: &impl Serialize) -> Self {
        let mut draft = Self {
            what,
            subject: Value::Null,
            before: Value::Null,
            after: Value::Null,
            calls: Vec::new(),
            undo: Undo::Impossible(say!("no way back is known", "aucun retour n'est connu")),
            risk: None,
            cut: None,
            word: None,
            watch: None,
            notes: Vec::new(),
            bound_to: None,
            args: None,
            problem: None,
        };
        draft.subject = draft.json(subject);
        draft
    }

    fn json(&mut self, value: &impl Serialize) -> Value {
        serde_json::to_value(value).unwrap_or_else(|error| {
            self.problem = Some(unwritable(&error));
            Value::Null
        })
    }

    /// The state now, and as it shall be; `None`: there is none.
    #[must_use]
    pub fn turns<S: Serialize>(mut self, before: Option<&S>, after: Option<&S>) -> Self {
        self.before = self.json(&before);
        self.after = self.json(&after);
        self
    }

    /// Will send this call. [`Context::write`] sends no other.
    #[must_use]
    pub fn sends<C: Call>(self, call: &C) -> Self {
        self.sending(call, &[], None)
    }

    /// Will send this call, which holds secrets.
    #[must_use]
    pub fn sends_secret<C: Call>(self, call: &C, secrets: &[&Secret]) -> Self {
        self.sending(call, secrets, None)
    }

    /// May send this call: "if the box refuses both protocols in one rule".
    #[must_use]
    pub fn may_send<C: Call>(self, call: &C, only: Message) -> Self {
        self.sending(call, &[], Some(only))
    }

    /// May send this call, which holds secrets.
    #[must_use]
    pub fn may_send_secret<C: Call>(self, call: &C, secrets: &[&Secret], only: Message) -> Self {
        self.sending(call, secrets, Some(only))
    }

    fn sending<C: Call>(mut self, call: &C, secrets: &[&Secret], only: Option<Message>) -> Self {
        let (shown, print) = match parameters(call).and_then(|shown| Ok((shown, print_of(call)?))) {
            Ok(known) => known,
            Err(error) => {
                self.problem = Some(error);
                return self;
            }
        };
        let name = format!("{}:{}", call.service(), C::METHOD);
        self.calls.push(PlannedCall {
            call: name,
            parameters: veiled(shown, secrets),
            only: only.map(Condition),
            print,
        });
        self
    }

    /// Will send this raw call (expert access).
    #[must_use]
    pub(crate) fn sends_raw(mut self, service: &str, method: &str, parameters: &Value, shown: Value) -> Self {
        match print(service, method, parameters) {
            Ok(print) => {
                let call = format!("{service}:{method}");
                self.calls.push(PlannedCall { call, parameters: shown, only: None, print });
            }
            Err(error) => self.problem = Some(error),
        }
        self
    }

    /// Holds for that secret only, by its keyed fingerprint: consent to one password is none to another, which looks the
    /// same in a plan.
    #[must_use]
    pub(crate) fn bound_to(mut self, fingerprint: String) -> Self {
        self.bound_to = Some(fingerprint);
        self
    }

    /// Is taken back by that order. Its secrets, if it takes any, must be handles.
    #[must_use]
    pub fn undone_by<C: Change>(mut self, order: &C) -> Self {
        let args = self.json(order);
        self.undo = Undo::Call { tool: tool::name::<C>(), args };
        self
    }

    /// Cannot be taken back, because …
    #[must_use]
    pub fn not_undone(mut self, because: Message) -> Self {
        self.undo = Undo::Impossible(because);
        self
    }

    /// Hurts as much as that; by default what the tool's access level says.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }

    /// Cuts that, for about that long (`None`: until undone).
    #[must_use]
    pub fn cuts(mut self, what: Message, lasts: Option<Duration>) -> Self {
        self.cut = Some(Cut { what, lasts });
        self
    }

    /// A person must type this word to agree, not only tick.
    #[must_use]
    pub fn typed(mut self, word: impl Into<Cow<'static, str>>) -> Self {
        self.word = Some(word.into());
        self
    }

    /// Is watched afterwards, and taken back if the box or the Internet do not come back in time.
    #[must_use]
    pub fn watched(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Something more that the person should know.
    #[must_use]
    pub fn note(mut self, note: Message) -> Self {
        self.notes.push(note);
        self
    }

    /// Arguments for the record, when the given ones hold a secret: handles instead of values.
    #[must_use]
    pub fn recorded_as(mut self, args: &impl Serialize) -> Self {
        let args = self.json(args);
        self.args = Some(args);
        self
    }

    /// Completes the change with the closure that carries it out: writes through [`Context::write`], reads back, and
    /// tells how it ended.
    pub fn then<S, F, R>(self, apply: F) -> Result<Prepared<S>, ToolError>
    where
        F: FnOnce(Context) -> R + Send + 'static,
        R: Future<Output = Result<Changed<S>, ToolError>> + Send + 'static,
    {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(Prepared(Stage::Planned(Box::new(self), Box::new(move |cx| Box::pin(apply(cx)))))),
        }
    }
}

/// A value with these secrets replaced wherever they stand.
fn veiled(value: Value, secrets: &[&Secret]) -> Value {
    match value {
        Value::String(text) if secrets.iter().any(|secret| text.contains(secret.expose())) => "***".into(),
        Value::Array(items) => items.into_iter().map(|item| veiled(item, secrets)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, field)| (name, veiled(field, secrets))).collect()
        }
        other => other,
    }
}

/// What a change would do: what a person is shown, and what is held to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// MCP name of the tool that carries it out.
    pub tool: String,
    /// Its arguments, secrets replaced.
    pub args: Value,
    /// What it does, in one line.
    pub what: Message,
    /// Which part of the box it is about.
    pub subject: Value,
    /// State before.
    pub before: Value,
    /// State after.
    pub after: Value,
    /// What is sent.
    pub calls: Vec<PlannedCall>,
    /// How it is taken back.
    pub undo: Undo,
    /// How much it can hurt.
    pub risk: Risk,
    /// What stops working meanwhile.
    pub cut: Option<Cut>,
    /// What a person types to agree; `None`: a yes is enough.
    pub word: Option<Cow<'static, str>>,
    /// How it is watched afterwards.
    pub watch: Option<Watch>,
    /// What else the person should know.
    pub notes: Vec<Message>,
    /// Serial number of the box, when it tells it.
    pub box_serial: Option<String>,
    /// The record that this takes back.
    pub undoes: Option<i64>,
    /// Hash of all of this that matters, not of how it is told: what is applied is what was shown.
    pub hash: String,
    /// The same without the arguments: another spelling of them (an address for a name) has the same effect.
    pub effect: String,
}

/// The start of a hash, in hexadecimal digits.
fn hashed(content: &Value) -> Result<String, ToolError> {
    let hash = sha256(content)?;
    let mut text = String::new();
    for byte in hash.iter().take(16) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Which box a plan is about.
pub(crate) struct Whose {
    /// Its serial number, when it tells it.
    pub(crate) serial: Option<String>,
    /// Where it is reached.
    pub(crate) host: String,
}

impl Plan {
    /// Completes a draft.
    pub(crate) fn new(
        draft: Draft,
        tool: String,
        args: &Value,
        access: Access,
        volatile: &[&str],
        whose: Whose,
    ) -> Result<Self, ToolError> {
        let args = draft.args.unwrap_or_else(|| args.clone());
        let usual = if access == Access::Disrupt { Risk::High } else { Risk::Low };
        let mut plan = Self {
            tool,
            args,
            what: draft.what,
            subject: draft.subject,
            before: draft.before,
            after: draft.after,
            calls: draft.calls,
            undo: draft.undo,
            risk: draft.risk.unwrap_or(usual),
            cut: draft.cut,
            word: draft.word,
            watch: draft.watch,
            notes: draft.notes,
            box_serial: whose.serial,
            undoes: None,
            hash: String::new(),
            effect: String::new(),
        };
        // A box that does not tell its serial is known by where it is.
        let whose = plan.box_serial.clone().unwrap_or(whose.host);
        let effect = json!([
            whose,
            plan.tool,
            plan.subject,
            lasting(plan.before.clone(), volatile),
            lasting(plan.after.clone(), volatile),
            plan.calls,
        ]);
        plan.hash = hashed(&json!([effect, plan.args, draft.bound_to]))?;
        plan.effect = hashed(&effect)?;
        Ok(plan)
    }

    /// What may be sent.
    pub(crate) fn prints(&self) -> Vec<Print> {
        self.calls.iter().map(|call| call.print).collect()
    }

    /// Whether it can be shown and recorded whole: nothing in it is a secret that the redactor would take out. Secrets
    /// that are part of a call are starred in it already.
    pub(crate) fn can_be_shown(&self) -> bool {
        let mut whole = json!([self.args, self.before, self.after, self.json(Lang::En), self.json(Lang::Fr)]);
        // The words around the values as well: a secret that somebody chose may run from one into the other. Pages take
        // secrets out by themselves, so stars are counted.
        let stars = |text: &str| text.matches(STARS).count();
        let told = whole.to_string();
        let is_whole =
            |text: &str, most: usize| matches!(sysbus::redact(text), Cow::Borrowed(_)) && stars(text) <= most;
        !sysbus::redact_json(&mut whole)
            && [Lang::En, Lang::Fr].into_iter().all(|lang| {
                let values = stars(&told) - 2 * stars(&self.calls_json().to_string());
                is_whole(&self.question(lang), values) && is_whole(&self.show(lang).aligned(), stars(&told))
            })
    }

    /// The calls as data.
    pub fn calls_json(&self) -> Value {
        serde_json::to_value(&self.calls).unwrap_or_default()
    }

    /// The plan as data, in that language where it is words.
    pub fn json(&self, lang: Lang) -> Value {
        let undo = match &self.undo {
            Undo::Call { tool, args } => json!({ "tool": tool, "arguments": args }),
            Undo::Impossible(because) => json!({ "impossible": because.text(lang) }),
        };
        let cut = self.cut.as_ref().map(
            |cut| json!({ "what": cut.what.text(lang), "seconds": cut.lasts.map(|lasts| lasts.as_secs()) }),
        );
        let mut plan = json!({
            "what": self.what.text(lang),
            "risk": self.risk,
            "cuts": cut,
            "calls": self.calls,
            "undo": undo,
            "hash": self.hash,
        });
        if let Value::Object(fields) = &mut plan {
            if let Some(watch) = self.watch {
                fields.insert("guard".to_owned(), json!(watch));
            }
            if !self.notes.is_empty() {
                let notes: Vec<&str> = self.notes.iter().map(|note| note.text(lang)).collect();
                fields.insert("notes".to_owned(), json!(notes));
            }
        }
        plan
    }
}

impl Show for Plan {
    fn show(&self, lang: Lang) -> Page {
        let risk = match self.risk {
            Risk::Low => lang.pick("low", "faible"),
            Risk::Medium => lang.pick("medium", "moyen"),
            Risk::High => lang.pick("high", "élevé"),
        };
        let mut page = Page::new().fact(lang.pick("Change", "Changement"), self.what.text(lang));
        for (label, state) in
            [(lang.pick("Before", "Avant"), &self.before), (lang.pick("After", "Après"), &self.after)]
        {
            page = page.facts(label, lines(state, lang));
        }
        page = page.fact(lang.pick("Risk", "Risque"), risk);
        if let Some(cut) = &self.cut {
            let lasts = match cut.lasts {
                Some(lasts) => {
                    let lasts = lasts.as_secs();
                    lang.pick(format!("about {lasts} s"), format!("environ {lasts} s"))
                }
                None => lang.pick("until it is undone", "jusqu'à son annulation").to_owned(),
            };
            page = page.fact(lang.pick("Cuts", "Coupe"), format!("{} ({lasts})", cut.what.text(lang)));
        }
        for call in &self.calls {
            let only = call.only.as_ref().map(|only| format!(" ({})", only.0.text(lang))).unwrap_or_default();
            let sent = format!("{} {}{only}", call.call, call.parameters);
            page = page.fact(lang.pick("Sends", "Envoie"), sent);
        }
        if let Some(Watch { box_s, internet_s, settle_s }) = self.watch {
            page = page.fact(
                lang.pick("Guard", "Garde"),
                lang.pick(
                    format!("undone by itself unless the box answers within {box_s} s, the Internet and the home network are back within {internet_s} s, and all stay {settle_s} s"),
                    format!("annulé de lui-même si la box ne répond pas en {box_s} s, si Internet et le réseau local ne reviennent pas en {internet_s} s, ou si cela ne tient pas {settle_s} s"),
                ),
            );
        }
        for note in &self.notes {
            page = page.line(note.text(lang));
        }
        page.fact(
            lang.pick("Undo", "Annulation"),
            match &self.undo {
                Undo::Call { tool, args } => format!("{tool} {args}"),
                Undo::Impossible(because) => lang.pick(
                    format!("cannot be undone: {}", because.text(lang)),
                    format!("impossible : {}", because.text(lang)),
                ),
            },
        )
    }
}

// `plan`, `guard` and `approval` in the answer of a change are open objects, described in docs/changes.md: every tool that
// changes something would repeat their schema.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Open(pub(crate) Value);

impl JsonSchema for Open {
    fn schema_name() -> Cow<'static, str> {
        "Open".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_veiled_in_what_is_shown() {
        let secret = Secret::new("hunter2-hunter2");
        let shown = veiled(json!({"a": [{"key": "xhunter2-hunter2"}], "b": "other"}), &[&secret]);
        assert_eq!(shown, json!({"a": [{"key": "***"}], "b": "other"}));
    }
}
