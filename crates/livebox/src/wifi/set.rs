//! Channel, width, name and visibility: the change itself, and its way back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Air, Settings,
    plan::{self, Wanted},
    sent::{RESTARTING, cut_off, ended, tell_restart},
    tools::WIFI,
    wire,
};
use crate::{
    Access, Audience, Change, Changed, Context, Draft, French, Group, Lang, Message, Prepared, Tool,
    ToolError, Watch, say,
};

/// A radio that restarts is off for a while.
pub(super) const VOLATILE: &[&str] = &["on"];

/// Seconds within which the person has to connect this computer to a network that was renamed.
const RECONNECTING: u64 = 300;

/// Sets networks and radios back to what they were.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreWifi {
    #[arg(skip)]
    wanted: Wanted,
}

impl Tool for RestoreWifi {
    type Output = Changed<Settings>;
    const GROUP: &'static Group = &WIFI;
    const VERB: &'static str = "restore";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Remet réseaux et radios comme ils étaient.",
        args: &[("wanted", "État d'avant.")],
    };
    const AUDIENCE: Audience = Audience::Undo;
}

impl Change for RestoreWifi {
    type State = Settings;
    type Subject = Vec<String>;
    const VOLATILE: &'static [&'static str] = VOLATILE;
    const BY_FIELD: bool = true;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Settings>, ToolError> {
        let air = Air::read(cx).await?;
        if !self.wanted.is_there(&air) {
            return Err(ToolError::Conflict(say!(
                "The box no longer has these networks.",
                "La box n'a plus ces réseaux."
            )));
        }
        prepare(self.wanted, air)
    }

    async fn observe(cx: &Context, names: Vec<String>) -> Result<Option<Settings>, ToolError> {
        state(cx, &names).await
    }
}

/// Plans what is wanted on a box with these networks and radios.
pub(super) fn prepare(wanted: Wanted, air: Air) -> Result<Prepared<Settings>, ToolError> {
    let bands = wanted.bands(&air);
    let what = Message::new(wanted.told(&air, Lang::En), wanted.told(&air, Lang::Fr));
    let before = wanted.settings(&air);
    if wanted.differing(&air).is_empty() {
        return Ok(Prepared::already_so(what, Some(before)));
    }
    let order = wire::SetWlanConfig { mibs: wanted.config() };
    let cut = wanted.cut(&air);
    // As usual, but for as long as it takes: radios that listen for radars first, people who must choose the new name.
    let away = cut.as_secs() + if wanted.renames() { RECONNECTING } else { 0 };
    let watch = Watch {
        box_s: Watch::USUAL.box_s.max(away),
        internet_s: Watch::USUAL.internet_s.max(away),
        ..Watch::USUAL
    };
    let mut draft = Draft::new(what.clone(), &wanted.shown)
        .turns(Some(&before), Some(&wanted.settled(&air)))
        .sends(&order)
        .cuts(say!("the Wi-Fi on {bands} GHz", "le Wi-Fi {bands} GHz"), Some(cut))
        .watched(watch);
    draft = match wanted.way_back(&air) {
        Ok(back) => draft.undone_by(&RestoreWifi { wanted: back }),
        Err(because) => draft.not_undone(because),
    };
    if wanted.renames() {
        draft = draft.note(say!(
            "Every device has to be connected to the network's new name by hand, this computer too if it uses the Wi-Fi.",
            "Chaque appareil devra être reconnecté à la main au nouveau nom du réseau, cet ordinateur aussi s'il est en Wi-Fi."
        ));
    }
    draft.then(move |cx| async move {
        let sent = cx.write(&order).await?;
        tell_restart(&cx);
        let settled = |now: &Air| wanted.differing(now).is_empty() && wanted.is_back(&air, now);
        let (now, _) = cx.read_back(RESTARTING, || Air::read(&cx), settled).await.map_err(cut_off)?;
        let (differing, after) = (wanted.differing(&now), wanted.settings(&now));
        let moved = differing != wanted.differing(&air);
        ended(&sent, moved, what, before, after, differing)
    })
}

/// The settings of these networks now.
pub(super) async fn state(cx: &Context, names: &[String]) -> Result<Option<Settings>, ToolError> {
    let settings = plan::settings(names, &Air::read(cx).await?);
    Ok(Some(settings).filter(|settings| !settings.networks.is_empty()))
}
