//! The system's keychain: macOS Keychain, Windows Credential Manager, Secret Service on Linux.

use std::{fmt, sync::Arc, time::Duration};

use sysbus::Secret;

use crate::KeychainError;

#[cfg(any(target_os = "macos", windows))]
mod native;
#[cfg(not(any(target_os = "macos", windows)))]
mod secret_tool;

/// A keychain: texts under the name of an account. Its methods may block until its owner has unlocked it, but
/// never beyond the time limit.
pub trait Keychain: fmt::Debug + Send + Sync + 'static {
    /// The text of that account; `None` when it is locked or has none: not every keychain tells which.
    fn get(&self, account: &str, limit: Duration) -> Result<Option<Secret>, KeychainError>;

    /// Keeps a text, in place of an earlier one.
    fn set(&self, account: &str, secret: &Secret, limit: Duration) -> Result<(), KeychainError>;

    /// Forgets the text of that account; `false` when it is locked or has none.
    fn remove(&self, account: &str, limit: Duration) -> Result<bool, KeychainError>;
}

/// What all our entries are called.
const SERVICE: &str = "livebox-mcp";

/// The keychain of this system. Nothing is contacted yet.
pub fn system_keychain() -> Arc<dyn Keychain> {
    #[cfg(any(target_os = "macos", windows))]
    return Arc::new(native::Native);
    #[cfg(not(any(target_os = "macos", windows)))]
    Arc::new(secret_tool::SecretTool::default())
}
