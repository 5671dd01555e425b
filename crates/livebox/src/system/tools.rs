//! The tools about the box itself.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::{Error as BoxFault, Secret};
use tokio::time::Instant;

use super::{BoxInfo, PasswordChanged, Reboot, RebootState, popular_name, wire};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Prepared, Read, Tool, ToolDef, ToolError,
    Untrusted, say,
};

pub(crate) const TOOLS: &[ToolDef] =
    &[ToolDef::read::<ShowBox>(), ToolDef::change::<RebootBox>(), ToolDef::change::<SetPassword>()];

const BOX: Group = Group { name: "box", english: "The box itself", french: "La box elle-même" };

const PASSWORD: Group = Group {
    name: "password",
    english: "The admin password of the box",
    french: "Le mot de passe d'administration de la box",
};

/// Shows the box: model, firmware, serial number, uptime, last reboot, memory.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowBox {}

impl Tool for ShowBox {
    type Output = BoxInfo;
    const GROUP: &'static Group = &BOX;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre la box : modèle, logiciel, numéro de série, durée de marche, dernier redémarrage, mémoire.",
        args: &[],
    };
}

impl Read for ShowBox {
    async fn run(self, cx: &Context) -> Result<BoxInfo, ToolError> {
        let info = cx.read(&wire::GetDeviceInfo {}).await?;
        let memory = cx.read_optional(&wire::GetMemory {}).await?.unwrap_or_default();
        let (last_boot_at, last_boot_reason) =
            cx.read_optional(&wire::GetBoots {}).await?.unwrap_or_default().last();
        let uptime_s = info.uptime_s();
        let up_since = uptime_s
            .and_then(|uptime| Timestamp::now().as_second().checked_sub_unsigned(uptime))
            .and_then(|since| Timestamp::from_second(since).ok());
        let text = |text: &sysbus::scalar::Text| text.get().and_then(Untrusted::non_empty);
        let hardware = match (info.manufacturer.get(), info.model_name.get()) {
            // "Sagemcom SagemcomFast5670E_OFR" says it twice.
            (Some(maker), Some(name)) if !name.starts_with(maker) => {
                Untrusted::non_empty(&format!("{maker} {name}"))
            }
            (maker, name) => name.or(maker).and_then(Untrusted::non_empty),
        };
        Ok(BoxInfo {
            model: info.product_class.get().map(popular_name).and_then(Untrusted::non_empty),
            hardware,
            hardware_version: text(&info.hardware_version),
            firmware: text(&info.software_version),
            serial_number: text(&info.serial_number),
            mac: info.mac(),
            country: text(&info.country),
            public_ip: info.public_ip(),
            uptime_s,
            up_since: up_since.map(|since| since.to_string()),
            reboots: info.reboots(),
            last_boot_at: last_boot_at.map(|date| date.to_string()),
            last_boot_reason,
            memory_total_bytes: memory.total_bytes(),
            memory_free_bytes: memory.free_bytes(),
        })
    }
}

/// Reboots the box: no Internet, TV, telephone or Wi-Fi for 2 to 4 minutes.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RebootBox {
    /// Wait until it is back.
    #[arg(long)]
    #[serde(default)]
    wait: bool,
}

/// How long we look for the box to go down, when not asked to wait.
const GOING_DOWN: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });
/// How long a box may take until it is back.
const COMING_BACK: Duration = Duration::from_secs(240);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 1_000 });

impl Tool for RebootBox {
    type Output = Changed<Reboot>;
    const GROUP: &'static Group = &BOX;
    const VERB: &'static str = "reboot";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Redémarre la box : ni Internet, ni TV, ni téléphone, ni Wi-Fi pendant 2 à 4 minutes.",
        args: &[("wait", "Attendre son retour.")],
    };
}

impl Change for RebootBox {
    type State = Reboot;
    type Subject = ();
    // What is left is the box's own count of its starts.
    const VOLATILE: &'static [&'static str] = &["state", "uptime_before_s", "uptime_s", "waited_s"];

    async fn prepare(self, cx: &Context) -> Result<Prepared<Reboot>, ToolError> {
        let wait = self.wait;
        let before = cx.read(&wire::GetDeviceInfo {}).await?;
        let what = say!("Reboot the box", "Redémarrer la box");
        let (now, then) =
            (Reboot::counted(before.reboots()), Reboot::counted(before.reboots().map(|count| count + 1)));
        let order = wire::Reboot::by_user();
        Draft::new(what.clone(), &())
            .turns(Some(&now), Some(&then))
            .sends(&order)
            .cuts(
                say!("Internet, TV, telephone and Wi-Fi", "Internet, TV, téléphone et Wi-Fi"),
                Some(COMING_BACK),
            )
            .typed("reboot")
            .not_undone(say!("a reboot cannot be taken back", "un redémarrage ne s'annule pas"))
            .then(move |cx| async move {
                let sent = cx.write(&order).await?;
                let watch =
                    Watch { before: &before, since: Instant::now(), answer_lost: sent.lost.is_some() };
                let after = watch.run(&cx, wait).await?;
                let differing = match after.state {
                    // Accepted, and not seen to happen.
                    Some(RebootState::Ordered) => vec!["state".to_owned()],
                    _ => Vec::new(),
                };
                Ok(Changed::verified(what, Some(now), Some(after), differing))
            })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Reboot>, ToolError> {
        let info = cx.session().read_anonymous(&wire::GetDeviceInfo {}).await?;
        Ok(Some(Reboot::counted(info.reboots())))
    }
}

