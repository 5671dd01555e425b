//! The way back from a new key: the former ones, which are kept under handles.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vault::Handle;

use super::{
    super::{Air, Keyed, named::named, tools::WIFI_KEY},
    change::{self, New, VOLATILE},
    observe, of,
};
use crate::{
    Access, Audience, Change, Changed, Context, French, Group, Lang, Prepared, Tool, ToolError, say,
};

/// Gives networks the keys that are kept under these handles.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreWifiKeys {
    /// By the box's names for the networks.
    #[arg(skip)]
    #[schemars(with = "BTreeMap<String, String>")]
    keys: BTreeMap<String, Handle>,
}

impl RestoreWifiKeys {
    pub(super) fn of(handles: &BTreeMap<String, Handle>) -> Self {
        Self { keys: handles.clone() }
    }
}

impl Tool for RestoreWifiKeys {
    type Output = Changed<Keyed>;
    const GROUP: &'static Group = &WIFI_KEY;
    const VERB: &'static str = "restore";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Redonne à des réseaux des clés gardées.",
        args: &[("keys", "Sous quel nom chacune est gardée.")],
    };
    const AUDIENCE: Audience = Audience::Undo;
}

impl Change for RestoreWifiKeys {
    type State = Keyed;
    type Subject = Vec<String>;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Keyed>, ToolError> {
        let mut keys = BTreeMap::new();
        for (name, handle) in self.keys {
            let wanted = handle.clone();
            let key = cx.kept(move |vault| vault.get(&wanted)).await?;
            let key = key.ok_or_else(|| {
                ToolError::Conflict(say!(
                    "The former key ({handle}) is no longer kept on this computer.",
                    "L'ancienne clé ({handle}) n'est plus gardée sur cet ordinateur."
                ))
            })?;
            keys.insert(name, key);
        }
        let names: Vec<String> = keys.keys().cloned().collect();
        let networks = of(&Air::read(cx).await?, &names);
        if networks.len() != keys.len() {
            return Err(ToolError::Conflict(say!(
                "The box no longer has these networks.",
                "La box n'a plus ces réseaux."
            )));
        }
        let [english, french] = [Lang::En, Lang::Fr].map(|lang| named(&networks, lang));
        let what = say!("Former key for the {english}", "Ancienne clé du {french}");
        change::prepare(cx, New { networks, keys, keep: None, recorded: None, weak: None }, what).await
    }

    async fn observe(cx: &Context, names: Vec<String>) -> Result<Option<Keyed>, ToolError> {
        observe(cx, &names).await
    }
}
