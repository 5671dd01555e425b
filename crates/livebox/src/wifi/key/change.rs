//! A new key for a network: made here, or given by a person.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::Secret;
use vault::{Handle, Vault};

use super::{
    super::{
        Air, Key, KeyMark, Keyed, Network,
        named::named,
        sent::{RESTARTING, cut_off, ended, tell_restart, unseen},
        tools::WIFI_KEY,
        wire,
    },
    Length, RestoreWifiKeys, check, fingerprint, is_set, keyed, observe, order, present, purpose, retention,
    state, targets,
};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Lang, Message, Prepared, Tool, ToolError, say,
};

/// What is told once, to whom the key is new.
pub(super) const VOLATILE: &[&str] = &["handle", "show", "warning"];

/// From here on, nobody finds the key by trying.
const STRONG_BITS: u32 = 80;

/// Gives a Wi-Fi network a new key, made here and shown to the person only; every station must be given it.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetWifiKey {
    /// SSID, band or id.
    #[arg(value_name = "NETWORK")]
    network: String,
    /// Characters; default 24.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<Length>,
    // Not a command-line argument: shells and process lists remember those. It is asked at the terminal.
    /// Own key: 8 to 63 characters.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    #[schemars(with = "Option<String>")]
    key: Option<Secret>,
}

/// The arguments as the journal keeps them.
#[derive(Serialize)]
struct Recorded<'a> {
    network: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<Length>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
}

impl Tool for SetWifiKey {
    type Output = Changed<Keyed>;
    const GROUP: &'static Group = &WIFI_KEY;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "2.4 --length 24";
    const FRENCH: French = French {
        about: "Donne à un réseau Wi-Fi une nouvelle clé, créée ici et montrée à la personne seule ; il faudra la donner à chaque appareil.",
        args: &[
            ("network", "Nom du réseau (SSID), bande (2.4, 5, 6) ou identifiant."),
            ("length", "Nombre de caractères ; 24 par défaut."),
            ("key", "Votre propre clé : 8 à 63 caractères."),
        ],
    };
    const SECRETS: &'static [&'static str] = &["key"];
}

impl Change for SetWifiKey {
    type State = Keyed;
    type Subject = Vec<String>;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Keyed>, ToolError> {
        let Self { network, length, key } = self;
        if key.is_some() && length.is_some() {
            return Err(ToolError::Arguments(say!(
                "Give either your own key, or the length of one to be made.",
                "Donnez soit votre propre clé, soit la longueur d'une clé à créer."
            )));
        }
        let Length(characters) = length.unwrap_or_default();
        let made = key.is_none();
        let recorded = Recorded { network: &network, length, key: (!made).then_some("***") };
        let recorded = serde_json::to_value(recorded).unwrap_or_default();
        let key = match key {
            Some(key) => key,
            None => vault::readable_key(characters)?,
        };
        check(&key)?;
        let combined = cx.read(&wire::GetSwitch {}).await?.configuration_mode.is_true();
        let air = Air::read(cx).await?;
        let networks: Vec<Network> = targets(&air, &network, combined, &key)?.into_iter().cloned().collect();
        let keys = networks.iter().map(|network| (network.name.clone(), key.clone())).collect();
        let [english, french] = [Lang::En, Lang::Fr].map(|lang| named(&networks, lang));
        let what = say!("New key for the {english}", "Nouvelle clé du {french}");
        let keep = made.then_some(key);
        let bits = vault::entropy_bits(characters);
        let weak = (made && bits < STRONG_BITS).then(|| {
            say!(
                "A key of {characters} characters holds {bits} bits: whoever records one login can find it by trying. From 20 characters on, nobody can.",
                "Une clé de {characters} caractères vaut {bits} bits : qui enregistre une connexion peut la trouver par essais. À partir de 20 caractères, personne ne le peut."
            )
        });
        prepare(cx, New { networks, keys, keep, recorded: Some(recorded), weak }, what).await
    }

    async fn observe(cx: &Context, names: Vec<String>) -> Result<Option<Keyed>, ToolError> {
        observe(cx, &names).await
    }
}

/// New keys for networks.
pub(super) struct New {
    pub(super) networks: Vec<Network>,
    /// By the box's names for the networks.
    pub(super) keys: BTreeMap<String, Secret>,
    /// The key that nobody has seen yet, to be kept for the person.
    pub(super) keep: Option<Secret>,
    /// Arguments without secrets, where they differ from those given.
    pub(super) recorded: Option<serde_json::Value>,
    pub(super) weak: Option<Message>,
}

