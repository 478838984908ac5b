use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian's packages have the binaries: in `15/bin`, by version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// What a directory of binaries has to have.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// The directory with `initdb`, `postgres` and `pg_ctl`: that of the newest version which Debian's
/// packages have installed, or else the first on PATH.
pub fn find_binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    newest(Path::new(DEBIAN)).or_else(|| env::split_paths(&path).find(|path| is_complete(path)))
}

/// The `bin` of the highest version in a directory of versions.
fn newest(versions: &Path) -> Option<PathBuf> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_version, binaries)| is_complete(binaries))
        .max()
        .map(|(_version, binaries)| binaries)
}

fn is_complete(binaries: &Path) -> bool {
    PROGRAMS.iter().all(|program| binaries.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Directory;

    #[test]
    fn the_newest_version_that_has_a_server_is_taken() {
        let versions = Directory::new("versions");
        for (version, programs) in [
            ("9", &PROGRAMS[..]),
            ("15", &PROGRAMS),
            // Only the client is installed.
            ("17", &PROGRAMS[..1]),
            ("old", &PROGRAMS),
        ] {
            let binaries = versions.path().join(version).join("bin");
            fs::create_dir_all(&binaries).expect("a directory");
            for program in programs {
                fs::write(binaries.join(program), "").expect("a file");
            }
        }
        assert_eq!(newest(versions.path()), Some(versions.path().join("15/bin")));
    }

    #[test]
    fn where_no_version_is_there_is_none() {
        assert_eq!(newest(Path::new("no/such/directory")), None);
        let empty = Directory::new("no-versions");
        fs::create_dir_all(empty.path()).expect("a directory");
        assert_eq!(newest(empty.path()), None);
    }
}
