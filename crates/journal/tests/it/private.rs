//! Who may read and write the files.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use journal::{Error, FILE, Journal, Outcome};

use crate::common::{apply, draft, end, guarded};

const FOLDER: &str = "JOURNAL_OF_PARENT";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn assert_private(folder: &Path) {
    let files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    for name in [FILE, "journal.db-wal", "journal.db-shm", "changes.lock", "guard-1.lock"] {
        assert!(files.contains(&folder.join(name)), "{name} is not in {files:?}");
    }
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// The umask belongs to a process: a shell sets it and runs this test again.
#[test]
fn files_are_private_under_any_umask() {
    if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
        let journal = Journal::open(&folder.join("above/state")).unwrap();
        let id = journal.begin(&guarded(0)).unwrap();
        let _locks = (journal.try_lock_changes().unwrap(), journal.try_lock_guard(id).unwrap());
        for created in ["above", "above/state"] {
            assert_eq!(mode(&folder.join(created)), 0o700);
        }
        assert_private(&folder.join("above/state"));
        return;
    }
    for umask in ["000", "022", "277", "777"] {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("sh")
            .args([
                "-c",
                &format!("umask {umask}; exec \"$0\" --exact private::files_are_private_under_any_umask"),
            ])
            .arg(std::env::current_exe().unwrap())
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(folder.path().join("above/state").join(FILE).exists());
    }
}

#[test]
fn a_file_that_was_open_to_others_is_closed_and_a_folder_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join(FILE), "").unwrap();
    fs::set_permissions(folder.path().join(FILE), Permissions::from_mode(0o644)).unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let id = journal.begin(&guarded(0)).unwrap();
    let _locks = (journal.try_lock_changes().unwrap(), journal.try_lock_guard(id).unwrap());
    assert_private(folder.path());
    assert_eq!(mode(folder.path()), 0o755);
}

/// Root may write everywhere: then this test runs again as a user who owns nothing.
#[test]
fn what_cannot_be_written_is_an_error() {
    const NOBODY: u32 = 65534;
    if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
        return refuse_to_write(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let journal = Journal::open(&state).unwrap();
    apply(&journal, 0, None);
    drop(journal);
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        return refuse_to_write(folder.path());
    }
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    for (path, mode) in [(folder.path(), 0o755), (&program, 0o755)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    for path in [&state, &state.join(FILE)] {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let output = Command::new(&program)
        .args(["--exact", "private::what_cannot_be_written_is_an_error"])
        .env(FOLDER, folder.path())
        .current_dir(folder.path())
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn refuse_to_write(folder: &Path) {
    let state = folder.join("state");
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    // The folder may not be written: no journal can be made in it, an existing one cannot be used.
    set(&state, 0o500);
    let error = Journal::open(&state.join("deeper")).unwrap_err();
    assert!(matches!(error, Error::Folder { .. }) && error.to_string().contains("deeper"), "{error:?}");
    let error = Journal::open(&state).and_then(|journal| journal.begin(&draft(1))).unwrap_err();
    assert!(matches!(error, Error::NotWritable { .. }) && error.to_string().contains(FILE), "{error:?}");
    assert!(error.text().french.contains("écrire"), "{error:?}");
    // Nor may what it holds while it is open.
    set(&state, 0o700);
    let journal = Journal::open(&state).unwrap();
    assert!(matches!(journal.finish(1, &end(2, Outcome::Failed)), Err(Error::Settled { id: 1, .. })));
    set(&state, 0o500);
    let error = journal.try_lock_changes().unwrap_err();
    assert!(matches!(error, Error::NotWritable { .. }) && error.to_string().contains("changes"), "{error:?}");
    set(&state, 0o700);
}
