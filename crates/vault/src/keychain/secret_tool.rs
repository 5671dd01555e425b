//! The Secret Service of Linux desktops (GNOME Keyring, `KWallet`, `KeePassXC`), through `secret-tool`, the program of
//! libsecret.
//!
//! Not through a library, for its weight: measured in a release build, the client on zbus adds 2.2 MB, the one on
//! libdbus 0.9 MB (0.7 without its encryption) and a C library, to a program that needs three calls once in a
//! while. A program of its own also gives what a library cannot: it can be ended when its owner does not unlock the
//! keychain in time. Where it is not installed (Debian and Ubuntu: `libsecret-tools`) there is no keychain for us,
//! and the file serves.
//!
//! The secret goes through a pipe, never through an argument, which every process could read.

use std::{
    ffi::OsString,
    io::{ErrorKind, Read, Write as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use sysbus::Secret;
use zeroize::Zeroizing;

use super::{Keychain, SERVICE};
use crate::KeychainError;

/// How often we look whether the program has ended.
const PAUSE: Duration = Duration::from_millis(5);
/// How long we wait for its complaints after it has ended.
const PATIENCE: Duration = Duration::from_millis(500);
/// No answer of it is longer.
const LONGEST: u64 = 16 * 1024;

/// The program.
#[derive(Debug)]
pub(super) struct SecretTool {
    program: OsString,
}

impl Default for SecretTool {
    fn default() -> Self {
        Self { program: "secret-tool".into() }
    }
}

/// How the program ended.
struct Ended {
    status: ExitStatus,
    output: Zeroizing<Vec<u8>>,
    complaint: String,
}

impl Keychain for SecretTool {
    fn get(&self, account: &str, limit: Duration) -> Result<Option<Secret>, KeychainError> {
        let ended = self.run("lookup", &[], account, None, limit)?;
        // A locked keychain that nobody unlocks answers as an empty one does: status 1 and not a word.
        if !ended.status.success() {
            return if ended.complaint.is_empty() { Ok(None) } else { Err(refused(&ended)) };
        }
        match std::str::from_utf8(&ended.output) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(_) => Err(KeychainError::Refused("its entry is not readable".to_owned())),
        }
    }

    fn set(&self, account: &str, secret: &Secret, limit: Duration) -> Result<(), KeychainError> {
        let label = format!("--label={SERVICE}: {account}");
        let ended = self.run("store", &[&label], account, Some(secret), limit)?;
        if ended.status.success() { Ok(()) } else { Err(refused(&ended)) }
    }

    fn remove(&self, account: &str, limit: Duration) -> Result<bool, KeychainError> {
        let ended = self.run("clear", &[], account, None, limit)?;
        if !ended.status.success() && !ended.complaint.is_empty() {
            return Err(refused(&ended));
        }
        Ok(ended.status.success())
    }
}

impl SecretTool {
    /// Runs one command of it; the secret is its input.
    fn run(
        &self,
        command: &str,
        options: &[&str],
        account: &str,
        secret: Option<&Secret>,
        limit: Duration,
    ) -> Result<Ended, KeychainError> {
        let deadline = Instant::now() + limit;
        let child = Command::new(&self.program)
            .arg(command)
            .args(options)
            .args(["service", SERVICE, "account", account])
            // Its complaints are told apart by their words.
            .env("LC_ALL", "C")
            .stdin(if secret.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => Running(child),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(KeychainError::Absent),
            Err(error) => return Err(KeychainError::Refused(error.to_string())),
        };
        if let (Some(mut input), Some(secret)) = (child.0.stdin.take(), secret) {
            // One that ended early says why with its status.
            let _ = input.write_all(secret.expose().as_bytes());
        }
        let output = gather(child.0.stdout.take());
        let complaint = gather(child.0.stderr.take());
        let status = loop {
            match child.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < deadline => thread::sleep(PAUSE),
                Ok(None) => return Err(KeychainError::TimedOut(limit)),
                Err(error) => return Err(KeychainError::Refused(error.to_string())),
            }
        };
        let rest = deadline.saturating_duration_since(Instant::now()).max(PAUSE);
        let output = output.recv_timeout(rest).map_err(|_| KeychainError::TimedOut(limit))?;
        // A bus that it started may keep this pipe open for good: what stands in it then does not matter.
        let complaint = complaint.recv_timeout(rest.min(PATIENCE)).unwrap_or_default();
        Ok(Ended { status, output, complaint: first_line(&String::from_utf8_lossy(&complaint)) })
    }
}