/// Looks at a box that was told to reboot.
struct Watch<'a> {
    before: &'a wire::DeviceInfo,
    since: Instant,
    answer_lost: bool,
}

impl Watch<'_> {
    async fn run(self, cx: &Context, wait: bool) -> Result<Reboot, ToolError> {
        let patience = if wait { COMING_BACK } else { GOING_DOWN };
        let mut seen_down = false;
        loop {
            let waited_s = self.since.elapsed().as_secs();
            cx.session().forget_reads();
            // As anybody may ask: a box that starts has forgotten our session and may refuse a login for a moment.
            match cx.session().read_anonymous(&wire::GetDeviceInfo {}).await {
                Ok(now) if self.is_back(&now, seen_down) => {
                    return Ok(Reboot {
                        reboots: now.reboots(),
                        ..self.report(RebootState::Back, now.uptime_s())
                    });
                }
                // It never went down: a call was lost on the way.
                Ok(_) => seen_down = false,
                Err(_) => seen_down = true,
            }
            if seen_down && !wait {
                return Ok(self.report(RebootState::Rebooting, None));
            }
            if self.since.elapsed() + PAUSE > patience {
                return self.give_up(seen_down);
            }
            #[expect(clippy::cast_precision_loss, reason = "a few minutes")]
            cx.progress(
                waited_s as f64,
                wait.then_some(patience.as_secs() as f64),
                if seen_down {
                    say!("The box is rebooting ({waited_s} s)", "La box redémarre ({waited_s} s)")
                } else {
                    say!(
                        "Waiting for the box to go down ({waited_s} s)",
                        "La box va s'éteindre ({waited_s} s)"
                    )
                },
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// It started again: its uptime or its count of starts says so. A box that tells neither is back when it
    /// answers again.
    fn is_back(&self, now: &wire::DeviceInfo, seen_down: bool) -> bool {
        let younger = now.uptime_s().zip(self.before.uptime_s()).map(|(now, before)| now < before);
        let counted = now.reboots().zip(self.before.reboots()).map(|(now, before)| now > before);
        match (younger, counted) {
            (None, None) => seen_down,
            (younger, counted) => younger == Some(true) || counted == Some(true),
        }
    }

    fn report(&self, state: RebootState, uptime_s: Option<u64>) -> Reboot {
        Reboot {
            state: Some(state),
            uptime_before_s: self.before.uptime_s(),
            uptime_s,
            waited_s: Some(self.since.elapsed().as_secs()),
            reboots: None,
        }
    }

    fn give_up(&self, seen_down: bool) -> Result<Reboot, ToolError> {
        let waited = self.since.elapsed().as_secs();
        if seen_down {
            return Ok(self.report(RebootState::Rebooting, None));
        }
        if self.answer_lost {
            return Err(ToolError::Unknown(say!(
                "The order to reboot was sent and its answer was lost; after {waited} s the box still runs without interruption. It may not have received it. Look at box_show before sending it again.",
                "L'ordre de redémarrer a été envoyé et sa réponse s'est perdue ; après {waited} s, la box fonctionne toujours sans interruption. Elle ne l'a peut-être pas reçu. Regardez box_show avant de le renvoyer."
            )));
        }
        Ok(self.report(RebootState::Ordered, None))
    }
}

/// Changes the admin password of the box, given the present one.
///
/// Every program that logs in to the box needs the new one afterwards.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPassword {
    /// Present password.
    #[arg(skip = Secret::new(""))]
    #[serde(skip_serializing)]
    #[schemars(with = "String")]
    current: Secret,
    /// New password, 8 to 64 characters.
    #[arg(skip = Secret::new(""))]
    #[serde(skip_serializing)]
    #[schemars(with = "String")]
    new: Secret,
}

impl Tool for SetPassword {
    type Output = Changed<PasswordChanged>;
    const GROUP: &'static Group = &PASSWORD;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Change le mot de passe d'administration de la box, à l'aide de l'actuel.",
        args: &[("current", "Mot de passe actuel."), ("new", "Nouveau mot de passe, 8 à 64 caractères.")],
    };
    const SECRETS: &'static [&'static str] = &["current", "new"];
}

impl Change for SetPassword {
    type State = PasswordChanged;
    type Subject = ();
    const READABLE: bool = false;

