//! Who runs this program, and as whom it runs what refuses to be run by root.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    id: u32,
    group: u32,
}

impl User {
    /// The user of this name in `/etc/passwd`.
    pub fn named(name: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string("/etc/passwd").ok()?, name)
    }

    /// Reads lines like `postgres:x:101:104:PostgreSQL administrator:/var/lib/postgresql:/bin/sh`.
    fn parse(passwd: &str, name: &str) -> Option<Self> {
        let mut fields = passwd
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next()? == name).then_some(fields))?
            .skip(1);
        Some(Self { id: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }

    /// The number of the user.
    pub fn id(self) -> u32 {
        self.id
    }

    /// The number of the user's group.
    pub fn group(self) -> u32 {
        self.group
    }

    /// Has `command` run as this user, with no other group than the user's own. Only root may.
    pub fn run(self, command: &mut Command) {
        command.uid(self.id).gid(self.group);
    }
}

/// Whether this program is run by root.
pub fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/bash
postgres-backup:x:7:8::/:/bin/sh
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
broken:x:many:104::/:/bin/sh
short:x:9
";

    fn check(name: &str, expected: Option<(u32, u32)>) {
        let user = User::parse(PASSWD, name).map(|user| (user.id(), user.group()));
        assert_eq!(user, expected, "{name}");
    }

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        check("postgres", Some((101, 104)));
        check("root", Some((0, 0)));
        check("postgre", None);
        check("nobody", None);
    }

    #[test]
    fn a_line_without_numbers_is_no_user() {
        check("broken", None);
        check("short", None);
    }
}
