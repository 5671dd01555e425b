//! Raw calls that change something, or may: for people at a terminal only.
//!
//! What such a call does is known to nobody here. So the plan says just that, asks for the method's name to be typed,
//! and offers no way back; the answer is shown as far as a read's would be.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sysbus::{Error as BoxFault, Secret};

use super::{
    Raw,
    args::{Method, Parameters, Place, Service},
    explore::signature,
    hide::{HIDDEN, Shown, hide, hide_whole},
    reads::{answers_secrets, judge},
    tools::{Call, EXPERT},
    wire,
};
use crate::{
    Access, Audience, Change, Changed, Context, Draft, French, Group, Message, Prepared, Risk, Tool, ToolDef,
    ToolError, Untrusted, say, tool::read_args,
};

/// The part of `expert call` that people alone can use.
pub(super) const SEND: ToolDef = ToolDef::change::<Send>();

/// The longest that any known call takes: a factory reset (protocol section 2).
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a box that restarts is away.
const AWAY: Duration = Duration::from_secs(240);

/// Whether these arguments of `expert call` ask for more than a read. Arguments that cannot be read do not: their error
/// is told by the reading tool.
pub(super) fn is_change(args: &Value) -> bool {
    read_args::<Call>(args.clone()).is_ok_and(|call| call.judged().is_err())
}

/// Makes one call of the box that does not only read.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Send {
    service: Service,
    method: Method,
    parameters: Option<Parameters>,
    path: Option<Place>,
    limit: Option<u16>,
}

impl Tool for Send {
    type Output = Changed<Raw>;
    const GROUP: &'static Group = &EXPERT;
    const VERB: &'static str = "send";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "Firewall commit";
    const FRENCH: French = French { about: "Fait un appel de la box qui ne fait pas que lire.", args: &[] };
    const AUDIENCE: Audience = Audience::Undo;
}

impl Change for Send {
    type State = Raw;
    type Subject = Value;
    const READABLE: bool = false;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Raw>, ToolError> {
        let Self { service, method, parameters, path, limit } = self;
        let parameters = parameters.unwrap_or_default().to_value();
        let (shown, hidden) = shown(&service, &parameters)?;
        let what = say!(
            "Call {service}:{method} as it is (unverified)",
            "Appeler {service}:{method} tel quel (non vérifié)"
        );
        let mut plan = Draft::new(what.clone(), &json!({ "service": service, "method": method }))
            .sends_raw(service.as_str(), method.as_str(), &parameters, shown.clone())
            .recorded_as(&json!({ "service": service, "method": method, "parameters": shown.to_string() }))
            .risk(Risk::High)
            .typed(method.as_str().to_owned())
            .note(say!(
                "Unverified: nobody checked what this call does. It is sent once, as you gave it, and its effect is not read back.",
                "Non vérifié : personne n'a contrôlé ce que fait cet appel. Il est envoyé une fois, tel que vous l'avez donné, et son effet n'est pas relu."
            ));
        if let Some(note) = declared(cx, &service, &method).await? {
            plan = plan.note(note);
        }
        if hidden {
            plan = plan.note(say!(
                "A parameter looks like a secret: it is not shown here and not recorded, but stays in the history of your shell.",
                "Un paramètre ressemble à un secret : il n'est ni montré ici ni enregistré, mais reste dans l'historique de votre interpréteur de commandes."
            ));
        }
        plan = match Danger::of(method.as_str()) {
            Some(danger) => danger.told(plan),
            None => plan.not_undone(say!(
                "what the call does is not known, so no way back is",
                "l'effet de l'appel n'est pas connu, donc aucun retour ne l'est"
            )),
        };
        plan.then(move |cx| async move {
            let sent = cx.write_raw(service.as_str(), method.as_str(), &parameters, PATIENCE).await?;
            let Some(reply) = sent.reply else { return Err(lost(&service, &method)) };
            let refused = reply.get("status") == Some(&Value::Bool(false));
            let answer = Raw::told(&service, reply, path.as_ref(), limit, answers_secrets(method.as_str()));
            Ok(if refused {
                Changed::differs(what, None, Some(answer), vec!["status".to_owned()])
            } else {
                Changed::unverified(what, Some(answer))
            })
        })
    }

