//! A plan as the question that a person answers with yes or no.

use serde_json::Value;

use crate::{
    Lang, Plan, Risk, Undo, Untrusted,
    plan::{differing, in_words},
};

/// So many changed fields are named; what else changes is counted.
const MOST_FIELDS: usize = 12;

impl Plan {
    /// What would change, what it cuts and risks and how it is undone: text for a dialog, a line each. Without control or
    /// invisible characters, whatever the household's devices are called.
    pub fn question(&self, lang: Lang) -> String {
        let labelled = |label: &str, text: &str| format!("{label}{}{text}", lang.pick(": ", " : "));
        let mut lines = vec![self.what.text(lang).to_owned()];
        lines.extend(self.changes(lang));
        if let Some(cut) = &self.cut {
            let lasts = match cut.lasts {
                Some(lasts) => {
                    let lasts = lasts.as_secs();
                    lang.pick(format!("about {lasts} s"), format!("environ {lasts} s"))
                }
                None => lang.pick("until it is undone", "jusqu'à son annulation").to_owned(),
            };
            lines.push(labelled(lang.pick("Cuts", "Coupe"), &format!("{} ({lasts})", cut.what.text(lang))));
        }
        let risk = match self.risk {
            Risk::Low => lang.pick("low", "faible"),
            Risk::Medium => lang.pick("medium", "moyen"),
            Risk::High => lang.pick("high", "élevé"),
        };
        lines.push(labelled(lang.pick("Risk", "Risque"), risk));
        if let Some(watch) = self.watch {
            let (box_s, internet_s) = (watch.box_s, watch.internet_s);
            lines.push(lang.pick(
                format!("Undone by itself if the box is silent for {box_s} s or the Internet stays away for {internet_s} s."),
                format!("Annulé de lui-même si la box se tait {box_s} s ou si Internet manque {internet_s} s."),
            ));
        }
        lines.extend(self.notes.iter().map(|note| note.text(lang).to_owned()));
        lines.push(match &self.undo {
            Undo::Call { .. } => lang.pick("It can be undone.", "L'annulation est possible.").to_owned(),
            Undo::Impossible(because) => {
                labelled(lang.pick("It cannot be undone", "Annulation impossible"), because.text(lang))
            }
        });
        let cleaned = lines.iter().map(|line| Untrusted::line(line).shown().to_owned());
        cleaned.collect::<Vec<_>>().join("\n")
    }

    /// The fields that change, or the whole states where one of them is missing.
    fn changes(&self, lang: Lang) -> Vec<String> {
        let colon = lang.pick(": ", " : ");
        let (Value::Object(_), Value::Object(_)) = (&self.before, &self.after) else {
            if self.before == self.after {
                return Vec::new();
            }
            let side = |label, state| format!("{label}{colon}{}", in_words(state, lang));
            return vec![
                side(lang.pick("Before", "Avant"), &self.before),
                side(lang.pick("After", "Après"), &self.after),
            ];
        };
        let fields = differing(&self.before, &self.after);
        let at = |state: &Value, path: &str| {
            let found = state.pointer(&format!("/{}", path.replace('.', "/")));
            in_words(found.unwrap_or(&Value::Null), lang)
        };
        let mut lines: Vec<String> = fields
            .iter()
            .take(MOST_FIELDS)
            .map(|path| format!("{path}{colon}{} → {}", at(&self.before, path), at(&self.after, path)))
            .collect();
        if let Some(more) = fields.len().checked_sub(MOST_FIELDS).filter(|more| *more > 0) {
            lines.push(lang.pick(format!("and {more} more fields"), format!("et {more} autres champs")));
        }
        lines
    }
}
