//! On and off: the whole Wi-Fi by its master switch, or the private networks of one band.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::{Call, Error, Ignored};

use super::{
    Air, Network, Switch,
    named::named,
    plan,
    sent::{RESTARTING, cut_off, ended, tell_restart},
    tools::{DisableWifi, EnableWifi, WIFI},
    wire,
};
use crate::{
    Access, Audience, Band, Change, Changed, Context, Draft, French, Group, Lang, Message, Prepared, Sent,
    Tool, ToolError, Watch, say,
};

/// Whether it is on follows the switch, after a while; schedules come and go.
pub(super) const VOLATILE: &[&str] = &["on", "schedule_active"];

/// How long the master switch may take.
const SWITCHING: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 30 });

/// What a person types to switch the Wi-Fi off.
const WORD: &str = "wifi";

/// Lets the power management hold the Wi-Fi off again, as it did before it was switched on.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldWifi {
    /// What the switch says.
    #[arg(skip)]
    wanted: bool,
}

impl Tool for HoldWifi {
    type Output = Changed<Switch>;
    const GROUP: &'static Group = &WIFI;
    const VERB: &'static str = "hold";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Laisse de nouveau la gestion d'énergie couper le Wi-Fi.",
        args: &[("wanted", "Ce que dit l'interrupteur.")],
    };
    const AUDIENCE: Audience = Audience::Undo;
}

impl Change for HoldWifi {
    type State = Switch;
    type Subject = Option<Band>;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Switch>, ToolError> {
        let Self { wanted } = self;
        let what = say!(
            "Wi-Fi held off by the power management again",
            "Wi-Fi coupé de nouveau par la gestion d'énergie"
        );
        let before = whole(cx).await?;
        if before.held_off == Some(true) && before.wanted == Some(wanted) {
            return Ok(Prepared::already_so(what, Some(before)));
        }
        let hold = wire::SetProfile::new(false);
        let turn = wire::SetSwitch { enable: wanted, status: wanted };
        let turns = before.wanted != Some(wanted);
        let after = Switch { wanted: Some(wanted), on: Some(false), held_off: Some(true), ..before.clone() };
        let mut draft =
            guarded(Draft::new(what.clone(), &None::<Band>).turns(Some(&before), Some(&after)), None);
        if turns {
            draft = draft.sends(&turn);
        }
        draft = match before.wanted {
            Some(true) if before.held_off != Some(true) => draft.undone_by(&EnableWifi { band: None }),
            _ => draft.not_undone(odd()),
        };
        draft.sends(&hold).then(move |cx| async move {
            if turns {
                cx.write(&turn).await?;
            }
            let sent = cx.write(&hold).await?;
            let settled = |state: &Switch| state.held_off == Some(true) && state.wanted == Some(wanted);
            let (now, _) = cx.read_back(SWITCHING, || whole(&cx), settled).await.map_err(cut_off)?;
            let differing =
                [("wanted", now.wanted == Some(wanted)), ("held_off", now.held_off == Some(true))];
            let differing = differing.iter().filter(|(_, holds)| !holds);
            let differing = differing.map(|(name, _)| (*name).to_owned()).collect();
            let moved = now != before;
            ended(&sent, moved, what, before, now, differing)
        })
    }

    async fn observe(cx: &Context, band: Option<Band>) -> Result<Option<Switch>, ToolError> {
        state(cx, band).await
    }
}

/// Plans to switch all of the Wi-Fi, or one band.
pub(super) async fn prepare(
    cx: &Context,
    band: Option<Band>,
    on: bool,
) -> Result<Prepared<Switch>, ToolError> {
    match band {
        None => prepare_whole(cx, on).await,
        Some(band) => prepare_band(cx, band, on).await,
    }
}

/// The present state of the switch, or of one band; `None`: there is no such band.
pub(super) async fn state(cx: &Context, band: Option<Band>) -> Result<Option<Switch>, ToolError> {
    let Some(band) = band else { return whole(cx).await.map(Some) };
    let master = cx.read(&wire::GetSwitch {}).await?;
    let air = Air::read(cx).await?;
    let networks = air.private(band);
    // As wanted for the first: one that differs from the others shows when it is switched.
    let on = networks.first().and_then(|network| network.wanted).unwrap_or(true);
    Ok((!networks.is_empty()).then(|| of_band(&networks, band, on, master.schedule_active())))
}