/// Plans the change of keys.
pub(super) async fn prepare(cx: &Context, new: New, what: Message) -> Result<Prepared<Keyed>, ToolError> {
    let New { networks, keys, keep, recorded, weak } = new;
    let former = present(cx, &networks).await?;
    let before = state(cx, &networks, &former).await?;
    if is_set(&keys, &former) == Some(true) {
        return Ok(Prepared::already_so(what, Some(before)));
    }
    // A key that is made here is another one at each look at the plan, so its fingerprint is none of it. One that was
    // given is part of what is agreed to.
    let mark = match keep {
        Some(_) => Some(KeyMark::New),
        None => KeyMark::of(Some(Key::Set), fingerprint(cx, &keys).await?),
    };
    let after = keyed(&networks, mark);
    let order = order(&keys);
    let secrets: Vec<&Secret> = keys.values().collect();
    let names: Vec<String> = networks.iter().map(|network| network.name.clone()).collect();
    let mut draft = Draft::new(what.clone(), &names)
        .turns(Some(&before), Some(&after))
        .sends_secret(&order, &secrets)
        .cuts(
            say!(
                "the network while its radio restarts, then each device until it is given that key",
                "le réseau pendant que sa radio redémarre, puis chaque appareil tant qu'il n'a pas cette clé"
            ),
            Some(RESTARTING),
        );
    if let Some(recorded) = recorded {
        draft = draft.recorded_as(&recorded);
    }
    if let Some(weak) = &weak {
        draft = draft.note(weak.clone());
    }
    // Where the former key is not shown, there is nothing to go back to.
    let kept = if former.len() == networks.len() { handles(cx, &former).await? } else { BTreeMap::new() };
    draft = if kept.is_empty() {
        draft
            .not_undone(say!("the box does not show the present key", "la box ne montre pas la clé actuelle"))
    } else {
        draft.undone_by(&RestoreWifiKeys::of(&kept))
    };
    let former: Vec<(Handle, Secret)> =
        kept.iter().filter_map(|(name, handle)| Some((handle.clone(), former.get(name)?.clone()))).collect();
    draft.then(move |cx| async move {
        retention::sweep(&cx).await;
        let handle = store(&cx, &networks, former, keep).await?;
        let sent = match cx.write(&order).await {
            Ok(sent) => sent,
            Err(error) => {
                forget(&cx, handle).await;
                return Err(error);
            }
        };
        tell_restart(&cx);
        let read = || async { present(&cx, &networks).await };
        let settled = |held: &BTreeMap<String, Secret>| is_set(&keys, held) == Some(true);
        let (held, _) = cx.read_back(RESTARTING, read, settled).await.map_err(cut_off)?;
        let has_key = is_set(&keys, &held);
        let differing = match has_key {
            Some(true) => Vec::new(),
            Some(false) => vec!["key".to_owned()],
            None if sent.lost.is_some() => return Err(unseen()),
            None => vec!["key (this box does not show it: not verified)".to_owned()],
        };
        let after = Keyed {
            show: handle.as_ref().and_then(|_| command(&networks)),
            handle: handle.clone(),
            warning: weak.map(|weak| weak.text(cx.lang()).to_owned()),
            ..state(&cx, &networks, &held).await?
        };
        let outcome = ended(&sent, has_key != Some(false), what, before, after, differing);
        if outcome.is_err() {
            forget(&cx, handle).await;
        }
        outcome
    })
}

/// A handle for each network's former key, the same for the same key. Nothing is kept under them yet: a plan alone
/// leaves no trace.
async fn handles(
    cx: &Context,
    former: &BTreeMap<String, Secret>,
) -> Result<BTreeMap<String, Handle>, ToolError> {
    let mut given: Vec<(Secret, Handle)> = Vec::new();
    let mut handles = BTreeMap::new();
    for (name, key) in former {
        let handle = if let Some((_, handle)) = given.iter().find(|(known, _)| known == key) {
            handle.clone()
        } else {
            let handle = cx.kept(Vault::free_handle).await?;
            given.push((key.clone(), handle.clone()));
            handle
        };
        handles.insert(name.clone(), handle);
    }
    Ok(handles)
}

/// Keeps the former keys under the handles that the plan names, and the new one that nobody has seen under its own.
/// Before anything is sent: what is not kept now may be lost.
async fn store(
    cx: &Context,
    networks: &[Network],
    former: Vec<(Handle, Secret)>,
    keep: Option<Secret>,
) -> Result<Option<Handle>, ToolError> {
    let (of_former, of_new) = (purpose(networks, true), purpose(networks, false));
    cx.kept(move |vault| {
        for (handle, key) in former {
            // The same key twice has the same handle.
            vault.put_under(&handle, &of_former, &key)?;
        }
        keep.map(|key| vault.put(&of_new, &key)).transpose()
    })
    .await
}

/// Forgets a key that did not come into use.
async fn forget(cx: &Context, handle: Option<Handle>) {
    if let Some(handle) = handle
        && cx.kept(move |vault| vault.forget(&handle)).await.is_err()
    {
        tracing::warn!("a key that is not in use is still kept");
    }
}

/// The command by which a person sees the key. A network's name is a stranger's text, so it is named otherwise.
fn command(networks: &[Network]) -> Option<String> {
    let of = |network: &Network| match network.band {
        Some(band) if !network.guest && !network.secondary => Some(band.to_string()),
        _ => Some(network.name.clone()).filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric())),
    };
    networks.iter().find_map(of).map(|name| format!("livebox-mcp wifi-key show {name}"))
}
