//! The firewall: its filtering levels, whether the box answers pings from the Internet, and the commit that makes
//! changed rules effective.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Context, Lang, Message, Page, Show, ToolError, Untrusted, net::textual, say, text::folded};

pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

/// A preset filtering strength. Levels filter what leaves; what comes in stays closed but for rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Lets out common services only.
    High,
    /// Lets out everything but a few risky services.
    Medium,
    /// Lets out everything.
    Low,
    /// The owner's own rules.
    Custom,
}

impl FromStr for Level {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        match folded(text).as_str() {
            "high" | "eleve" => Ok(Self::High),
            "medium" | "moyen" => Ok(Self::Medium),
            "low" | "faible" => Ok(Self::Low),
            "custom" | "personnalise" => Ok(Self::Custom),
            _ => {
                let text = Untrusted::clean(text);
                let text = text.in_quotes();
                Err(say!(
                    "`{text}` is not a firewall level: write high, medium, low or custom",
                    "« {text} » n'est pas un niveau de pare-feu : écrivez high, medium, low ou custom"
                ))
            }
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Custom => "custom",
        })
    }
}

textual!(Level, schemars::json_schema!({ "type": "string", "enum": ["high", "medium", "low", "custom"] }));

impl Level {
    pub(super) fn shown(level: Option<Self>, lang: Lang) -> &'static str {
        match level {
            Some(Self::High) => lang.pick("high", "élevé"),
            Some(Self::Medium) => lang.pick("medium", "moyen"),
            Some(Self::Low) => lang.pick("low", "faible"),
            Some(Self::Custom) => lang.pick("custom", "personnalisé"),
            None => lang.pick("not known", "inconnu"),
        }
    }
}

/// The firewall's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Levels {
    /// For IPv4.
    pub(crate) level: Option<Level>,
    pub(crate) ipv6_level: Option<Level>,
}

impl Show for Levels {
    fn show(&self, lang: Lang) -> Page {
        Page::new()
            .fact(lang.pick("IPv4 firewall", "Pare-feu IPv4"), Level::shown(self.level, lang))
            .fact(lang.pick("IPv6 firewall", "Pare-feu IPv6"), Level::shown(self.ipv6_level, lang))
    }
}

/// The firewall as a whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Firewall {
    #[serde(flatten)]
    levels: Levels,
    /// Answers pings from the Internet.
    ping_ipv4: Option<bool>,
    ping_ipv6: Option<bool>,
}

impl Show for Firewall {
    fn show(&self, lang: Lang) -> Page {
        let yes_no = |flag: bool| if flag { lang.pick("yes", "oui") } else { lang.pick("no", "non") };
        self.levels
            .show(lang)
            .fact_if(
                lang.pick("Answers IPv4 pings from the Internet", "Répond aux pings IPv4 d'Internet"),
                self.ping_ipv4.map(yes_no),
            )
            .fact_if(
                lang.pick("Answers IPv6 pings from the Internet", "Répond aux pings IPv6 d'Internet"),
                self.ping_ipv6.map(yes_no),
            )
    }
}

/// The call that makes changed rules effective.
pub(crate) const COMMIT: wire::Commit = wire::Commit {};

/// Whether those calls of a plan end with a commit, without which the others are kept but not in force.
pub(crate) fn commits(calls: &serde_json::Value) -> bool {
    let last = calls.as_array().and_then(|calls| calls.last());
    last.is_some_and(|last| last["call"] == "Firewall:commit" && last["only"].is_null())
}

/// Makes changed rules effective; whether the box said that it did. Without it some firmwares keep a new rule in the
/// configuration only.
pub(crate) async fn commit(cx: &Context) -> Result<bool, ToolError> {
    match cx.write(&COMMIT).await {
        Ok(sent) => Ok(sent.reply.is_some_and(wire::is_done)),
        // The rule itself was accepted: what became of it is for the read-back to say.
        Err(ToolError::Box(error)) => {
            tracing::warn!(%error, "firewall commit");
            Ok(error.is_absent())
        }
        Err(error) => Err(error),
    }
}