async fn prepare_whole(cx: &Context, on: bool) -> Result<Prepared<Switch>, ToolError> {
    let before = whole(cx).await?;
    let held_off = before.held_off == Some(true);
    let what = turned(None, on);
    // The Wi-Fi is on when switch and power management both want it; off when one of them does not.
    if is_so(&before, on) && !(on && held_off) {
        return Ok(Prepared::already_so(what, Some(before)));
    }
    let lift = (on && held_off).then(|| wire::SetProfile::new(true));
    let turn = wire::SetSwitch { enable: on, status: on };
    let after = Switch {
        wanted: Some(on),
        on: Some(on),
        held_off: before.held_off.filter(|_| !on),
        ..before.clone()
    };
    let mut draft = Draft::new(what.clone(), &None::<Band>).turns(Some(&before), Some(&after));
    if let Some(lift) = &lift {
        draft = draft.sends(lift);
    }
    draft = draft.sends(&turn);
    draft = match before.wanted {
        Some(wanted) if held_off => draft.undone_by(&HoldWifi { wanted }),
        Some(true) if !on => draft.undone_by(&EnableWifi { band: None }),
        Some(false) if on => draft.undone_by(&DisableWifi { band: None }),
        _ => draft.not_undone(odd()),
    };
    if !on {
        draft = guarded(draft, None);
    }
    draft.then(move |cx| async move {
        if let Some(lift) = &lift {
            cx.write(lift).await?;
        }
        let sent = cx.write(&turn).await?;
        let (after, _) =
            cx.read_back(SWITCHING, || whole(&cx), |state| is_so(state, on)).await.map_err(cut_off)?;
        switched(&sent, what, before, after, on)
    })
}

async fn prepare_band(cx: &Context, band: Band, on: bool) -> Result<Prepared<Switch>, ToolError> {
    let master = cx.read(&wire::GetSwitch {}).await?;
    let air = Air::read(cx).await?;
    let networks = air.private(band);
    if networks.is_empty() {
        let bands = air.bands();
        return Err(ToolError::Conflict(say!(
            "This box has no {band} GHz network. Its bands: {bands}.",
            "Cette box n'a pas de réseau {band} GHz. Ses bandes : {bands}."
        )));
    }
    if on && master.enable.get() == Some(false) {
        return Err(ToolError::Conflict(say!(
            "The Wi-Fi as a whole is off: switch it on first (wifi_enable without a band).",
            "Le Wi-Fi est désactivé dans son ensemble : activez-le d'abord (wifi_enable sans bande)."
        )));
    }
    let schedule_active = master.schedule_active();
    let state = move |air: &Air| of_band(&air.private(band), band, on, schedule_active);
    let before = state(&air);
    let what = turned(Some(&networks), on);
    if is_so(&before, on) {
        return Ok(Prepared::already_so(what, Some(before)));
    }
    let order = wire::SetWlanConfig { mibs: plan::switching(&networks, on) };
    let after = Switch { wanted: Some(on), on: Some(on), ..before.clone() };
    let mut draft = Draft::new(what.clone(), &Some(band))
        .turns(Some(&before), Some(&after))
        .sends(&order)
        .cuts(say!("the {band} GHz Wi-Fi", "le Wi-Fi {band} GHz"), Some(RESTARTING));
    // One order switches all of them: they go back together only where they came together.
    let together = networks.iter().all(|network| network.wanted == Some(!on));
    draft = match (together, on) {
        (true, true) => draft.undone_by(&DisableWifi { band: Some(band) }),
        (true, false) => draft.undone_by(&EnableWifi { band: Some(band) }),
        (false, _) => draft.not_undone(odd()),
    };
    if !on {
        draft = guarded(draft, Some(band));
    }
    draft.then(move |cx| async move {
        let sent = cx.write(&order).await?;
        tell_restart(&cx);
        let read = || async { Ok(state(&Air::read(&cx).await?)) };
        let (after, _) = cx.read_back(RESTARTING, read, |state| is_so(state, on)).await.map_err(cut_off)?;
        switched(&sent, what, before, after, on)
    })
}

