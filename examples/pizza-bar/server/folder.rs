//! The folder of the tables. Names and notes of customers are nobody else's business on a machine with several users.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Why a folder is no place for the tables.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("the folder of the tables, `{folder}`: {error}")]
    Io { folder: String, error: io::Error },
    #[error("`{0}` is not a folder: choose another with --data")]
    NotAFolder(String),
    #[error("`{0}` belongs to another user, who could read and change the orders: choose another folder with --data")]
    Foreign(String),
    #[error("other users can write to `{0}`: close it with `chmod go-w`, or choose another folder with --data")]
    Open(String),
}

/// Where the tables are kept if nobody says where. The temporary folder belongs to all users of the machine, so the name
/// is this user's own.
pub(crate) fn default() -> io::Result<PathBuf> {
    let name = match user()? {
        Some(user) => format!("asl-engine-pizza-bar-{user}"),
        None => "asl-engine-pizza-bar".to_owned(),
    };
    Ok(std::env::temp_dir().join(name))
}

/// Makes the folder if need be, and checks that no other user can exchange what is in it.
pub(crate) fn open(folder: &Path) -> Result<(), FolderError> {
    let io = |error| FolderError::Io {
        folder: folder.display().to_string(),
        error,
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if !folder.exists() {
        builder.create(folder).map_err(io)?;
    }
    if !folder.is_dir() {
        return Err(FolderError::NotAFolder(folder.display().to_string()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;

        let user = user().map_err(io)?;
        // Of a link, both ends: a link of another user leads wherever that user likes.
        let (link, target) = (folder.symlink_metadata().map_err(io)?, folder.metadata().map_err(io)?);
        if [&link, &target].iter().any(|end| Some(end.uid()) != user) {
            return Err(FolderError::Foreign(folder.display().to_string()));
        }
        if target.mode() & 0o022 != 0 {
            return Err(FolderError::Open(folder.display().to_string()));
        }
    }
    Ok(())
}

/// Makes a file in the folder if need be, for its owner's eyes only.
pub(crate) fn make_file(file: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(file)?;
    // The mode above is for a file that is new.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}

/// The user that this process is; `None` where users have no numbers.
#[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "asking fails on unix"))]
fn user() -> io::Result<Option<u32>> {
    #[cfg(unix)]
    {
        // The system tells who is on the other end of a socket, and both ends are ours.
        let (socket, _) = tokio::net::UnixStream::pair()?;
        Ok(Some(socket.peer_cred()?.uid()))
    }
    #[cfg(not(unix))]
    Ok(None)
}
