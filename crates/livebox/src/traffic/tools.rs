//! The tool about traffic.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::{Call, Error, scalar::Table};
use tokio::time::Instant;

use super::{
    Counters, Interface, Kind, Missing, Rate, Sampled, Source, Totals, Traffic,
    live::{self, Look},
    rates, wan, wire,
};
use crate::{Access, Context, French, Group, Read, Tool, ToolDef, ToolError, Untrusted, say};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowTraffic>()];

const TRAFFIC: Group =
    Group { name: "traffic", english: "How much flows through the box", french: "Ce qui passe par la box" };

/// Shows download and upload rates per interface, and WAN totals since boot.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowTraffic {
    /// wan, wifi, or a listed name.
    #[arg(value_name = "INTERFACE")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    /// Measure for 1 to 30 s instead.
    #[arg(long, value_name = "SECONDS")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    live_s: Option<u8>,
}

impl Tool for ShowTraffic {
    type Output = Traffic;
    const GROUP: &'static Group = &TRAFFIC;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre les débits par interface, et les totaux du WAN depuis le démarrage.",
        args: &[
            ("interface", "wan, wifi, ou un nom de la liste."),
            ("live_s", "Mesurer maintenant pendant 1 à 30 s au lieu des moyennes de la box."),
        ],
    };
}

impl Read for ShowTraffic {
    async fn run(self, cx: &Context) -> Result<Traffic, ToolError> {
        if self.live_s.is_some_and(|seconds| !(1..=30).contains(&seconds)) {
            return Err(ToolError::Arguments(say!(
                "Wrong argument `live_s`: a measurement takes 1 to 30 seconds.",
                "Argument « live_s » incorrect : une mesure dure de 1 à 30 secondes."
            )));
        }
        let wanted = self.interface.as_deref().map(Wanted::from);
        match self.live_s {
            Some(seconds) => measured(cx, wanted, Duration::from_secs(seconds.into())).await,
            None => sampled(cx, wanted).await,
        }
    }
}

/// What a person asked about.
enum Wanted<'a> {
    Wan,
    Wifi,
    Named(&'a str),
}

impl<'a> From<&'a str> for Wanted<'a> {
    fn from(text: &'a str) -> Self {
        match text.trim().to_lowercase().as_str() {
            "wan" | "internet" => Self::Wan,
            "wifi" | "wi-fi" => Self::Wifi,
            _ => Self::Named(text.trim()),
        }
    }
}

/// The box's own samples.
async fn sampled(cx: &Context, wanted: Option<Wanted<'_>>) -> Result<Traffic, ToolError> {
    let mut interfaces = inventory(cx).await?;
    let mut results = None;
    let listed = !interfaces.is_empty();
    if !listed {
        // Some firmware measures what it does not list.
        let all = measures(cx, None).await?;
        interfaces = all.iter().map(|(friendly, _)| Interface::of_results(friendly)).collect();
        results = Some(all);
    }
    let named = match wanted {
        Some(Wanted::Named(name)) => Some(named(&interfaces, name)?),
        _ => None,
    };
    let results = match results {
        Some(results) => results,
        None => measures(cx, named).await?,
    };
    let samples: Vec<Sampled<'_>> = interfaces
        .iter()
        .filter_map(|interface| {
            // Asked for one interface, the box answers under the name asked.
            let keys = [&interface.friendly, &interface.key, &interface.name];
            let readings = keys.into_iter().find_map(|name| results.get(name))?.readings();
            Some(Sampled { interface, readings }).filter(|one| !one.readings.is_empty())
        })
        .collect();
    let uplink = wan(&interfaces, &samples);
    let concerned = |interface: &Interface| match (&wanted, named) {
        (_, Some(named)) => interface.key == named.key,
        (Some(Wanted::Wan), _) => matches!(interface.kind, Kind::Wan | Kind::WanService),
        (Some(Wanted::Wifi), _) => matches!(interface.kind, Kind::Wifi | Kind::GuestWifi),
        _ => true,
    };
    let all = interfaces.iter().filter(|interface| concerned(interface)).count();
    let samples: Vec<Sampled<'_>> = samples.into_iter().filter(|one| concerned(one.interface)).collect();
    // Whoever names an interface means that one, whatever is the uplink.
    let (rates, at) = rates(&samples, uplink.map(|(uplink, _)| uplink).filter(|_| named.is_none()));
    let idle = all - samples.len();
    let counted = match (&wanted, named) {
        (Some(Wanted::Wifi), _) => (Counted::Wifi, true),
        (_, Some(named)) => (Counted::of(named), true),
        _ => likely_uplink(uplink.filter(|_| listed), &interfaces),
    };
    let (totals_since_boot, no_totals) = match totals(cx, counted).await {
        Ok(Ok(totals)) => (Some(totals), None),
        Ok(Err(missing)) => (None, Some(missing)),
        // The rates are worth having without them.
        Err(ToolError::Box(Error::NotUnderstood { .. })) => (None, Some(Missing::NotUnderstood)),
        Err(error) => return Err(error),
    };
    Ok(Traffic {
        source: Source::HomelanSamples,
        at: at.map(|at| at.to_string()),
        no_rate: rates.is_empty().then_some(Missing::NoSamples),
        no_totals,
        rates,
        idle,
        totals_since_boot,
    })
}

