//! What every tool that changes the box answers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Message, Page, Sent, Show, ToolError, changes::AnyState, plan::Open, say, state::word};

/// In `differs`: the firewall's rules are as wanted, and the box did not say that it applies them.
pub(crate) const COMMIT_UNCONFIRMED: &str = "commit_unconfirmed";

// What was asked and refused is an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "its doc comment would be repeated in the schema of every change")]
pub enum Outcome {
    /// The box now says what was asked for.
    Applied,
    /// It was so already: nothing was sent.
    AlreadySo,
    /// Sent, but the box now says something else: see `differs`.
    Differs,
    /// Sent, and the box answered; what it did is not known. Only raw calls end so, which no model makes.
    #[schemars(skip)]
    Unverified,
    /// Nothing was sent: `plan` says what would be.
    Planned,
    /// Nothing was sent: a person must first answer at a terminal, see `approval`.
    ApprovalNeeded,
}

/// What became of a change, as read back from the box.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Changed<T> {
    /// What was asked, one sentence.
    #[serde(skip)]
    what: Message,
    outcome: Outcome,
    // State before, and as the box reports it now; null when there is none. The list of tools tells the form of a state
    // once: it is the longest part of the schema of a change.
    /// In the form of `after`.
    #[schemars(with = "AnyState")]
    before: Option<T>,
    after: Option<T>,
    /// Fields that the box dropped or changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    // What has a name is told by it.
    #[schemars(extend("x-untrusted" = true))]
    differs: Vec<String>,
    /// In the journal, for undo.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<Open>,
    // It quotes names and states.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-untrusted" = true))]
    plan: Option<Open>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Open>,
}

impl<T> Changed<T> {
    // The pipeline adds what only it knows (the entry, a plan, an approval) to the answer: see `invoke`.
    fn new(
        what: Message,
        outcome: Outcome,
        before: Option<T>,
        after: Option<T>,
        differs: Vec<String>,
    ) -> Self {
        Self { what, outcome, before, after, differs, entry: None, guard: None, plan: None, approval: None }
    }

    /// The box reports what was asked for.
    pub fn applied(what: Message, before: Option<T>, after: Option<T>) -> Self {
        Self::new(what, Outcome::Applied, before, after, Vec::new())
    }

    /// The box reports something else in these fields.
    pub fn differs(what: Message, before: Option<T>, after: Option<T>, fields: Vec<String>) -> Self {
        Self::new(what, Outcome::Differs, before, after, fields)
    }

    /// The box took it, and nobody knows what that did.
    pub fn unverified(what: Message, after: Option<T>) -> Self {
        Self::new(what, Outcome::Unverified, None, after, Vec::new())
    }

    /// The outcome of a read-back: applied when no field differs.
    pub fn verified(what: Message, before: Option<T>, after: Option<T>, differing: Vec<String>) -> Self {
        if differing.is_empty() {
            Self::applied(what, before, after)
        } else {
            Self::differs(what, before, after, differing)
        }
    }
}

impl<T> Changed<T> {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The fields that the box dropped or changed.
    pub fn differing(&self) -> &[String] {
        &self.differs
    }

    /// The outcome of a write that was read back: as [`Changed::verified`], but a write whose answer was lost and of
    /// which nothing shows on the box was not applied.
    pub fn after<R>(
        sent: &Sent<R>,
        what: Message,
        before: Option<T>,
        after: Option<T>,
        differing: Vec<String>,
    ) -> Result<Self, ToolError> {
        match &sent.lost {
            Some(_) if !differing.is_empty() => {
                let (english, french) = (what.text(Lang::En), what.text(Lang::Fr));
                Err(ToolError::Failed(say!(
                    "{english}: not applied. The box's answer was lost and it still reports the former state.",
                    "{french} : non appliqué. La réponse de la box s'est perdue et elle indique toujours l'état précédent."
                )))
            }
            _ => Ok(Self::verified(what, before, after, differing)),
        }
    }
}

impl<T: Clone> Changed<T> {
    /// Nothing had to be done.
    pub fn already_so(what: Message, state: Option<T>) -> Self {
        Self::new(what, Outcome::AlreadySo, state.clone(), state, Vec::new())
    }
}

impl<T: Show> Show for Changed<T> {
    fn show(&self, lang: Lang) -> Page {
        let what = self.what.text(lang);
        let verdict = match self.outcome {
            Outcome::Applied => lang.pick("done, and read back from the box", "fait, et relu sur la box"),
            Outcome::AlreadySo => {
                lang.pick("already so, nothing was sent", "déjà le cas, rien n'a été envoyé")
            }
            Outcome::Differs if self.differs.iter().all(|field| field == COMMIT_UNCONFIRMED) => {
                lang.pick("kept by the box, not confirmed", "gardé par la box, non confirmé")
            }
            Outcome::Unverified => lang.pick(
                "sent, and the box answered; what it did is not verified",
                "envoyé, et la box a répondu ; son effet n'est pas vérifié",
            ),
            Outcome::Planned | Outcome::ApprovalNeeded => {
                lang.pick("nothing was sent", "rien n'a été envoyé")
            }
            Outcome::Differs => {
                lang.pick("sent, but the box reports otherwise", "envoyé, mais la box indique autre chose")
            }
        };
        let mut page = Page::new().line(format!("{what}{}{verdict}.", lang.pick(": ", " : ")));
        let (unconfirmed, fields): (Vec<&str>, Vec<&str>) =
            self.differs.iter().map(String::as_str).partition(|field| *field == COMMIT_UNCONFIRMED);
        if !fields.is_empty() {
            let fields: Vec<String> = fields.into_iter().map(word).collect();
            page = page.fact(lang.pick("Not as asked", "Non conforme"), fields.join(", "));
        }
        if !unconfirmed.is_empty() {
            page = page.line(lang.pick(
                "The box keeps the change but did not confirm that it is in force. Look again in a minute; any other change of the firewall, or a restart, brings it into force.",
                "La box a gardé le changement mais n'a pas confirmé qu'il est en vigueur. Regardez de nouveau dans une minute ; tout autre changement du pare-feu, ou un redémarrage, le met en vigueur.",
            ));
        }
        match &self.after {
            Some(after) => page.then(after.show(lang)),
            None => page,
        }
    }
}
