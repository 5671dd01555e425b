//! Asking the person at the terminal whether a plan shall be carried out.

use std::{
    io::{self, IsTerminal as _},
    pin::Pin,
};

use livebox::{Consent, Lang, Plan, Show as _, Verdict, say};

use crate::terminal;

/// How the person who typed a command agrees to what it would change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// They said so beforehand, with `--yes`.
    Beforehand,
    /// They are shown the plan, and answer.
    Here(Lang),
    /// Nobody sits there; the flag that would have agreed beforehand, where the command has one.
    Nobody {
        /// Whether the command knows `--yes`.
        has_yes: bool,
    },
}

impl Asked {
    /// `yes` is `None` where the command does not know `--yes`.
    pub(crate) fn of(yes: Option<bool>, lang: Lang) -> Self {
        if yes == Some(true) {
            Self::Beforehand
        } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
            Self::Here(lang)
        } else {
            Self::Nobody { has_yes: yes.is_some() }
        }
    }
}

impl Consent for Asked {
    fn ask<'a>(&'a self, plan: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        Box::pin(async move {
            match *self {
                Self::Beforehand => Verdict::Given("--yes"),
                Self::Here(lang) => ask(plan, lang).await,
                Self::Nobody { has_yes: true } => Verdict::Declined(say!(
                    "Nothing was changed: this asks a person, and there is no interactive terminal here. --dry-run shows the plan, --yes agrees to it.",
                    "Rien n'a été modifié : ceci demande l'accord d'une personne, et il n'y a pas de terminal interactif ici. --dry-run montre le plan, --yes l'accepte."
                )),
                Self::Nobody { has_yes: false } => Verdict::Declined(say!(
                    "Not done: this asks a person first, and there is no interactive terminal here.",
                    "Non fait : ceci demande d'abord l'accord d'une personne, et il n'y a pas de terminal interactif ici."
                )),
            }
        })
    }
}

async fn ask(plan: &Plan, lang: Lang) -> Verdict {
    terminal::tell(&plan.show(lang).aligned());
    terminal::tell("");
    let question = match plan.word.as_deref() {
        Some(word) => lang.pick(
            format!("Type {word} to go on, Enter to leave everything as it is: "),
            format!("Tapez {word} pour continuer, Entrée pour ne rien modifier : "),
        ),
        None => lang.pick("Do it? [y/N] ", "Le faire ? [o/N] ").to_owned(),
    };
    match terminal::answer(question).await {
        Some(answer) if agrees(&answer, plan.word.as_deref()) => Verdict::Given("terminal"),
        _ => Verdict::Declined(say!("Declined: nothing was changed.", "Refusé : rien n'a été modifié.")),
    }
}

/// Whether that answer is a yes: in either language, or the word that the plan wants.
fn agrees(answer: &str, word: Option<&str>) -> bool {
    let answer = answer.trim();
    match word {
        Some(word) => answer.eq_ignore_ascii_case(word),
        None => ["y", "yes", "o", "oui"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)),
    }
}

#[cfg(test)]
mod tests {
    use super::agrees;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y", "Yes", " oui ", "O"] {
            assert!(agrees(yes, None), "{yes}");
        }
        for no in ["", "n", "ye", "yes please", "0"] {
            assert!(!agrees(no, None), "{no}");
        }
        assert!(agrees("reboot", Some("REBOOT")));
        for no in ["y", "yes", "", "rebot"] {
            assert!(!agrees(no, Some("REBOOT")), "{no}");
        }
    }
}
