//! Names that people give to devices: giving one, and taking it back.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sysbus::{Call, Ignored};

use super::{Host, HostRef, NamedHost, all, host_ref::describe, resolve, tools::HOST, wire};
use crate::{
    Access, Audience, Change, Changed, Context, Draft, French, Group, Message, Prepared, Sent, Tool,
    ToolError, Untrusted,
    net::{text_schema, textual},
    say,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// A name for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostName(String);

impl FromStr for HostName {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        const LONGEST: usize = 60;
        let text = text.trim();
        let count = text.chars().count();
        if count == 0 || count > LONGEST {
            return Err(say!(
                "a host's name has 1 to {LONGEST} characters, this one {count}",
                "le nom d'un appareil a de 1 à {LONGEST} caractères, celui-ci {count}"
            ));
        }
        if Untrusted::clean(text).shown() != text {
            return Err(say!(
                "a host's name has no control or invisible characters",
                "le nom d'un appareil ne contient pas de caractères de contrôle ou invisibles"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl HostName {
    /// To be put between the quotes of a message.
    pub(crate) fn in_quotes(&self) -> String {
        Untrusted::quotable(&self.0)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(HostName, text_schema());

/// A name to be given to a device; `None` takes away the one that a person gave, so that it is called as by itself.
#[derive(Clone, Debug)]
pub(crate) struct Naming {
    /// What the box calls the device in service paths.
    pub(crate) key: String,
    /// The name.
    pub(crate) name: Option<HostName>,
}

impl Naming {
    /// The naming that the host has now: what takes another one back. `None`: the box does not tell it, or it is one
    /// that cannot be given through us.
    pub(crate) fn of(host: &Host) -> Option<Self> {
        host.names.as_ref()?;
        let given = host.given_name().map(|given| given.base.shown().parse());
        Some(Self { key: host.key.clone(), name: given.transpose().ok()? })
    }

    /// Whether the host is called so. The box appends a number to a name that another host has: it counts as given.
    pub(crate) fn is_so(&self, host: &Host) -> bool {
        host.names.is_some()
            && host.given_name().map(|given| given.base.shown())
                == self.name.as_ref().map(|name| name.0.as_str())
    }

    /// The name as the box will report it; `None` where the box chooses.
    pub(crate) fn shown(&self) -> Option<Untrusted> {
        self.name.as_ref().map(|name| Untrusted::clean(&name.0))
    }

    /// Plans the call; `only` says when it is sent, where that is not certain.
    pub(crate) fn planned_in(&self, draft: Draft, only: Option<Message>) -> Draft {
        fn plan<C: Call>(draft: Draft, call: &C, only: Option<Message>) -> Draft {
            match only {
                Some(only) => draft.may_send(call, only),
                None => draft.sends(call),
            }
        }
        match &self.name {
            Some(HostName(name)) => plan(draft, &wire::SetName { key: &self.key, name }, only),
            None => plan(draft, &wire::RemoveName { key: &self.key, source: wire::GIVEN }, only),
        }
    }

    /// Sends the call and reads back: the host as it is now, and whether it is called so.
    pub(crate) async fn carry_out(&self, cx: &Context) -> Result<(Sent<Ignored>, Host, bool), ToolError> {
        let sent = match &self.name {
            Some(HostName(name)) => cx.write(&wire::SetName { key: &self.key, name }).await?,
            None => cx.write(&wire::RemoveName { key: &self.key, source: wire::GIVEN }).await?,
        };
        let read = || async { by_key(cx, &self.key).await?.ok_or_else(gone) };
        let (now, settled) = cx.read_back(PATIENCE, read, |host| self.is_so(host)).await?;
        Ok((sent, now, settled))
    }
}

/// The host that the box calls so.
async fn by_key(cx: &Context, key: &str) -> Result<Option<Host>, ToolError> {
    Ok(all(cx).await?.into_iter().find(|host| host.key == key))
}

fn gone() -> ToolError {
    ToolError::Failed(say!(
        "The device is gone from the box's list.",
        "L'appareil a disparu de la liste de la box."
    ))
}

impl From<&Host> for NamedHost {
    fn from(host: &Host) -> Self {
        Self { mac: host.mac, name: host.name.clone() }
    }
}

/// Which host was renamed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HostKey {
    key: String,
}

async fn observe(cx: &Context, subject: &HostKey) -> Result<Option<NamedHost>, ToolError> {
    Ok(by_key(cx, &subject.key).await?.as_ref().map(NamedHost::from))
}

/// Plans one naming of one host, and nothing else.
fn prepare(host: &Host, naming: Naming, what: Message) -> Result<Prepared<NamedHost>, ToolError> {
    let before = NamedHost::from(host);
    if naming.is_so(host) {
        return Ok(Prepared::already_so(what, Some(before)));
    }
    let own = host.names.iter().flatten().find(|name| !name.is_given).map(|name| name.name.clone());
    let name = naming.shown().or(own).unwrap_or_else(|| before.name.clone());
    let after = NamedHost { mac: host.mac, name };
    let draft =
        Draft::new(what.clone(), &HostKey { key: host.key.clone() }).turns(Some(&before), Some(&after));
    undone(naming.planned_in(draft, None), host).then(move |cx| async move {
        let (sent, now, settled) = naming.carry_out(&cx).await?;
        let differing = if settled { Vec::new() } else { vec!["name".to_owned()] };
        Changed::after(&sent, what, Some(before), Some(NamedHost::from(&now)), differing)
    })
}

/// The way back to the name that a host has now.
pub(crate) fn undone(draft: Draft, host: &Host) -> Draft {
    match (Naming::of(host), host.mac) {
        (Some(Naming { name: Some(name), .. }), Some(mac)) => {
            draft.undone_by(&RenameHost { host: mac.into(), name })
        }
        (Some(Naming { key, name }), _) => draft.undone_by(&RestoreName { key, name }),
        (None, _) => draft.not_undone(say!(
            "the box does not tell its former name in a form that can be sent again",
            "la box n'indique pas son ancien nom sous une forme qui puisse être renvoyée"
        )),
    }
}

/// Renames a device, as the box and its web page show it.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameHost {
    /// Name, IP or MAC.
    #[arg(value_name = "HOST")]
    host: HostRef,
    /// New name.
    #[arg(value_name = "NAME")]
    name: HostName,
}

impl Tool for RenameHost {
    type Output = Changed<NamedHost>;
    const GROUP: &'static Group = &HOST;
    const VERB: &'static str = "rename";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "nas-familial 'NAS du bureau'";
    const FRENCH: French = French {
        about: "Renomme un appareil, tel que la box et sa page web le montrent.",
        args: &[("host", "Nom, IP ou MAC."), ("name", "Nouveau nom.")],
    };
}

impl Change for RenameHost {
    type State = NamedHost;
    type Subject = HostKey;

    async fn prepare(self, cx: &Context) -> Result<Prepared<NamedHost>, ToolError> {
        let host = resolve(cx, &self.host).await?;
        let (described, wanted) = (describe(&host), self.name.in_quotes());
        let what = say!("Rename {described} to \"{wanted}\"", "Renommer {described} en « {wanted} »");
        let naming = Naming { key: host.key.clone(), name: Some(self.name) };
        prepare(&host, naming, what)
    }

    async fn observe(cx: &Context, subject: HostKey) -> Result<Option<NamedHost>, ToolError> {
        observe(cx, &subject).await
    }
}

/// Gives a device its former name back, or none.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreName {
    /// The box's key of the device.
    key: String,
    /// Former name; none: a person had given none.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<HostName>,
}

impl Tool for RestoreName {
    type Output = Changed<NamedHost>;
    const GROUP: &'static Group = &HOST;
    const VERB: &'static str = "clear";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "02:00:00:00:00:42";
    const FRENCH: French = French {
        about: "Rend son ancien nom à un appareil, ou aucun.",
        args: &[("key", "Clé de l'appareil pour la box."), ("name", "Ancien nom.")],
    };
    const AUDIENCE: Audience = Audience::Undo;
}

impl Change for RestoreName {
    type State = NamedHost;
    type Subject = HostKey;

    async fn prepare(self, cx: &Context) -> Result<Prepared<NamedHost>, ToolError> {
        let host = by_key(cx, &self.key).await?.ok_or_else(gone)?;
        let described = describe(&host);
        let what = match &self.name {
            Some(name) => {
                let name = name.in_quotes();
                say!("Rename {described} to \"{name}\"", "Renommer {described} en « {name} »")
            }
            None => say!("Take back the name given to {described}", "Retirer le nom donné à {described}"),
        };
        prepare(&host, Naming { key: self.key, name: self.name }, what)
    }

    async fn observe(cx: &Context, subject: HostKey) -> Result<Option<NamedHost>, ToolError> {
        observe(cx, &subject).await
    }
}