    /// There is nothing that would show what became of a call: its outcome stays unknown.
    async fn observe(_: &Context, _: Value) -> Result<Option<Raw>, ToolError> {
        Err(ToolError::Unknown(say!(
            "What became of a raw call cannot be read back.",
            "Ce qu'est devenu un appel brut ne peut pas être relu."
        )))
    }
}

impl Call {
    /// As a command that a person may copy; parameters that hold a secret are left to them.
    pub(super) fn command(&self) -> String {
        let (service, method) = (&self.service, &self.method);
        let parameters = self.parameters.as_ref().map(Parameters::to_value);
        let Some(parameters) =
            parameters.filter(|given| given.as_object().is_some_and(|map| !map.is_empty()))
        else {
            return format!("livebox-mcp expert call {service} {method}");
        };
        let text = parameters.to_string();
        let is_plain =
            text.len() <= 200 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\'');
        // Whatever a model wrote there is no secret of this household: the redactor must not learn it.
        let holds_secret = || hide(service.as_str(), parameters.clone()).hidden > 0;
        let parameters = if is_plain && !holds_secret() { text } else { "…".to_owned() };
        format!("livebox-mcp expert call {service} {method} --parameters '{parameters}'")
    }

    /// Whether a model may make the call, or why not.
    pub(super) fn judged(&self) -> Result<(), super::reads::Why> {
        judge(&self.service, &self.method, &self.parameters.clone().unwrap_or_default())
    }
}

/// Parameters that a person gave, whole but for their secrets, and whether something had to be hidden. What was hidden
/// is a secret from now on, wherever the box repeats it.
fn shown(service: &Service, parameters: &Value) -> Result<(Value, bool), ToolError> {
    let Shown { mut answer, hidden } = hide_whole(service.as_str(), parameters.clone());
    let holds_known = sysbus::redact_json(&mut answer);
    // JSON writes line breaks and their like as escapes; what else cannot be seen would be sent unseen.
    let text = answer.to_string();
    if sysbus::outgoing(&text) != text {
        return Err(ToolError::Arguments(say!(
            "Nothing was sent: the parameters hold characters that cannot be shown (invisible, or changing the direction of text).",
            "Rien n'a été envoyé : les paramètres contiennent des caractères qui ne peuvent pas être montrés (invisibles, ou changeant le sens du texte)."
        )));
    }
    remember(parameters, &answer);
    Ok((answer, hidden > 0 || holds_known))
}

/// Makes the redactor know what was hidden.
fn remember(given: &Value, shown: &Value) {
    match (given, shown) {
        (Value::String(secret), Value::String(mark)) if mark == HIDDEN => drop(Secret::new(secret.as_str())),
        (Value::Array(given), Value::Array(shown)) => {
            given.iter().zip(shown).for_each(|(given, shown)| remember(given, shown));
        }
        (Value::Object(given), Value::Object(shown)) => {
            given.values().zip(shown.values()).for_each(|(given, shown)| remember(given, shown));
        }
        _ => {}
    }
}

