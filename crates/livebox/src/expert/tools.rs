//! The tools for what no other tool covers.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Raw,
    args::{Method, Parameters, Place, Service},
    explore::{Explored, View},
    send::{SEND, is_change},
    wire,
};
use crate::{Access, Context, French, Group, Lang, Read, Tool, ToolDef, ToolError, say};

pub(crate) const TOOLS: &[ToolDef] =
    &[ToolDef::read::<Call>().or_at_terminal(is_change, &SEND), ToolDef::read::<Explore>(), SEND];

pub(super) const EXPERT: Group = Group {
    name: "expert",
    english: "The box's own interface, for what no other tool covers",
    french: "L'interface même de la box, pour ce qu'aucun autre outil ne couvre",
};

/// The slowest known reads take that long (protocol section 2).
pub(super) const PATIENCE: Duration = Duration::from_secs(25);
/// Asks one method of the box and gives its raw answer, secrets hidden, cut where long.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// Object, as in NeMo.Intf.lan.
    #[arg(value_name = "SERVICE")]
    pub(super) service: Service,
    /// Method that reads, as in getMIBs.
    #[arg(value_name = "METHOD")]
    pub(super) method: Method,
    /// JSON object: {"mibs":"base"}.
    #[arg(long, value_name = "JSON")]
    pub(super) parameters: Option<Parameters>,
    /// Part of the answer: status.wlanvap.
    #[arg(long)]
    path: Option<Place>,
    /// Members shown of each list or object.
    #[arg(long)]
    limit: Option<u16>,
}

impl Tool for Call {
    type Output = Raw;
    const GROUP: &'static Group = &EXPERT;
    const VERB: &'static str = "call";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "NMC.Wifi get";
    const FRENCH: French = French {
        about: "Appelle une méthode de la box et donne sa réponse brute, sans les secrets, coupée si elle est longue.",
        args: &[
            ("service", "Objet, comme NeMo.Intf.lan."),
            ("method", "Méthode qui lit, comme getMIBs."),
            ("parameters", "Objet JSON : {\"mibs\":\"base\"}."),
            ("path", "Partie de la réponse : status.wlanvap."),
            ("limit", "Membres montrés de chaque liste ou objet."),
        ],
    };
}

impl Read for Call {
    async fn run(self, cx: &Context) -> Result<Raw, ToolError> {
        if let Err(why) = self.judged() {
            let (service, method, why) = (&self.service, &self.method, why.message());
            let (english, french) = (why.text(Lang::En), why.text(Lang::Fr));
            let command = self.command();
            return Err(ToolError::NotPermitted(say!(
                "{service}:{method} was not sent: {english}. Only a person can do that, at a terminal, where the plan is shown first: `{command}`.",
                "{service}:{method} n'a pas été envoyé : {french}. Seule une personne peut le faire, dans un terminal, où le plan est d'abord montré : `{command}`."
            )));
        }
        let parameters = self.parameters.unwrap_or_default().to_value();
        let (service, method) = (self.service.as_str(), self.method.as_str());
        let answer = cx.session().read_raw(service, method, &parameters, PATIENCE).await?;
        Raw::of(&self.service, answer, self.path.as_ref(), self.limit)
    }
}

/// Lists what an object of the box offers: objects below, functions, parameters.
///
/// The box's own description, page by page. Without an object: the root.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explore {
    /// Object, as in NMC.Wifi.
    #[arg(value_name = "OBJECT")]
    object: Option<Service>,
    /// Part of a name, here or below.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// With values of parameters.
    #[arg(long)]
    #[serde(default)]
    values: bool,
    /// Entries to skip.
    #[arg(long)]
    skip: Option<u32>,
    /// Entries on a page (30).
    #[arg(long)]
    limit: Option<u16>,
}

/// Entries on a page, and what they may cost in tokens; the text costs as many again.
const PAGE: u16 = 30;
const PAGE_TOKENS: usize = 190;
/// The same for a page as long as somebody may ask for.
const LONGEST_PAGE: u16 = 120;

impl Tool for Explore {
    type Output = Explored;
    const GROUP: &'static Group = &EXPERT;
    const VERB: &'static str = "explore";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "NMC.Wifi";
    const FRENCH: French = French {
        about: "Liste ce qu'offre un objet de la box : objets contenus, fonctions, paramètres.",
        args: &[
            ("object", "Objet, comme NMC.Wifi."),
            ("search", "Partie d'un nom, ici ou plus bas."),
            ("values", "Avec les valeurs des paramètres."),
            ("skip", "Entrées à sauter."),
            ("limit", "Entrées par page (30)."),
        ],
    };
}

impl Read for Explore {
    async fn run(self, cx: &Context) -> Result<Explored, ToolError> {
        let limit = self.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
        let search = self.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let object = self.object.as_ref().map_or("", Service::as_str);
        let view = View {
            object,
            search,
            values: self.values,
            skip: self.skip.unwrap_or_default() as usize,
            limit: usize::from(limit),
            tokens: if limit <= PAGE { PAGE_TOKENS } else { PAGE_TOKENS * usize::from(limit / PAGE) },
        };
        // A whole subtree can have megabytes: deep only where somebody knows what to look for, and below an object.
        let depth = if search.is_some() && self.object.is_some() { 3 } else { 1 };
        match cx.session().describe(object, depth).await {
            Ok(description) => match wire::Node::read(description) {
                Some(node) => Ok(Explored::of(&node, view)),
                None => Err(ToolError::Failed(say!(
                    "The box's description of {object} was not understood.",
                    "La description de {object} par la box n'a pas été comprise."
                ))),
            },
            // Some boxes describe every object but their root.
            Err(error) if self.object.is_none() && (error.is_unavailable() || is_odd(&error)) => {
                tracing::info!(%error, "the box does not describe its root");
                Ok(Explored::guessed(wire::ROOTS, view))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether it is an answer that nobody understands.
fn is_odd(error: &sysbus::Error) -> bool {
    matches!(error, sysbus::Error::NotUnderstood { .. })
}
