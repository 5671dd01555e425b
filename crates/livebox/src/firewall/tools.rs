//! The tools about the firewall's levels.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Firewall, Level, Levels, wire};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Message, Prepared, Read, Risk, Tool, ToolDef,
    ToolError, Watch, say,
};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowFirewall>(), ToolDef::change::<SetFirewall>()];

const FIREWALL: Group =
    Group { name: "firewall", english: "The firewall's levels", french: "Les niveaux du pare-feu" };

/// Shows the firewall's levels and whether the box answers pings from the Internet.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowFirewall {}

impl Tool for ShowFirewall {
    type Output = Firewall;
    const GROUP: &'static Group = &FIREWALL;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre les niveaux du pare-feu et si la box répond aux pings d'Internet.",
        args: &[],
    };
}

impl Read for ShowFirewall {
    async fn run(self, cx: &Context) -> Result<Firewall, ToolError> {
        let levels = levels(cx).await?;
        let ping = cx.read_optional(&wire::GetRespondToPing::INTERNET).await?;
        let ping = ping.and_then(sysbus::scalar::Part::into_inner).unwrap_or_default();
        Ok(Firewall { levels, ping_ipv4: ping.ipv4.get(), ping_ipv6: ping.ipv6.get() })
    }
}

async fn levels(cx: &Context) -> Result<Levels, ToolError> {
    let level = cx.read(&wire::GetLevel {}).await?;
    let ipv6_level = cx.read_optional(&wire::GetIpv6Level {}).await?.unwrap_or_default();
    Ok(Levels { level: wire::level(&level), ipv6_level: wire::level(&ipv6_level) })
}

/// Sets the firewall's levels. They filter what leaves: high lets out common services only and may cut others.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFirewall {
    /// For IPv4.
    #[arg(value_name = "LEVEL", help = "For IPv4: high, medium, low or custom")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[arg(long, value_name = "LEVEL", help = "For IPv6, the same values")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ipv6_level: Option<Level>,
}

impl Tool for SetFirewall {
    type Output = Changed<Levels>;
    const GROUP: &'static Group = &FIREWALL;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "low --ipv6-level low";
    const FRENCH: French = French {
        about: "Règle les niveaux du pare-feu. Ils filtrent ce qui sort : élevé (high) ne laisse sortir que les services courants et peut en couper d'autres.",
        args: &[
            ("level", "Pour IPv4 : high (élevé), medium (moyen), low (faible) ou custom (personnalisé)."),
            ("ipv6_level", "Pour IPv6, mêmes valeurs."),
        ],
    };
}

impl Change for SetFirewall {
    type State = Levels;
    type Subject = ();
    const BY_FIELD: bool = true;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Levels>, ToolError> {
        if self.level.is_none() && self.ipv6_level.is_none() {
            return Err(ToolError::Arguments(say!(
                "Give `level` for IPv4, `ipv6_level` for IPv6, or both: high, medium, low or custom.",
                "Donnez `level` pour IPv4, `ipv6_level` pour IPv6, ou les deux : high, medium, low ou custom."
            )));
        }
        let what = self.sentence();
        let before = levels(cx).await?;
        let wanted =
            Levels { level: self.level.or(before.level), ipv6_level: self.ipv6_level.or(before.ipv6_level) };
        if wanted == before {
            return Ok(Prepared::already_so(what, Some(before)));
        }
        let level = self.level.filter(|_| wanted.level != before.level);
        let ipv6_level = self.ipv6_level.filter(|_| wanted.ipv6_level != before.ipv6_level);
        let mut plan = Draft::new(what.clone(), &()).turns(Some(&before), Some(&wanted));
        if let Some(level) = level {
            plan = plan.sends(&wire::SetLevel::to(level));
        }
        if let Some(level) = ipv6_level {
            plan = plan.sends(&wire::SetIpv6Level::to(level));
        }
        if [level, ipv6_level].contains(&Some(Level::High)) {
            plan = guarded(plan);
        }
        plan = undone(plan, level.is_some(), ipv6_level.is_some(), before);
        plan.then(move |cx| async move { apply(&cx, what, before, (level, ipv6_level), wanted).await })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Levels>, ToolError> {
        levels(cx).await.map(Some)
    }
}

/// High keeps from leaving all but common services, the caller's own connection perhaps included.
fn guarded(plan: Draft) -> Draft {
    plan.risk(Risk::High)
        .typed("HIGH")
        .watched(Watch::USUAL)
        .cuts(
            say!(
                "everything that leaves but common services (web, mail): games, VPN, calls and some applications",
                "tout ce qui sort hormis les services courants (web, courrier) : jeux, VPN, appels et certaines applications"
            ),
            None,
        )
}

/// The way back, of what is changed.
fn undone(plan: Draft, level: bool, ipv6_level: bool, before: Levels) -> Draft {
    if (level && before.level.is_none()) || (ipv6_level && before.ipv6_level.is_none()) {
        return plan.not_undone(say!(
            "the box does not tell the present level, or it is one that we do not know",
            "la box n'indique pas le niveau actuel, ou c'est un niveau inconnu"
        ));
    }
    plan.undone_by(&SetFirewall {
        level: before.level.filter(|_| level),
        ipv6_level: before.ipv6_level.filter(|_| ipv6_level),
    })
}

async fn apply(
    cx: &Context,
    what: Message,
    before: Levels,
    (level, ipv6_level): (Option<Level>, Option<Level>),
    wanted: Levels,
) -> Result<Changed<Levels>, ToolError> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut sent = Vec::new();
    if let Some(level) = level {
        sent.push(cx.write(&wire::SetLevel::to(level)).await?);
    }
    if let Some(level) = ipv6_level {
        match cx.write(&wire::SetIpv6Level::to(level)).await {
            Ok(reply) => sent.push(reply),
            // What was done before must not hide behind the refusal: the read-back names what was not.
            Err(ToolError::Box(sysbus::Error::Refused { .. })) if !sent.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    let (after, _) = cx.read_back(PATIENCE, || levels(cx), |now| *now == wanted).await?;
    let mut differing = Vec::new();
    if after.level != wanted.level {
        differing.push("level".to_owned());
    }
    if after.ipv6_level != wanted.ipv6_level {
        differing.push("ipv6_level".to_owned());
    }
    match sent.iter().find(|sent| sent.lost.is_some() && after == before) {
        Some(lost) => Changed::after(lost, what, Some(before), Some(after), differing),
        None => Ok(Changed::verified(what, Some(before), Some(after), differing)),
    }
}

impl SetFirewall {
    fn sentence(&self) -> Message {
        let levels = |level| [crate::Lang::En, crate::Lang::Fr].map(|lang| Level::shown(Some(level), lang));
        match (self.level.map(levels), self.ipv6_level.map(levels)) {
            (Some([english, french]), None) => {
                say!("Set the IPv4 firewall to {english}", "Régler le pare-feu IPv4 sur {french}")
            }
            (None, Some([english, french])) => {
                say!("Set the IPv6 firewall to {english}", "Régler le pare-feu IPv6 sur {french}")
            }
            (Some([english, french]), Some([english_ipv6, french_ipv6])) => say!(
                "Set the firewall to {english} for IPv4 and {english_ipv6} for IPv6",
                "Régler le pare-feu sur {french} en IPv4 et {french_ipv6} en IPv6"
            ),
            (None, None) => say!("Set the firewall", "Régler le pare-feu"),
        }
    }
}