/// What the box measured lately, of every interface or of one; an error when it is in no form that we understand,
/// since "nothing measured" would be a statement.
async fn measures(cx: &Context, one: Option<&Interface>) -> Result<Table<wire::Results>, ToolError> {
    let call = wire::GetResults::new(one);
    let results = cx.read_if_present(&call).await?.unwrap_or_default();
    if results.is_odd() || results.iter().any(|(_, one)| one.is_odd()) {
        return Err(Error::odd(&call, "status.*.Traffic").into());
    }
    Ok(results)
}

/// Counters, watched for a while.
async fn measured(cx: &Context, wanted: Option<Wanted<'_>>, time: Duration) -> Result<Traffic, ToolError> {
    let counted = match wanted {
        Some(Wanted::Wifi) => Some(Counted::Wifi),
        Some(Wanted::Named(name)) => Some(Counted::of(named(&inventory(cx).await?, name)?)),
        None | Some(Wanted::Wan) => uplink_in_use(cx, &inventory(cx).await?).await?,
    };
    let Some(counted) = counted else { return Err(no_counters()) };
    let looks = watch(cx, &counted, time).await?;
    let rate = live::rate(&looks);
    let kind = counted.kind();
    let (down_bps, up_bps) = if kind.receives_downloads() {
        (rate.received_bps, rate.sent_bps)
    } else {
        (rate.sent_bps, rate.received_bps)
    };
    let over_s = rate.missing.is_none().then(|| rate.over.as_secs().max(1));
    Ok(Traffic {
        source: Source::LiveCounters,
        at: Some(jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        rates: vec![Rate { interface: counted.shown(), kind, down_bps, up_bps, over_s }],
        idle: 0,
        no_rate: rate.missing,
        totals_since_boot: looks.last().map(|look| Totals::new(counted.shown(), kind, &look.counters)),
        no_totals: None,
    })
}

/// Looks at counters about ten times, a second apart at most.
async fn watch(cx: &Context, counted: &Counted, time: Duration) -> Result<Vec<Look>, ToolError> {
    let step = (time / 10).clamp(Duration::from_millis(200), Duration::from_secs(1));
    let start = Instant::now();
    let mut looks = Vec::new();
    loop {
        cx.session().forget_reads();
        let counters = counted.read(cx).await?.ok_or_else(no_counters)?;
        let after = start.elapsed();
        looks.push(Look { after, counters });
        if after >= time {
            return Ok(looks);
        }
        cx.progress(
            after.as_secs_f64(),
            Some(time.as_secs_f64()),
            say!("watching the counters", "lecture des compteurs"),
        );
        tokio::time::sleep(step.min(time.saturating_sub(after))).await;
    }
}

/// Whose counters are read.
enum Counted {
    Wifi,
    Interface { name: String, shown: Untrusted, kind: Kind },
}

impl Counted {
    fn of(interface: &Interface) -> Self {
        Self::Interface { name: interface.name.clone(), shown: interface.shown.clone(), kind: interface.kind }
    }

    /// The optical interface, named so on every recorded box that has one.
    fn fibre() -> Self {
        let name = "veip0".to_owned();
        Self::Interface { shown: Untrusted::clean(&name), name, kind: Kind::Wan }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Wifi => Kind::Wifi,
            Self::Interface { kind, .. } => *kind,
        }
    }

    fn shown(&self) -> Untrusted {
        match self {
            Self::Wifi => Untrusted::clean("Wi-Fi"),
            Self::Interface { shown, .. } => shown.clone(),
        }
    }

    /// The counters now; `None` when this box has none for it: a fibre interface fed by an external terminal is
    /// there, but bound to nothing.
    async fn read(&self, cx: &Context) -> Result<Option<Counters>, ToolError> {
        match self {
            Self::Wifi => counters(cx, &wire::GetWifiCounters {}).await,
            Self::Interface { name, .. } => {
                counters(cx, &wire::GetCounters { interface: name.clone() }).await
            }
        }
    }
}