/// What a change that switches off has to say: what it cuts, and that a person types a word to agree.
fn guarded(draft: Draft, band: Option<Band>) -> Draft {
    let what = match band {
        None => say!("all of the Wi-Fi", "tout le Wi-Fi"),
        Some(band) => say!("the {band} GHz Wi-Fi", "le Wi-Fi {band} GHz"),
    };
    draft.cuts(what, None).typed(WORD).watched(Watch::USUAL).note(say!(
        "If this computer uses that Wi-Fi, it loses the box and cannot switch it on again: use a cable, or the Wi-Fi button on the box.",
        "Si cet ordinateur utilise ce Wi-Fi, il perd la box et ne pourra pas le réactiver : prenez un câble, ou le bouton Wi-Fi de la box."
    ))
}

fn odd() -> Message {
    say!(
        "the present state is not known well enough, or cannot be had again by switching",
        "l'état actuel n'est pas assez connu, ou ne peut pas être retrouvé en basculant"
    )
}

/// The master switch, and what may hold the Wi-Fi off in spite of it.
async fn whole(cx: &Context) -> Result<Switch, ToolError> {
    let profile =
        if_understood(cx, &wire::GetProfile::new()).await?.and_then(|reply| reply.wifi.into_inner());
    let schedule = if_understood(cx, &wire::GetSchedule::new()).await?;
    // A plan is started on either side (protocol section 4.9): one that says so is enough.
    let by_scheduler = schedule.map(|schedule| schedule.is_active());
    let by_profile = profile.as_ref().and_then(|profile| profile.activate.get());
    let reply = cx.read(&wire::GetSwitch {}).await?;
    let held_off = profile.is_some_and(|profile| profile.enable.get() == Some(false));
    Ok(Switch {
        band: None,
        wanted: reply.enable.get(),
        on: reply.status.get(),
        schedule_active: by_scheduler.max(by_profile).max(reply.schedule_active()),
        held_off: held_off.then_some(true),
    })
}

/// One band, of which `on` is wanted: one network that is not so is enough to say so.
fn of_band(networks: &[&Network], band: Band, on: bool, schedule_active: Option<bool>) -> Switch {
    let all = |states: Vec<Option<bool>>| {
        states.iter().find(|state| **state != Some(on)).copied().unwrap_or(Some(on))
    };
    let wanted = all(networks.iter().map(|network| network.wanted).collect());
    let on = all(networks.iter().map(|network| network.on).collect());
    Switch { band: Some(band), wanted, on, schedule_active, held_off: None }
}

/// What is switched: these networks, or all of it.
fn turned(networks: Option<&[&Network]>, on: bool) -> Message {
    let (english, french) = if on { ("on", "Activation") } else { ("off", "Désactivation") };
    let Some(networks) = networks else {
        return say!("All of the Wi-Fi {english}", "{french} de tout le Wi-Fi");
    };
    let [in_english, in_french] = [Lang::En, Lang::Fr].map(|lang| named(networks.iter().copied(), lang));
    say!("{in_english} {english}", "{french} du {in_french}")
}

fn is_so(state: &Switch, on: bool) -> bool {
    state.wanted == Some(on) && state.on == Some(on)
}

fn switched(
    sent: &Sent<Ignored>,
    what: Message,
    before: Switch,
    after: Switch,
    on: bool,
) -> Result<Changed<Switch>, ToolError> {
    let differing = [(after.wanted, "wanted"), (after.on, "on")];
    let differing = differing.iter().filter(|(is, _)| *is != Some(on));
    let differing = differing.map(|(_, name)| (*name).to_owned()).collect();
    let moved = after != before;
    ended(sent, moved, what, before, after, differing)
}

/// Asks for something that some firmwares lack, refuse, or answer in a shape that we do not know.
async fn if_understood<C: Call>(cx: &Context, call: &C) -> Result<Option<C::Reply>, ToolError> {
    match cx.read(call).await {
        Ok(reply) => Ok(Some(reply)),
        Err(ToolError::Box(
            Error::Absent { .. } | Error::Denied { .. } | Error::Refused { .. } | Error::NotUnderstood { .. },
        )) => Ok(None),
        Err(error) => Err(error),
    }
}