/// The program while it runs; ended when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Reads a pipe to its end, on a thread of its own: nothing here may wait without a limit.
fn gather(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Zeroizing<Vec<u8>>> {
    let (told, heard) = mpsc::channel();
    if let Some(pipe) = pipe {
        thread::spawn(move || {
            // Room for the whole: a buffer that grows leaves copies behind.
            let mut content = Zeroizing::new(Vec::with_capacity(4096));
            let _ = pipe.take(LONGEST).read_to_end(&mut content);
            let _ = told.send(content);
        });
    }
    heard
}

/// What it says on its first line, without its name and without what could move a terminal's cursor.
fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.trim().trim_start_matches("secret-tool: ");
    line.chars().filter(|char| !char.is_control()).take(200).collect()
}

fn refused(ended: &Ended) -> KeychainError {
    // Without a session bus there is no Secret Service to ask.
    let absent = ["D-Bus", "Could not connect", "org.freedesktop.secrets", "ServiceUnknown"];
    if absent.iter().any(|word| ended.complaint.contains(word)) {
        return KeychainError::Absent;
    }
    let complaint = ended.complaint.clone();
    KeychainError::Refused(if complaint.is_empty() { ended.status.to_string() } else { complaint })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        fs,
        os::unix::fs::PermissionsExt as _,
        path::Path,
        sync::{Mutex, MutexGuard, PoisonError},
    };

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    /// Held by whoever writes and runs a program: one that another thread's child still has open cannot be run.
    fn alone() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A program of that script in place of the real one.
    fn tool(folder: &Path, script: &str) -> SecretTool {
        let program = folder.join("tool");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        SecretTool { program: program.into() }
    }

    #[test]
    fn secrets_come_and_go_through_pipes_only() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let script = r#"cd "$(dirname "$0")"; echo "$@" >> asked
            case "$1" in
                store) cat > kept;;
                lookup) [ -f kept ] && cat kept;;
                clear) [ -f kept ] && rm kept;;
            esac"#;
        let tool = tool(folder.path(), script);
        let secret = Secret::new("päss word'\"$(x)");
        assert_eq!(tool.get("a@b", LIMIT).unwrap(), None);
        tool.set("a@b", &secret, LIMIT).unwrap();
        assert_eq!(tool.get("a@b", LIMIT).unwrap(), Some(secret));
        assert!(tool.remove("a@b", LIMIT).unwrap());
        assert!(!tool.remove("a@b", LIMIT).unwrap());
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        assert!(
            asked.contains("store --label=livebox-mcp: a@b service livebox-mcp account a@b\n"),
            "{asked}"
        );
        assert!(!asked.contains("word"));
    }

    #[test]
    fn a_keychain_that_waits_for_its_owner_is_given_up() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let tool = tool(folder.path(), "exec sleep 1000");
        let limit = Duration::from_millis(50);
        assert_eq!(tool.get("a", limit), Err(KeychainError::TimedOut(limit)));
        assert_eq!(tool.set("a", &Secret::new("x"), limit), Err(KeychainError::TimedOut(limit)));
    }

    #[test]
    fn a_pipe_that_stays_open_holds_nobody_up() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        // As a session bus does that the program started.
        let tool = tool(folder.path(), "sleep 1000 >/dev/null & echo $! > \"$0.pid\"; exit 1");
        assert_eq!(tool.get("a", LIMIT), Ok(None));
        let pid = fs::read_to_string(folder.path().join("tool.pid")).unwrap();
        Command::new("kill").arg(pid.trim()).status().unwrap();
    }

    #[test]
    fn its_complaints_are_told_apart() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let says = |words: &str| tool(folder.path(), &format!("echo 'secret-tool: {words}' >&2; exit 1"));
        let absent = Err(KeychainError::Absent);
        assert_eq!(says("Cannot autolaunch D-Bus without X11 $DISPLAY").get("a", LIMIT), absent);
        assert_eq!(says("Could not connect: No such file or directory").get("a", LIMIT), absent);
        let locked = "Cannot create an item in a locked collection";
        let refused = Err(KeychainError::Refused(locked.to_owned()));
        assert_eq!(says(locked).set("a", &Secret::new("x"), LIMIT), refused);
        let missing = SecretTool { program: folder.path().join("missing").into() };
        assert_eq!(missing.get("a", LIMIT), absent);
    }
}
