//! The box itself: what it is, how long it runs, restarting it, its admin password.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Lang, MacAddr, Message, Page, Show, ToolError, Untrusted, say};

#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

/// The box itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BoxInfo {
    model: Option<Untrusted>,
    /// Maker and its name for the hardware.
    hardware: Option<Untrusted>,
    hardware_version: Option<Untrusted>,
    firmware: Option<Untrusted>,
    serial_number: Option<Untrusted>,
    mac: Option<MacAddr>,
    country: Option<Untrusted>,
    public_ip: Option<std::net::IpAddr>,
    uptime_s: Option<u64>,
    /// By this computer's clock.
    up_since: Option<String>,
    reboots: Option<u64>,
    last_boot_at: Option<String>,
    last_boot_reason: Option<BootReason>,
    memory_total_bytes: Option<u64>,
    memory_free_bytes: Option<u64>,
}

// Why the box started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BootReason {
    PowerOn,
    Button,
    Watchdog,
    Requested,
    Scheduled,
    WakeUp,
    Error,
    Other,
}

impl BootReason {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::PowerOn => lang.pick("power came on", "mise sous tension"),
            Self::Button => lang.pick("button or power supply", "bouton ou alimentation"),
            Self::Watchdog => lang.pick("it had hung (watchdog)", "elle était bloquée (chien de garde)"),
            Self::Requested => {
                lang.pick("asked for by a person or Orange", "demandé par quelqu'un ou par Orange")
            }
            Self::Scheduled => lang.pick("scheduled", "programmé"),
            Self::WakeUp => lang.pick("woken up", "réveil"),
            Self::Error => lang.pick("an error of its software", "erreur de son logiciel"),
            Self::Other => lang.pick("another reason", "autre raison"),
        }
    }
}

/// The serial number, which tells one box from another; `None` when this one keeps it to itself.
pub(crate) async fn serial(cx: &Context) -> Result<Option<String>, ToolError> {
    let info = cx.read_optional(&wire::GetDeviceInfo {}).await?;
    Ok(info.and_then(|info| info.serial_number.get().map(str::to_owned)))
}

/// The name people know a product by.
fn popular_name(product: &str) -> &str {
    match product {
        "Livebox Fibre" => "Livebox 5",
        "Livebox Nautilus" => "Livebox S",
        other => other,
    }
}

impl Show for BoxInfo {
    fn show(&self, lang: Lang) -> Page {
        let text = |value: &Option<Untrusted>| value.as_ref().map(|value| value.shown().to_owned());
        let running = self.uptime_s.map(|uptime| match &self.up_since {
            Some(since) => {
                format!("{} ({} {since})", duration(uptime, lang), lang.pick("since", "depuis le"))
            }
            None => duration(uptime, lang),
        });
        let boot = match (&self.last_boot_at, self.last_boot_reason) {
            (Some(at), Some(reason)) => Some(format!("{at}, {}", reason.words(lang))),
            (at, reason) => at.clone().or_else(|| reason.map(|reason| reason.words(lang).to_owned())),
        };
        let memory = self.memory_total_bytes.map(|total| {
            let total = megabytes(total);
            match self.memory_free_bytes.map(megabytes) {
                Some(free) => {
                    lang.pick(format!("{free} of {total} MB free"), format!("{free} Mo libres sur {total}"))
                }
                None => format!("{total} {}", lang.pick("MB", "Mo")),
            }
        });
        let page = Page::new();
        // A person wonders about an empty answer more than about a missing line.
        let silent = self.model.is_none() && self.hardware.is_none() && self.firmware.is_none();
        let page = page.note(silent.then(|| {
            lang.pick("The box does not say what it is.", "La box n'indique ni son modèle ni son logiciel.")
        }));
        page.fact_if(lang.pick("Model", "Modèle"), text(&self.model))
            .fact_if(
                lang.pick("Hardware", "Matériel"),
                match (text(&self.hardware), text(&self.hardware_version)) {
                    (Some(name), Some(version)) => Some(format!("{name}, {version}")),
                    (name, version) => name.or(version),
                },
            )
            .fact_if(lang.pick("Firmware", "Logiciel"), text(&self.firmware))
            .fact_if(lang.pick("Serial number", "Numéro de série"), text(&self.serial_number))
            .fact_if(lang.pick("MAC address", "Adresse MAC"), self.mac.map(|mac| mac.to_string()))
            .fact_if(lang.pick("Country", "Pays"), text(&self.country))
            .fact_if(lang.pick("Public IP", "IP publique"), self.public_ip.map(|ip| ip.to_string()))
            .fact_if(lang.pick("Running for", "En marche depuis"), running)
            .fact_if(lang.pick("Reboots", "Redémarrages"), self.reboots.map(|count| count.to_string()))
            .fact_if(lang.pick("Last start", "Dernier démarrage"), boot)
            .fact_if(lang.pick("Memory", "Mémoire"), memory)
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}

/// A length of time in its two largest units.
pub(crate) fn duration(seconds: u64, lang: Lang) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let day = lang.pick("d", "j");
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes:02} min"),
        (days, hours, _) => format!("{days} {day} {hours} h"),
    }
}

