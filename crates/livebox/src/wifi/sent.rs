//! What all changes of the Wi-Fi have in common once they are sent: radios restart, and whoever is on them is cut off.

use std::time::Duration;

use sysbus::Ignored;

use crate::{Changed, Context, Message, Sent, ToolError, say};

/// How long radios may take to restart.
pub(super) const RESTARTING: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 40 });

/// The outcome of a read-back. A lost answer matters only when nothing moved: radios that restart often cut it.
pub(super) fn ended<T>(
    sent: &Sent<Ignored>,
    moved: bool,
    what: Message,
    before: T,
    after: T,
    differing: Vec<String>,
) -> Result<Changed<T>, ToolError> {
    if moved {
        Ok(Changed::verified(what, Some(before), Some(after), differing))
    } else {
        Changed::after(sent, what, Some(before), Some(after), differing)
    }
}

pub(super) fn tell_restart(cx: &Context) {
    cx.progress(0.0, None, say!("the radio restarts, up to 40 s", "la radio redémarre, jusqu'à 40 s"));
}

/// Whoever changes the Wi-Fi over the Wi-Fi loses the box: say so.
pub(super) fn cut_off(error: ToolError) -> ToolError {
    if matches!(error, ToolError::Unknown(_)) { unseen() } else { error }
}

pub(super) fn unseen() -> ToolError {
    ToolError::Unknown(say!(
        "The change was sent, then the box no longer answered: expected if this computer is on its Wi-Fi. Reconnect, then look at the present state (wifi_show) before anything is sent again.",
        "Le changement a été envoyé, puis la box n'a plus répondu : normal si cet ordinateur est sur son Wi-Fi. Reconnectez-vous, puis regardez l'état actuel (wifi_show) avant tout nouvel envoi."
    ))
}
