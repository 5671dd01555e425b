//! Traffic as text.

use super::{Certainty, Kind, Missing, Source, Traffic};
use crate::{Lang, Page, Show};

impl Show for Traffic {
    fn show(&self, lang: Lang) -> Page {
        let at = self.at.as_ref().map(|at| format!(", {at}")).unwrap_or_default();
        let source = match self.source {
            Source::HomelanSamples => {
                lang.pick("Averages of the box over 30 s", "Moyennes de la box sur 30 s")
            }
            Source::LiveCounters => lang.pick("Counters read live", "Compteurs lus en direct"),
        };
        // The sentence that there is none says enough.
        let mut page = match self.no_rate {
            Some(Missing::NoSamples | Missing::NotUnderstood) => Page::new(),
            _ => Page::new().line(format!("{source}{at}")),
        };
        page = page.note(self.no_rate.map(|missing| missing.sentence(lang)));
        page = page.table(
            ["Interface", "Type", lang.pick("Download", "Réception"), lang.pick("Upload", "Émission")],
            self.rates.iter().map(|rate| {
                let bps = |bps: Option<u64>| bps.map_or("?".to_owned(), |bps| bits(bps, lang));
                [
                    rate.interface.shown().to_owned(),
                    rate.kind.word(lang).to_owned(),
                    bps(rate.down_bps),
                    bps(rate.up_bps),
                ]
            }),
        );
        if let Some(totals) = &self.totals_since_boot {
            let (down, up) = (bytes(totals.down_bytes, lang), bytes(totals.up_bytes, lang));
            let sure = totals.certainty.sentence(lang);
            let name = totals.interface.shown();
            page = page
                .fact(lang.pick("Since boot", "Depuis le démarrage"), name)
                .fact(lang.pick("Downloaded", "Reçu"), down)
                .fact(lang.pick("Uploaded", "Émis"), up)
                .note((!sure.is_empty()).then_some(sure));
        }
        page.note(self.no_totals.map(|missing| match missing {
            Missing::NotUnderstood => lang.pick(
                "No totals since boot: the box's counters were not understood.",
                "Pas de totaux depuis le démarrage : les compteurs de la box n'ont pas été compris.",
            ),
            Missing::UplinkUnknown => Missing::UplinkUnknown.sentence(lang),
            _ => lang.pick(
                "No totals since boot: the box gives no counters for this.",
                "Pas de totaux depuis le démarrage : la box ne donne pas de compteurs pour cela.",
            ),
        }))
    }
}

impl Kind {
    fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Wan => "WAN",
            Self::WanService => lang.pick("WAN service", "service WAN"),
            Self::Lan => lang.pick("port", "port"),
            Self::Wifi => "Wi-Fi",
            Self::GuestWifi => lang.pick("guest Wi-Fi", "Wi-Fi invités"),
            Self::Other => lang.pick("other", "autre"),
        }
    }
}

impl Certainty {
    fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::Exact => "",
            Self::MayHaveWrapped => lang.pick(
                "32-bit counters: they start again at 0 every 4.29 GB, so the true totals may be larger.",
                "Compteurs 32 bits : ils repartent de 0 tous les 4,29 Go, les vrais totaux peuvent être plus grands.",
            ),
            Self::Wrapped => lang.pick(
                "These counters started again at 0 (they do every 4.29 GB): the true totals are larger.",
                "Ces compteurs sont repartis de 0 (tous les 4,29 Go) : les vrais totaux sont plus grands.",
            ),
        }
    }
}

impl Missing {
    fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::NoSamples => lang.pick(
                "The box has no recent measures of this traffic.",
                "La box n'a pas de mesure récente de ce trafic.",
            ),
            Self::NotUnderstood => lang.pick(
                "What the box gave for this was not understood.",
                "Ce que la box a donné pour cela n'a pas été compris.",
            ),
            Self::UplinkUnknown => lang.pick(
                "Which of its interfaces leads to the Internet is not certain: name one to get its totals.",
                "On ne sait pas avec certitude quelle interface mène à Internet : nommez-en une pour avoir ses totaux.",
            ),
            Self::NoCounters => lang.pick(
                "The box gives no counters for this.",
                "La box ne donne pas de compteurs pour cela.",
            ),
            Self::CountersStoodStill => lang.pick(
                "The counters stood still: nothing flowed, or the box refreshes them every 30 s only. Without live_s you get its own averages.",
                "Les compteurs n'ont pas bougé : aucun trafic, ou la box ne les rafraîchit que toutes les 30 s. Sans live_s, vous avez ses propres moyennes.",
            ),
            Self::CountersMovedOnce => lang.pick(
                "The counters moved only once in that time, which tells no rate: the box may refresh them every 30 s only. Without live_s you get its own averages.",
                "Les compteurs n'ont bougé qu'une fois, ce qui ne donne pas de débit : la box ne les rafraîchit peut-être que toutes les 30 s. Sans live_s, vous avez ses propres moyennes.",
            ),
            Self::CountersRestarted => lang.pick(
                "The counters started again meanwhile.",
                "Les compteurs sont repartis de zéro entre-temps.",
            ),
        }
    }
}

/// `12.3 Mbit/s`.
fn bits(bps: u64, lang: Lang) -> String {
    scaled(bps, lang, [("bit/s", "bit/s"), ("kbit/s", "kbit/s"), ("Mbit/s", "Mbit/s"), ("Gbit/s", "Gbit/s")])
}

/// `3.19 GB`.
fn bytes(bytes: u64, lang: Lang) -> String {
    scaled(bytes, lang, [("B", "o"), ("kB", "ko"), ("MB", "Mo"), ("GB", "Go")])
}

fn scaled(value: u64, lang: Lang, units: [(&str, &str); 4]) -> String {
    let [one, kilo, mega, giga] = units;
    let (divisor, (english, french)) = match value {
        0..1_000 => (1, one),
        1_000..1_000_000 => (1_000, kilo),
        1_000_000..1_000_000_000 => (1_000_000, mega),
        _ => (1_000_000_000, giga),
    };
    let unit = lang.pick(english, french);
    if divisor == 1 {
        return format!("{value} {unit}");
    }
    let tenths = (value + divisor / 20) / (divisor / 10);
    format!("{}{}{} {unit}", tenths / 10, lang.pick('.', ','), tenths % 10)
}