/// How far a reboot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RebootState {
    /// The box took the order and still answers.
    Ordered,
    /// The box went down.
    Rebooting,
    /// The box answers again.
    Back,
}

/// A reboot on its way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Reboot {
    state: Option<RebootState>,
    uptime_before_s: Option<u64>,
    /// Once back.
    uptime_s: Option<u64>,
    /// Since the order was sent.
    waited_s: Option<u64>,
    reboots: Option<u64>,
}

impl Reboot {
    /// What tells before from after: the box's count of its starts.
    fn counted(reboots: Option<u64>) -> Self {
        Self { state: None, uptime_before_s: None, uptime_s: None, waited_s: None, reboots }
    }

    fn sentence(&self) -> Message {
        let waited = self.waited_s.unwrap_or_default();
        match self.state {
            None => say!("The box runs.", "La box fonctionne."),
            Some(RebootState::Ordered) => say!(
                "The box took the order and has not gone down yet. It is usually back in 2 to 4 minutes: check with box_show.",
                "La box a accepté l'ordre et répond encore. Elle est en général de retour en 2 à 4 minutes : vérifiez avec box_show."
            ),
            Some(RebootState::Rebooting) => say!(
                "The box is rebooting: no Internet, TV, telephone or Wi-Fi meanwhile. It is usually back in 2 to 4 minutes: check with box_show.",
                "La box redémarre : ni Internet, ni TV, ni téléphone, ni Wi-Fi entre-temps. Elle est en général de retour en 2 à 4 minutes : vérifiez avec box_show."
            ),
            Some(RebootState::Back) => say!(
                "The box rebooted and answers again, {waited} s after the order. Internet may take another minute.",
                "La box a redémarré et répond de nouveau, {waited} s après l'ordre. Internet peut demander encore une minute."
            ),
        }
    }
}

impl Show for Reboot {
    fn show(&self, lang: Lang) -> Page {
        Page::new().line(self.sentence().text(lang))
    }
}

/// A changed admin password.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PasswordChanged {
    /// Proven by a fresh login.
    changed: bool,
    /// What the owner must do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'static str>,
    /// Whether what `login` keeps is the new one.
    #[serde(skip)]
    kept: bool,
}

impl PasswordChanged {
    /// As it will be.
    fn planned() -> Self {
        Self { changed: true, next: None, kept: false }
    }

    fn next(kept: bool) -> &'static str {
        if kept {
            "livebox-mcp keeps the new password from now on."
        } else {
            "Give the new password to `livebox-mcp login`, LIVEBOX_PASSWORD or the password file, whichever you use."
        }
    }
}

impl Show for PasswordChanged {
    fn show(&self, lang: Lang) -> Page {
        Page::new()
            .line(lang.pick(
                "The admin password is changed: the box accepts the new one.",
                "Le mot de passe d'administration est changé : la box accepte le nouveau.",
            ))
            .line(if self.kept {
                lang.pick(
                    "livebox-mcp keeps the new one from now on. Give it to every other program that knew the old one (Home Assistant, phone application…).",
                    "livebox-mcp garde désormais le nouveau. Donnez-le à tout autre programme qui connaissait l'ancien (Home Assistant, application mobile…).",
                )
            } else {
                lang.pick(
                    "Now give it to `livebox-mcp login`, LIVEBOX_PASSWORD or the password file, whichever you use, and to every other program that knew the old one (Home Assistant, phone application…).",
                    "Donnez-le maintenant à `livebox-mcp login`, LIVEBOX_PASSWORD ou le fichier de mot de passe, selon ce que vous utilisez, et à tout autre programme qui connaissait l'ancien (Home Assistant, application mobile…).",
                )
            })
    }
}