async fn counters<C>(cx: &Context, call: &C) -> Result<Option<Counters>, ToolError>
where
    C: Call<Reply = wire::CountersReply>,
{
    match cx.read_if_present(call).await? {
        Some(reply) if reply.is_odd() => Err(Error::odd(call, "RxBytes").into()),
        reply => Ok(reply.and_then(|reply| reply.counters())),
    }
}

/// The interface that most likely leads to the Internet, given the best by its names and whether something flows
/// there. To ask the box would be one request too many.
fn likely_uplink(best: Option<(&Interface, bool)>, interfaces: &[Interface]) -> (Counted, bool) {
    // What passes on a port that doubles as a port of the home proves nothing.
    let is_port =
        |uplink: &Interface| interfaces.iter().any(|one| one.kind == Kind::Lan && one.name == uplink.name);
    match best {
        Some((uplink, true)) => (Counted::of(uplink), true),
        Some((uplink, false)) if !is_port(uplink) => (Counted::of(uplink), false),
        _ => (Counted::fibre(), false),
    }
}

/// The totals of an interface, given whether it is sure to be the one that is meant: if not, its counters themselves
/// tell whether something ever passed.
async fn totals(
    cx: &Context,
    (counted, is_sure): (Counted, bool),
) -> Result<Result<Totals, Missing>, ToolError> {
    Ok(match counted.read(cx).await? {
        Some(counters) if is_sure || counters.moved() => {
            Ok(Totals::new(counted.shown(), counted.kind(), &counters))
        }
        None if is_sure => Err(Missing::NoCounters),
        _ => Err(Missing::UplinkUnknown),
    })
}

async fn inventory(cx: &Context) -> Result<Vec<Interface>, ToolError> {
    Ok(cx.read_if_present(&wire::GetInterfaces {}).await?.map(wire::interfaces).unwrap_or_default())
}

/// The physical interface below the WAN as the box says it, with its name in the inventory if there is one.
async fn uplink_in_use(cx: &Context, interfaces: &[Interface]) -> Result<Option<Counted>, ToolError> {
    let reply = cx.read_if_present(&wire::GetWan::new()).await?.unwrap_or_default();
    let Some(name) = reply.physical() else { return Ok(None) };
    let friendly = interfaces.iter().find(|one| one.name == name && one.kind == Kind::Wan);
    let shown = friendly.map_or_else(|| Untrusted::clean(name), |one| one.shown.clone());
    Ok(Some(Counted::Interface { name: name.to_owned(), shown, kind: Kind::Wan }))
}

/// The interface of that name: what people see first, then the box's own names.
fn named<'a>(interfaces: &'a [Interface], wanted: &str) -> Result<&'a Interface, ToolError> {
    let by = |field: fn(&Interface) -> &str| {
        interfaces.iter().find(|interface| field(interface).eq_ignore_ascii_case(wanted))
    };
    by(|one| &one.friendly).or_else(|| by(|one| &one.key)).or_else(|| by(|one| &one.name)).ok_or_else(|| {
        let wanted = Untrusted::clean(wanted);
        let wanted = wanted.in_quotes();
        let known: Vec<String> = interfaces
            .iter()
            .filter(|interface| interface.kind != Kind::WanService)
            .map(|interface| format!("\"{}\"", interface.shown.in_quotes()))
            .collect();
        let known = known.join(", ");
        ToolError::Conflict(say!(
            "No interface `{wanted}`. Interfaces: wan, wifi, {known}.",
            "Pas d'interface « {wanted} ». Interfaces : wan, wifi, {known}."
        ))
    })
}

fn no_counters() -> ToolError {
    ToolError::Unavailable(say!(
        "This box gives no counters for that interface. Without live_s you get its own averages over 30 s.",
        "Cette box ne donne pas de compteurs pour cette interface. Sans live_s, vous avez ses propres moyennes sur 30 s."
    ))
}
