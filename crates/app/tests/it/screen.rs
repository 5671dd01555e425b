//! The binary in front of a person: a pseudo-terminal, and someone who reads and types.

use std::{process::Stdio, time::Duration};

use pty_process::{OwnedReadPty, OwnedWritePty};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    time::timeout,
};

use crate::harness::Said;

/// Longer than any of it takes: only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a person sees, and the keyboard.
pub struct Screen {
    child: Child,
    reader: OwnedReadPty,
    keys: OwnedWritePty,
    /// Everything shown so far; what is typed is shown too.
    pub shown: String,
    /// Up to where `until` has read.
    read: usize,
    ended: bool,
}

/// Which of the three streams are the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    All,
    AllButStdin,
    AllButStdout,
    AllButStderr,
}

impl Screen {
    pub fn open(command: Command) -> Self {
        Self::with(command, Streams::All)
    }

    pub fn with(command: Command, streams: Streams) -> Self {
        let (pty, inside) = pty_process::open().unwrap();
        pty.resize(pty_process::Size::new(50, 200)).unwrap();
        let command = pty_process::Command::from(command).kill_on_drop(true);
        let command = match streams {
            Streams::All => command,
            // As `yes | …` does: there is always something to read.
            Streams::AllButStdin => command
                .stdin(std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap()),
            Streams::AllButStdout => command.stdout(Stdio::null()),
            Streams::AllButStderr => command.stderr(Stdio::null()),
        };
        let child = command.spawn(inside).unwrap();
        let (reader, keys) = pty.into_split();
        Self { child, reader, keys, shown: String::new(), read: 0, ended: false }
    }

    /// Reads until that text is shown, behind what was read before; returns what stands before it.
    pub async fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.shown[self.read..].find(text) {
                let before = self.shown[self.read..self.read + at].to_owned();
                self.read += at + text.len();
                return before;
            }
            assert!(self.more().await, "{text:?} was never shown; this was:\n{}", self.shown);
        }
    }

    /// Reads on; false at the end.
    async fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, self.reader.read(&mut bytes)).await;
        // The end of the last process at the terminal is an error to whoever reads its other side.
        match read.unwrap_or_else(|_| panic!("nothing happens any more; shown so far:\n{}", self.shown)) {
            Ok(read) if read > 0 => self.shown.push_str(&String::from_utf8_lossy(&bytes[..read])),
            _ => self.ended = true,
        }
        !self.ended
    }

    pub async fn type_line(&mut self, text: &str) {
        self.keys.write_all(format!("{text}\n").as_bytes()).await.unwrap();
    }

    /// Ctrl-C.
    pub async fn interrupt(&mut self) {
        self.keys.write_all(b"\x03").await.unwrap();
    }

    /// Ctrl-D.
    pub async fn end_of_input(&mut self) {
        self.keys.write_all(b"\x04").await.unwrap();
    }

    /// Waits for the program to leave.
    pub async fn leave(mut self) -> Said {
        while self.more().await {}
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it leaves").unwrap();
        Said { code: status.code().unwrap_or(-1), out: self.shown.replace('\r', ""), err: String::new() }
    }
}
