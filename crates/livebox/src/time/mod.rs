//! The box's clock: local time, time zone, whether it is set by the network.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Page, Show, Untrusted};

#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

/// The box's clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BoxTime {
    /// Local time on the box, RFC 3339 with offset; null when the box gave none that we understand.
    pub(crate) local_time: Option<String>,
    /// Time zone name, as the box knows it.
    pub(crate) timezone: Option<Untrusted>,
    /// State of the network clock, as the box says it: "Synchronized" is good.
    pub(crate) status: Option<Untrusted>,
    /// Box minus this computer, in seconds; the box rounds to whole seconds.
    pub(crate) offset_s: Option<i64>,
}

impl Show for BoxTime {
    fn show(&self, lang: Lang) -> Page {
        Page::new()
            .fact_if(lang.pick("Box time", "Heure de la box"), self.local_time.clone())
            .fact_if(lang.pick("Time zone", "Fuseau horaire"), self.timezone.as_ref().map(Untrusted::shown))
            .fact_if(lang.pick("Network clock", "Horloge réseau"), self.status.as_ref().map(Untrusted::shown))
            .fact_if(
                match self.offset_s {
                    Some(..0) => lang.pick("Behind this computer", "Retard sur cet ordinateur"),
                    _ => lang.pick("Ahead of this computer", "Avance sur cet ordinateur"),
                },
                self.offset_s.map(|offset| format!("{} s", offset.unsigned_abs())),
            )
    }
}
