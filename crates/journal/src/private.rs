//! Folders and files of their owner alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::Error;

/// Creates a folder and those above it that are missing, each for its owner alone.
///
/// A folder that exists stays as it is: it may be one that others must read, and the files in it are private.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_folder(above)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => set_mode(folder, 0o700).map_err(|e| Error::from_io(folder, e)),
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(Error::from_io(folder, error)),
    }
}

/// Creates an empty file for its owner alone; closes one to others that exists and was open to them.
///
/// `SQLite` gives the files that it puts beside this one the same permissions. A file that exists is not
/// opened: closing it would release the locks that other connections of this process have on it.
pub(crate) fn create_file(path: &Path) -> Result<(), Error> {
    match options().create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(refused(path, error)),
        _ => tighten(path).map_err(|error| Error::from_io(path, error)),
    }
}

/// Opens a file for its owner alone, and creates it where it is missing.
pub(crate) fn open_file(path: &Path) -> Result<File, Error> {
    let file = options().create(true).truncate(false).open(path).map_err(|error| refused(path, error))?;
    tighten(path).map_err(|error| Error::from_io(path, error))?;
    Ok(file)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn refused(path: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return Error::NotWritable { path: path.to_owned() };
    }
    Error::from_io(path, error)
}

/// The umask may have taken rights of the owner's; an earlier program may have left some to others.
#[cfg(unix)]
fn tighten(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file)?.permissions().mode() & 0o777;
    if mode == 0o600 { Ok(()) } else { set_mode(file, 0o600) }
}

#[cfg(not(unix))]
fn tighten(_: &Path) -> io::Result<()> {
    Ok(()) // The user's profile folder is private by inheritance.
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
