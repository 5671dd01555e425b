//! The speed of the Internet connection: the box's own last result, and a measurement from this computer.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::{Lang, Message, Page, Show, Untrusted, connection::rate};

mod meter;
mod server;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

/// The last speed test that the box ran by itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BoxResult {
    /// Null: not known.
    has_run: Option<bool>,
    status: Option<Untrusted>,
    at: Option<String>,
    /// Guessed from `down_raw`: its unit is not documented.
    down_bps: Option<u64>,
    up_bps: Option<u64>,
    /// As the box gives it.
    down_raw: Option<u64>,
    up_raw: Option<u64>,
    latency_raw: Option<u64>,
}

/// The box does not say whether its rates are in bit/s, kbit/s or Mbit/s. The largest unit that the link can carry
/// is the likeliest; without the rate of the link, figures from a million on are bit/s.
fn guess_bps(raw: u64, link_bps: Option<u64>) -> Option<u64> {
    let units = [1_000_000, 1_000, 1].into_iter().filter_map(|unit| raw.checked_mul(unit));
    match link_bps {
        // A few per cent of tolerance: nominal rates are round figures.
        Some(link) => units.into_iter().find(|bps| *bps <= link.saturating_add(link / 20)),
        None if raw >= 1_000_000 => Some(raw),
        None => raw.checked_mul(1_000),
    }
}

impl Show for BoxResult {
    fn show(&self, lang: Lang) -> Page {
        match self.has_run {
            Some(true) => {}
            Some(false) => {
                return Page::new().line(lang.pick(
                    "The box has never run a speed test by itself. speed_test measures from this computer.",
                    "La box n'a jamais fait de test de débit par elle-même. speed_test mesure depuis cet ordinateur.",
                ));
            }
            None => {
                return Page::new().line(lang.pick(
                    "The box's own speed test was not understood. speed_test measures from this computer.",
                    "Le test de débit de la box n'a pas été compris. speed_test mesure depuis cet ordinateur.",
                ));
            }
        }
        let figure = |bps: Option<u64>, raw: Option<u64>| match (bps, raw) {
            (Some(bps), Some(raw)) => Some(format!("{} ({raw})", rate(bps, lang))),
            (None, Some(raw)) => Some(format!("({raw})")),
            _ => None,
        };
        Page::new()
            .line(lang.pick(
                "The box's own last speed test; its unit is not documented, so rates are guessed from the figures in brackets.",
                "Dernier test de débit fait par la box ; son unité n'est pas documentée : les débits sont estimés d'après les chiffres entre parenthèses.",
            ))
            .fact_if(lang.pick("At", "Date"), self.at.clone())
            .fact_if(lang.pick("Download", "Descendant"), figure(self.down_bps, self.down_raw))
            .fact_if(lang.pick("Upload", "Montant"), figure(self.up_bps, self.up_raw))
            .fact_if(lang.pick("Latency", "Latence"), self.latency_raw.map(|latency| format!("({latency})")))
    }
}

/// A measurement from this computer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Measured {
    server: String,
    from: &'static str,
    down_bps: Option<u64>,
    up_bps: Option<u64>,
    latency_ms: Option<f64>,
    jitter_ms: Option<f64>,
    /// Why a figure is null.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_english")]
    #[schemars(with = "Option<String>")]
    missing: Option<Message>,
    certainty: &'static str,
}

const CERTAINTY: &str =
    "one server, one moment, from this computer: its Wi-Fi, cable or other traffic may be the limit";

/// What a speed test found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SpeedTest {
    measured: Option<Measured>,
    /// Why nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_english")]
    #[schemars(with = "Option<String>")]
    reason: Option<Message>,
    /// The box's own last result, where nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    box_result: Option<BoxResult>,
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn in_english<S: Serializer>(message: &Option<Message>, serializer: S) -> Result<S::Ok, S::Error> {
    message.as_ref().map(|message| message.text(Lang::En)).serialize(serializer)
}

impl Show for SpeedTest {
    fn show(&self, lang: Lang) -> Page {
        let Some(measured) = &self.measured else {
            let page = Page::new().note(self.reason.as_ref().map(|reason| reason.text(lang)));
            return match &self.box_result {
                Some(result) => page.then(result.show(lang)),
                None => page,
            };
        };
        let ms =
            |value: f64| format!("{} ms", lang.pick(value.to_string(), value.to_string().replace('.', ",")));
        Page::new()
            .fact_if(lang.pick("Download", "Descendant"), measured.down_bps.map(|bps| rate(bps, lang)))
            .fact_if(lang.pick("Upload", "Montant"), measured.up_bps.map(|bps| rate(bps, lang)))
            .fact_if(lang.pick("Latency", "Latence"), measured.latency_ms.map(ms))
            .fact_if(lang.pick("Jitter", "Gigue"), measured.jitter_ms.map(ms))
            .fact(lang.pick("Server", "Serveur"), measured.server.clone())
            .note(measured.missing.as_ref().map(|missing| missing.text(lang)))
            .line(lang.pick(
                "One server, one moment, from this computer: its Wi-Fi, its cable or other traffic may be the limit.",
                "Un serveur, un instant, depuis cet ordinateur : son Wi-Fi, son câble ou un autre trafic peut être la limite.",
            ))
    }
}

#[cfg(test)]
mod unit {
    use super::guess_bps;

    #[test]
    fn the_unit_is_the_largest_that_the_link_carries() {
        let gpon = Some(2_488_320_000);
        assert_eq!(guess_bps(950, gpon), Some(950_000_000));
        assert_eq!(guess_bps(950_000, gpon), Some(950_000_000));
        assert_eq!(guess_bps(950_000_000, gpon), Some(950_000_000));
        assert_eq!(guess_bps(9_000_000_000, gpon), None);
        assert_eq!(guess_bps(950_000, None), Some(950_000_000));
        assert_eq!(guess_bps(950_000_000, None), Some(950_000_000));
        assert_eq!(guess_bps(u64::MAX, None), Some(u64::MAX));
    }
}
