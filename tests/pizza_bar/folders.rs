//! Whose the folder of the tables is, and who may look in.

use super::bar::Folder;
use super::server::folder;

#[cfg(unix)]
#[tokio::test]
async fn what_the_bar_makes_is_for_its_own_user_only() {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::server::tables::Tables;

    let folder = Folder::new();
    let mode = |name: &str| fs::metadata(folder.0.join(name)).unwrap().mode() & 0o777;
    drop(Tables::open(&folder.0.join("new")).unwrap());
    assert_eq!((mode("new"), mode("new/pizza-bar.db")), (0o700, 0o600));

    // What an older bar made, or a careless hand, is mended.
    fs::set_permissions(folder.0.join("new/pizza-bar.db"), fs::Permissions::from_mode(0o644)).unwrap();
    drop(Tables::open(&folder.0.join("new")).unwrap());
    assert_eq!(mode("new/pizza-bar.db"), 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_others_can_change_is_refused() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};

    use super::server::tables::Tables;

    let folder = Folder::new();
    let refused = |name: &str| Tables::open(&folder.0.join(name)).err().unwrap().to_string();
    fs::create_dir_all(folder.0.join("open")).unwrap();
    for mode in [0o777, 0o1777, 0o770, 0o707] {
        fs::set_permissions(folder.0.join("open"), fs::Permissions::from_mode(mode)).unwrap();
        let error = refused("open");
        assert!(
            error.starts_with("other users can write to `") && error.contains("--data"),
            "{error}"
        );
    }
    fs::write(folder.0.join("file"), "").unwrap();
    assert!(refused("file").contains("is not a folder"), "{}", refused("file"));

    fs::create_dir(folder.0.join("foreign")).unwrap();
    fs::create_dir(folder.0.join("own")).unwrap();
    symlink(folder.0.join("own"), folder.0.join("link")).unwrap();
    drop(Tables::open(&folder.0.join("link")).unwrap());
    // Only root can give a folder away.
    if chown(folder.0.join("foreign"), Some(65534), None).is_err() {
        return;
    }
    lchown(folder.0.join("link"), Some(65534), None).unwrap();
    for name in ["foreign", "link"] {
        let error = refused(name);
        assert!(
            error.contains("belongs to another user") && error.contains("--data"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn every_user_has_a_folder_of_their_own() {
    let folder = folder::default().unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let user = name.strip_prefix("asl-engine-pizza-bar").unwrap();
    assert_eq!(
        cfg!(unix),
        user.strip_prefix('-').is_some_and(|user| user.parse::<u32>().is_ok())
    );
}
