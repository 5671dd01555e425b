//! Files for their owner's eyes only, which appear whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Write as _},
    path::Path,
};

use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::{Error, error::at};

/// No file of ours is longer.
const LONGEST: u64 = 64 * 1024;

/// Makes the folder if there is none, and makes sure that it is ours alone.
pub(crate) fn own_folder(folder: &Path) -> Result<(), Error> {
    create_folder(folder).map_err(at(folder))?;
    check_owner(folder, &fs::metadata(folder).map_err(at(folder))?)?;
    close_folder(folder).map_err(at(folder))
}

/// The content of a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            // Why it cannot be opened matters more than that it cannot.
            if let Ok(metadata) = fs::metadata(path) {
                check_owner(path, &metadata)?;
            }
            return Err(at(path)(error));
        }
    };
    let metadata = file.metadata().map_err(at(path))?;
    check_owner(path, &metadata)?;
    check_closed(path, &metadata)?;
    // Room for the whole: a buffer that grows leaves copies behind.
    let mut content =
        Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len().min(LONGEST)).unwrap_or(0) + 1));
    file.take(LONGEST).read_to_end(&mut content).map_err(at(path))?;
    Ok(Some(content))
}

/// Writes a file in one step, in place of an earlier one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let beside = write_beside(path, content)?;
    let outcome = fs::rename(&beside, path);
    if outcome.is_err() {
        let _ = fs::remove_file(&beside);
    }
    outcome.and_then(|()| settle(path)).map_err(at(path))
}

/// Writes a file in one step, unless there is one already: then `false`.
pub(crate) fn create(path: &Path, content: &[u8]) -> Result<bool, Error> {
    let beside = write_beside(path, content)?;
    // A second name for a whole file: unlike a rename, it never takes the place of another.
    let outcome = match fs::hard_link(&beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // A file system without second names (FAT, some phones): there, a crash may leave a part of a file.
        Err(_) => match create_file(path) {
            Ok(mut file) => file.write_all(content).and_then(|()| file.sync_all()).map(|()| true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        },
        Ok(()) => Ok(true),
    };
    let _ = fs::remove_file(&beside);
    outcome.and_then(|made| settle(path).map(|()| made)).map_err(at(path))
}

/// Deletes a file: whether there was one.
pub(crate) fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => settle(path).map(|()| true).map_err(at(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(at(path)(error)),
    }
}

/// Writes the content under a passing name in the same folder.
fn write_beside(path: &Path, content: &[u8]) -> Result<std::path::PathBuf, Error> {
    let mut unique = [0; 8];
    SystemRandom::new().fill(&mut unique).map_err(|_| Error::NoRandom)?;
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(format!(".{:016x}.tmp", u64::from_ne_bytes(unique)));
    let beside = path.with_file_name(name);
    let written = create_file(&beside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(beside),
        Err(error) => {
            let _ = fs::remove_file(&beside);
            Err(at(path)(error))
        }
    }
}

#[cfg(unix)]
fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Takes the folder from the others, whatever the umask was, or whoever made it before us.
#[cfg(unix)]
fn close_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(folder)?.permissions().mode() & 0o777;
    if mode == 0o700 { Ok(()) } else { fs::set_permissions(folder, fs::Permissions::from_mode(0o700)) }
}

#[cfg(not(unix))]
fn close_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn create_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    // A umask can only have taken more away: the owner may need it back to read the file again.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn create_file(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

/// Makes a change of the folder itself last: a record elsewhere may rely on the file.
#[cfg(unix)]
fn settle(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn settle(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn check_owner(path: &Path, metadata: &fs::Metadata) -> Result<(), Error> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    if owner == nix::unistd::geteuid().as_raw() {
        return Ok(());
    }
    Err(Error::Foreign { path: path.to_owned(), owner })
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn check_closed(path: &Path, metadata: &fs::Metadata) -> Result<(), Error> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(Error::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_closed(_: &Path, _: &fs::Metadata) -> Result<(), Error> {
    Ok(())
}
