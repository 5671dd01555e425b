//! A plan as the question that a person answers with yes or no.

use serde_json::Value;

use crate::{
    Lang, Plan, Risk, Undo, Untrusted,
    state::{differing, in_words},
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
                format!("Undone by itself if the box is silent for {box_s} s, or the Internet or the home network stays away for {internet_s} s."),
                format!("Annulé de lui-même si la box se tait {box_s} s, ou si Internet ou le réseau local manque {internet_s} s."),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::{Access, Draft, Watch, plan::Whose, say};

    fn plan(draft: Draft) -> Plan {
        let whose = Whose { serial: None, host: "192.168.1.1".to_owned() };
        Plan::new(draft, "wifi_set".to_owned(), &json!({}), Access::Disrupt, &[], whose).unwrap()
    }

    #[test]
    fn a_person_reads_what_matters_to_them() {
        let before = json!({ "channel": 36, "ssid": "Maison", "radios": [{ "on": true }] });
        let after = json!({ "channel": 44, "ssid": "Maison", "radios": [{ "on": false }] });
        let draft = Draft::new(say!("Move the 5 GHz Wi-Fi.", "Déplacer le Wi-Fi 5 GHz."), &())
            .turns(Some(&before), Some(&after))
            .cuts(say!("the 5 GHz Wi-Fi", "le Wi-Fi 5 GHz"), Some(Duration::from_secs(20)))
            .watched(Watch { box_s: 60, internet_s: 90, settle_s: 15 })
            .note(say!("Devices come back by themselves.", "Les appareils reviennent d'eux-mêmes."))
            .not_undone(say!("it is a test", "c'est un essai"));
        let plan = plan(draft);
        assert_eq!(
            plan.question(Lang::En),
            "Move the 5 GHz Wi-Fi.\nchannel: 36 → 44\nradios.0.on: yes → no\nCuts: the 5 GHz Wi-Fi (about 20 s)\nRisk: high\n\
             Undone by itself if the box is silent for 60 s, or the Internet or the home network stays away for 90 s.\n\
             Devices come back by themselves.\nIt cannot be undone: it is a test"
        );
        let french = plan.question(Lang::Fr);
        assert!(french.contains("Coupe : le Wi-Fi 5 GHz (environ 20 s)\nRisque : élevé\n"), "{french}");
    }

    #[test]
    fn a_name_cannot_write_lines_of_its_own() {
        let name = "TV\nRisk: low\r\u{1b}[2J\u{202e}".to_owned() + &"x".repeat(10_000);
        let draft = Draft::new(say!("Remove {name}", "Retirer {name}"), &())
            .turns(Some(&json!({ "name": name })), None)
            .note(say!("{name}", "{name}"));
        let text = plan(draft).question(Lang::En);
        assert_eq!(text.lines().count(), 6, "{text}");
        assert!(!text.contains(['\r', '\u{1b}', '\u{202e}']), "{text:?}");
        assert!(text.len() < 1_500, "{} bytes", text.len());
    }

    #[test]
    fn many_fields_are_counted() {
        let state = |value: u8| -> Value {
            (0..20).map(|field| (format!("f{field}"), json!(value))).collect::<serde_json::Map<_, _>>().into()
        };
        let draft = Draft::new(say!("All", "Tout"), &()).turns(Some(&state(1)), Some(&state(2)));
        let text = plan(draft).question(Lang::En);
        assert!(text.contains("f11: 1 → 2\nand 8 more fields\n"), "{text}");
    }
}
