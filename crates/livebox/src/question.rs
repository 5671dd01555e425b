//! A plan as the question that a person answers with yes or no.

use serde_json::Value;

use crate::{
    Access, Lang, Plan, Risk, Undo, Untrusted,
    state::{differing_places, held, label_of_path, lines},
    text::unmarked,
};

/// So many changed fields are named; what else changes is counted.
const MOST_FIELDS: usize = 12;

impl Plan {
    /// What would change, what it cuts and risks and how it is undone: text for a dialog, a line each. Without control or
    /// invisible characters or live Markdown, whatever the household's devices are called.
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
        lines.extend(match &self.undo {
            // A look changes nothing.
            _ if crate::find_any(&self.tool).is_some_and(|def| def.access == Access::Read) => None,
            Undo::Call { .. } => {
                Some(lang.pick("It can be undone.", "L'annulation est possible.").to_owned())
            }
            Undo::Impossible(because) => {
                Some(labelled(lang.pick("It cannot be undone", "Annulation impossible"), because.text(lang)))
            }
        });
        let cleaned: Vec<_> = lines.iter().map(|line| Untrusted::line(line).shown().to_owned()).collect();
        unmarked(&cleaned.join("\n")).into_owned()
    }

    /// The fields that change, or the whole states where one of them is missing.
    fn changes(&self, lang: Lang) -> Vec<String> {
        let (Value::Object(_), Value::Object(_)) = (&self.before, &self.after) else {
            if self.before == self.after {
                return Vec::new();
            }
            let before = side(lang.pick("Before", "Avant"), &self.before, lang);
            return [before, side(lang.pick("After", "Après"), &self.after, lang)].concat();
        };
        let fields = differing_places(&self.before, &self.after);
        let shown = fields.iter().take(MOST_FIELDS).flat_map(|path| self.change(path, lang));
        shown.chain(more(fields.len(), lang)).collect()
    }

    /// One field, in one line unless somebody made up what it holds: `a → b` may be a name, and letters that run from
    /// right to left change the places of two texts in a line. So each such text ends a line of its own.
    fn change(&self, path: &str, lang: Lang) -> Vec<String> {
        let at = |state: &Value| {
            state.pointer(&format!("/{}", path.replace('.', "/"))).cloned().unwrap_or_default()
        };
        let (name, was, is) = (path.rsplit('.').next().unwrap_or(path), at(&self.before), at(&self.after));
        let path = label_of_path(path, lang);
        let told = |state: &Value| match state {
            Value::String(_) => vec![held(name, state, lang)],
            other => lines(other, lang),
        };
        match (told(&was).as_slice(), told(&is).as_slice()) {
            ([was], [is]) if !was.contains('"') && !is.contains('"') => {
                vec![format!("{path}{}{was} → {is}", lang.pick(": ", " : "))]
            }
            _ => {
                let before = side(&format!("{path}, {}", lang.pick("before", "avant")), &was, lang);
                [before, side(&format!("{path}, {}", lang.pick("after", "après")), &is, lang)].concat()
            }
        }
    }
}

/// A state under its label: behind it where it is one line, else a line for each field.
fn side(label: &str, state: &Value, lang: Lang) -> Vec<String> {
    let lines = lines(state, lang);
    if let [only] = lines.as_slice() {
        return vec![format!("{label}{}{only}", lang.pick(": ", " : "))];
    }
    let head = format!("{label}{}", lang.pick(":", " :"));
    let shown = lines.iter().take(MOST_FIELDS).map(|line| format!("- {line}"));
    std::iter::once(head).chain(shown).chain(more(lines.len(), lang)).collect()
}

/// How many of so many fields are not shown.
fn more(fields: usize, lang: Lang) -> Option<String> {
    let more = fields.checked_sub(MOST_FIELDS).filter(|more| *more > 0)?;
    Some(lang.pick(format!("and {more} more fields"), format!("et {more} autres champs")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::{Draft, Watch, plan::Whose, say};

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
    fn a_name_does_not_read_like_other_fields() {
        let name = "web, protocol tcp, external_port 8080";
        let after = json!([{ "name": name, "protocol": "tcp", "external_port": "22", "enabled": true }]);
        let text =
            plan(Draft::new(say!("Forward", "Rediriger"), &()).turns(None, Some(&after))).question(Lang::En);
        let wanted = "Forward\nBefore: nothing\nAfter:\n- name \"web, protocol tcp, external_port 8080\"\n\
            - protocol tcp\n- external_port 22\n- enabled yes\nRisk: ";
        assert!(text.starts_with(wanted), "{text}");
    }

    #[test]
    fn before_and_after_do_not_change_places() {
        let told = |before: &str, after: &str| {
            let draft = Draft::new(say!("Rename", "Renommer"), &());
            let plan = plan(draft.turns(Some(&json!({ "name": before })), Some(&json!({ "name": after }))));
            [Lang::En, Lang::Fr].map(|lang| plan.question(lang))
        };
        let [english, french] = told("אבג", "דהו");
        assert!(english.contains("\nname, before: \"אבג\"\nname, after: \"דהו\"\n"), "{english}");
        assert!(french.contains("\nnom, avant : \"אבג\"\nnom, après : \"דהו\"\n"), "{french}");
        let [english, _] = told("nas", "nas → \"nas\"");
        assert!(english.contains("\nname, before: nas\nname, after: \"nas → 'nas'\"\n"), "{english}");
    }

    #[test]
    fn a_name_is_no_markup_for_whoever_shows_the_question() {
        let after = json!({ "name": "![x](http://evil.example/p.png)" });
        let text = plan(Draft::new(say!("Set", "Régler"), &()).turns(None, Some(&after))).question(Lang::En);
        assert!(text.contains("After: name \"! [x] (http://evil.example/p.png)\""), "{text}");
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