/// What the box itself says of the method. Not every object describes itself, and not every method is declared.
async fn declared(cx: &Context, service: &Service, method: &Method) -> Result<Option<Message>, ToolError> {
    let described = match cx.session().describe(service.as_str(), 0).await {
        Ok(described) => wire::Node::read(described),
        Err(error @ (BoxFault::Absent { .. } | BoxFault::Denied { .. } | BoxFault::NotUnderstood { .. })) => {
            tracing::info!(%error, "the box does not describe the object");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let Some(node) = described else { return Ok(None) };
    let found = node.functions().find(|function| function.name.get() == Some(method.as_str()));
    Ok(Some(match found {
        Some(function) => {
            let declared = Untrusted::line(&signature(method.as_str(), function));
            let declared = declared.shown();
            say!("The box declares it as {declared}.", "La box le déclare ainsi : {declared}.")
        }
        None => say!(
            "The box does not declare such a method for this object.",
            "La box ne déclare pas cette méthode pour cet objet."
        ),
    }))
}

fn lost(service: &Service, method: &Method) -> ToolError {
    ToolError::Unknown(say!(
        "{service}:{method} was sent and the box's answer was lost: it may have been carried out. Look at the box before sending it again.",
        "{service}:{method} a été envoyé et la réponse de la box s'est perdue : l'appel a peut-être été exécuté. Regardez l'état de la box avant de le renvoyer."
    ))
}

/// Methods of which the worst is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Danger {
    /// Factory settings.
    Reset,
    /// Settings of another day.
    Restore,
    /// Other software.
    Firmware,
    /// Away for minutes.
    Restart,
    /// Off until somebody pulls the plug.
    Off,
    /// Who may log in.
    Login,
}

/// On every object that has them: `NMC:reset` and `DECT:reset` are too different to be told apart by their names.
const DANGERS: &[(&str, Danger)] = &[
    ("reset", Danger::Reset),
    ("factoryReset", Danger::Reset),
    ("launchNetworkRestore", Danger::Restore),
    ("Restore", Danger::Restore),
    ("RestoreExtended", Danger::Restore),
    ("import", Danger::Restore),
    ("load", Danger::Restore),
    ("checkForUpgrades", Danger::Firmware),
    ("update", Danger::Firmware),
    ("upgrade", Danger::Firmware),
    ("reboot", Danger::Restart),
    ("restart", Danger::Restart),
    ("shutdown", Danger::Off),
    ("resetAdminPassword", Danger::Login),
    ("setAdminPassword", Danger::Login),
    ("changePassword", Danger::Login),
    ("changePasswordSec", Danger::Login),
    ("setPassword", Danger::Login),
    ("addUser", Danger::Login),
    ("changeUser", Danger::Login),
    ("removeUser", Danger::Login),
    ("removeUsers", Danger::Login),
];

impl Danger {
    fn of(method: &str) -> Option<Self> {
        DANGERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(method)).map(|(_, danger)| *danger)
    }

    /// The plan with what is known of the worst.
    fn told(self, plan: Draft) -> Draft {
        let everything = || {
            say!(
                "Internet, TV, telephone and Wi-Fi, if it concerns the whole box",
                "Internet, TV, téléphone et Wi-Fi, s'il concerne toute la box"
            )
        };
        match self {
            Self::Reset => plan
                .cuts(everything(), Some(AWAY))
                .note(say!(
                    "FACTORY SETTINGS: it may erase every setting of the box, names and keys included.",
                    "RÉGLAGES D'USINE : il peut effacer tous les réglages de la box, noms et clés compris."
                ))
                .not_undone(say!("nothing brings erased settings back", "rien ne rend des réglages effacés")),
            Self::Restore => plan
                .cuts(everything(), Some(AWAY))
                .note(say!(
                    "It may replace the settings of the box by those of another day.",
                    "Il peut remplacer les réglages de la box par ceux d'un autre jour."
                ))
                .not_undone(say!("the present settings are lost", "les réglages actuels sont perdus")),
            Self::Firmware => plan
                .cuts(everything(), Some(AWAY))
                .note(say!("It may change the box's software.", "Il peut changer le logiciel de la box."))
                .not_undone(say!(
                    "the former software cannot be put back",
                    "l'ancien logiciel ne peut pas être remis"
                )),
            Self::Restart => plan
                .cuts(everything(), Some(AWAY))
                .not_undone(say!("a restart has happened once it has", "un redémarrage fait est fait")),
            Self::Off => plan.cuts(everything(), None).not_undone(say!(
                "the box has to be switched on by hand",
                "la box doit être rallumée à la main"
            )),
            Self::Login => plan
                .note(say!(
                    "It may lock out whoever logs in to the box, livebox-mcp included.",
                    "Il peut bloquer tous ceux qui se connectent à la box, livebox-mcp compris."
                ))
                .not_undone(say!("the former password is not kept", "l'ancien mot de passe n'est pas gardé")),
        }
    }
}