    async fn prepare(self, cx: &Context) -> Result<Prepared<PasswordChanged>, ToolError> {
        self.check()?;
        let name = cx.session().user().to_owned();
        let what = say!("Change the admin password", "Changer le mot de passe d'administration");
        let secrets = [&self.current, &self.new];
        let new = self.new.clone();
        let fingerprint = cx.kept(move |vault| vault.fingerprint(&new)).await?;
        let proven =
            wire::ChangePasswordSec { name: &name, password: &self.new, old_password: &self.current };
        let plain = wire::ChangePassword { name: &name, password: &self.new };
        Draft::new(what.clone(), &())
            .turns(None, Some(&PasswordChanged::planned()))
            .sends_secret(&proven, &secrets)
            .may_send_secret(
                &plain,
                &secrets,
                say!("where the box lacks the former", "si la box n'a pas l'appel précédent"),
            )
            // Not "password": whoever reads that beside a field types theirs.
            .typed("change")
            .recorded_as(&self)
            .bound_to(fingerprint)
            .note(say!(
                "Every program that logs in to the box needs the new one afterwards.",
                "Tout programme qui se connecte à la box aura ensuite besoin du nouveau."
            ))
            .not_undone(say!("the former password is not kept", "l'ancien mot de passe n'est pas gardé"))
            .then(move |cx| async move {
                let after = self.apply(&cx, &name).await?;
                Ok(Changed::applied(what, None, Some(after)))
            })
    }

    async fn observe(_: &Context, (): ()) -> Result<Option<PasswordChanged>, ToolError> {
        Err(ToolError::Unavailable(say!(
            "A box does not show its password.",
            "Une box ne montre pas son mot de passe."
        )))
    }
}

impl SetPassword {
    async fn apply(&self, cx: &Context, name: &str) -> Result<PasswordChanged, ToolError> {
        let call = wire::ChangePasswordSec { name, password: &self.new, old_password: &self.current };
        let accepted = match cx.write(&call).await {
            Ok(sent) => sent.reply.and_then(sysbus::scalar::Flag::get),
            Err(ToolError::Box(fault)) if fault.is_absent() => {
                // This box asks for no proof, so we do: anybody with an open session could change it otherwise.
                cx.session().login_with(self.current.clone()).await.map_err(|fault| match fault {
                    BoxFault::PasswordRefused { .. } => refused(),
                    fault => fault.into(),
                })?;
                cx.write(&wire::ChangePassword { name, password: &self.new })
                    .await?
                    .reply
                    .and_then(sysbus::scalar::Flag::get)
            }
            Err(ToolError::Box(BoxFault::Refused { .. })) => Some(false),
            Err(error) => return Err(error),
        };
        if accepted == Some(false) {
            return Err(refused());
        }
        self.verify(cx).await
    }

    /// What the box accepts is not public; these limits hold everywhere (its own page asks for 8 characters).
    fn check(&self) -> Result<(), ToolError> {
        let (current, new) = (self.current.expose(), self.new.expose());
        let problem = if current.is_empty() || current.chars().any(char::is_control) {
            say!(
                "The present password is missing, or holds a control character.",
                "Le mot de passe actuel manque, ou contient un caractère de contrôle."
            )
        } else if new.chars().count() < 8 {
            say!(
                "The new password is too short: at least 8 characters.",
                "Le nouveau mot de passe est trop court : au moins 8 caractères."
            )
        } else if new.chars().count() > 64 {
            say!(
                "The new password is too long: at most 64 characters.",
                "Le nouveau mot de passe est trop long : au plus 64 caractères."
            )
        } else if new.chars().any(char::is_control) || new.trim() != new {
            say!(
                "The new password begins or ends with a blank, or holds a control character.",
                "Le nouveau mot de passe commence ou finit par un blanc, ou contient un caractère de contrôle."
            )
        } else if new == current {
            say!("The new password is the present one.", "Le nouveau mot de passe est l'actuel.")
        } else {
            return Ok(());
        };
        Err(ToolError::Arguments(problem))
    }

    /// A fresh login is the only proof. If the new one is refused, one login with the present one tells whether
    /// nothing changed.
    async fn verify(&self, cx: &Context) -> Result<PasswordChanged, ToolError> {
        match cx.session().login_with(self.new.clone()).await {
            Ok(()) => {
                let kept = cx.replace_kept_password(&self.new).await;
                Ok(PasswordChanged { changed: true, next: Some(PasswordChanged::next(kept)), kept })
            }
            Err(BoxFault::PasswordRefused { .. }) => {
                match cx.session().login_with(self.current.clone()).await {
                    Ok(()) => Err(refused()),
                    Err(_) => Err(unknown()),
                }
            }
            Err(_) => Err(unknown()),
        }
    }
}

fn refused() -> ToolError {
    ToolError::Failed(say!(
        "The box did not change the password: the present one is wrong, or the new one is not to its liking. The old password remains.",
        "La box n'a pas changé le mot de passe : l'actuel est faux, ou le nouveau ne lui convient pas. L'ancien mot de passe reste valable."
    ))
}

fn unknown() -> ToolError {
    ToolError::Unknown(say!(
        "The new password was sent, but no login could confirm it. Try the new password first, then the old one, in the web page of the box.",
        "Le nouveau mot de passe a été envoyé, mais aucune connexion n'a pu le confirmer. Essayez d'abord le nouveau, puis l'ancien, dans la page web de la box."
    ))
}
